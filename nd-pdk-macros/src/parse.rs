//! First step: tokens to an `impl` block of a trait.

use crate::block::Block;
use crate::mistake::{Mistake, Mistakes};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token, Visibility};

/// Something else than the `impl` block of a trait: the item comes back as it was.
#[derive(Debug)]
pub(crate) struct Refused {
    item: TokenStream,
    error: syn::Error,
}

impl Refused {
    /// Returns the item and the message.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens = self.item;
        tokens.extend(self.error.into_compile_error());
        tokens
    }

    /// Returns the message, for tests.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.error.to_string()
    }
}

/// Parses the arguments of the attribute and the item it stands on; returns a block with a trait, and what is wrong with
/// the way the attribute is used.
pub(crate) fn parse(
    arguments: TokenStream,
    item: TokenStream,
) -> Result<(Block, Mistakes), Refused> {
    let refuse = |item: TokenStream, place: &dyn ToTokens, mistake: Mistake<'_>| {
        let error = mistake.at(place);
        Err(Refused { item, error })
    };
    if let Some(place) = other_item(&item) {
        return refuse(item, &place, Mistake::NotAnImplBlock);
    }
    let mut block: Block = match syn::parse2(item.clone()) {
        Ok(block) => block,
        Err(error) => return Err(Refused { item, error }),
    };
    if block.path.is_none() {
        return refuse(item, &block.self_ty, Mistake::InherentImpl);
    }
    if let Some(bang) = block.bang {
        // Such a block is an error of its own where it stands, so it does not come back.
        return refuse(TokenStream::new(), &bang, Mistake::NegativeImpl);
    }
    let mut mistakes = Mistakes::default();
    if !arguments.is_empty() {
        mistakes.add(arguments, Mistake::Arguments);
    }
    block.attrs.retain(|attribute| {
        let last = attribute.path().segments.last();
        let again = last.is_some_and(|segment| segment.ident == "export");
        if again {
            mistakes.add(attribute, Mistake::Twice);
        }
        !again
    });
    Ok((block, mistakes))
}

/// Returns the name of an item that is no `impl` block, or all of it if it has none.
fn other_item(item: &TokenStream) -> Option<TokenStream> {
    const NAMED: [&str; 8] = [
        "enum", "fn", "mod", "static", "struct", "trait", "type", "union",
    ];
    let head = |input: ParseStream<'_>| {
        Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        let rest = input.fork();
        rest.parse::<Option<Token![unsafe]>>()?;
        let is_impl = rest.peek(Token![impl]);
        let rest: TokenStream = input.parse()?;
        Ok((!is_impl).then_some(rest))
    };
    // What does not even begin like an item is an error of syntax, for which the parser has the words.
    let rest = head.parse2(item.clone()).ok()??;
    let mut tokens = rest.into_iter();
    let is_keyword = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if NAMED.iter().any(|named| word == named));
    let name = tokens.find(is_keyword).and_then(|_| tokens.next());
    Some(name.map_or_else(|| item.clone(), TokenStream::from))
}
