//! Structs, aliases and constants of the definition language.

use super::attributes::Attributes;
use super::{Context, types};
use crate::diagnostic::Kind;
use crate::syntax::{Alias, AliasTarget, Constant, Field, Literal, Struct};
use syn::spanned::Spanned as _;

/// Reads a struct.
pub(super) fn read_struct(context: &mut Context<'_>, item: &syn::ItemStruct) -> Option<Struct> {
    let name = context.name(&item.ident);
    let mut attributes = Attributes::read(context, &item.attrs, &["since"], "a struct");
    context.no_generics(&item.generics, &format!("struct `{}`", name.value));
    let syn::Fields::Named(fields) = &item.fields else {
        context.error(
            item.ident.span(),
            Kind::Unsupported,
            format!("struct `{}` has no named fields", name.value),
            "write `pub struct Name { pub field: Type }`; each field is a key of the JSON object",
        );
        return None;
    };
    let fields = fields.named.iter();
    Some(Struct {
        since: attributes.take_text("since"),
        docs: attributes.docs,
        fields: fields
            .filter_map(|field| read_field(context, field))
            .collect(),
        name,
    })
}

/// Reads a field of a struct.
fn read_field(context: &mut Context<'_>, field: &syn::Field) -> Option<Field> {
    let ident = field.ident.as_ref()?;
    let name = context.name(ident);
    let allowed = ["omit_empty", "json", "since"];
    let mut attributes = Attributes::read(context, &field.attrs, &allowed, "a field");
    if !matches!(field.vis, syn::Visibility::Public(_)) {
        context.error(
            ident.span(),
            Kind::Unsupported,
            format!("field `{}` is not public", name.value),
            format!("write `pub {}`; all fields cross the wire", name.value),
        );
    }
    Some(Field {
        since: attributes.take_text("since"),
        json: attributes.take_text("json"),
        alias: None,
        omit_empty: attributes
            .take("omit_empty")
            .map(|attribute| attribute.place),
        docs: attributes.docs,
        ty: types::read(context, &field.ty)?,
        name,
    })
}

/// Reads a type alias.
pub(super) fn read_alias(context: &mut Context<'_>, item: &syn::ItemType) -> Option<Alias> {
    let name = context.name(&item.ident);
    let mut attributes =
        Attributes::read(context, &item.attrs, &["alias", "since"], "a type alias");
    context.no_generics(&item.generics, &format!("alias `{}`", name.value));
    let mark = attributes.take("alias");
    if mark.is_none() && !attributes.puzzling {
        context.error(
            item.ident.span(),
            Kind::Attribute,
            format!("alias `{}` is not marked", name.value),
            "write `#[alias]` above it",
        );
    }
    Some(Alias {
        since: attributes.take_text("since"),
        deprecated: mark.is_some_and(|mark| mark.flag("deprecated").is_some()),
        docs: attributes.docs,
        target: if is_static_str(&item.ty) {
            AliasTarget::StaticStr
        } else {
            AliasTarget::Type(types::read(context, &item.ty)?)
        },
        name,
    })
}

/// Reads a constant.
pub(super) fn read_constant(context: &mut Context<'_>, item: &syn::ItemConst) -> Option<Constant> {
    let name = context.name(&item.ident);
    let mut attributes = Attributes::read(context, &item.attrs, &["since"], "a constant");
    let ty = match &*item.ty {
        syn::Type::Path(path) => path.path.get_ident(),
        _ => None,
    };
    let Some(ty) = ty else {
        context.error(
            item.ty.span(),
            Kind::Unsupported,
            format!("constant `{}` has a plain type", name.value),
            "declare `#[alias] pub type Name = &'static str;` in this file and use it",
        );
        return None;
    };
    let Some(value) = read_literal(&item.expr) else {
        context.error(
            item.expr.span(),
            Kind::Unsupported,
            format!("the value of constant `{}` is not a literal", name.value),
            "write a text in quotes or a whole number",
        );
        return None;
    };
    Some(Constant {
        ty: context.name(ty),
        since: attributes.take_text("since"),
        docs: attributes.docs,
        value,
        name,
    })
}

/// The value of a literal, possibly with a minus sign.
fn read_literal(expr: &syn::Expr) -> Option<Literal> {
    match expr {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(Literal::Text(text.value())),
            syn::Lit::Int(number) => number.base10_parse().ok().map(Literal::Integer),
            _ => None,
        },
        syn::Expr::Unary(syn::ExprUnary {
            op: syn::UnOp::Neg(_),
            expr,
            ..
        }) => match &**expr {
            // With its sign the lowest number fits, without it does not.
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Int(number),
                ..
            }) => {
                let number: i128 = number.base10_parse().ok()?;
                i64::try_from(-number).ok().map(Literal::Integer)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a type is `&'static str`.
fn is_static_str(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Reference(reference) => {
            let lifetime = reference.lifetime.as_ref();
            let is_static = lifetime.is_some_and(|lifetime| lifetime.ident == "static");
            let inner = &*reference.elem;
            is_static && matches!(inner, syn::Type::Path(path) if path.path.is_ident("str"))
        }
        _ => false,
    }
}
