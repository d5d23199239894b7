//! Aliases and constants: which go with a capability, and what they are in our language.

use super::constants::Value;
use super::declare::{Body, ConstBlock, ConstSpec, TypeDecl};
use super::naming;
use super::package::Package;
use super::resolve::Resolver;
use super::types::{GoType, Shape};
use super::units::{Folders, declared, renamed};
use crate::diagnostic::{Diagnostics, Kind};
use crate::model::Scalar;
use crate::names;
use crate::syntax::{Alias, AliasTarget, Constant, Literal, SourceFile, Type, TypeKind};
use std::collections::BTreeSet;

impl<'a> Folders<'a> {
    /// Adds the aliases and constants that go with a capability.
    pub(super) fn attach(
        &self,
        resolver: &mut Resolver<'a, '_>,
        interface: &str,
        unit: &mut SourceFile,
    ) {
        let shared = self.shared_closure(&resolver.reached.shared);
        let mut left_out = BTreeSet::new();
        for (at, file) in self.package.files.iter().enumerate() {
            for decl in file.types.iter().filter(|decl| self.package.counts(decl)) {
                let name = &decl.name.value;
                if let Some(target) = resolver.alias_of_shared(at, decl) {
                    if shared.contains(target) {
                        unit.aliases.push(shared_alias(decl, target));
                    }
                } else if (resolver.reached.named.contains(name) || name.starts_with(interface))
                    && let Body::Type(ty) = &decl.body
                {
                    match value_alias(decl, ty) {
                        Some(alias) => unit.aliases.push(alias),
                        None => _ = left_out.insert(name.as_str()),
                    }
                }
            }
        }
        for file in self.package.files {
            for block in &file.constants {
                constants(block, unit, &left_out, resolver.diagnostics);
            }
        }
        unit.declared = declared(unit);
    }

    /// The shared structs that are used, directly or by another.
    fn shared_closure(&self, used: &BTreeSet<String>) -> BTreeSet<String> {
        let mut found = used.clone();
        let mut open: Vec<String> = used.iter().cloned().collect();
        let mut silent = Diagnostics::new();
        let nothing = Package::new(&[], &mut silent);
        let mut resolver = Resolver::new(self.shared, &nothing, &mut silent);
        let mut seen = 0;
        while let Some(name) = open.pop() {
            let Some((
                home,
                TypeDecl {
                    body: Body::Struct(fields),
                    ..
                },
            )) = self.shared.get(&name)
            else {
                continue;
            };
            for field in fields {
                resolver.ty(home, &field.ty);
            }
            for name in resolver.reached.structs.iter().skip(seen) {
                if found.insert(name.clone()) {
                    open.push(name.clone());
                }
            }
            seen = resolver.reached.structs.len();
        }
        found
    }
}

/// An old name of a shared type.
fn shared_alias(decl: &TypeDecl, target: &str) -> Alias {
    Alias {
        name: decl.name.clone(),
        docs: decl.doc.text.clone(),
        since: None,
        deprecated: true,
        target: AliasTarget::Type(Type {
            kind: TypeKind::Named {
                shared: true,
                name: target.to_owned(),
            },
            place: decl.name.place.clone(),
        }),
    }
}

/// The type of constants; none if it is no text or whole number.
fn value_alias(decl: &TypeDecl, ty: &GoType) -> Option<Alias> {
    let Shape::Name(word) = &ty.shape else {
        return None;
    };
    let scalar = |scalar| {
        AliasTarget::Type(Type {
            kind: TypeKind::Scalar(scalar),
            place: ty.place.clone(),
        })
    };
    let target = match word.as_str() {
        "string" => AliasTarget::StaticStr,
        "int" | "int32" => scalar(Scalar::I32),
        "int64" => scalar(Scalar::I64),
        _ => return None,
    };
    Some(Alias {
        name: decl.name.clone(),
        docs: decl.doc.text.clone(),
        since: None,
        deprecated: false,
        target,
    })
}

/// Adds the constants of a block that belongs to one of a unit's aliases: the first type named in it.
fn constants(
    block: &ConstBlock,
    unit: &mut SourceFile,
    left_out: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) {
    let first = block.constants.iter().find_map(|spec| spec.ty.as_ref());
    let Some((first, Shape::Name(ty))) = first.map(|ty| (ty, &ty.shape)) else {
        return;
    };
    let mut aliases = unit.aliases.iter().filter(|alias| !alias.deprecated);
    if !aliases.any(|alias| alias.name.value == *ty) {
        if left_out.contains(ty.as_str()) {
            let message = format!("the constants of type `{ty}` are left out");
            let hint = "declare the type as `string`, `int`, `int32` or `int64`; others have no constants for guests";
            diagnostics.warn(&first.place, Kind::Unsupported, message, hint);
        }
        return;
    }
    for spec in &block.constants {
        if let Some(other) = spec.ty.as_ref().filter(|other| other.text != *ty) {
            let message = format!(
                "a block of `{ty}` constants holds one of type `{}`",
                other.text
            );
            let hint = "give each type a block of its own; the first type of a block counts";
            diagnostics.warn(&other.place, Kind::Unsupported, message, hint);
            continue;
        }
        for (name, value) in spec.names.iter().zip(values(spec)) {
            if name.value == "_" {
                continue;
            }
            let value = match value {
                Value::Text(text) => Literal::Text(text.clone()),
                Value::Integer(number) => match i64::try_from(*number) {
                    Ok(number) => Literal::Integer(number),
                    Err(_) => {
                        let message =
                            format!("the value of constant `{}` is too large", name.value);
                        let hint = "write a number that fits into 64 bits with a sign";
                        diagnostics.report(&spec.place, Kind::Unsupported, message, hint);
                        continue;
                    }
                },
                Value::Unknown => {
                    let message = format!("the value of constant `{}` is no literal", name.value);
                    let hint = "write a text, a whole number, or what follows from `iota` and such";
                    diagnostics.report(&spec.place, Kind::Unsupported, message, hint);
                    continue;
                }
            };
            naming::check_ascii(name, diagnostics);
            unit.constants.push(Constant {
                name: renamed(name, &names::snake(&name.value).to_uppercase()),
                docs: spec.docs.clone(),
                since: None,
                ty: renamed(name, ty),
                value,
            });
        }
    }
}

/// The values of a line, with unknown ones for names that have none.
fn values(spec: &ConstSpec) -> impl Iterator<Item = &Value> {
    spec.values.iter().chain(std::iter::repeat(&Value::Unknown))
}
