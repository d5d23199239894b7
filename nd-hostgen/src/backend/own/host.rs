//! The host's side: a trait to implement, and what makes an implementation known to a host.

use super::retarget::{Target, retarget};
use super::{Own, TYPES, header};
use crate::backend::types::Serde;
use crate::backend::{Files, docs, host, layout, rust, types};
use crate::model::Service;
use proc_macro2::TokenStream;
use quote::quote;

/// Writes one module per service, and their list.
pub(super) fn emit(own: Own<'_>) -> Files {
    let target = Target {
        root: quote! { nd_test_host },
        types: quote! { nd_types },
    };
    let mut files = Files::new();
    let mut modules = Vec::new();
    for service in &own.model.services {
        let types = own.types_of(service);
        let imports = imports(service, !types.structs.is_empty());
        let (types, items) = (
            types::items(&types, "nd_types", Serde::Derived),
            module(service),
        );
        let items = retarget(quote! { #imports #types #items }, own, &target);
        let docs = format!(
            "The {} service: its trait, and what offers an implementation to plugins.",
            service.name
        );
        let text = layout::file_with(&header(&service.source), &docs, &items);
        files.insert(format!("{}.rs", service.module), text);
        modules.push(rust::ident(&service.module));
    }
    if let Some(module) = own.shared_types() {
        let items = retarget(
            types::items(&module, "nd_types", Serde::Derived),
            own,
            &target,
        );
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

fn imports(service: &Service, has_types: bool) -> TokenStream {
    let mut functions = service.functions.iter();
    let error = functions.any(|function| function.fallible);
    let error = error.then(|| quote! { use crate::error::ServiceError; });
    let mut functions = service.functions.iter();
    let reads = functions.any(|function| !function.params.is_empty());
    let serde = if reads || has_types {
        quote! { use serde::{Deserialize, Serialize}; }
    } else {
        quote! { use serde::Serialize; }
    };
    let map = rust::map_import(rust::signature_types(service));
    quote! {
        use crate::context::CallContext;
        #error
        use crate::own::OwnService;
        use crate::wire;
        #serde
        #map
        use std::sync::Arc;
    }
}

fn module(service: &Service) -> TokenStream {
    let name = rust::ident(&service.trait_name);
    let docs = docs::dated(&service.docs, &service.since);
    let methods = service.functions.iter().map(|function| {
        let docs = docs::host_function(service, function);
        let signature = host::signature(function);
        quote! { #docs #signature; }
    });
    let glue = service.functions.iter().map(|function| {
        let place = quote! { service: &dyn #name };
        host::glue(function, &quote! { fn }, &place, &quote! { service })
    });
    let rows = service.functions.iter().map(|function| {
        let (import, function) = (&function.import, rust::ident(&function.name));
        quote! { (#import, #function) }
    });
    let service_name = &service.name;
    let permission = match &service.permission {
        Some(key) => quote! { Some(#key) },
        None => quote! { None },
    };
    quote! {
        #docs
        pub trait #name: Send + Sync { #(#methods)* }

        /// Makes the service of an implementation, for `Host::builder().service(…)`.
        pub fn service(implementation: impl #name + 'static) -> OwnService {
            let service: Arc<dyn #name> = Arc::new(implementation);
            OwnService::new(#service_name, #permission, service, &[#(#rows),*])
        }

        #(#glue)*
    }
}
