//! The guest's side: functions to call, their types, and the wire form of those.

use super::retarget::{Target, retarget};
use super::{Own, TYPES, header, wire};
use crate::backend::types::Serde;
use crate::backend::{Files, guest_host, layout, rust, types};
use crate::model::TypeModule;
use proc_macro2::TokenStream;
use quote::quote;

/// Writes one module per service, and their list.
pub(super) fn emit(own: Own<'_>) -> Files {
    let target = Target {
        root: quote! { nd_pdk },
        types: quote! { nd_pdk::types },
    };
    let mut files = Files::new();
    let mut modules = Vec::new();
    for service in &own.model.services {
        let functions = guest_host::module(service);
        let types = typed(&own.types_of(service));
        let items = retarget(quote! { #functions #types }, own, &target);
        let docs = guest_host::module_docs(service);
        let text = layout::file_with(&header(&service.source), &docs, &items);
        files.insert(format!("{}.rs", service.module), text);
        modules.push(rust::ident(&service.module));
    }
    if let Some(module) = own.shared_types() {
        let items = retarget(typed(&module), own, &target);
        let text = layout::file_with(&header(&module.sources.join(" and ")), &module.docs, &items);
        files.insert(format!("{TYPES}.rs"), text);
        modules.push(rust::ident(TYPES));
    }
    modules.sort();
    let list = quote! { #(pub mod #modules;)* };
    let docs = "Host services that are not the server's own.";
    let text = layout::file_with(&header("the definitions"), docs, &list);
    files.insert("mod.rs".to_owned(), text);
    files
}

/// Types and their wire form.
fn typed(module: &TypeModule) -> TokenStream {
    if module.structs.is_empty() {
        return TokenStream::new();
    }
    let types = types::items(module, "nd_types", Serde::Elsewhere);
    let wire = wire::items(module);
    quote! { #types #wire }
}
