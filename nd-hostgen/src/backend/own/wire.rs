//! The wire form of a fork's own structs, in safe code that stands on the public traits of `nd_pdk::wire` alone.
//!
//! The kit's own structs have a smaller form, which is nobody else's business.

use crate::backend::rust;
use crate::model::{Struct, TypeModule};
use proc_macro2::TokenStream;
use quote::quote;

/// The wire form of every struct of a module.
pub(super) fn items(module: &TypeModule) -> TokenStream {
    let structs = module.structs.iter().map(implementations);
    quote! {
        use nd_pdk::wire::{Decode, Encode, Failed, Fields, Reader, Writer};
        #(#structs)*
    }
}

fn implementations(item: &Struct) -> TokenStream {
    let name = rust::ident(&item.name);
    let writes = item.fields.iter().map(|field| {
        let (json, name) = (&field.json, rust::ident(&field.name));
        let write = if field.omit_empty {
            quote! { field_omit_empty }
        } else {
            quote! { field }
        };
        quote! { w.#write(#json, &self.#name); }
    });
    let places = item.fields.iter().map(|field| {
        let (json, name) = (&field.json, rust::ident(&field.name));
        quote! { #json => &mut self.#name, }
    });
    let lookup = if item.fields.is_empty() {
        quote! { let _ = name; None }
    } else {
        quote! {
            let place: &mut dyn Decode = match name {
                #(#places)*
                _ => return None,
            };
            Some(place)
        }
    };
    quote! {
        impl Encode for #name {
            fn encode(&self, w: &mut Writer) {
                w.begin_object();
                #(#writes)*
                w.end_object();
            }
        }

        impl Decode for #name {
            fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
                r.object(self)
            }
        }

        impl Fields for #name {
            fn field(&mut self, name: &str) -> Option<&mut dyn Decode> {
                #lookup
            }
        }
    }
}
