//! XTP schemas: what each capability looks like to tools of other languages.
//!
//! A schema is built from the model ([`of`]), written as YAML ([`Schema::yaml`]), held against the rules of the format
//! ([`validate`]), and compared in meaning with the files of somebody else ([`compare`]).

pub mod compare;
pub mod validate;

mod build;
mod yaml;

pub use build::{file_names, of};

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What `version` says in every schema.
pub const VERSION: &str = "v1-draft";

/// The kind of document that crosses the wire.
pub const CONTENT_TYPE: &str = "application/json";

/// The start of every reference to a type.
pub const REFERENCE: &str = "#/components/schemas/";

/// The schema of one capability.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The module of the capability.
    pub capability: String,
    /// The file that defines it.
    pub source: String,
    /// The exports, in order.
    pub exports: Vec<Export>,
    /// The types that they reach: those of the capability, then shared ones, each by name.
    pub types: Vec<Type>,
    /// The aliases of texts that they reach, with the values of their constants.
    pub enums: Vec<Enum>,
}

/// An export.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// Its wasm name.
    pub name: String,
    /// The documentation.
    pub description: String,
    /// What it takes.
    pub input: Option<Property>,
    /// What it answers.
    pub output: Option<Property>,
}

/// A struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// The documentation.
    pub description: String,
    /// The fields by JSON name, in order.
    pub properties: Vec<(String, Property)>,
    /// The JSON names of the fields that are always there.
    pub required: Vec<String>,
}

/// An alias of texts with constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// The documentation.
    pub description: String,
    /// The values of its constants, in order.
    pub values: Vec<String>,
}

/// The type of a field, an input or an output.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// What it is.
    pub target: Target,
    /// The format of a number or text.
    pub format: Option<&'static str>,
    /// The documentation.
    pub description: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// What the items of a list are.
    pub items: Option<Target>,
}

/// A type by name, or one of the grammar's own.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A type of the same schema.
    Reference(String),
    /// A type of the grammar, such as `integer`.
    Plain(&'static str),
}

impl Target {
    /// The key and the value that stand for it.
    fn entry(&self) -> (&'static str, String) {
        match self {
            Target::Reference(name) => ("$ref", format!("{REFERENCE}{name}")),
            Target::Plain(word) => ("type", (*word).to_owned()),
        }
    }
}

impl Schema {
    /// The rules of the format that it breaks, a sentence each.
    pub fn mistakes(&self) -> Vec<String> {
        let types = self.types.iter().map(|item| item.name.as_str());
        let names = types.chain(self.enums.iter().map(|item| item.name.as_str()));
        let mut seen = BTreeSet::new();
        let repeated = names.filter(|name| !seen.insert(*name));
        let repeated = repeated.map(|name| {
            format!("components.schemas.{name}: a type of the capability and a shared one have this name")
        });
        let mut mistakes = validate::validate(&self.meaning());
        mistakes.extend(repeated);
        mistakes
    }

    /// The schema as a tree without order and without documentation: what it means.
    pub fn meaning(&self) -> Value {
        let mut exports = Map::new();
        for export in &self.exports {
            let mut entry = Map::new();
            for (key, payload) in [("input", &export.input), ("output", &export.output)] {
                if let Some(payload) = payload {
                    let mut payload = payload.meaning();
                    payload.insert("contentType".to_owned(), CONTENT_TYPE.into());
                    entry.insert(key.to_owned(), payload.into());
                }
            }
            exports.insert(export.name.clone(), entry.into());
        }
        let mut meaning = Map::new();
        meaning.insert("version".to_owned(), VERSION.into());
        meaning.insert("exports".to_owned(), exports.into());
        let enums = self.enums.iter().map(|item| {
            let meaning = json!({ "type": "string", "enum": item.values });
            (item.name.clone(), meaning)
        });
        let types = self.types.iter().map(|ty| (ty.name.clone(), ty.meaning()));
        let types: Map<String, Value> = types.chain(enums).collect();
        if !types.is_empty() {
            meaning.insert("components".to_owned(), json!({ "schemas": types }));
        }
        meaning.into()
    }
}

impl Type {
    fn meaning(&self) -> Value {
        let properties = self.properties.iter();
        let properties: Map<String, Value> = properties
            .map(|(name, property)| (name.clone(), property.meaning().into()))
            .collect();
        let mut meaning = Map::new();
        meaning.insert("properties".to_owned(), properties.into());
        if !self.required.is_empty() {
            meaning.insert("required".to_owned(), self.required.clone().into());
        }
        meaning.into()
    }
}

impl Property {
    fn meaning(&self) -> Map<String, Value> {
        let mut meaning = Map::new();
        let (key, value) = self.target.entry();
        meaning.insert(key.to_owned(), value.into());
        if let Some(format) = self.format {
            meaning.insert("format".to_owned(), format.into());
        }
        if self.nullable {
            meaning.insert("nullable".to_owned(), true.into());
        }
        if let Some(items) = &self.items {
            let (key, value) = items.entry();
            meaning.insert("items".to_owned(), json!({ key: value }));
        }
        meaning
    }
}
