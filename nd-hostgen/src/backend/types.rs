//! Wire types of both sides: plain structs for `nd-types`.

use super::{Files, docs, layout, rust};
use crate::model::{Alias, Constant, Field, Model, Scalar, Struct, TypeModule};
use crate::syntax::Literal;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Where the files go.
pub const DIRECTORY: &str = "nd-types/src/generated";

/// Writes one module per definition file that declares types, and their list.
pub fn emit(model: &Model, files: &mut Files) {
    for module in &model.modules {
        let path = format!("{DIRECTORY}/{}.rs", module.name);
        let source = module.sources.join(" and ");
        let tables: String = module.structs.iter().map(table).collect();
        let import = (!module.structs.is_empty()).then(|| quote! { use crate::fields::fields; });
        let types = items(module, "crate", Serde::Elsewhere);
        let text = layout::file(&source, &module.docs, &quote! { #import #types });
        files.insert(path, text + &tables);
    }
    let modules = model.modules.iter().map(|module| {
        let visibility = (!module.shared).then(|| quote! { pub });
        let name = rust::ident(&module.name);
        quote! { #visibility mod #name; }
    });
    let shared = model.modules.iter().filter(|module| module.shared);
    let shared = shared.map(|module| {
        let name = rust::ident(&module.name);
        let types = rust::shared_structs(model);
        quote! { pub use #name::{#(#types),*}; }
    });
    let list = quote! { #(#modules)* #(#shared)* };
    let text = layout::file(
        "capabilities/",
        "Every wire type, one module per definition.",
        &list,
    );
    files.insert(format!("{DIRECTORY}/mod.rs"), text);
}

/// How the structs get `Serialize` and `Deserialize`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Serde {
    /// By derive.
    Derived,
    /// From a table, or not at all.
    Elsewhere,
}

/// The items of one module; `root` is the path of the crate with the wire types.
pub(super) fn items(module: &TypeModule, root: &str, serde: Serde) -> TokenStream {
    let fields = module.structs.iter().flat_map(|item| &item.fields);
    let map = rust::map_import(fields.map(|field| &field.ty));
    let derived = serde == Serde::Derived && !module.structs.is_empty();
    let import = derived.then(|| quote! { use serde::{Deserialize, Serialize}; });
    let structs = module.structs.iter();
    let structs = structs.map(|item| structure(item, root, serde));
    let aliases = module.aliases.iter().map(alias);
    let constants = module.constants.iter().map(constant);
    quote! { #import #map #(#structs)* #(#aliases)* #(#constants)* }
}

fn structure(item: &Struct, root: &str, serde: Serde) -> TokenStream {
    let docs = docs::dated(&item.docs, &item.since);
    let name = rust::ident(&item.name);
    let fields = item.fields.iter().map(|item| field(item, root, serde));
    let derives = match serde {
        Serde::Derived => quote! {
            #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
            #[serde(default, rename_all = "camelCase")]
        },
        Serde::Elsewhere => quote! { #[derive(Debug, Clone, Default, PartialEq)] },
    };
    quote! {
        #docs
        #derives
        pub struct #name { #(#fields),* }
    }
}

fn field(field: &Field, root: &str, serde: Serde) -> TokenStream {
    let docs = match &field.since {
        Some(since) => docs::dated(&field.docs, since),
        None => docs::attributes(&field.docs),
    };
    let serde = (serde == Serde::Derived).then(|| attribute(field, root));
    let name = rust::ident(&field.name);
    let root = Ident::new(root, Span::call_site());
    let ty = rust::ty(&field.ty, &quote! { #root });
    quote! { #docs #serde pub #name: #ty }
}

/// What the derives are told of a field.
fn attribute(field: &Field, root: &str) -> TokenStream {
    let mut arguments = Vec::new();
    arguments.extend(rust::rename(&field.name, &field.json));
    if field.ty.holds_bytes() {
        let bytes = format!("{root}::bytes");
        arguments.push(quote! { with = #bytes });
    }
    if field.omit_empty
        && let Some(test) = rust::emptiness_test(&field.ty, root)
    {
        arguments.push(quote! { skip_serializing_if = #test });
    }
    rust::serde(&arguments)
}

/// The table of a struct, with `bytes` after the fields that hold some.
fn table(item: &Struct) -> String {
    layout::table("fields", item, |field| {
        field.ty.holds_bytes().then_some("bytes")
    })
}

fn alias(alias: &Alias) -> TokenStream {
    let docs = docs::dated(&alias.docs, &alias.since);
    let name = rust::ident(&alias.name);
    let target = match alias.target {
        Scalar::String => quote! { &'static str },
        scalar => {
            let word = rust::ident(scalar.word());
            quote! { #word }
        }
    };
    quote! { #docs pub type #name = #target; }
}

fn constant(constant: &Constant) -> TokenStream {
    let docs = docs::dated(&constant.docs, &constant.since);
    let (name, ty) = (rust::ident(&constant.name), rust::ident(&constant.ty));
    let value = match &constant.value {
        Literal::Text(text) => quote! { #text },
        Literal::Integer(number) => {
            let number = proc_macro2::Literal::i64_unsuffixed(*number);
            quote! { #number }
        }
    };
    quote! { #docs pub const #name: #ty = #value; }
}
