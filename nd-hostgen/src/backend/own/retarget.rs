//! Turns code that was written for a crate of the kit into code for any other crate.

use super::Own;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use std::collections::BTreeSet;

/// Where the names of the kit are found from outside.
pub(super) struct Target {
    /// What `crate` becomes.
    pub root: TokenStream,
    /// Where the shared structs of the kit are.
    pub types: TokenStream,
}

/// Turns the items of a module into those of a module of another crate.
pub(super) fn retarget(items: TokenStream, own: Own<'_>, target: &Target) -> TokenStream {
    let parsed = match syn::parse2::<syn::File>(items.clone()) {
        Ok(parsed) => parsed,
        // The layout says so in the file.
        Err(_) => return items,
    };
    let modules = own.own_modules();
    let shared = own.own_shared();
    let mut kept: Vec<TokenStream> = Vec::new();
    let mut imports = BTreeSet::new();
    for item in parsed.items {
        if let syn::Item::Use(import) = &item {
            let is_new = imports.insert(import.tree.to_token_stream().to_string());
            if !is_new || is_own_type(&import.tree, &modules) {
                continue;
            }
        }
        kept.push(paths(item.into_token_stream(), &shared, target));
    }
    // Imports come first, whatever part of the kit they were written for.
    let (mut imports, rest): (Vec<_>, Vec<_>) = kept.into_iter().partition(is_import);
    imports.sort_by_key(TokenStream::to_string);
    quote! { #(#imports)* #(#rest)* }
}

fn is_import(item: &TokenStream) -> bool {
    let first = item.clone().into_iter().next();
    matches!(first, Some(TokenTree::Ident(word)) if word == "use")
}

/// The first two names of an import.
fn root_of(tree: &syn::UseTree) -> (String, Option<&syn::UseTree>) {
    match tree {
        syn::UseTree::Path(path) => (path.ident.to_string(), Some(&path.tree)),
        _ => (String::new(), None),
    }
}

/// Whether an import names types that stand beside it in the same file, or those of the module it is in.
fn is_own_type(tree: &syn::UseTree, modules: &[&str]) -> bool {
    match root_of(tree) {
        (root, Some(syn::UseTree::Path(module))) if root == "nd_types" => {
            modules.contains(&module.ident.to_string().as_str())
        }
        (root, Some(syn::UseTree::Group(_))) => root == "nd_types",
        _ => false,
    }
}

/// Puts public paths in the place of those inside the kit.
fn paths(tokens: TokenStream, shared: &BTreeSet<String>, target: &Target) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "crate" => out.extend(target.root.clone()),
            TokenTree::Ident(word) if word == "nd_types" => {
                let rest: Vec<TokenTree> = tokens.clone().take(3).collect();
                let name = match &rest[..] {
                    [_, _, TokenTree::Ident(name)] => name.to_string(),
                    _ => String::new(),
                };
                out.extend(type_root(&word, &name, shared, target));
            }
            TokenTree::Group(group) => {
                let inner = paths(group.stream(), shared, target);
                let mut changed = Group::new(group.delimiter(), inner);
                changed.set_span(group.span());
                out.extend([TokenTree::Group(changed)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// The path in front of a name from the crate with the wire types: structs begin with a capital.
fn type_root(word: &Ident, name: &str, shared: &BTreeSet<String>, target: &Target) -> TokenStream {
    if shared.contains(name) {
        return quote! { super::types };
    }
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return target.types.clone();
    }
    quote! { #word }
}
