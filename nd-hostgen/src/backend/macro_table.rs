//! What the attribute macros know: every capability's traits and methods as a table for `nd-pdk-macros`.

use super::Files;
use super::guest_capability::{joint_output, own_output, signature};
use super::layout::{self, written};
use crate::model::{Capability, Export, Model};
use proc_macro2::TokenStream;
use quote::quote;

/// Where the files go.
pub const DIRECTORY: &str = "nd-pdk-macros/src/generated";

/// Writes the table and the list that names it.
pub fn emit(model: &Model, files: &mut Files) {
    let source = "capabilities/capabilities/";
    let list = quote! { pub(crate) mod capabilities; };
    let text = layout::file(source, "What the macros know of the definitions.", &list);
    files.insert(format!("{DIRECTORY}/mod.rs"), text);

    let docs = "Every capability with its traits, methods and exports.";
    let text = layout::file(source, docs, &table(model));
    files.insert(format!("{DIRECTORY}/capabilities.rs"), text);
}

fn table(model: &Model) -> TokenStream {
    let capabilities = model.capabilities.iter().map(capability);
    quote! {
        /// A capability.
        #[derive(Debug)]
        pub(crate) struct Capability {
            /// Its module in `nd_pdk`.
            pub(crate) module: &'static str,
            /// The traits a plugin may implement.
            pub(crate) traits: &'static [Trait],
        }

        /// A trait of a capability.
        #[derive(Debug)]
        pub(crate) struct Trait {
            /// Its name.
            pub(crate) name: &'static str,
            /// Its methods.
            pub(crate) methods: &'static [Method],
        }

        /// A method of a trait.
        #[derive(Debug)]
        pub(crate) struct Method {
            /// Its name.
            pub(crate) name: &'static str,
            /// The export it answers.
            pub(crate) export: &'static str,
            /// Whether it has no default body.
            pub(crate) essential: bool,
            /// The type of its parameter.
            pub(crate) input: Option<&'static str>,
            /// The type inside its `Result`.
            pub(crate) output: &'static str,
            /// How it is written.
            pub(crate) signature: &'static str,
        }

        /// Every capability.
        pub(crate) static CAPABILITIES: &[Capability] = &[#(#capabilities),*];
    }
}

/// A capability: the trait with all methods, then those with one each.
fn capability(capability: &Capability) -> TokenStream {
    let module = &capability.module;
    let methods = capability.exports.iter();
    let methods = methods.map(|export| {
        let output = joint_output(capability, export);
        method(export, &output, export.essential)
    });
    let joint = entry(&capability.trait_name, methods);
    let own = capability.exports.iter().filter_map(|export| {
        let provider = export.provider.as_ref()?;
        let method = method(export, &own_output(export), true);
        Some(entry(&provider.trait_name, [method]))
    });
    quote! { Capability { module: #module, traits: &[#joint #(, #own)*] } }
}

fn entry(name: &str, methods: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let methods = methods.into_iter();
    quote! { Trait { name: #name, methods: &[#(#methods),*] } }
}

fn method(export: &Export, output: &TokenStream, essential: bool) -> TokenStream {
    let (name, export_name) = (&export.method, &export.name);
    let input = export.input.as_ref().map(super::rust::outer_ty);
    let input = match input.map(|ty| written(&ty)) {
        Some(ty) => quote! { Some(#ty) },
        None => quote! { None },
    };
    let signature = written(&signature(export, output));
    let output = written(output);
    quote! {
        Method {
            name: #name,
            export: #export_name,
            essential: #essential,
            input: #input,
            output: #output,
            signature: #signature,
        }
    }
}
