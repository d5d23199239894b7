//! Third step: the block as it is, and one export for each of its methods.

use crate::block::Block;
use crate::validate::Export;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Attribute;

/// Writes the block and its exports.
pub(crate) fn expand(block: &Block, exports: &[Export<'_>]) -> TokenStream {
    let exports = exports.iter().map(|export| expand_export(block, export));
    quote! {
        #block
        #(#exports)*
    }
}

/// Names the export at the author's method, so that rustc shows both methods when two make the same export.
fn expand_export(block: &Block, export: &Export<'_>) -> TokenStream {
    let plugin = &block.self_ty;
    let capability = &block.path;
    let method = &export.written.name;
    let name = Ident::new(export.method.export, method.span());
    let kind = if export.method.input.is_some() {
        format_ident!("input")
    } else {
        format_ident!("no_input")
    };
    // What is compiled conditionally is exported under the same conditions.
    let conditions = conditions(&block.attrs).chain(conditions(&export.written.attrs));
    quote_spanned! { method.span() =>
        #(#conditions)*
        ::nd_pdk::__export!(#plugin, #name, <#plugin as #capability>::#method, #kind);
    }
}

fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
}
