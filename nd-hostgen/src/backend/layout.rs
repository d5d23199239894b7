//! Turns tokens into the text of a file: header, `prettyplease`, and the blank lines it leaves out.

use super::rust;
use crate::model::{Field, Struct, Type};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::quote;

/// Writes a generated file: the header naming its source, the module documentation, the items.
pub(super) fn file(source: &str, docs: &str, items: &TokenStream) -> String {
    file_with(&super::header("//", source, super::COMMAND), docs, items)
}

/// Writes a generated file with this first line.
pub(super) fn file_with(header: &str, docs: &str, items: &TokenStream) -> String {
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
    match syn::parse2::<syn::File>(whole) {
        Ok(parsed) => format!("{header}{}", lay_out(parsed)),
        // Only a mistake in a back end gets here, and whoever compiles the file is told.
        Err(error) => {
            let message = error.to_string();
            format!("{header}{}\n", quote! { compile_error!(#message); })
        }
    }
}

/// Calls a macro with a table of a struct's fields, one per line: name on the wire, field, a word that the macro wants of
/// some, and `omit_empty` where an empty value is left out.
///
/// As text, because formatters leave the inside of a macro on one line.
pub(super) fn table(
    name: &str,
    item: &Struct,
    word: impl Fn(&Field) -> Option<&'static str>,
) -> String {
    let mut text = format!("\n{name}! {{\n    {} {{\n", rust::ident(&item.name));
    for field in &item.fields {
        text += &format!("        {:?}: {}", field.json, rust::ident(&field.name));
        // Structs are never empty.
        let omit = field.omit_empty && !matches!(field.ty, Type::Local(_) | Type::Shared(_));
        for word in word(field).into_iter().chain(omit.then_some("omit_empty")) {
            text.push(' ');
            text += word;
        }
        text += ",\n";
    }
    text + "    }\n}\n"
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
        text.push_str(&lay_out_item(item));
    }
    text
}

fn lay_out_item(mut item: syn::Item) -> String {
    let spaced = matches!(item, syn::Item::Trait(_) | syn::Item::Impl(_));
    // `prettyplease` prints the tokens of a macro one after the other, so its arms are put in afterwards.
    let arms = match &mut item {
        syn::Item::Macro(item) if item.ident.is_some() => {
            Some(std::mem::take(&mut item.mac.tokens))
        }
        _ => None,
    };
    let text = prettyplease::unparse(&syn::File {
        shebang: None,
        attrs: Vec::new(),
        items: vec![item],
    });
    match arms {
        Some(arms) => {
            let head = text.trim_end().trim_end_matches('}').trim_end();
            format!("{head}\n{}}}\n", lay_out_arms(arms))
        }
        None if spaced => space_members(&text),
        None => text,
    }
}

/// Lays out the arms of a `macro_rules!` whose bodies are calls of other macros: one argument per line.
fn lay_out_arms(arms: TokenStream) -> String {
    let mut text = String::new();
    let mut head = TokenStream::new();
    for token in arms {
        match token {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                text += &format!("    {} {{\n", written(&std::mem::take(&mut head)));
                text += &lay_out_calls(body.stream());
                text += "    };\n";
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => {}
            other => head.extend([other]),
        }
    }
    text
}

/// Lays out calls of macros, each with one argument per line.
fn lay_out_calls(calls: TokenStream) -> String {
    let mut text = String::new();
    let mut head = TokenStream::new();
    for token in calls {
        match token {
            TokenTree::Group(arguments) => {
                text += &format!("        {}(\n", written(&std::mem::take(&mut head)));
                text += &lay_out_arguments(arguments.stream());
                text += "        );\n";
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => {}
            other => head.extend([other]),
        }
    }
    text
}

fn lay_out_arguments(arguments: TokenStream) -> String {
    let mut lines = vec![TokenStream::new()];
    for token in arguments {
        match (&token, lines.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => {
                lines.push(TokenStream::new())
            }
            (_, Some(line)) => line.extend([token]),
            (_, None) => {}
        }
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("            {}", written(line)))
        .collect();
    lines.join(",\n") + "\n"
}

/// Short tokens as a person writes them: signatures, paths, macro calls.
pub(super) fn written(tokens: &TokenStream) -> String {
    let mut words = Vec::new();
    flatten(tokens.clone(), &mut words);
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).map(|at| &*words[at]);
        // In `$name:kind`, the colon is no type annotation.
        let in_fragment = index >= 3 && words[index - 3] == "$";
        if before.is_some_and(|before| stands_apart(in_fragment, before, word)) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// The words of a token stream; `::`, `->` and `=>` are one each.
fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    let mut joint = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                words.push(open.to_owned());
                flatten(group.stream(), words);
                words.push(close.to_owned());
                joint = false;
            }
            TokenTree::Punct(punct) => {
                let sign = punct.as_char();
                match words.last_mut() {
                    Some(word)
                        if joint && matches!((&**word, sign), (":", ':') | ("-" | "=", '>')) =>
                    {
                        word.push(sign);
                    }
                    _ => words.push(sign.to_string()),
                }
                joint = punct.spacing() == Spacing::Joint;
            }
            other => {
                words.push(other.to_string());
                joint = false;
            }
        }
    }
}

/// Whether a space belongs between two words.
fn stands_apart(in_fragment: bool, before: &str, word: &str) -> bool {
    let opens = matches!(before, "(" | "[" | "<" | "&" | "$" | "::" | "!" | "");
    let closes = matches!(
        word,
        ")" | "]" | ">" | "," | ";" | ":" | "::" | "?" | "!" | ""
    );
    let is_name = before.chars().all(|c| c.is_alphanumeric() || c == '_');
    let applies = is_name && matches!(word, "(" | "<");
    let is_kind = in_fragment && before == ":";
    !(opens || closes || applies || is_kind)
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

/// Puts a blank line between the members of a trait or `impl` block.
fn space_members(item: &str) -> String {
    let mut text = String::new();
    let mut after_member = false;
    for line in item.lines() {
        let at_member_level = line.starts_with("    ") && !line.starts_with("     ");
        if after_member && at_member_level {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        let is_comment = line.trim_start().starts_with("//");
        after_member = line == "    }" || (at_member_level && line.ends_with(';') && !is_comment);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tokens_are_spaced_as_by_hand() {
        let signature = quote! { fn get(&self, req: a::B) -> Result<Option<Vec<u8>>, Error> };
        let text = "fn get(&self, req: a::B) -> Result<Option<Vec<u8>>, Error>";
        assert_eq!(written(&signature), text);
        let call = quote! { $crate::__export!($plugin, <$plugin as $crate::a::B>::c) };
        let text = "$crate::__export!($plugin, <$plugin as $crate::a::B>::c)";
        assert_eq!(written(&call), text);
        assert_eq!(
            written(&quote! { ($plugin:ty $(,)?) => }),
            "($plugin:ty $(,)?) =>"
        );
    }

    #[test]
    fn items_and_members_stand_apart() {
        let items = quote! {
            use a::B;
            use c::D;
            mod e;
            #[doc = " Does."]
            pub trait F { #[doc = " G;"] #[doc = " H."] fn g(&self); fn h(&self) { if true { i() } j() } }
            fn k() {}
        };
        assert_eq!(
            file("x.rs", "Docs.\n\nMore.", &items),
            "// @generated by nd-hostgen from x.rs; do not edit. Regenerate with: make gen\n\
             //! Docs.\n//!\n//! More.\n#![cfg_attr(rustfmt, rustfmt_skip)]\n\n\
             use a::B;\nuse c::D;\n\nmod e;\n\n\
             /// Does.\npub trait F {\n    /// G;\n    /// H.\n    fn g(&self);\n\n    fn h(&self) {\n        \
             if true {\n            i()\n        }\n        j()\n    }\n}\n\nfn k() {}\n"
        );
    }
}
