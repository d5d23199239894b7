//! What a plugin calls: one module of functions per host service for `nd-pdk`, and its module list.

use super::{Files, docs, layout, rust};
use crate::model::{Answer, Function, Model, Param, ResultField, Scalar, Service, Type};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

const ROOT: &str = "nd-pdk/src/generated";

/// Writes the service modules, the shared types and the list of everything generated for the guest.
pub fn emit(model: &Model, files: &mut Files) {
    for service in &model.services {
        let text = layout::file(&service.source, &module_docs(service), &module(service));
        files.insert(format!("{ROOT}/host/{}.rs", service.module), text);
    }
    let modules = model.services.iter();
    let modules = modules.map(|service| rust::ident(&service.module));
    let list = quote! { #(pub mod #modules;)* };
    let text = layout::file("capabilities/services/", "The host services.", &list);
    files.insert(format!("{ROOT}/host/mod.rs"), text);

    let types = rust::shared_structs(model);
    let re_export = quote! { pub use nd_types::{#(#types),*}; };
    let docs = "Types that several capabilities and host services share.";
    let text = layout::file("capabilities/types/", docs, &re_export);
    files.insert(format!("{ROOT}/types.rs"), text);

    let parts = quote! {
        pub mod capabilities;
        pub mod host;
        #[cfg(not(target_arch = "wasm32"))]
        pub mod native;
        pub mod types;
        mod wire;
    };
    let text = layout::file(
        "capabilities/",
        "Everything generated for the guest.",
        &parts,
    );
    files.insert(format!("{ROOT}/mod.rs"), text);
}

/// The documentation of a service's module: the definition's, then that of the service.
pub(super) fn module_docs(service: &Service) -> String {
    let permission = match &service.permission {
        Some(key) => format!("the permission `{key}`"),
        None => "no permission".to_owned(),
    };
    let sentence = docs::since_sentence(&service.since);
    let needs = format!(
        "{sentence} The {} service needs {permission}.",
        service.name
    );
    let text = format!("{}\n\n{}", service.module_docs, service.docs);
    docs::with_paragraph(&text, &needs)
}

/// The items of one service's module.
pub(super) fn module(service: &Service) -> TokenStream {
    let types = rust::re_export(&service.module, &service.declares);
    let map = rust::map_import(rust::signature_types(service));
    let functions = service.functions.iter();
    let functions = functions.map(|function| binding(service, function));
    quote! {
        #types
        use crate::host::Error;
        use crate::runtime;
        #map
        #(#functions)*
    }
}

/// One function: hands names and places to the runtime, and puts the results together.
fn binding(service: &Service, function: &Function) -> TokenStream {
    let docs = docs::host_function(service, function);
    let (name, import) = (rust::ident(&function.name), &function.import);
    let params = function.params.iter().map(parameter);
    let request = function.params.iter().map(|param| {
        let (json, name) = (&param.json, rust::ident(&param.name));
        quote! { (#json, &#name) }
    });
    let fields = function.answer.fields();
    let locals = locals(&fields, &function.params);
    let declarations = fields.iter().zip(&locals).map(|(field, local)| {
        let ty = rust::outer_ty(&field.ty);
        quote! { let mut #local: #ty = Default::default(); }
    });
    let results = fields.iter().zip(&locals).map(|(field, local)| {
        let json = &field.json;
        quote! { (#json, &mut #local) }
    });
    let call = quote! {
        runtime::call(runtime::import!(#import), &[#(#request),*], &mut [#(#results),*])
    };
    let body = match (&function.answer, &locals[..]) {
        (Answer::Optional { .. }, [value, flag]) => quote! { #call?; Ok(#flag.then_some(#value)) },
        (_, []) => call,
        (_, [only]) => quote! { #call?; Ok(#only) },
        _ => quote! { #call?; Ok((#(#locals),*)) },
    };
    let returns = rust::answer_ty(&function.answer);
    quote! {
        #docs
        pub fn #name(#(#params),*) -> Result<#returns, Error> {
            #(#declarations)*
            #body
        }
    }
}

/// A parameter as callers write it: texts are borrowed, everything else is handed over.
fn parameter(param: &Param) -> TokenStream {
    let name = rust::ident(&param.name);
    let ty = match &param.ty {
        Type::Scalar(Scalar::String) => quote! { &str },
        other => rust::outer_ty(other),
    };
    quote! { #name: #ty }
}

/// The variables of the results; parameters of the same names stay visible.
fn locals(results: &[&ResultField], params: &[Param]) -> Vec<Ident> {
    let mut taken: Vec<String> = params.iter().map(|param| param.name.clone()).collect();
    let free = results.iter().filter(|field| !taken.contains(&field.name));
    taken.extend(free.map(|field| field.name.clone()).collect::<Vec<_>>());
    let locals = results.iter().map(|field| {
        let mut name = field.name.clone();
        if params.iter().all(|param| param.name != name) {
            return rust::ident(&name);
        }
        while taken.contains(&name) {
            name += "_result";
        }
        taken.push(name.clone());
        rust::ident(&name)
    });
    locals.collect()
}
