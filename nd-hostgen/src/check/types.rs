//! Rules for structs, aliases, constants and the types they use.

use super::graph::{Graph, components};
use super::{Checker, Form};
use crate::diagnostic::{Kind, suggest};
use crate::model::Scalar;
use crate::names;
use crate::resolve::Target;
use crate::syntax::{
    Alias, AliasTarget, Constant, Field, Folder, Literal, Origin, SourceFile, Spanned, Struct,
    Type, TypeKind,
};

impl Checker<'_, '_> {
    /// A struct is documented, well named and dated.
    pub(super) fn check_struct(&mut self, file: &SourceFile, item: &Struct) {
        let described = format!("struct `{}`", item.name.value);
        self.check_docs(&item.docs, &item.name.place, &described);
        self.check_form(&item.name, Form::UpperCamel);
        self.check_reserved(&item.name, &names::RESERVED_TYPES);
        self.check_since(item.since.as_ref());
        if item.since.is_none() && file.folder == Folder::Types && self.is_ours() {
            self.error(
                &item.name.place,
                Kind::Attribute,
                format!("{described} has no release"),
                "write `#[since(\"…\")]` above it; a shared type has no service to take it from",
            );
        }
        for field in &item.fields {
            self.check_field(file, item, field);
        }
    }

    /// A field is documented, well named, and left out only when it can be empty.
    fn check_field(&mut self, file: &SourceFile, owner: &Struct, field: &Field) {
        let name = &field.name.value;
        let described = format!("field `{name}` of `{}`", owner.name.value);
        self.check_docs(&field.docs, &field.name.place, &described);
        self.check_form(&field.name, Form::Snake);
        self.check_since(field.since.as_ref());
        self.check_later(field.since.as_ref(), owner.since.as_ref());
        self.check_type(file, &field.ty);
        if let (Some(place), TypeKind::Named { .. }) = (&field.omit_empty, &field.ty.kind)
            && self.is_ours()
        {
            self.error(
                place,
                Kind::Attribute,
                format!("{described} is a struct, which is never empty"),
                "remove `#[omit_empty]`, or write `Option<…>`",
            );
        }
        self.check_json(&field.name, field.json.as_ref());
        if holds(&field.ty, &|kind| matches!(kind, TypeKind::Json)) && self.is_ours() {
            self.error(
                &field.ty.place,
                Kind::Unsupported,
                format!("{described} holds `Json`"),
                "only parameters and results may be anything; write a struct, or a text that holds JSON",
            );
        }
    }

    /// A JSON name is written only where it is not the derived one.
    pub(super) fn check_json(&mut self, name: &Spanned<String>, json: Option<&Spanned<String>>) {
        if let Some(json) = json
            && json.value == names::json_name(&name.value)
        {
            self.error(
                &json.place,
                Kind::Attribute,
                format!("`{}` is the derived JSON name already", json.value),
                "remove the attribute",
            );
        }
    }

    /// Every name in a type stands for a struct.
    pub(super) fn check_type(&mut self, file: &SourceFile, ty: &Type) {
        match &ty.kind {
            TypeKind::List(inner) | TypeKind::Map(inner) => self.check_type(file, inner),
            TypeKind::Option(inner) => {
                if matches!(inner.kind, TypeKind::Option(_)) {
                    let hint = "write one `Option`; `null` inside `null` is not JSON";
                    let message = "an `Option` holds an `Option`";
                    self.error(&ty.place, Kind::Unsupported, message, hint);
                }
                self.check_type(file, inner);
            }
            TypeKind::Named { shared, name } => match self.scope.resolve(file, *shared, name) {
                Some(Target::Local(_) | Target::Shared(_)) => {}
                Some(Target::Alias(_)) => self.error(
                    &ty.place,
                    Kind::Unsupported,
                    format!("`{name}` is the type of constants and does not cross the wire"),
                    "write the plain type, such as `String`",
                ),
                // Declared, but it could not be read.
                None if self.scope.is_declared(file, name) => {}
                None => {
                    let mut known = match self.diagnostics.are_many() {
                        true => Vec::new(),
                        false => self.scope.known(file),
                    };
                    known.extend(Scalar::ALL.iter().map(|(word, _)| *word));
                    known.extend(["Bytes", "Json", "Vec", "Map", "Option"]);
                    let hint = match name.as_str() {
                        "usize" | "u8" | "u16" => "write `u32` or `u64`".to_owned(),
                        "isize" | "i8" | "i16" => "write `i32` or `i64`".to_owned(),
                        "str" | "char" => "write `String`".to_owned(),
                        _ => suggest(name, &known),
                    };
                    let message = format!("unknown type `{name}`");
                    self.error(&ty.place, Kind::UnknownType, message, hint);
                }
            },
            TypeKind::Scalar(_) | TypeKind::Bytes | TypeKind::Json => {}
        }
    }

    /// A struct does not hold itself, except inside a list or map.
    pub(super) fn check_sizes(&mut self, files: &[SourceFile]) {
        let graph = Graph::new(files);
        let edges = graph.structs.iter().map(|(file, item)| {
            let fields = item.fields.iter();
            fields
                .filter_map(|field| graph.by_value(file, &field.ty))
                .collect()
        });
        let edges: Vec<Vec<usize>> = edges.collect();
        let component = components(&edges);
        for (at, (file, item)) in graph.structs.iter().enumerate() {
            for field in &item.fields {
                let held = graph.by_value(file, &field.ty);
                if held.is_none_or(|held| component[held] != component[at]) {
                    continue;
                }
                self.error(
                    &field.ty.place,
                    Kind::Unsupported,
                    format!("struct `{}` holds itself", item.name.value),
                    if file.origin == Origin::Rust {
                        "put a list or a map in between: `Vec` or `Map`, in Go `[]` or `map`"
                    } else {
                        "write a slice or a map; a pointer is enough for Go, but not for Rust"
                    },
                );
            }
        }
    }

    /// An alias names the type of constants, or is an old name of a shared type.
    pub(super) fn check_alias(&mut self, file: &SourceFile, alias: &Alias) {
        let name = &alias.name;
        let described = format!("alias `{}`", name.value);
        self.check_docs(&alias.docs, &name.place, &described);
        self.check_form(name, Form::UpperCamel);
        self.check_reserved(name, &names::RESERVED_TYPES);
        self.check_since(alias.since.as_ref());
        if file.folder != Folder::Capabilities {
            self.error(
                &name.place,
                Kind::Unsupported,
                format!("{described} stands outside a capability"),
                "only capability modules have aliases and constants",
            );
        }
        let sound = match &alias.target {
            AliasTarget::StaticStr => !alias.deprecated,
            AliasTarget::Type(ty) => match &ty.kind {
                TypeKind::Scalar(Scalar::I32 | Scalar::I64) => !alias.deprecated,
                TypeKind::Named { shared, name } => {
                    let target = self.scope.resolve(file, *shared, name);
                    alias.deprecated && matches!(target, Some(Target::Shared(_)))
                }
                _ => false,
            },
        };
        if !sound {
            self.error(
                &name.place,
                Kind::Unsupported,
                format!("{described} cannot stand for this type"),
                "write `#[alias]` with `&'static str`, `i32` or `i64`, or `#[alias(deprecated)]` \
                 with `types::Name`",
            );
        }
    }

    /// A constant has the type of an alias in its file, and a value that fits it.
    pub(super) fn check_constant(&mut self, file: &SourceFile, constant: &Constant) {
        let name = &constant.name;
        let described = format!("constant `{}`", name.value);
        self.check_docs(&constant.docs, &name.place, &described);
        self.check_form(name, Form::UpperSnake);
        self.check_since(constant.since.as_ref());
        let aliases = file.aliases.iter().filter(|alias| !alias.deprecated);
        let known: Vec<&Alias> = aliases.collect();
        let alias = known
            .iter()
            .find(|alias| alias.name.value == constant.ty.value);
        let Some(alias) = alias else {
            let known: Vec<&str> = known
                .iter()
                .map(|alias| alias.name.value.as_str())
                .collect();
            let hint = match &known[..] {
                [] => "declare `#[alias] pub type Name = &'static str;` in this file".to_owned(),
                _ => suggest(&constant.ty.value, &known),
            };
            let message = format!("the type `{}` is no alias of this file", constant.ty.value);
            return self.error(&constant.ty.place, Kind::UnknownType, message, hint);
        };
        let fits = match (&alias.target, &constant.value) {
            (AliasTarget::StaticStr, Literal::Text(_)) => true,
            (AliasTarget::Type(ty), Literal::Integer(number)) => {
                ty.kind != TypeKind::Scalar(Scalar::I32) || i32::try_from(*number).is_ok()
            }
            _ => false,
        };
        if !fits {
            self.error(
                &name.place,
                Kind::Unsupported,
                format!(
                    "the value of {described} does not fit `{}`",
                    constant.ty.value
                ),
                "write a text for a text alias, a whole number in its range for a number alias",
            );
        }
    }

    /// Every struct is reached from a method or from another struct that is.
    pub(super) fn check_unused(&mut self, files: &[SourceFile]) {
        let graph = Graph::new(files);
        let mut open = Vec::new();
        for file in files {
            let functions = file.services.iter().flat_map(|service| &service.functions);
            for function in functions {
                let params = function.params.iter().map(|param| &param.ty);
                let types = params.chain(&function.results);
                open.extend(types.filter_map(|ty| graph.inside(file, ty)));
            }
            let exports = file.capabilities.iter().flat_map(|item| &item.exports);
            for export in exports {
                let params = export.params.iter().map(|param| &param.ty);
                let types = params.chain(&export.output);
                open.extend(types.filter_map(|ty| graph.inside(file, ty)));
            }
        }
        let reached = graph.reached(open);
        for (at, (file, item)) in graph.structs.iter().enumerate() {
            if file.origin != Origin::Rust || reached[at] || !graph.is_first(at) {
                continue;
            }
            self.error(
                &item.name.place,
                Kind::Unused,
                format!("struct `{}` is used by nothing", item.name.value),
                "use it in a method or in a struct that is used, or remove it",
            );
        }
    }
}

/// Whether the test holds for the type or one inside it.
fn holds(ty: &Type, test: &dyn Fn(&TypeKind) -> bool) -> bool {
    test(&ty.kind)
        || match &ty.kind {
            TypeKind::List(inner) | TypeKind::Map(inner) | TypeKind::Option(inner) => {
                holds(inner, test)
            }
            _ => false,
        }
}
