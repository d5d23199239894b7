//! The wire form of every struct for `nd-pdk`: the name of each field, and whether it is left out when empty.

use super::{Files, layout, rust};
use crate::model::{Model, Scalar, Struct, Type, TypeModule};
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
        let text = layout::file(&source, &docs, &imports(module)) + &records(module);
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

fn imports(module: &TypeModule) -> TokenStream {
    let mut names: Vec<&str> = module.structs.iter().map(|item| &*item.name).collect();
    names.sort_unstable();
    let names = names.into_iter().map(rust::ident);
    let module_name = rust::ident(&module.name);
    let path = if module.shared {
        quote! { nd_types }
    } else {
        quote! { nd_types::#module_name }
    };
    quote! {
        use crate::wire::record;
        use #path::{#(#names),*};
    }
}

/// The description of each struct, as text: formatters leave the inside of a macro on one line.
fn records(module: &TypeModule) -> String {
    module.structs.iter().map(record).collect()
}

/// The table of a struct, with `text` after the fields that are one.
fn record(item: &Struct) -> String {
    layout::table("record", item, |field| {
        (field.ty == Type::Scalar(Scalar::String)).then_some("text")
    })
}
