//! Structs: fields, their JSON tags, and what Go's own encoder makes of them.

use super::declare::{Field as GoField, TypeDecl};
use super::naming;
use super::resolve::Resolver;
use super::tag::Tag;
use super::types::Shape;
use crate::diagnostic::Kind;
use crate::syntax::{Field, Spanned, Struct};

/// Turns a struct into one of the definition language.
pub(super) fn read(
    resolver: &mut Resolver<'_, '_>,
    home: usize,
    decl: &TypeDecl,
    fields: &[GoField],
) -> Struct {
    let mut found = Vec::new();
    for field in fields {
        if field.names.is_empty() {
            embedded(resolver, decl, field);
        }
        for name in field.names.iter().filter(|name| name.value != "_") {
            found.push(read_field(resolver, home, field, name));
        }
    }
    Struct {
        name: decl.name.clone(),
        docs: decl.doc.text.clone(),
        since: None,
        fields: found,
    }
}

/// Reports an embedded field, which may be one without a type.
fn embedded(resolver: &mut Resolver<'_, '_>, decl: &TypeDecl, field: &GoField) {
    let (name, owner) = (&field.ty.text, &decl.name.value);
    let is_declared = match &field.ty.shape {
        Shape::Name(name) => resolver.package.get(name).is_some(),
        _ => true,
    };
    let (message, hint) = if is_declared {
        (
            format!("`{name}` is embedded in `{owner}` and left out"),
            "write its fields out; guests would not see them".to_owned(),
        )
    } else {
        (
            format!("`{name}` is embedded in `{owner}`, is declared nowhere, and is left out"),
            format!("if it is a field, write its type too, such as `{name} string`"),
        )
    };
    let place = &field.ty.place;
    resolver
        .diagnostics
        .warn(place, Kind::Unsupported, message, hint);
}

fn read_field(
    resolver: &mut Resolver<'_, '_>,
    home: usize,
    field: &GoField,
    name: &Spanned<String>,
) -> Field {
    let tag = Tag::read(field.tag.as_ref(), name, resolver.diagnostics);
    if name.value.starts_with(|c: char| !c.is_uppercase()) {
        resolver.diagnostics.warn(
            &name.place,
            Kind::Name,
            format!(
                "field `{}` is not exported, so Go never sends it",
                name.value
            ),
            "begin its name with a capital, or take it out of the struct",
        );
    }
    let snake = naming::snake(name, resolver.diagnostics);
    let derived = naming::json_name(&name.value);
    let json = tag.name.unwrap_or_else(|| derived.clone());
    if let (Some(written), true) = (&field.tag, json != derived) {
        resolver.diagnostics.warn(
            &written.place,
            Kind::Name,
            format!("field `{}` is `{json}` in JSON, not `{derived}`", name.value),
            format!(
                "upstream's own kits for guests do not read the tag; write `json:\"{derived}\"`, or rename the field"
            ),
        );
    }
    Field {
        docs: field.docs.clone(),
        since: None,
        json: naming::json_override(name, json),
        omit_empty: tag.omit_empty.then(|| name.place.clone()),
        alias: resolver.text_alias(&field.ty),
        ty: resolver.ty(home, &field.ty),
        name: snake,
    }
}
