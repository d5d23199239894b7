//! After mistakes: the author's code in a form that causes no further messages.
//!
//! Given back unchanged, the block would be reported again by rustc, in other words. So methods that do not fit the trait
//! move to a block without trait, where their bodies are still checked, and methods that the trait wants get an empty body.

use crate::block::{Block, Member};
use crate::generated::capabilities::{CAPABILITIES, Capability, Method, Trait};
use crate::suggest;
use crate::validate::Faults;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// Returns the messages beside what can stay of the block.
pub(crate) fn repair(block: Block, faults: &Faults) -> TokenStream {
    let mut tokens = faults.mistakes.tokens();
    match faults.known {
        _ if !block.generics.params.is_empty() || block.unsafety.is_some() => {
            block.to_tokens(&mut tokens)
        }
        Some((capability, known)) => {
            repaired(block, capability, known, &faults.methods).to_tokens(&mut tokens)
        }
        // A trait that is no capability may well exist; one that is only misspelt does not.
        None if is_misspelt(&block.trait_name()) => without_trait(&block).to_tokens(&mut tokens),
        None => block.to_tokens(&mut tokens),
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
    mut block: Block,
    capability: &Capability,
    known: &Trait,
    faulty: &[Ident],
) -> TokenStream {
    let (wrong, mut right): (Vec<_>, Vec<_>) = block.members.into_iter().partition(
        |member| matches!(member, Member::Method(method) if faulty.contains(&method.name)),
    );
    for method in known.methods.iter().filter(|method| method.essential) {
        if !right
            .iter()
            .any(|member| matches!(member, Member::Method(written) if written.name == method.name))
        {
            right.push(Member::Other(filler(capability, method)));
        }
    }
    block.members = right;
    let mut tokens = block.to_token_stream();
    if !wrong.is_empty() {
        block.members = wrong;
        tokens.extend(without_trait(&block));
    }
    tokens
}

/// Writes the members of the block as one without trait.
fn without_trait(block: &Block) -> TokenStream {
    let Block {
        attrs,
        generics,
        self_ty,
        members,
        ..
    } = block;
    let clause = &generics.where_clause;
    quote! {
        #(#attrs)*
        #[allow(dead_code, clippy::all)]
        impl #generics #self_ty #clause { #(#members)* }
    }
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
