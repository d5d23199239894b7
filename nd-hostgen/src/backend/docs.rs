//! Documentation in generated code: the definition's words plus release, wire name and permission.

use crate::model::{Function, Service};
use proc_macro2::TokenStream;
use quote::quote;

/// The documentation attributes of a text.
pub(super) fn attributes(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| match line {
        "" => String::new(),
        _ => format!(" {line}"),
    });
    quote! { #(#[doc = #lines])* }
}

/// Adds a paragraph, unless it is empty, to a text before its first heading.
pub(super) fn with_paragraph(text: &str, paragraph: &str) -> String {
    if paragraph.is_empty() {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let heading = lines.iter().position(|line| line.starts_with("# "));
    let (body, rest) = lines.split_at(heading.unwrap_or(lines.len()));
    let body = body.join("\n");
    let mut parts = vec![body.trim_end().to_owned(), paragraph.trim().to_owned()];
    if !rest.is_empty() {
        parts.push(rest.join("\n"));
    }
    parts.join("\n\n")
}

/// The documentation of an item that exists since some release.
pub(super) fn dated(text: &str, since: &str) -> TokenStream {
    attributes(&with_paragraph(text, &since_sentence(since)))
}

/// The documentation of a host function for one who calls it.
pub(super) fn host_function(service: &Service, function: &Function) -> TokenStream {
    let permission = match &service.permission {
        Some(key) => format!("needs the permission `{key}`"),
        None => "needs no permission".to_owned(),
    };
    let paragraph = format!(
        "{} Import `{}`; {permission}.",
        since_sentence(&function.since),
        function.import
    );
    attributes(&with_paragraph(&function.docs, &paragraph))
}

/// The sentence that names a release; empty where none is known, as in Go definitions.
pub(super) fn since_sentence(since: &str) -> String {
    if since.is_empty() {
        return String::new();
    }
    format!("Since server release {since}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_comes_before_the_first_heading() {
        assert_eq!(with_paragraph("One.", "New."), "One.\n\nNew.");
        assert_eq!(with_paragraph("One.", &since_sentence("")), "One.");
        assert_eq!(
            with_paragraph("One.\n\n# Errors\n\nTwo.", "New."),
            "One.\n\nNew.\n\n# Errors\n\nTwo."
        );
    }
}
