//! The one table of messages: what can be wrong, and what to write instead.

use crate::generated::capabilities::{CAPABILITIES, Method, Trait};
use crate::suggest;
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Everything that this crate complains about.
pub(crate) enum Mistake<'a> {
    Arguments,
    Twice,
    NotAnImplBlock,
    InherentImpl,
    NegativeImpl,
    UnsafeImpl,
    GenericImpl,
    UnknownTrait {
        name: &'a str,
    },
    Nothing {
        known: &'static Trait,
    },
    MissingMethod {
        known: &'static Trait,
        method: &'static Method,
    },
    UnknownMethod {
        name: &'a str,
        known: &'static Trait,
    },
    Qualifier {
        word: &'static str,
    },
    GenericMethod {
        method: &'static Method,
    },
    NoReceiver {
        method: &'static Method,
    },
    WrongReceiver {
        method: &'static Method,
    },
    ArgumentCount {
        method: &'static Method,
    },
    ArgumentByReference {
        method: &'static Method,
    },
    ArgumentType {
        method: &'static Method,
    },
    NoReturnType {
        method: &'static Method,
    },
    NotAResult {
        method: &'static Method,
    },
    OutputType {
        method: &'static Method,
    },
}

impl Mistake<'_> {
    /// Makes the error for a piece of the author's code.
    pub(crate) fn at(&self, place: impl ToTokens) -> syn::Error {
        syn::Error::new_spanned(place, self.text())
    }

    /// Returns the message: what is wrong, then what to write.
    fn text(&self) -> String {
        match self {
            Self::Arguments => {
                "`export` takes no arguments: it exports the methods written in the block; \
                write `#[nd_pdk::export]`"
                    .into()
            }
            Self::Twice => "`export` stands on this block already; remove this one".into(),
            Self::NotAnImplBlock => format!(
                "`export` goes on an `impl` block of a capability's trait, not on this; \
                 write it above `impl Scrobbler for …`\n{}",
                known_traits()
            ),
            Self::InherentImpl => format!(
                "this block implements no trait, so there is nothing to export; \
                 name the capability: `impl Scrobbler for …`\n{}",
                known_traits()
            ),
            Self::NegativeImpl => {
                "a capability cannot be exported by not implementing it; remove the `!`".into()
            }
            Self::UnsafeImpl => "the traits of capabilities are safe; remove `unsafe`".into(),
            Self::GenericImpl => "a plugin is one type and its exports cannot be generic; \
                remove the parameters and the `where` clause, and name the type"
                .into(),
            Self::UnknownTrait { name } => {
                let names = CAPABILITIES
                    .iter()
                    .flat_map(|capability| capability.traits)
                    .map(|known| known.name);
                match suggest::nearest(name, names) {
                    Some(near) => format!(
                        "`{name}` is not a capability; did you mean `{near}`?\n{}",
                        known_traits()
                    ),
                    None => format!("`{name}` is not a capability\n{}", known_traits()),
                }
            }
            Self::Nothing { known } => format!(
                "no method is written here, so nothing would be exported; write at least one\n{}",
                signatures(known)
            ),
            Self::MissingMethod { known, method } => format!(
                "`{}` needs the method `{}`; add:\n    {} {{ … }}",
                known.name, method.name, method.signature
            ),
            Self::UnknownMethod { name, known } => {
                match suggest::nearest(name, known.methods.iter().map(|method| method.name)) {
                    Some(near) => format!(
                        "`{}` has no method `{name}`; did you mean `{near}`?\n{}",
                        known.name,
                        signatures(known)
                    ),
                    None => format!(
                        "`{}` has no method `{name}`\n{}",
                        known.name,
                        signatures(known)
                    ),
                }
            }
            Self::Qualifier { word } => format!(
                "the server calls this method and waits for its answer: it cannot be `{word}`; remove `{word}`"
            ),
            Self::GenericMethod { method } => {
                expected("an exported method has no generic parameters", method)
            }
            Self::NoReceiver { method } => {
                expected("the method needs `&self` as its first parameter", method)
            }
            Self::WrongReceiver { method } => expected(
                "the method takes `&self`: a new plugin value is made for every call, what shall last goes into a host \
                 service like `kvstore`",
                method,
            ),
            Self::ArgumentCount { method } => match method.input {
                Some(_) => expected("the method takes one request", method),
                None => expected("the method takes no request", method),
            },
            Self::ArgumentByReference { method } => {
                expected("the request is passed by value", method)
            }
            Self::ArgumentType { method } => {
                expected("this is not the request of this method", method)
            }
            Self::NoReturnType { method } => expected("the method must return a `Result`", method),
            Self::NotAResult { method } => expected(
                "the method returns a `Result`, for every call can fail",
                method,
            ),
            Self::OutputType { method } if method.output.starts_with("Option<") => expected(
                "the method returns an `Option` inside the `Result`: `Ok(None)` says that there is no data",
                method,
            ),
            Self::OutputType { method } => expected("this is not what the method returns", method),
        }
    }
}

/// Says what is wrong with a signature, and the right one.
fn expected(what: &str, method: &Method) -> String {
    format!("{what}; write:\n    {}", method.signature)
}

/// Lists the traits that can be exported, by capability.
fn known_traits() -> String {
    let mut text = String::from("the traits are:");
    for capability in CAPABILITIES {
        let names: Vec<_> = capability
            .traits
            .iter()
            .map(|known| format!("`{}`", known.name))
            .collect();
        text.push_str(&format!(
            "\n    nd_pdk::{}: {}",
            capability.module,
            names.join(", ")
        ));
    }
    text
}

fn signatures(known: &Trait) -> String {
    let mut text = String::from("its methods are:");
    for method in known.methods {
        text.push_str("\n    ");
        text.push_str(method.signature);
    }
    text
}

/// Mistakes with their places, reported together.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    errors: Vec<syn::Error>,
}

impl Mistakes {
    /// Adds a mistake.
    pub(crate) fn add(&mut self, place: impl ToTokens, mistake: Mistake<'_>) {
        self.errors.push(mistake.at(place));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Returns how many there are, to tell whether a check added one.
    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// Returns the tokens that make rustc report them.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.errors
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }

    /// Returns the messages, for tests.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<String> {
        self.errors.iter().map(ToString::to_string).collect()
    }
}
