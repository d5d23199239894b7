//! First step: tokens to an `impl` block of a trait.

use crate::mistake::{Mistake, Mistakes};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{ImplItem, ImplItemFn, Item, ItemImpl, Path};

/// An `impl` block of some trait, with what is wrong with the way the attribute is used.
#[derive(Debug)]
pub(crate) struct Block {
    /// The block, without a second attribute.
    pub(crate) item: ItemImpl,
    /// The trait as the author wrote it.
    pub(crate) path: Path,
    /// Mistakes that do not keep the rest from being checked.
    pub(crate) mistakes: Mistakes,
}

impl Block {
    /// Returns the methods the author wrote.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &ImplItemFn> {
        self.item.items.iter().filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        })
    }

    /// Returns the name of the trait.
    pub(crate) fn trait_name(&self) -> String {
        self.path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default()
    }
}

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

/// Parses the arguments of the attribute and the item it stands on.
pub(crate) fn parse(arguments: TokenStream, tokens: TokenStream) -> Result<Block, Refused> {
    let refuse = |item: &dyn ToTokens, place: &dyn ToTokens, mistake: Mistake<'_>| {
        Err(Refused {
            item: item.to_token_stream(),
            error: mistake.at(place),
        })
    };
    let mut item = match syn::parse2(tokens.clone()) {
        Ok(Item::Impl(item)) => item,
        Ok(other) => return refuse(&other, heading(&other), Mistake::NotAnImplBlock),
        Err(error) => {
            return Err(Refused {
                item: tokens,
                error,
            });
        }
    };
    let (negative, path) = match &item.trait_ {
        Some((negative, path, _)) => (*negative, path.clone()),
        None => return refuse(&item, &item.self_ty, Mistake::InherentImpl),
    };
    if let Some(bang) = negative {
        // Such a block is an error of its own where it stands, so it does not come back.
        return refuse(&TokenStream::new(), &bang, Mistake::NegativeImpl);
    }
    let mut mistakes = Mistakes::default();
    if !arguments.is_empty() {
        mistakes.add(arguments, Mistake::Arguments);
    }
    item.attrs.retain(|attribute| {
        let again = attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "export");
        if again {
            mistakes.add(attribute, Mistake::Twice);
        }
        !again
    });
    Ok(Block {
        item,
        path,
        mistakes,
    })
}

/// Returns an item's name, or all of it if it has none.
fn heading(item: &Item) -> &dyn ToTokens {
    match item {
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Mod(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        other => other,
    }
}
