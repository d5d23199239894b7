//! After mistakes: the author's code in a form that causes no further messages.
//!
//! Given back unchanged, the block would be reported again by rustc, in other words. So methods that do not fit the trait
//! move to a block without trait, where their bodies are still checked, and methods that the trait wants get an empty body.

use crate::generated::capabilities::{CAPABILITIES, Capability, Method, Trait};
use crate::parse::Block;
use crate::suggest;
use crate::validate::Faults;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{ImplItem, ItemImpl};

/// Returns the messages beside what can stay of the block.
pub(crate) fn repair(block: Block, faults: &Faults) -> TokenStream {
    let mut tokens = faults.mistakes.tokens();
    match faults.known {
        _ if !block.item.generics.params.is_empty() || block.item.unsafety.is_some() => {
            block.item.to_tokens(&mut tokens)
        }
        Some((capability, known)) => {
            repaired(block.item, capability, known, &faults.methods).to_tokens(&mut tokens)
        }
        // A trait that is no capability may well exist; one that is only misspelt does not.
        None if is_misspelt(&block.trait_name()) => {
            without_trait(block.item).to_tokens(&mut tokens)
        }
        None => block.item.to_tokens(&mut tokens),
    }
    tokens
}

fn is_misspelt(name: &str) -> bool {
    suggest::nearest(
        name,
        CAPABILITIES
            .iter()
            .flat_map(|capability| capability.traits)
            .map(|known| known.name),
    )
    .is_some()
}

fn repaired(
    mut item: ItemImpl,
    capability: &Capability,
    known: &Trait,
    faulty: &[Ident],
) -> TokenStream {
    let (wrong, mut right): (Vec<_>, Vec<_>) = item.items.into_iter().partition(
        |item| matches!(item, ImplItem::Fn(method) if faulty.contains(&method.sig.ident)),
    );
    for method in known.methods.iter().filter(|method| method.essential) {
        if !right
            .iter()
            .any(|item| matches!(item, ImplItem::Fn(written) if written.sig.ident == method.name))
        {
            right.push(ImplItem::Verbatim(filler(capability, method)));
        }
    }
    item.items = right;
    let mut tokens = item.to_token_stream();
    if !wrong.is_empty() {
        item.items = wrong;
        tokens.extend(without_trait(item));
    }
    tokens
}

/// Turns the block into one without trait.
fn without_trait(mut item: ItemImpl) -> TokenStream {
    item.trait_ = None;
    item.attrs
        .push(syn::parse_quote!(#[allow(dead_code, clippy::all)]));
    item.into_token_stream()
}

/// Writes a method that the trait wants, with types named in full.
fn filler(capability: &Capability, method: &Method) -> TokenStream {
    let module = Ident::new(capability.module, Span::call_site());
    let name = Ident::new(method.name, Span::call_site());
    let input = method.input.map(|input| {
        let input = format_ident!("{input}");
        quote!(_: ::nd_pdk::#module::#input)
    });
    let output = match method.output {
        "()" => quote!(()),
        "bool" => quote!(bool),
        "String" => quote!(::std::string::String),
        other => {
            let other = format_ident!("{other}");
            quote!(::nd_pdk::#module::#other)
        }
    };
    quote! {
        fn #name(&self, #input) -> ::core::result::Result<#output, ::nd_pdk::#module::Error> {
            loop {}
        }
    }
}
