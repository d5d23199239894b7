//! Which way each struct crosses the wire, and so who writes it and who reads it.

use crate::lower::SHARED_MODULE;
use crate::model::{Model, Struct, Type};
use std::collections::BTreeMap;

/// A way across the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// The guest writes it: parameters of host functions, outputs of exports.
    ToHost,
    /// The host writes it as a result of a host function; kits insist on what is always written.
    Answer,
    /// The host writes it as the input of an export; every kit takes what is missing for empty.
    Input,
}

/// A struct by the name of its module and its own.
pub(super) type Key<'a> = (&'a str, &'a str);

/// The ways of every struct that crosses the wire.
pub(super) type Flows<'a> = BTreeMap<Key<'a>, Vec<Flow>>;

/// The structs of a model by key.
pub(super) type Structs<'a> = BTreeMap<Key<'a>, &'a Struct>;

/// Finds all structs of a model.
pub(super) fn structs(model: &Model) -> Structs<'_> {
    let mut structs = Structs::new();
    for module in &model.modules {
        for item in &module.structs {
            structs.entry((&module.name, &item.name)).or_insert(item);
        }
    }
    structs
}

/// Finds the ways of all structs of a model.
pub(super) fn of<'a>(model: &'a Model, structs: &Structs<'a>) -> Flows<'a> {
    let mut flows = Flows::new();
    for service in &model.services {
        for function in &service.functions {
            for param in &function.params {
                follow(
                    structs,
                    &service.module,
                    &param.ty,
                    Flow::ToHost,
                    &mut flows,
                );
            }
            for field in function.answer.fields() {
                follow(
                    structs,
                    &service.module,
                    &field.ty,
                    Flow::Answer,
                    &mut flows,
                );
            }
        }
    }
    for capability in &model.capabilities {
        for export in &capability.exports {
            for (ty, flow) in [(&export.input, Flow::Input), (&export.output, Flow::ToHost)] {
                if let Some(ty) = ty {
                    follow(structs, &capability.module, ty, flow, &mut flows);
                }
            }
        }
    }
    flows
}

/// Notes a way for all structs inside a type.
fn follow<'a>(
    structs: &Structs<'a>,
    module: &'a str,
    ty: &'a Type,
    flow: Flow,
    flows: &mut Flows<'a>,
) {
    let mut next = vec![(module, ty)];
    while let Some((module, ty)) = next.pop() {
        if let Type::List(inner) | Type::Map(inner) | Type::Option(inner) = ty {
            next.push((module, inner));
        }
        let found = key(module, ty).and_then(|key| Some((key, structs.get(&key)?)));
        let Some((key, item)) = found else {
            continue;
        };
        let ways = flows.entry(key).or_default();
        if !ways.contains(&flow) {
            ways.push(flow);
            next.extend(item.fields.iter().map(|field| (key.0, &field.ty)));
        }
    }
}

/// The struct that a type names, if it is one.
pub(super) fn key<'a>(module: &'a str, ty: &'a Type) -> Option<Key<'a>> {
    match ty {
        Type::Local(name) => Some((module, name)),
        Type::Shared(name) => Some((SHARED_MODULE, name)),
        _ => None,
    }
}
