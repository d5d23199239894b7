//! Types of the definition language.

use super::Context;
use crate::diagnostic::Kind;
use crate::model::Scalar;
use crate::syntax::{Type, TypeKind};
use syn::spanned::Spanned as _;

/// How the possible types are listed in hints.
const KNOWN: &str = "String, bool, i32, i64, u32, u64, f32, f64, Bytes, Json, Vec<T>, Map<String, T>, \
                     Option<T> and structs by name";

/// How many types may lie in each other.
const DEEPEST: usize = 64;

/// Reads a type, reporting shapes that the wire does not have.
pub(super) fn read(context: &mut Context<'_>, ty: &syn::Type) -> Option<Type> {
    if context.depth == DEEPEST {
        let hint = "define structs in between";
        return unsupported(context, ty, "more than 64 types lie in each other", hint);
    }
    context.depth += 1;
    let read = read_below(context, ty);
    context.depth -= 1;
    read
}

fn read_below(context: &mut Context<'_>, ty: &syn::Type) -> Option<Type> {
    let kind = match ty {
        syn::Type::Path(path) if path.qself.is_none() => read_path(context, &path.path)?,
        syn::Type::Reference(reference) => {
            let hint = match &*reference.elem {
                syn::Type::Path(inner) if inner.path.is_ident("str") => "write `String`",
                syn::Type::Slice(_) => "write `Bytes` for bytes, `Vec<T>` for other lists",
                _ => "write the type itself",
            };
            return unsupported(context, ty, "references do not cross the wire", hint);
        }
        syn::Type::Tuple(_) => {
            let hint = "only results may be several, each with a name; elsewhere define a struct";
            return unsupported(context, ty, "tuples do not cross the wire", hint);
        }
        syn::Type::Array(_) | syn::Type::Slice(_) => {
            let hint = "write `Bytes` for bytes, `Vec<T>` for other lists";
            return unsupported(context, ty, "arrays do not cross the wire", hint);
        }
        _ => {
            let message = "this type does not cross the wire";
            return unsupported(context, ty, message, &format!("known types: {KNOWN}"));
        }
    };
    Some(Type {
        kind,
        place: context.place(ty.span()),
    })
}

/// Reads a type that is a path: a scalar, a wrapper or a name.
fn read_path(context: &mut Context<'_>, path: &syn::Path) -> Option<TypeKind> {
    let segments: Vec<String> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let last = path.segments.last()?;
    match &segments[..] {
        [word] => read_word(context, word, last, path),
        [module, name] if module == "types" => {
            arguments(context, last, 0)?;
            Some(TypeKind::Named {
                shared: true,
                name: name.clone(),
            })
        }
        _ => {
            context.error(
                path.span(),
                Kind::UnknownType,
                format!("`{}` is not a type of definitions", segments.join("::")),
                "write the plain name, or `types::Name` for a shared type",
            );
            None
        }
    }
}

/// Reads a type that is one word, with or without arguments.
fn read_word(
    context: &mut Context<'_>,
    word: &str,
    segment: &syn::PathSegment,
    path: &syn::Path,
) -> Option<TypeKind> {
    if let Some((_, scalar)) = Scalar::ALL.iter().find(|(known, _)| *known == word) {
        arguments(context, segment, 0)?;
        return Some(TypeKind::Scalar(*scalar));
    }
    match word {
        "Bytes" => arguments(context, segment, 0).map(|_| TypeKind::Bytes),
        "Json" => arguments(context, segment, 0).map(|_| TypeKind::Json),
        "Vec" => match &arguments(context, segment, 1)?[..] {
            [syn::Type::Path(inner)] if inner.path.is_ident("u8") => {
                context.error(
                    path.span(),
                    Kind::UnknownType,
                    "a list of `u8` would be an array of numbers on the wire",
                    "write `Bytes`, which is base64 text there",
                );
                None
            }
            [inner] => Some(TypeKind::List(Box::new(read(context, inner)?))),
            _ => None,
        },
        "Option" => match &arguments(context, segment, 1)?[..] {
            [inner] => Some(TypeKind::Option(Box::new(read(context, inner)?))),
            _ => None,
        },
        "Map" => match &arguments(context, segment, 2)?[..] {
            [syn::Type::Path(key), value] if key.path.is_ident("String") => {
                Some(TypeKind::Map(Box::new(read(context, value)?)))
            }
            [key, _] => {
                context.error(
                    key.span(),
                    Kind::Unsupported,
                    "the keys of a map are not `String`",
                    "write `Map<String, T>`; the keys of a JSON object are texts",
                );
                None
            }
            _ => None,
        },
        "HashMap" | "BTreeMap" => {
            let message = format!("`{word}` is not a type of definitions");
            context.error(
                path.span(),
                Kind::UnknownType,
                message,
                "write `Map<String, T>`",
            );
            None
        }
        "Result" => {
            context.error(
                path.span(),
                Kind::Unsupported,
                "`Result` stands where a value is expected",
                "only the whole result of a host function may be a `Result<T>`",
            );
            None
        }
        _ => {
            arguments(context, segment, 0)?;
            Some(TypeKind::Named {
                shared: false,
                name: word.to_owned(),
            })
        }
    }
}

/// The type arguments of a path segment, which must be this many.
pub(super) fn arguments(
    context: &mut Context<'_>,
    segment: &syn::PathSegment,
    wanted: usize,
) -> Option<Vec<syn::Type>> {
    let given: Vec<syn::Type> = match &segment.arguments {
        syn::PathArguments::None => Vec::new(),
        syn::PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            })
            .collect(),
        syn::PathArguments::Parenthesized(_) => Vec::new(),
    };
    if given.len() == wanted && (wanted > 0 || segment.arguments.is_none()) {
        return Some(given);
    }
    let name = &segment.ident;
    let hint = match wanted {
        0 => format!("write `{name}`"),
        1 => format!("write `{name}<T>`"),
        _ => format!("write `{name}<String, T>`"),
    };
    context.error(
        segment.span(),
        Kind::Unsupported,
        format!("`{name}` does not take these type arguments"),
        hint,
    );
    None
}

fn unsupported(
    context: &mut Context<'_>,
    ty: &syn::Type,
    message: &str,
    hint: &str,
) -> Option<Type> {
    context.error(ty.span(), Kind::Unsupported, message, hint);
    None
}
