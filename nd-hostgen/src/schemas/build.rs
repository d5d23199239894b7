//! From the model to schemas.

use super::{Enum, Export, Property, Schema, Target, Type};
use crate::lower::SHARED_MODULE;
use crate::model::{self, Capability, Model, Scalar, Struct};
use crate::syntax::Literal;
use std::collections::BTreeMap;

/// The schema of every capability, in the order of the model.
pub fn of(model: &Model) -> Vec<Schema> {
    let capabilities = model.capabilities.iter();
    capabilities
        .map(|capability| schema(model, capability))
        .collect()
}

/// The name of each schema's file without `.yaml`: that of the file that defines it, or the capability's where several
/// are defined in one file.
pub fn file_names(schemas: &[Schema]) -> Vec<String> {
    let mut sharing: BTreeMap<&str, usize> = BTreeMap::new();
    for schema in schemas {
        *sharing.entry(stem(&schema.source)).or_default() += 1;
    }
    let names = schemas.iter().map(|schema| {
        let stem = stem(&schema.source);
        let alone = sharing.get(stem) == Some(&1) && !stem.is_empty();
        if alone { stem } else { &schema.capability }.to_owned()
    });
    names.collect()
}

/// The name of a file without its folder and its extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn schema(model: &Model, capability: &Capability) -> Schema {
    let mut enums = BTreeMap::new();
    let exports = capability.exports.iter().map(|export| Export {
        name: export.name.clone(),
        description: export.docs.clone(),
        input: export.input.as_ref().map(payload),
        output: export.output.as_ref().map(|ty| {
            let mut output = payload(ty);
            let alias = export.output_alias.as_deref();
            name_alias(
                model,
                &capability.module,
                (ty, alias),
                &mut output,
                &mut enums,
            );
            output
        }),
    });
    let exports = exports.collect();
    let (local, shared) = reachable(model, capability);
    let types = local.values().map(|item| (&*capability.module, *item));
    let types = types.chain(shared.values().map(|item| (SHARED_MODULE, *item)));
    let types = types.map(|(module, item)| structure(model, module, item, &mut enums));
    Schema {
        capability: capability.module.clone(),
        source: capability.source.clone(),
        exports,
        types: types.collect(),
        enums: enums.into_values().collect(),
    }
}

/// The structs of the capability's own and the shared ones that its exports reach, by name.
fn reachable<'a>(
    model: &'a Model,
    capability: &'a Capability,
) -> (BTreeMap<&'a str, &'a Struct>, BTreeMap<&'a str, &'a Struct>) {
    let (mut local, mut shared) = (BTreeMap::new(), BTreeMap::new());
    let exports = capability.exports.iter();
    let documents = exports.flat_map(|export| export.input.iter().chain(&export.output));
    let mut next: Vec<(&str, &model::Type)> = documents
        .map(|ty| (capability.module.as_str(), ty))
        .collect();
    while let Some((module, ty)) = next.pop() {
        let (found, module, name) = match ty {
            model::Type::List(inner) | model::Type::Map(inner) | model::Type::Option(inner) => {
                next.push((module, inner));
                continue;
            }
            model::Type::Local(name) if module != SHARED_MODULE => (&mut local, module, name),
            model::Type::Local(name) | model::Type::Shared(name) => {
                (&mut shared, SHARED_MODULE, name)
            }
            _ => continue,
        };
        let modules = model.modules.iter().filter(|item| item.name == module);
        let mut structs = modules.flat_map(|item| &item.structs);
        if let Some(item) = structs.find(|item| item.name == *name)
            && found.insert(&*item.name, item).is_none()
        {
            next.extend(item.fields.iter().map(|field| (module, &field.ty)));
        }
    }
    (local, shared)
}

/// Builds a struct, and notes the aliases with constants that its fields are of.
fn structure(
    model: &Model,
    module: &str,
    item: &Struct,
    enums: &mut BTreeMap<String, Enum>,
) -> Type {
    let fields = item.fields.iter();
    let properties = fields.map(|field| {
        let mut property = Property {
            description: field.docs.clone(),
            ..property(&field.ty)
        };
        let alias = field.alias.as_deref();
        name_alias(model, module, (&field.ty, alias), &mut property, enums);
        (field.json.clone(), property)
    });
    let always = item
        .fields
        .iter()
        .filter(|field| !field.omit_empty && !field.ty.is_option());
    Type {
        name: item.name.clone(),
        description: item.docs.clone(),
        properties: properties.collect(),
        required: always.map(|field| field.json.clone()).collect(),
    }
}

/// Puts an alias with constants in the place of the text that is of it, and notes it.
fn name_alias(
    model: &Model,
    module: &str,
    (ty, alias): (&model::Type, Option<&str>),
    property: &mut Property,
    enums: &mut BTreeMap<String, Enum>,
) {
    if let Some(found) = alias.and_then(|alias| enumeration(model, module, alias))
        && let Some(target) = text_inside(property, ty)
    {
        *target = Target::Reference(found.name.clone());
        enums.insert(found.name.clone(), found);
    }
}

/// The place of a text in a property: the text itself, or the item of a list. Lists of lists say nothing of theirs.
fn text_inside<'a>(property: &'a mut Property, ty: &model::Type) -> Option<&'a mut Target> {
    let is_text = |ty: &model::Type| *ty == model::Type::Scalar(Scalar::String);
    match plain(ty) {
        model::Type::List(inner) if is_text(plain(inner)) => property.items.as_mut(),
        ty if is_text(ty) => Some(&mut property.target),
        _ => None,
    }
}

/// A type, or the one that an option holds.
fn plain(ty: &model::Type) -> &model::Type {
    match ty {
        model::Type::Option(inner) => inner,
        ty => ty,
    }
}

/// An alias of texts, if it has constants.
fn enumeration(model: &Model, module: &str, alias: &str) -> Option<Enum> {
    let module = model.modules.iter().find(|item| item.name == module)?;
    let found = module.aliases.iter().find(|item| item.name == alias)?;
    let constants = module.constants.iter().filter(|item| item.ty == alias);
    let values = constants.filter_map(|constant| match &constant.value {
        Literal::Text(text) => Some(text.clone()),
        Literal::Integer(_) => None,
    });
    let values: Vec<String> = values.collect();
    (!values.is_empty()).then(|| Enum {
        name: alias.to_owned(),
        description: found.docs.clone(),
        values,
    })
}

/// An input or output: a type of the grammar has no format there.
fn payload(ty: &model::Type) -> Property {
    Property {
        format: None,
        ..property(plain(ty))
    }
}

fn property(ty: &model::Type) -> Property {
    let plain = |word, format| Property {
        target: Target::Plain(word),
        format,
        description: String::new(),
        nullable: false,
        items: None,
    };
    match ty {
        model::Type::Scalar(Scalar::String) => plain("string", None),
        model::Type::Scalar(Scalar::Bool) => plain("boolean", None),
        model::Type::Scalar(Scalar::I32) => plain("integer", Some("int32")),
        // The grammar has no unsigned formats, so these take the next that holds them, or nearly.
        model::Type::Scalar(Scalar::I64 | Scalar::U32 | Scalar::U64) => {
            plain("integer", Some("int64"))
        }
        // Upstream never writes `double`, and other tools expect what upstream writes.
        model::Type::Scalar(Scalar::F32 | Scalar::F64) => plain("number", Some("float")),
        model::Type::Bytes => plain("string", Some("byte")),
        model::Type::Json | model::Type::Map(_) => plain("object", None),
        model::Type::List(inner) => Property {
            items: Some(property(inner).target),
            ..plain("array", None)
        },
        model::Type::Option(inner) => Property {
            nullable: true,
            ..property(inner)
        },
        model::Type::Local(name) | model::Type::Shared(name) => Property {
            target: Target::Reference(name.clone()),
            ..plain("object", None)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Type as Ty;
    use serde_json::json;

    fn list(inner: Ty) -> Ty {
        Ty::List(Box::new(inner))
    }

    fn option(inner: Ty) -> Ty {
        Ty::Option(Box::new(inner))
    }

    #[test]
    fn every_type_has_its_property() {
        let text = Ty::Scalar(Scalar::String);
        let local = Ty::Local("Item".to_owned());
        let reference = "#/components/schemas/Item";
        let cases = [
            (text.clone(), json!({"type": "string"})),
            (Ty::Scalar(Scalar::Bool), json!({"type": "boolean"})),
            (
                Ty::Scalar(Scalar::I32),
                json!({"type": "integer", "format": "int32"}),
            ),
            (
                Ty::Scalar(Scalar::I64),
                json!({"type": "integer", "format": "int64"}),
            ),
            (
                Ty::Scalar(Scalar::U32),
                json!({"type": "integer", "format": "int64"}),
            ),
            (
                Ty::Scalar(Scalar::U64),
                json!({"type": "integer", "format": "int64"}),
            ),
            (
                Ty::Scalar(Scalar::F32),
                json!({"type": "number", "format": "float"}),
            ),
            (
                Ty::Scalar(Scalar::F64),
                json!({"type": "number", "format": "float"}),
            ),
            (Ty::Bytes, json!({"type": "string", "format": "byte"})),
            (Ty::Json, json!({"type": "object"})),
            (Ty::Map(Box::new(local.clone())), json!({"type": "object"})),
            (
                list(text.clone()),
                json!({"type": "array", "items": {"type": "string"}}),
            ),
            (
                list(Ty::Bytes),
                json!({"type": "array", "items": {"type": "string"}}),
            ),
            (
                list(list(text)),
                json!({"type": "array", "items": {"type": "array"}}),
            ),
            (
                list(option(local.clone())),
                json!({"type": "array", "items": {"$ref": reference}}),
            ),
            (local.clone(), json!({"$ref": reference})),
            (Ty::Shared("Item".to_owned()), json!({"$ref": reference})),
            (
                option(local.clone()),
                json!({"$ref": reference, "nullable": true}),
            ),
            (
                option(Ty::Scalar(Scalar::I32)),
                json!({"type": "integer", "format": "int32", "nullable": true}),
            ),
        ];
        for (ty, expected) in cases {
            assert_eq!(
                serde_json::Value::from(property(&ty).meaning()),
                expected,
                "{ty}"
            );
        }
        let bare = payload(&option(Ty::Scalar(Scalar::I64)));
        assert_eq!(
            serde_json::Value::from(bare.meaning()),
            json!({"type": "integer"})
        );
    }

    #[test]
    fn capabilities_of_one_file_do_not_overwrite_each_other() {
        let schema = |capability: &str, source: &str| Schema {
            capability: capability.to_owned(),
            source: source.to_owned(),
            exports: Vec::new(),
            types: Vec::new(),
            enums: Vec::new(),
        };
        let schemas = [
            schema("metadata", "plugins/metadata_agent.go"),
            schema("one", "plugins/both.go"),
            schema("two", "plugins/both.go"),
            schema("bare", ""),
        ];
        assert_eq!(
            file_names(&schemas),
            ["metadata_agent", "one", "two", "bare"]
        );
    }
}
