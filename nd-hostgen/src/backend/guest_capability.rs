//! What a plugin implements: one module of traits and register macros per capability for `nd-pdk`.

use super::{Files, docs, layout, rust};
use crate::model::{Capability, Export, Model, Provider, SharedAlias, Type};
use proc_macro2::TokenStream;
use quote::quote;

const DIRECTORY: &str = "nd-pdk/src/generated/capabilities";

/// Writes one module per capability, and their list.
pub fn emit(model: &Model, files: &mut Files) {
    for capability in &model.capabilities {
        let docs = module_docs(capability);
        let text = layout::file(&capability.source, &docs, &module(capability));
        files.insert(format!("{DIRECTORY}/{}.rs", capability.module), text);
    }
    let modules = model.capabilities.iter();
    let modules = modules.map(|capability| rust::ident(&capability.module));
    let list = quote! { #(pub mod #modules;)* };
    let text = layout::file("capabilities/capabilities/", "The capabilities.", &list);
    files.insert(format!("{DIRECTORY}/mod.rs"), text);
}

fn module_docs(capability: &Capability) -> String {
    let paragraph = format!(
        "Implement [`{}`] and put `#[nd_pdk::export]` on the `impl` block: exactly the methods written there are exported.",
        capability.trait_name
    );
    docs::with_paragraph(&capability.module_docs, &paragraph)
}

/// The items of one capability's module.
fn module(capability: &Capability) -> TokenStream {
    let name = rust::ident(&capability.module);
    let types = rust::re_export(&capability.module, &capability.declares);
    let outputs = capability.exports.iter().flat_map(|export| &export.output);
    let map = rust::map_import(outputs);
    let aliases = capability.shared_aliases.iter().map(shared_alias);
    let all = joint_trait(capability);
    let own = capability.exports.iter().filter_map(|export| {
        let provider = export.provider.as_ref()?;
        let one = provider_trait(capability, export, provider);
        let register = register_one(capability, export, provider);
        Some(quote! { #one #register })
    });
    let register = capability.register.as_ref();
    let register = register.map(|register| register_all(capability, register));
    quote! {
        #types
        #map
        crate::capability_error!(#name);
        #(#aliases)*
        #all
        #register
        #(#own)*
    }
}

/// An old name of a shared type.
fn shared_alias(alias: &SharedAlias) -> TokenStream {
    let docs = docs::dated(&alias.docs, &alias.since);
    let (name, target) = (rust::ident(&alias.name), rust::ident(&alias.target));
    let note = format!("use `nd_pdk::types::{}`", alias.target);
    quote! {
        #docs
        #[deprecated(note = #note)]
        pub type #name = nd_types::#target;
    }
}

/// The trait with all methods of the capability; those that are not essential have a default body.
fn joint_trait(capability: &Capability) -> TokenStream {
    let name = rust::ident(&capability.trait_name);
    let docs = docs::dated(&capability.docs, &capability.since);
    let methods = capability.exports.iter().map(|export| {
        let docs = method_docs(export);
        let signature = signature(export, &joint_output(capability, export));
        if export.essential {
            return quote! { #docs #signature; };
        }
        let ignore = export.input.as_ref().map(|_| quote! { let _ = req; });
        let nothing = match &export.output {
            None => quote! { () },
            Some(ty) if ty.is_struct() && !capability.required() => quote! { None },
            Some(_) => quote! { Default::default() },
        };
        quote! { #docs #signature { #ignore Ok(#nothing) } }
    });
    quote! { #docs pub trait #name { #(#methods)* } }
}

/// The trait that holds one method of the capability only.
fn provider_trait(capability: &Capability, export: &Export, provider: &Provider) -> TokenStream {
    let name = rust::ident(&provider.trait_name);
    let text = format!(
        "Holds one method of [`{}`] alone, for `nd_pdk::{}!`.",
        capability.trait_name, provider.register
    );
    let docs = docs::dated(&text, &export.since);
    let method_docs = method_docs(export);
    let signature = signature(export, &own_output(export));
    quote! { #docs pub trait #name { #method_docs #signature; } }
}

fn method_docs(export: &Export) -> TokenStream {
    let sentence = docs::since_sentence(&export.since);
    let paragraph = format!("{sentence} Export `{}`.", export.name);
    docs::attributes(&docs::with_paragraph(&export.docs, &paragraph))
}

/// A method's signature, for generated code and for the messages of macros.
pub(super) fn signature(export: &Export, output: &TokenStream) -> TokenStream {
    let name = rust::ident(&export.method);
    let request = export.input.as_ref().map(|ty| {
        let ty = rust::outer_ty(ty);
        quote! { , req: #ty }
    });
    quote! { fn #name(&self #request) -> Result<#output, Error> }
}

/// What a method of the joint trait returns: where any subset may be exported, a struct may be absent.
pub(super) fn joint_output(capability: &Capability, export: &Export) -> TokenStream {
    let output = own_output(export);
    let may_be_absent = export.output.as_ref().is_some_and(Type::is_struct);
    if may_be_absent && !capability.required() {
        quote! { Option<#output> }
    } else {
        output
    }
}

/// What a method of a trait of its own returns.
pub(super) fn own_output(export: &Export) -> TokenStream {
    match &export.output {
        Some(ty) => rust::outer_ty(ty),
        None => quote! { () },
    }
}

/// The macro that registers all exports of a capability.
fn register_all(capability: &Capability, register: &str) -> TokenStream {
    let exports = capability.exports.iter();
    let exports: Vec<TokenStream> = exports
        .map(|export| export_line(capability, &capability.trait_name, export))
        .collect();
    let text = format!(
        "Exports every method of `{}::{}`, written or not, for a type with a default value.",
        capability.module, capability.trait_name
    );
    register_macro(register, &text, &exports)
}

/// The macro that registers one export.
fn register_one(capability: &Capability, export: &Export, provider: &Provider) -> TokenStream {
    let line = export_line(capability, &provider.trait_name, export);
    let text = format!(
        "Exports `{}` for a type with a default value that implements `{}::{}`.",
        export.name, capability.module, provider.trait_name
    );
    register_macro(&provider.register, &text, &[line])
}

fn register_macro(name: &str, text: &str, exports: &[TokenStream]) -> TokenStream {
    let name = rust::ident(name);
    let docs = docs::attributes(text);
    quote! {
        #docs
        #[macro_export]
        macro_rules! #name {
            ($plugin:ty $(,)?) => { #(#exports)* };
        }
    }
}

/// The line of a register macro that makes one export.
fn export_line(capability: &Capability, trait_name: &str, export: &Export) -> TokenStream {
    let (module, trait_name) = (rust::ident(&capability.module), rust::ident(trait_name));
    let (name, method) = (rust::ident(&export.name), rust::ident(&export.method));
    let input = match export.input {
        Some(_) => quote! { input },
        None => quote! { no_input },
    };
    quote! {
        $crate::__export!($plugin, #name, <$plugin as $crate::#module::#trait_name>::#method, #input);
    }
}
