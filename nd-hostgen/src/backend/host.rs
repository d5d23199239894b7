//! The host side for `nd-test-host`: one trait per service, the glue from wire to method, and the tables.

use super::{Files, docs, layout, rust};
use crate::model::{Answer, Capability, Function, Model, Param, ResultField, Service};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// Where the files go.
pub const DIRECTORY: &str = "nd-test-host/src/generated";

/// Writes one module per service, the table of capabilities, and the list of all functions.
pub fn emit(model: &Model, files: &mut Files) {
    for service in &model.services {
        let docs = format!(
            "The {} service: its trait, and the way from the wire to it.",
            service.name
        );
        let text = layout::file(&service.source, &docs, &module(service));
        files.insert(format!("{DIRECTORY}/{}.rs", service.module), text);
    }
    let docs = "Every capability and its exports.";
    let text = layout::file("capabilities/capabilities/", docs, &capabilities(model));
    files.insert(format!("{DIRECTORY}/capabilities.rs"), text);
    let docs =
        "The interface of the server: host services to implement, and tables of what exists.";
    let text = layout::file("capabilities/", docs, &list(model));
    files.insert(format!("{DIRECTORY}/mod.rs"), text);
}

/// The module list, the set of services, and the table of host functions.
fn list(model: &Model) -> TokenStream {
    let services = &model.services;
    let modules: Vec<_> = services.iter().map(|s| rust::ident(&s.module)).collect();
    let traits: Vec<_> = services
        .iter()
        .map(|s| rust::ident(&s.trait_name))
        .collect();
    let mut files = modules.clone();
    files.push(rust::ident("capabilities"));
    files.sort();
    let field_docs = services.iter().map(|service| {
        let docs = format!("The {} service.", service.name);
        docs::attributes(&docs)
    });
    let rows = services.iter().flat_map(|service| {
        let rows = service.functions.iter();
        rows.map(|function| row(service, function))
    });
    quote! {
        #(mod #files;)*

        pub use capabilities::{CAPABILITIES, Capability, Export};
        #(pub use #modules::#traits;)*

        use crate::context::CallContext;
        use std::sync::Arc;

        /// What every service is until somebody provides it: each function fails and says so.
        ///
        /// Functions that cannot fail answer the empty value.
        #[derive(Debug, Clone, Copy, Default)]
        pub struct Unavailable;

        /// The host services that a plugin may reach.
        #[derive(Clone)]
        pub struct Services {
            #(#field_docs pub #modules: Arc<dyn #traits>,)*
        }

        impl Services {
            /// Makes a set in which nothing is available.
            pub fn unavailable() -> Self {
                Self { #(#modules: Arc::new(Unavailable),)* }
            }
        }

        /// A host function.
        #[derive(Debug, Clone, Copy)]
        pub struct HostFunction {
            /// The service it belongs to.
            pub service: &'static str,
            /// The manifest key that opens the service; none means it is always open.
            pub permission: Option<&'static str>,
            /// Its import name.
            pub import: &'static str,
            /// The first server release that has it.
            pub since: &'static str,
            /// Reads a request, calls the service, writes the answer.
            pub handler: fn(&Services, &CallContext, &[u8]) -> Vec<u8>,
        }

        /// Every host function, by service.
        pub static FUNCTIONS: &[HostFunction] = &[#(#rows),*];
    }
}

/// One row of the table of host functions.
fn row(service: &Service, function: &Function) -> TokenStream {
    let (module, name) = (rust::ident(&service.module), rust::ident(&function.name));
    let (service_name, import, since) = (&service.name, &function.import, &function.since);
    let permission = match &service.permission {
        Some(key) => quote! { Some(#key) },
        None => quote! { None },
    };
    quote! {
        HostFunction {
            service: #service_name,
            permission: #permission,
            import: #import,
            since: #since,
            handler: #module::#name,
        }
    }
}

/// The trait of one service, its stand-in and its glue.
fn module(service: &Service) -> TokenStream {
    let name = rust::ident(&service.trait_name);
    let docs = docs::dated(&service.docs, &service.since);
    let methods = service.functions.iter().map(|function| {
        let docs = docs::host_function(service, function);
        let signature = signature(function);
        quote! { #docs #signature; }
    });
    let stand_ins = service.functions.iter().map(stand_in);
    let handlers = service.functions.iter();
    let handlers = handlers.map(|function| handler(service, function));
    let map = rust::map_import(rust::signature_types(service));
    let types = rust::import_local_types(service);
    let error = service.functions.iter().any(|function| function.fallible);
    let error = error.then(|| quote! { use crate::error::ServiceError; });
    let params = service
        .functions
        .iter()
        .any(|function| !function.params.is_empty());
    let serde = if params {
        quote! { use serde::{Deserialize, Serialize}; }
    } else {
        quote! { use serde::Serialize; }
    };
    quote! {
        use super::{Services, Unavailable};
        use crate::context::CallContext;
        #error
        use crate::wire;
        #types
        #serde
        #map

        #docs
        pub trait #name: Send + Sync { #(#methods)* }

        impl #name for Unavailable { #(#stand_ins)* }

        #(#handlers)*
    }
}

/// The signature of a trait method.
pub(super) fn signature(function: &Function) -> TokenStream {
    let names = function.params.iter().map(|param| rust::ident(&param.name));
    signature_with(function, &rust::ident("ctx"), names.collect())
}

/// The method of a service that is not there.
fn stand_in(function: &Function) -> TokenStream {
    let names = function.params.iter();
    let names = names.map(|param| format_ident!("_{}", param.name));
    let signature = signature_with(function, &rust::ident("_ctx"), names.collect());
    let import = &function.import;
    if function.fallible {
        quote! { #signature { Err(ServiceError::unavailable(#import)) } }
    } else if function.answer == Answer::None {
        quote! { #signature {} }
    } else {
        quote! { #signature { Default::default() } }
    }
}

/// A signature with these names for its parameters.
fn signature_with(function: &Function, ctx: &Ident, params: Vec<Ident>) -> TokenStream {
    let name = rust::ident(&function.name);
    let types = function.params.iter().map(rust::received_ty);
    let returns = rust::answer_ty(&function.answer);
    let returns = match (function.fallible, &function.answer) {
        (true, _) => quote! { -> Result<#returns, ServiceError> },
        (false, Answer::None) => TokenStream::new(),
        (false, _) => quote! { -> #returns },
    };
    quote! { fn #name(&self, #ctx: &CallContext #(, #params: #types)*) #returns }
}

/// The function that the table names: wire in, wire out.
fn handler(service: &Service, function: &Function) -> TokenStream {
    let module = rust::ident(&service.module);
    let head = quote! { pub(super) fn };
    glue(
        function,
        &head,
        &quote! { services: &Services },
        &quote! { services.#module },
    )
}

/// The way from the wire to a method and back: a function that takes `place`, and finds the service at `service`.
pub(super) fn glue(
    function: &Function,
    head: &TokenStream,
    place: &TokenStream,
    service: &TokenStream,
) -> TokenStream {
    let name = rust::ident(&function.name);
    let names: Vec<_> = function
        .params
        .iter()
        .map(|p| rust::ident(&p.name))
        .collect();
    let question = function.fallible.then(|| quote! { ? });
    let call = quote! { #service.#name(ctx #(, #names)*)#question };
    let (answer, body) = (
        answer_struct(&function.answer),
        answer_body(&function.answer, &call),
    );
    if names.is_empty() {
        return quote! {
            #head #name(#place, ctx: &CallContext, _request: &[u8]) -> Vec<u8> {
                #answer
                wire::reply(|| { #body })
            }
        };
    }
    let fields = function.params.iter().map(request_field);
    quote! {
        #head #name(#place, ctx: &CallContext, request: &[u8]) -> Vec<u8> {
            #[derive(Default, Deserialize)]
            #[serde(default, rename_all = "camelCase")]
            struct Request { #(#fields),* }
            #answer
            let run = |Request { #(#names),* }: Request| { #body };
            wire::answer(request, run)
        }
    }
}

fn request_field(param: &Param) -> TokenStream {
    let mut arguments = Vec::new();
    arguments.extend(rust::rename(&param.name, &param.json));
    if param.ty.holds_bytes() {
        arguments.push(quote! { with = "nd_types::bytes" });
    }
    let serde = rust::serde(&arguments);
    let (name, ty) = (rust::ident(&param.name), rust::received_ty(param));
    quote! { #serde #name: #ty }
}

/// The object that the guest reads: every field is left out when it is empty.
fn answer_struct(answer: &Answer) -> TokenStream {
    let fields = answer.fields();
    if fields.is_empty() {
        return quote! { #[derive(Serialize)] struct Answer {} };
    }
    let fields = fields.into_iter().map(answer_field);
    quote! {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer { #(#fields),* }
    }
}

fn answer_field(field: &ResultField) -> TokenStream {
    let mut arguments = Vec::new();
    arguments.extend(rust::rename(&field.name, &field.json));
    if field.ty.holds_bytes() {
        arguments.push(quote! { with = "nd_types::bytes" });
    }
    if let Some(test) = rust::emptiness_test(&field.ty, "nd_types") {
        arguments.push(quote! { skip_serializing_if = #test });
    }
    let serde = rust::serde(&arguments);
    let (name, ty) = (rust::ident(&field.name), rust::outer_ty(&field.ty));
    quote! { #serde #name: #ty }
}

/// Makes the call and puts its results into the answer.
fn answer_body(answer: &Answer, call: &TokenStream) -> TokenStream {
    match answer {
        Answer::None => quote! { #call; Ok(Answer {}) },
        Answer::One(field) => {
            let name = rust::ident(&field.name);
            quote! { let #name = #call; Ok(Answer { #name }) }
        }
        Answer::Optional { value, flag } => {
            let (value, flag) = (rust::ident(&value.name), rust::ident(&flag.name));
            quote! {
                let #value = #call;
                Ok(Answer { #flag: #value.is_some(), #value: #value.unwrap_or_default() })
            }
        }
        Answer::Several(fields) => {
            let names: Vec<_> = fields
                .iter()
                .map(|field| rust::ident(&field.name))
                .collect();
            quote! { let (#(#names),*) = #call; Ok(Answer { #(#names),* }) }
        }
    }
}

/// The table of capabilities.
fn capabilities(model: &Model) -> TokenStream {
    let rows = model.capabilities.iter().map(capability);
    quote! {
        /// A capability: a group of exports that a plugin may have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Capability {
            /// The name the server knows it by.
            pub name: &'static str,
            /// Its module in the guest kit.
            pub module: &'static str,
            /// The first server release that has it.
            pub since: &'static str,
            /// Its exports; a plugin with any one of them has the capability.
            pub exports: &'static [Export],
        }

        /// An export of a capability.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Export {
            /// Its name in the module.
            pub name: &'static str,
            /// The first server release that calls it.
            pub since: &'static str,
        }

        /// Every capability.
        pub static CAPABILITIES: &[Capability] = &[#(#rows),*];
    }
}

fn capability(capability: &Capability) -> TokenStream {
    let Capability {
        identity,
        module,
        since,
        ..
    } = capability;
    let exports = capability.exports.iter().map(|export| {
        let (name, since) = (&export.name, &export.since);
        quote! { Export { name: #name, since: #since } }
    });
    quote! {
        Capability { name: #identity, module: #module, since: #since, exports: &[#(#exports),*] }
    }
}
