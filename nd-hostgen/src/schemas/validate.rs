//! The rules of the XTP grammar: which keys there are, and which names, types, formats and references.

use super::{REFERENCE, VERSION};
use serde_json::{Map, Value};

/// The types of the grammar.
const TYPES: [&str; 7] = [
    "integer", "string", "number", "boolean", "object", "array", "buffer",
];

/// The formats of the grammar.
const FORMATS: [&str; 6] = ["int32", "int64", "float", "double", "date-time", "byte"];

/// The kinds of documents of the grammar.
const CONTENT_TYPES: [&str; 3] = [
    "application/json",
    "application/x-binary",
    "text/plain; charset=utf-8",
];

/// The keys of a property.
const PROPERTY: [&str; 6] = ["$ref", "type", "format", "description", "nullable", "items"];

/// Every rule that a schema breaks, each with its path; none if it is valid.
pub fn validate(schema: &Value) -> Vec<String> {
    let mut validator = Validator {
        types: schema
            .pointer("/components/schemas")
            .and_then(Value::as_object),
        broken: Vec::new(),
    };
    validator.schema(schema);
    validator.broken
}

struct Validator<'a> {
    types: Option<&'a Map<String, Value>>,
    broken: Vec<String>,
}

impl<'a> Validator<'a> {
    fn broken(&mut self, path: &str, rule: impl AsRef<str>) {
        self.broken.push(format!("{path}: {}", rule.as_ref()));
    }

    fn schema(&mut self, schema: &'a Value) {
        let keys = ["version", "exports", "components"];
        let Some(schema) = self.object("schema", schema, &keys) else {
            return;
        };
        if schema.get("version").and_then(Value::as_str) != Some(VERSION) {
            self.broken("version", format!("it is not `{VERSION}`"));
        }
        match schema.get("exports") {
            None => self.broken("exports", "they are missing"),
            Some(exports) => {
                for (name, export) in self.members("exports", exports) {
                    self.export(&format!("exports.{name}"), name, export);
                }
            }
        }
        let Some(components) = schema.get("components") else {
            return;
        };
        let Some(components) = self.object("components", components, &["schemas"]) else {
            return;
        };
        if let Some(types) = components.get("schemas") {
            for (name, ty) in self.members("components.schemas", types) {
                self.ty(&format!("components.schemas.{name}"), name, ty);
            }
        }
    }

    fn export(&mut self, path: &str, name: &str, export: &'a Value) {
        self.name(path, name);
        let keys = ["description", "input", "output"];
        let Some(export) = self.object(path, export, &keys) else {
            return;
        };
        self.text(path, export, "description");
        for key in ["input", "output"] {
            let Some(payload) = export.get(key) else {
                continue;
            };
            let path = format!("{path}.{key}");
            let mut keys = PROPERTY.to_vec();
            keys.push("contentType");
            let Some(payload) = self.object(&path, payload, &keys) else {
                continue;
            };
            self.property(&path, payload);
            self.one_of(&path, payload, "contentType", &CONTENT_TYPES);
            if !payload.contains_key("contentType") {
                self.broken(&path, "`contentType` is missing");
            }
        }
    }

    fn ty(&mut self, path: &str, name: &str, ty: &'a Value) {
        self.name(path, name);
        let is_enum = ty.get("enum").is_some();
        let keys: &[&str] = if is_enum {
            &["description", "type", "enum"]
        } else {
            &["description", "properties", "required"]
        };
        let Some(ty) = self.object(path, ty, keys) else {
            return;
        };
        self.text(path, ty, "description");
        if is_enum {
            self.one_of(path, ty, "type", &["string"]);
            for value in self.list(path, ty, "enum") {
                self.name(path, value);
            }
            return;
        }
        let Some(properties) = ty.get("properties") else {
            self.broken(path, "`properties` are missing");
            return;
        };
        let properties = self.members(&format!("{path}.properties"), properties);
        for &(name, property) in &properties {
            let path = format!("{path}.properties.{name}");
            self.name(&path, name);
            if let Some(property) = self.object(&path, property, &PROPERTY) {
                self.property(&path, property);
            }
        }
        for required in self.list(path, ty, "required") {
            if !properties.iter().any(|(name, _)| *name == required) {
                self.broken(path, format!("the required `{required}` is no property"));
            }
        }
    }

    /// The rules that hold for fields, inputs, outputs and items alike.
    fn property(&mut self, path: &str, property: &'a Map<String, Value>) {
        self.text(path, property, "description");
        self.one_of(path, property, "type", &TYPES);
        self.one_of(path, property, "format", &FORMATS);
        if property
            .get("nullable")
            .is_some_and(|nullable| !nullable.is_boolean())
        {
            self.broken(path, "`nullable` is neither true nor false");
        }
        match (property.get("$ref"), property.get("type")) {
            (Some(_), Some(_)) => self.broken(path, "it has both `$ref` and `type`"),
            (None, None) => self.broken(path, "it has neither `$ref` nor `type`"),
            (Some(reference), None) => self.reference(path, reference),
            (None, Some(_)) => {}
        }
        let is_list = property.get("type").and_then(Value::as_str) == Some("array");
        match property.get("items") {
            Some(_) if !is_list => self.broken(path, "`items` belong to an array only"),
            Some(items) => {
                let path = format!("{path}.items");
                if let Some(items) = self.object(&path, items, &PROPERTY) {
                    self.property(&path, items);
                }
            }
            None => {}
        }
    }

    fn reference(&mut self, path: &str, reference: &Value) {
        let name = reference
            .as_str()
            .and_then(|text| text.strip_prefix(REFERENCE));
        let known =
            name.is_some_and(|name| self.types.is_some_and(|types| types.contains_key(name)));
        if !known {
            self.broken(path, format!("the reference {reference} leads nowhere"));
        }
    }

    fn name(&mut self, path: &str, name: &str) {
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
        let mut chars = name.chars();
        let sound =
            chars.next().is_some_and(starts) && chars.all(|c| starts(c) || c.is_ascii_digit());
        if !sound {
            self.broken(
                path,
                format!("{name:?} is not a name of letters, digits, `_` and `$`"),
            );
        }
    }

    fn text(&mut self, path: &str, object: &Map<String, Value>, key: &str) {
        if object.get(key).is_some_and(|text| !text.is_string()) {
            self.broken(path, format!("`{key}` is no text"));
        }
    }

    fn one_of(&mut self, path: &str, object: &Map<String, Value>, key: &str, known: &[&str]) {
        let Some(value) = object.get(key) else { return };
        if !value.as_str().is_some_and(|value| known.contains(&value)) {
            self.broken(
                path,
                format!("`{key}` is {value}, not one of {}", known.join(", ")),
            );
        }
    }

    /// The texts of a list, if it is there.
    fn list(&mut self, path: &str, object: &'a Map<String, Value>, key: &str) -> Vec<&'a str> {
        let Some(list) = object.get(key) else {
            return Vec::new();
        };
        let Some(list) = list.as_array() else {
            self.broken(path, format!("`{key}` is no list"));
            return Vec::new();
        };
        if list.iter().any(|item| !item.is_string()) {
            self.broken(path, format!("`{key}` holds something other than texts"));
        }
        list.iter().filter_map(Value::as_str).collect()
    }

    /// The members of an object with any keys.
    fn members(&mut self, path: &str, value: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let Some(object) = value.as_object() else {
            self.broken(path, "it is no mapping");
            return Vec::new();
        };
        object
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect()
    }

    /// An object with known keys only.
    fn object(
        &mut self,
        path: &str,
        value: &'a Value,
        known: &[&str],
    ) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.broken(path, "it is no mapping");
            return None;
        };
        for key in object.keys() {
            if !known.contains(&key.as_str()) {
                self.broken(path, format!("the key {key:?} is unknown"));
            }
        }
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A valid schema with everything that there is.
    fn sample() -> Value {
        json!({
            "version": "v1-draft",
            "exports": {
                "nd_sample": {
                    "description": "Does.",
                    "input": {"$ref": "#/components/schemas/Sample", "contentType": "application/json"},
                    "output": {"type": "string", "contentType": "text/plain; charset=utf-8"},
                },
                "nd_other": {},
            },
            "components": {"schemas": {
                "Sample": {
                    "description": "Holds.",
                    "properties": {
                        "count": {"type": "integer", "format": "int32", "nullable": true},
                        "list": {"type": "array", "items": {"$ref": "#/components/schemas/Color"}},
                        "any": {"type": "object"},
                    },
                    "required": ["list"],
                },
                "Empty": {"properties": {}},
                "Color": {"type": "string", "enum": ["red", "$green"]},
            }},
        })
    }

    #[test]
    fn what_the_grammar_has_is_valid() {
        assert_eq!(validate(&sample()), Vec::<String>::new());
    }

    #[test]
    fn every_rule_is_held() {
        let export = "/exports/nd_sample";
        let ty = "/components/schemas/Sample";
        let cases = [
            ("", json!([]), "schema: it is no mapping"),
            ("/version", json!("v0"), "version: it is not `v1-draft`"),
            ("/exports", json!([]), "exports: it is no mapping"),
            (
                "/exports",
                json!({"nd-x": {}}),
                "exports.nd-x: \"nd-x\" is not a name",
            ),
            (
                export,
                json!({"codec": 1}),
                "exports.nd_sample: the key \"codec\" is unknown",
            ),
            (
                export,
                json!({"description": 1}),
                "exports.nd_sample: `description` is no text",
            ),
            (
                export,
                json!({"output": {"type": "string"}}),
                "nd_sample.output: `contentType` is missing",
            ),
            (
                "/exports/nd_sample/output/contentType",
                json!("text/html"),
                "exports.nd_sample.output: `contentType` is \"text/html\", not one of application/json",
            ),
            (
                "/exports/nd_sample/output/type",
                json!("i32"),
                "exports.nd_sample.output: `type` is \"i32\", not one of integer",
            ),
            (
                "/exports/nd_sample/input/$ref",
                json!("#/components/schemas/Nobody"),
                "exports.nd_sample.input: the reference \"#/components/schemas/Nobody\" leads nowhere",
            ),
            (
                ty,
                json!({"type": "object", "properties": {}}),
                "Sample: the key \"type\" is unknown",
            ),
            (
                ty,
                json!({}),
                "components.schemas.Sample: `properties` are missing",
            ),
            (
                ty,
                json!({"properties": {"a b": {"type": "string"}}}),
                "\"a b\" is not a name",
            ),
            (
                ty,
                json!({"properties": {}, "required": ["a"]}),
                "the required `a` is no property",
            ),
            (
                ty,
                json!({"properties": {}, "required": "a"}),
                "Sample: `required` is no list",
            ),
            (
                ty,
                json!({"properties": {}, "required": [1]}),
                "`required` holds something other than texts",
            ),
            (
                ty,
                json!({"properties": {"a": {}}}),
                "it has neither `$ref` nor `type`",
            ),
            (
                ty,
                json!({"properties": {"a": {"type": "string", "$ref": "x"}}}),
                "it has both `$ref` and `type`",
            ),
            (
                ty,
                json!({"properties": {"a": {"type": "string", "format": "uuid"}}}),
                "`format` is \"uuid\"",
            ),
            (
                ty,
                json!({"properties": {"a": {"type": "string", "nullable": 1}}}),
                "`nullable` is neither",
            ),
            (
                ty,
                json!({"properties": {"a": {"type": "string", "items": {}}}}),
                "`items` belong to an array only",
            ),
            (
                ty,
                json!({"properties": {"a": {"type": "array", "items": {"type": "x"}}}}),
                "properties.a.items: `type` is \"x\"",
            ),
            (
                "/components/schemas/Color/enum",
                json!(["scrobbler(retry_later)"]),
                "Color: \"scrobbler(retry_later)\" is not a name",
            ),
            (
                "/components/schemas/Color/type",
                json!("integer"),
                "Color: `type` is \"integer\"",
            ),
            (
                "/components",
                json!({"other": 1}),
                "components: the key \"other\" is unknown",
            ),
        ];
        for (pointer, value, expected) in cases {
            let mut schema = sample();
            if let Some(place) = schema.pointer_mut(pointer) {
                *place = value.clone();
            }
            let broken = validate(&schema);
            assert!(
                broken.iter().any(|rule| rule.contains(expected)),
                "{pointer} = {value}: {broken:#?}"
            );
        }
    }
}
