//! First step: tokens to an `impl` block of a trait.

use crate::mistake::{Mistake, Mistakes};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
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
}

/// Parses the arguments of the attribute and the item it stands on.
pub(crate) fn parse(arguments: TokenStream, tokens: TokenStream) -> Result<Block, Refused> {
    let refuse = |item: &dyn ToTokens, span: Span, mistake: Mistake<'_>| {
        Err(Refused {
            item: item.to_token_stream(),
            error: mistake.at(span),
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
        None => return refuse(&item, item.self_ty.span(), Mistake::InherentImpl),
    };
    if let Some(bang) = negative {
        return refuse(&item, bang.span(), Mistake::NegativeImpl);
    }
    let mut mistakes = Mistakes::default();
    if !arguments.is_empty() {
        mistakes.add(arguments.span(), Mistake::Arguments);
    }
    item.attrs.retain(|attribute| {
        let again = attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "export");
        if again {
            mistakes.add(attribute.span(), Mistake::Twice);
        }
        !again
    });
    Ok(Block {
        item,
        path,
        mistakes,
    })
}

/// Returns the place of an item's name, where it has one.
fn heading(item: &Item) -> Span {
    match item {
        Item::Enum(item) => item.ident.span(),
        Item::Fn(item) => item.sig.ident.span(),
        Item::Mod(item) => item.ident.span(),
        Item::Struct(item) => item.ident.span(),
        Item::Trait(item) => item.ident.span(),
        Item::Type(item) => item.ident.span(),
        other => other.span(),
    }
}
