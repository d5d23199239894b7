//! Structs: fields, their JSON tags, and what Go's own encoder makes of them.

use super::declare::{Field as GoField, TypeDecl};
use super::naming;
use super::resolve::Resolver;
use crate::diagnostic::{Diagnostics, Kind};
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
            resolver.diagnostics.warn(
                &field.ty.place,
                Kind::Unsupported,
                format!(
                    "`{}` is embedded in `{}` and left out",
                    field.ty.text, decl.name.value
                ),
                "write its fields out; guests would not see them",
            );
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
            "begin its name with a capital",
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

/// What the tag of a field says about JSON.
struct Tag {
    name: Option<String>,
    omit_empty: bool,
}

impl Tag {
    fn read(
        tag: Option<&Spanned<String>>,
        field: &Spanned<String>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut read = Self {
            name: None,
            omit_empty: false,
        };
        let derived = naming::json_name(&field.value);
        let text = tag.map_or("", |tag| &tag.value);
        let mut parts = text.split(' ');
        let found = parts.find_map(|part| part.strip_prefix("json:\"")?.strip_suffix('"'));
        let place = tag.map_or(&field.place, |tag| &tag.place);
        let named = found.filter(|found| !found.is_empty() && !found.starts_with(','));
        if named.is_none() {
            let message = if text.contains("json") {
                format!("the tag of field `{}` gives no JSON name", field.value)
            } else {
                format!("field `{}` has no JSON name", field.value)
            };
            let hint = format!(
                "write `json:\"{derived}\"`; without it, Go sends `{}` and guests expect `{derived}`",
                field.value
            );
            // Go writes the name as it is, which may happen to be right.
            if field.value != derived || text.contains("json") {
                diagnostics.warn(place, Kind::Name, message, hint);
            }
        }
        let mut options = found.unwrap_or_default().split(',');
        let name = options.next().unwrap_or_default();
        if name == "-" {
            diagnostics.warn(
                place,
                Kind::Name,
                format!(
                    "field `{}` is hidden from JSON, but not from guests",
                    field.value
                ),
                format!("guests see it as `{derived}`; take it out of the struct instead"),
            );
        } else if name.chars().any(char::is_control) {
            diagnostics.report(
                place,
                Kind::Name,
                format!(
                    "the JSON name of field `{}` holds control characters",
                    field.value
                ),
                format!("write `json:\"{derived}\"`"),
            );
        } else if !name.is_empty() {
            read.name = Some(name.to_owned());
        }
        for option in options {
            if option == "omitempty" {
                read.omit_empty = true;
            } else {
                diagnostics.warn(
                    place,
                    Kind::Unsupported,
                    format!(
                        "the option `{option}` of field `{}` is ignored",
                        field.value
                    ),
                    "guests know only `omitempty`",
                );
            }
        }
        read
    }
}
