//! The host services as traits for native tests of plugins, and the way from a call to its method.

use super::{Files, docs, layout, rust};
use crate::model::{Answer, Function, Model, Service};
use proc_macro2::TokenStream;
use quote::quote;

const DIRECTORY: &str = "nd-pdk/src/generated/native";

/// Writes one module per service, and the trait that joins them all.
pub fn emit(model: &Model, files: &mut Files) {
    for service in &model.services {
        let docs = format!("The {} service of native test hosts.", service.name);
        let text = layout::file(&service.source, &docs, &module(service));
        files.insert(format!("{DIRECTORY}/{}.rs", service.module), text);
    }
    let docs = "Every host service as a trait, for native test hosts.";
    let text = layout::file("capabilities/services/", docs, &list(model));
    files.insert(format!("{DIRECTORY}/mod.rs"), text);
}

/// The module list, the joint trait, and the search for a call's method.
fn list(model: &Model) -> TokenStream {
    let services = &model.services;
    let modules: Vec<_> = services.iter().map(|s| rust::ident(&s.module)).collect();
    let traits: Vec<_> = services
        .iter()
        .map(|s| rust::ident(&s.trait_name))
        .collect();
    let prefixes = services.iter().map(|s| &s.module);
    let module = module_of(services);
    quote! {
        #(mod #modules;)*

        #(pub use #modules::#traits;)*

        use crate::host::HostError;

        /// All host services at once; implemented for everything that implements each of them.
        pub trait Services: #(#traits)+* {}

        impl<T: #(#traits)+*> Services for T {}

        /// Answers a call by its import name; none if there is no such host function.
        pub(crate) fn dispatch(
            services: &mut dyn Services,
            import: &str,
            document: &[u8],
        ) -> Option<Result<Vec<u8>, HostError>> {
            #module
            match module {
                #(#prefixes => #modules::dispatch(services, import, document),)*
                _ => None,
            }
        }
    }
}

/// Finds the module of an import: what it begins with, but for names of a function's own.
fn module_of(services: &[Service]) -> TokenStream {
    let functions = services.iter().flat_map(|service| {
        let functions = service.functions.iter();
        functions.map(move |function| (&service.module, &function.import))
    });
    let own = functions.filter(|(module, import)| {
        let start = import.split_once('_').map(|(start, _)| start);
        start != Some(module.as_str())
    });
    let (modules, imports): (Vec<_>, Vec<_>) = own.unzip();
    if imports.is_empty() {
        return quote! { let (module, _) = import.split_once('_')?; };
    }
    quote! {
        let module = match import {
            #(#imports => #modules,)*
            _ => import.split_once('_')?.0,
        };
    }
}

/// The trait of one service and the dispatch of its calls.
fn module(service: &Service) -> TokenStream {
    let name = rust::ident(&service.trait_name);
    let docs = docs::dated(&service.docs, &service.since);
    let methods = service.functions.iter();
    let methods = methods.map(|function| method(service, function));
    let imports = service.functions.iter().map(|function| &function.import);
    let names = service.functions.iter();
    let names = names.map(|function| rust::ident(&function.name));
    let functions = service.functions.iter();
    let functions = functions.map(|function| answer(service, function));
    let map = rust::map_import(rust::signature_types(service));
    let types = rust::import_local_types(service);
    quote! {
        use super::Services;
        use crate::host::HostError;
        use crate::testing;
        #types
        #map

        #docs
        pub trait #name { #(#methods)* }

        pub(super) fn dispatch(
            services: &mut dyn Services,
            import: &str,
            document: &[u8],
        ) -> Option<Result<Vec<u8>, HostError>> {
            let function = match import {
                #(#imports => #names,)*
                _ => return None,
            };
            Some(function(services, document))
        }

        #(#functions)*
    }
}

/// A trait method that fails unless it is overridden.
fn method(service: &Service, function: &Function) -> TokenStream {
    let docs = docs::host_function(service, function);
    let (name, import) = (rust::ident(&function.name), &function.import);
    let names: Vec<_> = function
        .params
        .iter()
        .map(|p| rust::ident(&p.name))
        .collect();
    let types = function.params.iter().map(rust::received_ty);
    let returns = rust::answer_ty(&function.answer);
    let ignore = match &names[..] {
        [] => TokenStream::new(),
        [only] => quote! { let _ = #only; },
        _ => quote! { let _ = (#(#names),*); },
    };
    quote! {
        #docs
        fn #name(&mut self #(, #names: #types)*) -> Result<#returns, HostError> {
            #ignore
            Err(HostError::unavailable(#import))
        }
    }
}

/// Reads the arguments of a call, makes it, and writes its results.
fn answer(service: &Service, function: &Function) -> TokenStream {
    let name = rust::ident(&function.name);
    let service = rust::ident(&service.trait_name);
    let names: Vec<_> = function
        .params
        .iter()
        .map(|p| rust::ident(&p.name))
        .collect();
    let json = function.params.iter().map(|param| &param.json);
    let types = function.params.iter().map(rust::received_ty);
    let (document, read) = if names.is_empty() {
        (quote! { _document }, TokenStream::new())
    } else {
        let read = quote! {
            #(let mut #names: #types = Default::default();)*
            testing::read(document, &mut [#((#json, &mut #names)),*])?;
        };
        (quote! { document }, read)
    };
    let call = quote! { #service::#name(services #(, #names)*)? };
    let write = write(&function.answer, &call);
    quote! {
        fn #name(services: &mut dyn Services, #document: &[u8]) -> Result<Vec<u8>, HostError> {
            #read
            #write
        }
    }
}

/// Makes the call and writes its results.
fn write(answer: &Answer, call: &TokenStream) -> TokenStream {
    let fields = answer.fields();
    let names: Vec<_> = fields
        .iter()
        .map(|field| rust::ident(&field.name))
        .collect();
    let json = fields.iter().map(|field| &field.json);
    let write = quote! { Ok(testing::write(&[#((#json, &#names)),*])) };
    match (answer, &names[..]) {
        (Answer::Optional { .. }, [value, flag]) => quote! {
            let #value = #call;
            let #flag = #value.is_some();
            let #value = #value.unwrap_or_default();
            #write
        },
        (_, []) => quote! { #call; #write },
        (_, [only]) => quote! { let #only = #call; #write },
        _ => quote! { let (#(#names),*) = #call; #write },
    }
}
