//! Pieces of Rust that several back ends write: names, types, imports.

use crate::model::{Answer, Model, Param, Scalar, Service, Type};
use crate::names;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// An identifier, raw if the name is a keyword.
pub(super) fn ident(name: &str) -> Ident {
    if names::is_word(name) {
        Ident::new_raw(name, Span::call_site())
    } else {
        Ident::new(name, Span::call_site())
    }
}

/// A type; `shared` is the path of the crate root that holds the shared structs.
pub(super) fn ty(ty: &Type, shared: &TokenStream) -> TokenStream {
    match ty {
        Type::Scalar(scalar) => {
            let word = ident(scalar.word());
            quote! { #word }
        }
        Type::Bytes => quote! { Vec<u8> },
        Type::Json => quote! { serde_json::Value },
        Type::List(inner) => {
            let inner = self::ty(inner, shared);
            quote! { Vec<#inner> }
        }
        Type::Map(inner) => {
            let inner = self::ty(inner, shared);
            quote! { HashMap<String, #inner> }
        }
        Type::Option(inner) => {
            let inner = self::ty(inner, shared);
            quote! { Option<#inner> }
        }
        Type::Local(name) => {
            let name = ident(name);
            quote! { #name }
        }
        Type::Shared(name) => {
            let name = ident(name);
            quote! { #shared::#name }
        }
    }
}

/// A type, as every crate but the one with the wire types writes it.
pub(super) fn outer_ty(ty: &Type) -> TokenStream {
    self::ty(ty, &quote! { nd_types })
}

/// The Rust type of a host function's results: nothing, a value, an option or a tuple.
pub(super) fn answer_ty(answer: &Answer) -> TokenStream {
    match answer {
        Answer::None => quote! { () },
        Answer::One(field) => outer_ty(&field.ty),
        Answer::Optional { value, .. } => {
            let value = outer_ty(&value.ty);
            quote! { Option<#value> }
        }
        Answer::Several(fields) => {
            let fields = fields.iter().map(|field| outer_ty(&field.ty));
            quote! { (#(#fields),*) }
        }
    }
}

/// The type of a parameter on the side that receives it: an option where null and empty differ.
pub(super) fn received_ty(param: &Param) -> TokenStream {
    let ty = outer_ty(&param.ty);
    if param.distinguish_null {
        quote! { Option<#ty> }
    } else {
        ty
    }
}

/// Every type in the signatures of a service.
pub(super) fn signature_types(service: &Service) -> Vec<&Type> {
    let mut types = Vec::new();
    for function in &service.functions {
        types.extend(function.params.iter().map(|param| &param.ty));
        types.extend(function.answer.fields().into_iter().map(|field| &field.ty));
    }
    types
}

/// The import of those of a service's own types that its signatures name.
pub(super) fn import_local_types(service: &Service) -> TokenStream {
    let types = signature_types(service);
    let named = |name: &&String| {
        let mut types = types.iter();
        types.any(|ty| ty.any(&|ty| matches!(ty, Type::Local(local) if local == *name)))
    };
    let mut names: Vec<&String> = service.declares.iter().filter(named).collect();
    names.sort();
    if names.is_empty() {
        return TokenStream::new();
    }
    let module = ident(&service.module);
    let names = names.into_iter().map(|name| ident(name));
    quote! { use nd_types::#module::{#(#names),*}; }
}

/// The import of `HashMap`, if any of the types needs it.
pub(super) fn map_import<'a>(types: impl IntoIterator<Item = &'a Type>) -> TokenStream {
    if types.into_iter().any(Type::holds_map) {
        quote! { use std::collections::HashMap; }
    } else {
        TokenStream::new()
    }
}

/// The function that tells whether a value of this type is empty; none if it never is.
pub(super) fn emptiness_test(ty: &Type, root: &str) -> Option<String> {
    match ty {
        Type::Scalar(Scalar::String) => Some("String::is_empty".to_owned()),
        Type::Scalar(_) => Some(format!("{root}::is_zero")),
        Type::Bytes | Type::List(_) => Some("Vec::is_empty".to_owned()),
        Type::Map(_) => Some("HashMap::is_empty".to_owned()),
        Type::Option(_) => Some("Option::is_none".to_owned()),
        Type::Json => Some("serde_json::Value::is_null".to_owned()),
        Type::Local(_) | Type::Shared(_) => None,
    }
}

/// What serde is told of a JSON name that is not the derived one.
pub(super) fn rename(name: &str, json: &str) -> Option<TokenStream> {
    (json != names::json_name(name)).then(|| quote! { rename = #json })
}

/// A `#[serde(…)]` attribute with these arguments; nothing if there are none.
pub(super) fn serde(arguments: &[TokenStream]) -> TokenStream {
    match arguments {
        [] => TokenStream::new(),
        _ => quote! { #[serde(#(#arguments),*)] },
    }
}

/// Re-exports names of a module of wire types; nothing if there are none.
pub(super) fn re_export(module: &str, names: &[String]) -> TokenStream {
    if names.is_empty() {
        return TokenStream::new();
    }
    let module = ident(module);
    let mut names = names.to_vec();
    names.sort();
    let names = names.iter().map(|name| ident(name));
    quote! { pub use nd_types::#module::{#(#names),*}; }
}

/// The names of all shared structs.
pub(super) fn shared_structs(model: &Model) -> Vec<Ident> {
    let modules = model.modules.iter().filter(|module| module.shared);
    let structs = modules.flat_map(|module| &module.structs);
    let mut names: Vec<&str> = structs.map(|item| item.name.as_str()).collect();
    names.sort_unstable();
    names.into_iter().map(ident).collect()
}
