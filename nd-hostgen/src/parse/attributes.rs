//! Attributes of definitions: which exist, what arguments they take, and the documentation comments.

use super::Context;
use crate::diagnostic::{Kind, Place, suggest};
use crate::syntax::{ResultName, Spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, Lit, Meta, Token};

/// How an attribute is written.
enum Form {
    /// `#[word]`
    Bare,
    /// `#[word("text")]`
    Text,
    /// `#[word(key = "text", flag, list(a, b))]`
    Arguments(&'static [(&'static str, Shape)]),
}

/// How an argument is written.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// `key = "text"`
    Text,
    /// `flag`
    Flag,
    /// `list(a, b = "text")`
    Names,
}

/// Every attribute of the definition language.
const ATTRIBUTES: &[(&str, Form)] = &[
    (
        "host_service",
        Form::Arguments(&[
            ("name", Shape::Text),
            ("permission", Shape::Text),
            ("since", Shape::Text),
        ]),
    ),
    (
        "host_fn",
        Form::Arguments(&[
            ("name", Shape::Text),
            ("since", Shape::Text),
            ("results", Shape::Names),
        ]),
    ),
    (
        "capability",
        Form::Arguments(&[
            ("name", Shape::Text),
            ("identity", Shape::Text),
            ("required", Shape::Flag),
            ("since", Shape::Text),
        ]),
    ),
    (
        "export",
        Form::Arguments(&[
            ("name", Shape::Text),
            ("since", Shape::Text),
            ("essential", Shape::Flag),
            ("provider", Shape::Text),
            ("register", Shape::Text),
        ]),
    ),
    ("since", Form::Text),
    ("json", Form::Text),
    ("omit_empty", Form::Bare),
    ("distinguish_null", Form::Bare),
    ("alias", Form::Arguments(&[("deprecated", Shape::Flag)])),
];

/// The attributes of one item, taken out one by one.
pub(super) struct Attributes {
    /// The documentation, without the space after the slashes.
    pub docs: String,
    /// Whether there was one that nobody knows, perhaps a misspelt mark.
    pub puzzling: bool,
    found: Vec<Attribute>,
}

/// One attribute with its arguments.
pub(super) struct Attribute {
    /// Where it stands.
    pub place: Place,
    word: &'static str,
    arguments: Vec<(Spanned<&'static str>, Value)>,
}

enum Value {
    Text(Spanned<String>),
    Flag,
    Names(Vec<ResultName>),
}

impl Attributes {
    /// Reads the attributes of an item; `allowed` are those that make sense on it.
    pub fn read(
        context: &mut Context<'_>,
        attributes: &[syn::Attribute],
        allowed: &[&str],
        item: &str,
    ) -> Self {
        let mut docs = Vec::new();
        let mut puzzling = false;
        let mut found: Vec<Attribute> = Vec::new();
        for attribute in attributes {
            if let Some(line) = doc_line(attribute) {
                if line
                    .chars()
                    .any(|c| c.is_control() && c != '\t' && c != '\n')
                {
                    let span = attribute.span();
                    let message = "a documentation comment holds a control character";
                    context.error(span, Kind::Syntax, message, "remove it; it cannot be seen");
                }
                docs.push(line);
                continue;
            }
            let Some((word, form)) = known(context, attribute, allowed, item) else {
                puzzling = true;
                continue;
            };
            let place = context.place(attribute.path().span());
            if found.iter().any(|earlier| earlier.word == word) {
                context.error(
                    attribute.path().span(),
                    Kind::Duplicate,
                    format!("`#[{word}]` stands here twice"),
                    "keep one of them",
                );
                continue;
            }
            found.push(Attribute {
                place,
                word,
                arguments: read_arguments(context, attribute, word, form),
            });
        }
        let docs = docs.join("\n").trim_matches('\n').to_owned();
        Self {
            docs,
            puzzling,
            found,
        }
    }

    /// Takes an attribute out by its word.
    pub fn take(&mut self, word: &str) -> Option<Attribute> {
        let index = self.found.iter().position(|found| found.word == word)?;
        Some(self.found.remove(index))
    }

    /// Takes the text of an attribute such as `#[since("0.60.0")]`.
    pub fn take_text(&mut self, word: &str) -> Option<Spanned<String>> {
        self.take(word)?.text("")
    }
}

impl Attribute {
    /// The text of an argument.
    pub fn text(&self, key: &str) -> Option<Spanned<String>> {
        match self.find(key) {
            Some((_, Value::Text(text))) => Some(text.clone()),
            _ => None,
        }
    }

    /// Where a flag is set, if it is.
    pub fn flag(&self, key: &str) -> Option<Place> {
        match self.find(key) {
            Some((name, Value::Flag)) => Some(name.place.clone()),
            _ => None,
        }
    }

    /// The names in a list argument.
    pub fn names(&self, key: &str) -> Vec<ResultName> {
        match self.find(key) {
            Some((_, Value::Names(names))) => names.clone(),
            _ => Vec::new(),
        }
    }

    fn find(&self, key: &str) -> Option<&(Spanned<&'static str>, Value)> {
        self.arguments.iter().find(|(name, _)| name.value == key)
    }
}

/// The text of a documentation line, without the space that follows the slashes.
fn doc_line(attribute: &syn::Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if pair.path.is_ident("doc") => {
            let text = text.value();
            let line = text.strip_prefix(' ').unwrap_or(&text);
            Some(line.trim_end().to_owned())
        }
        _ => None,
    }
}

/// Looks an attribute up, reporting unknown and misplaced ones.
fn known(
    context: &mut Context<'_>,
    attribute: &syn::Attribute,
    allowed: &[&str],
    item: &str,
) -> Option<(&'static str, &'static Form)> {
    let path = attribute.path();
    let word = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>()
        .join("::");
    let entry = ATTRIBUTES.iter().find(|(known, _)| *known == word);
    match entry {
        Some((known, form)) if allowed.contains(known) => Some((known, form)),
        Some(_) => {
            let hint = match allowed {
                [] => format!("{item} takes none; remove it"),
                _ => format!("{item} takes: {}", allowed.join(", ")),
            };
            context.error(
                path.span(),
                Kind::Attribute,
                format!("`#[{word}]` does not belong on {item}"),
                hint,
            );
            None
        }
        None => {
            let words: Vec<&str> = ATTRIBUTES.iter().map(|(known, _)| *known).collect();
            context.error(
                path.span(),
                Kind::Attribute,
                format!("unknown attribute `#[{word}]`"),
                suggest(&word, if allowed.is_empty() { &words } else { allowed }),
            );
            None
        }
    }
}

/// Reads what stands in an attribute's parentheses.
fn read_arguments(
    context: &mut Context<'_>,
    attribute: &syn::Attribute,
    word: &'static str,
    form: &Form,
) -> Vec<(Spanned<&'static str>, Value)> {
    let hint = match (form, &attribute.meta) {
        (Form::Bare, Meta::Path(_)) | (Form::Arguments(_), Meta::Path(_)) => return Vec::new(),
        (Form::Bare, _) => format!("write `#[{word}]` alone"),
        (Form::Text, Meta::List(list)) => match list.parse_args::<syn::LitStr>() {
            Ok(text) => {
                let name = Spanned {
                    value: "",
                    place: context.place(text.span()),
                };
                let text = text_value(context, &text, &format!("`#[{word}]`"));
                return text
                    .map(|text| (name, Value::Text(text)))
                    .into_iter()
                    .collect();
            }
            Err(_) => format!("write `#[{word}(\"…\")]`"),
        },
        (Form::Text, _) => format!("write `#[{word}(\"…\")]`"),
        (Form::Arguments(keys), Meta::List(list)) => {
            match list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
                Ok(metas) => return read_keys(context, &metas, word, keys),
                Err(_) => argument_form(word, keys),
            }
        }
        (Form::Arguments(keys), Meta::NameValue(_)) => argument_form(word, keys),
    };
    context.error(
        attribute.meta.span(),
        Kind::Attribute,
        format!("`#[{word}]` is not written like this"),
        hint,
    );
    Vec::new()
}

/// Reads `key = "text", flag, list(a, b)`.
fn read_keys(
    context: &mut Context<'_>,
    metas: &Punctuated<Meta, Token![,]>,
    word: &str,
    keys: &'static [(&'static str, Shape)],
) -> Vec<(Spanned<&'static str>, Value)> {
    let mut arguments: Vec<(Spanned<&'static str>, Value)> = Vec::new();
    for meta in metas {
        let path = meta.path();
        let written = path
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        let Some((key, shape)) = keys.iter().find(|(key, _)| *key == written) else {
            let known: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
            context.error(
                path.span(),
                Kind::Attribute,
                format!("`#[{word}]` has no argument `{written}`"),
                suggest(&written, &known),
            );
            continue;
        };
        if arguments.iter().any(|(earlier, _)| earlier.value == *key) {
            context.error(
                path.span(),
                Kind::Duplicate,
                format!("argument `{key}` stands here twice"),
                "keep one of them",
            );
            continue;
        }
        let name = Spanned {
            value: *key,
            place: context.place(path.span()),
        };
        if let Some(value) = read_value(context, meta, key, *shape) {
            arguments.push((name, value));
        }
    }
    arguments
}

/// Reads one argument's value.
fn read_value(context: &mut Context<'_>, meta: &Meta, key: &str, shape: Shape) -> Option<Value> {
    match (shape, meta) {
        (Shape::Flag, Meta::Path(_)) => return Some(Value::Flag),
        (Shape::Text, Meta::NameValue(pair)) => {
            if let Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) = &pair.value
            {
                return text_value(context, text, &format!("`{key}`")).map(Value::Text);
            }
        }
        (Shape::Names, Meta::List(list)) => {
            let names = list.parse_args_with(Punctuated::<Name, Token![,]>::parse_terminated);
            if let Ok(names) = names {
                let names = names.iter().map(|name| ResultName {
                    name: context.name(&name.ident),
                    json: name
                        .json
                        .as_ref()
                        .and_then(|json| text_value(context, json, &format!("`{}`", name.ident))),
                });
                return Some(Value::Names(names.collect()));
            }
        }
        _ => {}
    }
    context.error(
        meta.span(),
        Kind::Attribute,
        format!("argument `{key}` is not written like this"),
        format!("write `{}`", written_form(key, shape)),
    );
    None
}

/// A name in a list, perhaps with its JSON name.
struct Name {
    ident: syn::Ident,
    json: Option<syn::LitStr>,
}

impl syn::parse::Parse for Name {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let ident = syn::ext::IdentExt::parse_any;
        Ok(Self {
            ident: input.call(ident)?,
            json: match input.parse::<Option<Token![=]>>()? {
                Some(_) => Some(input.parse()?),
                None => None,
            },
        })
    }
}

/// A text that may not be empty.
fn text_value(
    context: &mut Context<'_>,
    text: &syn::LitStr,
    owner: &str,
) -> Option<Spanned<String>> {
    if text.value().trim().is_empty() {
        context.error(
            text.span(),
            Kind::Attribute,
            format!("the text of {owner} is empty"),
            "write its value between the quotes, or leave it out",
        );
        return None;
    }
    if text.value().chars().any(char::is_control) {
        context.error(
            text.span(),
            Kind::Attribute,
            format!("the text of {owner} holds a control character"),
            "write visible characters only",
        );
        return None;
    }
    Some(Spanned {
        value: text.value(),
        place: context.place(text.span()),
    })
}

/// How an argument is written, for hints.
fn written_form(key: &str, shape: Shape) -> String {
    match shape {
        Shape::Text => format!("{key} = \"…\""),
        Shape::Flag => key.to_owned(),
        Shape::Names => format!("{key}(first, second)"),
    }
}

/// How an attribute with arguments is written, for hints.
fn argument_form(word: &str, keys: &[(&str, Shape)]) -> String {
    let forms: Vec<String> = keys
        .iter()
        .map(|(key, shape)| written_form(key, *shape))
        .collect();
    format!("write `#[{word}({})]`", forms.join(", "))
}
