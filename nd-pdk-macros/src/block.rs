//! The `impl` block as far as it matters here: heads and signatures are parsed, bodies and other items stay tokens.
//!
//! `syn` can parse whole items, at twice its build time, which every plugin would wait for.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::parse::{Parse, ParseStream, Result};
use syn::punctuated::Punctuated;
use syn::token::{Brace, Paren};
use syn::{
    Attribute, Generics, Lifetime, LitStr, Path, ReturnType, Token, Type, Visibility, braced,
    parenthesized,
};

/// An `impl` block, with or without a trait.
pub(crate) struct Block {
    pub(crate) attrs: Vec<Attribute>,
    /// The word `unsafe`.
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) generics: Generics,
    /// The `!` of a trait that is not implemented.
    pub(crate) bang: Option<Token![!]>,
    /// The trait as the author wrote it.
    pub(crate) path: Option<Path>,
    pub(crate) self_ty: Type,
    /// Attributes inside the braces.
    inner: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
    impl_word: Token![impl],
    for_word: Option<Token![for]>,
    braces: Brace,
}

/// An item in the block.
pub(crate) enum Member {
    Method(Box<Method>),
    /// A constant, a type, a call of a macro.
    Other(TokenStream),
}

/// A function in the block.
pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    visibility: Visibility,
    /// What stands before `fn`, such as `async`, with its first word.
    pub(crate) qualifiers: Vec<(&'static str, TokenStream)>,
    fn_word: Token![fn],
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    parens: Paren,
    pub(crate) arguments: Punctuated<Argument, Token![,]>,
    pub(crate) output: ReturnType,
    /// The braces, or a semicolon.
    body: TokenStream,
}

/// A parameter of a function.
pub(crate) struct Argument {
    /// All of it.
    tokens: TokenStream,
    pub(crate) kind: Kind,
}

/// What a parameter is.
pub(crate) enum Kind {
    /// `&self`.
    SelfByReference,
    /// `self` or `&mut self`, which no capability has.
    SelfOtherwise,
    /// `self: …`.
    SelfTyped,
    /// A pattern of this type.
    Typed(Box<Type>),
}

impl Block {
    /// Returns the methods the author wrote.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.members.iter().filter_map(|member| match member {
            Member::Method(method) => Some(&**method),
            Member::Other(_) => None,
        })
    }

    /// Returns the last segment of the trait's path, its own name.
    pub(crate) fn trait_ident(&self) -> Option<&Ident> {
        let segment = self.path.as_ref()?.segments.last()?;
        Some(&segment.ident)
    }

    /// Returns the name of the trait.
    pub(crate) fn trait_name(&self) -> String {
        self.trait_ident().map(Ident::to_string).unwrap_or_default()
    }
}

impl Method {
    /// Returns `self` in one of its forms.
    pub(crate) fn receiver(&self) -> Option<&Argument> {
        let first = self.arguments.first()?;
        (!matches!(first.kind, Kind::Typed(_))).then_some(first)
    }

    /// Returns the parameters but `self`, each with its type.
    pub(crate) fn typed(&self) -> impl Iterator<Item = (&Argument, &Type)> {
        self.arguments
            .iter()
            .filter_map(|argument| match &argument.kind {
                Kind::Typed(ty) => Some((argument, &**ty)),
                _ => None,
            })
    }
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let unsafety = input.parse()?;
        let impl_word = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let bang = input.parse()?;
        let mut self_ty = input.parse()?;
        let for_word: Option<Token![for]> = input.parse()?;
        let path = match for_word {
            None => None,
            Some(_) => {
                let written: Type = std::mem::replace(&mut self_ty, input.parse()?);
                Some(syn::parse2(written.into_token_stream())?)
            }
        };
        generics.where_clause = input.parse()?;
        let content;
        let braces = braced!(content in input);
        let inner = Attribute::parse_inner(&content)?;
        let mut members = Vec::new();
        while !content.is_empty() {
            members.push(content.parse()?);
        }
        Ok(Self {
            attrs,
            unsafety,
            generics,
            bang,
            path,
            self_ty,
            inner,
            members,
            impl_word,
            for_word,
            braces,
        })
    }
}

impl ToTokens for Block {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            unsafety,
            impl_word,
            generics,
            bang,
            path,
            for_word,
            self_ty,
            ..
        } = self;
        tokens.append_all(&self.attrs);
        let clause = &generics.where_clause;
        tokens.extend(
            quote! { #unsafety #impl_word #generics #bang #path #for_word #self_ty #clause },
        );
        self.braces.surround(tokens, |tokens| {
            tokens.append_all(&self.inner);
            tokens.append_all(&self.members);
        });
    }
}

impl Parse for Member {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        Attribute::parse_outer(&ahead)?;
        ahead.parse::<Visibility>()?;
        // These end with a semicolon, calls of macros may end with braces.
        let is_declaration = ahead.peek(Token![const]) || ahead.peek(Token![type]);
        qualifiers(&ahead)?;
        if ahead.peek(Token![fn]) {
            return Ok(Self::Method(Box::new(input.parse()?)));
        }
        let mut tokens = TokenStream::new();
        while !input.is_empty() {
            let token: TokenTree = input.parse()?;
            let is_end = match &token {
                TokenTree::Punct(mark) => mark.as_char() == ';',
                TokenTree::Group(group) => {
                    group.delimiter() == proc_macro2::Delimiter::Brace && !is_declaration
                }
                _ => false,
            };
            tokens.append(token);
            if is_end {
                break;
            }
        }
        Ok(Self::Other(tokens))
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Method(method) => method.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

impl Parse for Method {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let visibility = input.parse()?;
        let qualifiers = qualifiers(input)?;
        let fn_word = input.parse()?;
        let name = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let content;
        let parens = parenthesized!(content in input);
        let arguments = Punctuated::parse_terminated(&content)?;
        let output = input.parse()?;
        generics.where_clause = input.parse()?;
        let body: TokenTree = input.parse()?;
        Ok(Self {
            attrs,
            visibility,
            qualifiers,
            fn_word,
            name,
            generics,
            parens,
            arguments,
            output,
            body: body.into(),
        })
    }
}

/// Reads what may stand before `fn`.
fn qualifiers(input: ParseStream<'_>) -> Result<Vec<(&'static str, TokenStream)>> {
    let mut found = Vec::new();
    loop {
        let word = match () {
            () if input.peek(Token![const]) => "const",
            () if input.peek(Token![async]) => "async",
            () if input.peek(Token![unsafe]) => "unsafe",
            () if input.peek(Token![extern]) => "extern",
            () => return Ok(found),
        };
        let mut tokens = TokenStream::from(input.parse::<TokenTree>()?);
        if word == "extern" {
            tokens.append_all(input.parse::<Option<LitStr>>()?);
        }
        found.push((word, tokens));
    }
}

impl ToTokens for Method {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            visibility,
            fn_word,
            name,
            generics,
            output,
            body,
            ..
        } = self;
        let qualifiers = self.qualifiers.iter().map(|(_, tokens)| tokens);
        let clause = &generics.where_clause;
        tokens.append_all(&self.attrs);
        tokens.extend(quote! { #visibility #(#qualifiers)* #fn_word #name #generics });
        let arguments = &self.arguments;
        self.parens
            .surround(tokens, |tokens| arguments.to_tokens(tokens));
        tokens.extend(quote! { #output #clause #body });
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut tokens = TokenStream::new();
        tokens.append_all(Attribute::parse_outer(input)?);
        let and: Option<Token![&]> = input.parse()?;
        let lifetime: Option<Lifetime> = input.parse()?;
        let mutability: Option<Token![mut]> = input.parse()?;
        tokens.extend(quote! { #and #lifetime #mutability });
        let is_self = input.peek(Token![self]);
        // A pattern goes up to its colon; inside of it only paths have some, and those are double.
        while !input.is_empty() && (!input.peek(Token![:]) || input.peek(Token![::])) {
            if input.peek(Token![::]) {
                input.parse::<Token![::]>()?.to_tokens(&mut tokens);
            } else {
                input.parse::<TokenTree>()?.to_tokens(&mut tokens);
            }
            if is_self {
                break;
            }
        }
        let colon: Option<Token![:]> = if is_self {
            input.parse()?
        } else {
            Some(input.parse()?)
        };
        let kind = match colon {
            Some(colon) => {
                let ty: Box<Type> = input.parse()?;
                colon.to_tokens(&mut tokens);
                ty.to_tokens(&mut tokens);
                if is_self {
                    Kind::SelfTyped
                } else {
                    Kind::Typed(ty)
                }
            }
            None if and.is_some() && mutability.is_none() => Kind::SelfByReference,
            None => Kind::SelfOtherwise,
        };
        Ok(Self { tokens, kind })
    }
}

impl ToTokens for Argument {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
