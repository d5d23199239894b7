//! The wire form of every struct for `nd-pdk`: what to write, and where to read each field into.

use super::{Files, layout, rust};
use crate::model::{Model, Struct, TypeModule};
use proc_macro2::TokenStream;
use quote::quote;

const DIRECTORY: &str = "nd-pdk/src/generated/wire";

/// Writes one module per module of wire types, and their list.
pub fn emit(model: &Model, files: &mut Files) {
    let modules = model.modules.iter();
    let modules = modules.filter(|module| !module.structs.is_empty());
    let mut list = TokenStream::new();
    for module in modules {
        let name = rust::ident(&module.name);
        list.extend(quote! { mod #name; });
        let docs = format!("The wire form of the types in `{}`.", path(module));
        let source = module.sources.join(" and ");
        let text = layout::file(&source, &docs, &items(module));
        files.insert(format!("{DIRECTORY}/{}.rs", module.name), text);
    }
    let docs = "The wire form of every type, one module per definition.";
    let text = layout::file("capabilities/", docs, &list);
    files.insert(format!("{DIRECTORY}/mod.rs"), text);
}

/// The path of a module of wire types.
fn path(module: &TypeModule) -> String {
    if module.shared {
        "nd_types".to_owned()
    } else {
        format!("nd_types::{}", module.name)
    }
}

fn items(module: &TypeModule) -> TokenStream {
    let mut names: Vec<&str> = module.structs.iter().map(|item| &*item.name).collect();
    names.sort_unstable();
    let names = names.into_iter().map(rust::ident);
    let module_name = rust::ident(&module.name);
    let path = if module.shared {
        quote! { nd_types }
    } else {
        quote! { nd_types::#module_name }
    };
    let structs = module.structs.iter().map(implementations);
    quote! {
        use crate::wire::{Decode, Encode, Failed, Fields, Reader, Writer};
        use #path::{#(#names),*};
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
