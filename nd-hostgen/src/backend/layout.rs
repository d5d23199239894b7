//! Turns tokens into the text of a file: header, `prettyplease`, and the blank lines it leaves out.

use super::MARK;
use proc_macro2::TokenStream;
use quote::quote;

/// Writes a generated file: the header naming its source, the module documentation, the items.
pub(super) fn file(source: &str, docs: &str, items: &TokenStream) -> String {
    let lines = docs.lines().map(|line| match line {
        "" => String::new(),
        _ => format!(" {line}"),
    });
    // The two formatters disagree on line width, so rustfmt is told to leave generated files alone.
    let whole = quote! {
        #(#![doc = #lines])*
        #![cfg_attr(rustfmt, rustfmt_skip)]
        #items
    };
    let header = format!("{MARK} from {source}; do not edit. Regenerate with: make gen\n");
    match syn::parse2::<syn::File>(whole) {
        Ok(parsed) => header + &lay_out(parsed),
        // Only a mistake in a back end gets here; the raw tokens show it to whoever compiles them.
        Err(error) => format!("{header}compile_error!(\"{error}\");\n{items}\n"),
    }
}

/// Formats a file with a blank line between items and between methods.
fn lay_out(parsed: syn::File) -> String {
    let mut text = prettyplease::unparse(&syn::File {
        shebang: None,
        attrs: parsed.attrs,
        items: Vec::new(),
    });
    let mut previous = None;
    for item in parsed.items {
        let group = group(&item);
        if group.is_none() || group != previous {
            text.push('\n');
        }
        previous = group;
        let item = prettyplease::unparse(&syn::File {
            shebang: None,
            attrs: Vec::new(),
            items: vec![item],
        });
        text.push_str(&space_methods(&item));
    }
    text
}

/// Items of one group follow each other without a blank line.
fn group(item: &syn::Item) -> Option<&'static str> {
    match item {
        syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)) => Some("pub use"),
        syn::Item::Use(_) => Some("use"),
        syn::Item::Mod(item) if item.content.is_none() => Some("mod"),
        _ => None,
    }
}

/// Puts a blank line between the methods of a trait or `impl` block.
fn space_methods(item: &str) -> String {
    let mut text = String::new();
    let mut after_method = false;
    for line in item.lines() {
        let at_member_level = line.starts_with("    ") && !line.starts_with("     ");
        if after_method && at_member_level {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        after_method =
            line == "    }" || (is_in_trait(item) && at_member_level && line.ends_with(';'));
    }
    text
}

/// Whether an item's text is a trait, whose methods may end with a semicolon.
fn is_in_trait(item: &str) -> bool {
    item.lines()
        .any(|line| line.starts_with("pub trait ") || line.starts_with("trait "))
}
