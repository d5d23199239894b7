//! A plugin's settings: checking a value against the schema, and the string map the plugin finally reads.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;

use super::schema::Schema;
use crate::wire::{self, DecodeError, Value};

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    /// The violations, in the order the schema finds them.
    pub errors: Vec<ConfigViolation>,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct ConfigViolation {
    /// Path of the field, its parts joined by `/`; empty at the root. A missing property is reported at its parent.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl ConfigErrors {
    fn single(message: impl Into<String>) -> Self {
        Self {
            errors: vec![ConfigViolation {
                field: String::new(),
                message: message.into(),
            }],
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if !error.field.is_empty() {
                write!(f, "{}: ", error.field)?;
            }
            f.write_str(&error.message)?;
        }
        Ok(())
    }
}

pub(super) fn validate(schema: Option<&Json>, config: &str) -> Result<(), ConfigErrors> {
    let config = if config.is_empty() { "{}" } else { config };
    let Some(schema) = schema else {
        return Err(ConfigErrors::single("plugin has no configurable options"));
    };
    let value: Json = wire::decode(config.as_bytes())
        .map_err(|error| ConfigErrors::single(format!("invalid JSON: {error}")))?;
    let schema = Schema::compile(schema)
        .map_err(|error| ConfigErrors::single(format!("invalid config schema: {error}")))?;
    if !schema.reaches(&value) {
        let text = "nested too deeply for a schema that refers to itself";
        return Err(ConfigErrors::single(text));
    }
    let mut leaves = Leaves::default();
    for error in schema.validator.iter_errors(&value) {
        leaves.collect(&error);
    }
    let errors = leaves.violations;
    if errors.is_empty() {
        return Ok(());
    }
    Err(ConfigErrors { errors })
}

/// Violations as they are found, each once.
#[derive(Default)]
struct Leaves {
    violations: Vec<ConfigViolation>,
    seen: HashSet<ConfigViolation>,
}

impl Leaves {
    /// Notes a violation, or what lies below it when the schema offers alternatives.
    fn collect(&mut self, error: &ValidationError<'_>) {
        match error.kind() {
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context }
                if context.iter().any(|branch| !branch.is_empty()) =>
            {
                for cause in context.iter().flatten() {
                    self.collect(cause);
                }
            }
            _ => {
                let path = error.instance_path().as_str();
                let path = path.strip_prefix('/').unwrap_or(path);
                let violation = ConfigViolation {
                    // The parts as they are, not as a JSON pointer escapes them.
                    field: path.replace("~1", "/").replace("~0", "~"),
                    message: error.to_string(),
                };
                if self.seen.insert(violation.clone()) {
                    self.violations.push(violation);
                }
            }
        }
    }
}

/// A stored configuration that is not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parsing plugin config: {0}")]
pub struct ConfigMapError(DecodeError);

/// Turns a stored configuration into the map of strings a plugin reads.
///
/// Texts lose their quotes, numbers go through a 64-bit float, `null` becomes the text `null`, and lists and objects
/// become compact JSON with sorted keys. An empty text gives an empty map.
///
/// # Errors
///
/// When the configuration is not a JSON object.
pub fn config_map(config: &str) -> Result<BTreeMap<String, String>, ConfigMapError> {
    if config.is_empty() {
        return Ok(BTreeMap::new());
    }
    let members = match Value::parse(config.as_bytes()).map_err(ConfigMapError)? {
        Value::Object(members) => members,
        Value::Null => Vec::new(),
        other => {
            return Err(ConfigMapError(DecodeError::mismatch("an object", &other)));
        }
    };
    let mut map = BTreeMap::new();
    for (key, value) in members {
        let text = config_text(value).map_err(ConfigMapError)?;
        map.insert(key, text);
    }
    Ok(map)
}

fn config_text(value: Value) -> Result<String, DecodeError> {
    match value {
        Value::String(text) => Ok(text),
        other => {
            check_numbers(&other)?;
            let json = wire::encode(&Sorted(&other))
                .map_err(|error| DecodeError::new(error.to_string()))?;
            Ok(String::from_utf8_lossy(&json).into_owned())
        }
    }
}

/// Refuses numbers that are no 64-bit floats, as the server's decoder does.
fn check_numbers(value: &Value) -> Result<(), DecodeError> {
    match value {
        Value::Number(text) if !float(text).is_finite() => Err(DecodeError::new(format!(
            "the number {text} is out of range"
        ))),
        Value::Array(items) => items.iter().try_for_each(check_numbers),
        Value::Object(members) => members
            .iter()
            .try_for_each(|(_, value)| check_numbers(value)),
        _ => Ok(()),
    }
}

/// The parser only lets through what is a number, so the fallback is never seen.
fn float(text: &str) -> f64 {
    text.parse().unwrap_or(f64::INFINITY)
}

/// Writes a value with sorted keys and numbers as floats.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(text) => serializer.serialize_f64(float(text)),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Sorted(item))?;
                }
                list.end()
            }
            Value::Object(members) => {
                let sorted: BTreeMap<&str, &Value> = members
                    .iter()
                    .map(|(key, value)| (key.as_str(), value))
                    .collect();
                let mut object = serializer.serialize_map(Some(sorted.len()))?;
                for (key, value) in sorted {
                    object.serialize_entry(key, &Sorted(value))?;
                }
                object.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_the_strings_of_the_contract() {
        let map = config_map(
            r#"{"text":"te<xt","int":30,"float":1.5,"bool":true,"null":null,"list":["a","b<"],
                "object":{"enabled":true,"count":5},"big":9007199254740993,"huge":1e30,"whole":2.0,"text2":"","tiny":0.0000001,"id":12345678901234567890123,
                "minus":-0,"twice":1,"twice":2,"nested":{"b":[1.0,null],"a":{"z":1e3,"y":"\u2028&\"\n"}}}"#,
        )
        .unwrap();
        let expected = [
            ("big", "9007199254740992"),
            ("bool", "true"),
            ("float", "1.5"),
            ("huge", "1e+30"),
            ("id", "1.2345678901234568e+22"),
            ("int", "30"),
            ("list", r#"["a","b\u003c"]"#),
            ("minus", "-0"),
            (
                "nested",
                r#"{"a":{"y":"\u2028\u0026\"\n","z":1000},"b":[1,null]}"#,
            ),
            ("null", "null"),
            ("object", r#"{"count":5,"enabled":true}"#),
            ("text", "te<xt"),
            ("text2", ""),
            ("tiny", "1e-7"),
            ("twice", "2"),
            ("whole", "2"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(map, BTreeMap::from(expected));
    }

    #[test]
    fn only_objects_are_configurations() {
        assert!(config_map("").unwrap().is_empty());
        assert!(config_map("null").unwrap().is_empty());
        for bad in ["[]", "1", "\"x\"", "{"] {
            let error = config_map(bad).unwrap_err().to_string();
            assert!(error.starts_with("parsing plugin config: "), "{error}");
        }
    }

    fn violations(schema: &Json, config: &str) -> Vec<(String, String)> {
        match validate(Some(schema), config) {
            Ok(()) => Vec::new(),
            Err(errors) => errors
                .errors
                .into_iter()
                .map(|error| (error.field, error.message))
                .collect(),
        }
    }

    #[test]
    fn violations_carry_the_path_of_the_field() {
        let schema = json!({
            "type": "object",
            "properties": {
                "id": {"type": "string", "minLength": 3},
                "users": {"type": "array", "items": {"type": "object", "required": ["token"]}},
            },
            "required": ["id"],
        });
        assert_eq!(violations(&schema, r#"{"id":"abc"}"#), []);
        let missing = violations(&schema, "");
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].0, "");
        assert!(missing[0].1.contains("id"), "{missing:?}");
        let both = violations(&schema, r#"{"id":"a","users":[{"token":1},{}]}"#);
        let fields: Vec<_> = both.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["id", "users/1"]);
        assert!(both[1].1.contains("token"), "{both:?}");
        let odd = json!({"additionalProperties": {"type": "string"}});
        assert_eq!(violations(&odd, r#"{"a/b~1":1}"#)[0].0, "a/b~1");
    }

    #[test]
    fn text_that_is_not_json_is_one_violation() {
        let errors = violations(&json!({}), "{");
        assert_eq!(errors.len(), 1);
        assert!(errors[0].1.starts_with("invalid JSON"), "{errors:?}");
    }

    #[test]
    fn without_a_schema_nothing_can_be_set() {
        assert_eq!(
            validate(None, "{}").unwrap_err().to_string(),
            "plugin has no configurable options"
        );
    }

    #[test]
    fn formats_are_enforced_up_to_draft_07_only() {
        let schema = |draft: &str| json!({"$schema": draft, "type": "object", "properties": {"at": {"format": "date"}}});
        let config = r#"{"at":"no date"}"#;
        let old = schema("http://json-schema.org/draft-07/schema#");
        assert_eq!(violations(&old, config).len(), 1);
        let new = schema("https://json-schema.org/draft/2020-12/schema");
        assert_eq!(violations(&new, config), []);
        let unnamed = json!({"properties": {"at": {"format": "date"}}});
        assert_eq!(violations(&unnamed, config), []);
    }

    #[test]
    fn every_draft_is_known_by_its_name() {
        // Whether `format` counts, and a keyword whose meaning tells the drafts apart.
        for (draft, formats) in [
            ("http://json-schema.org/draft-04/schema#", 1),
            ("http://json-schema.org/draft-06/schema#", 1),
            ("http://json-schema.org/draft-07/schema#", 1),
            ("http://json-schema.org/draft-07/schema", 1),
            ("https://json-schema.org/draft-07/schema#", 1),
            ("https://json-schema.org/draft/2019-09/schema", 0),
            ("https://json-schema.org/draft/2020-12/schema", 0),
            ("http://json-schema.org/draft/2020-12/schema#", 0),
            ("http://json-schema.org/schema#", 0),
        ] {
            let schema = json!({"$schema": draft, "properties": {"at": {"format": "email"}}});
            let errors = violations(&schema, r#"{"at":"nobody"}"#);
            assert_eq!(errors.len(), formats, "{draft}: {errors:?}");
        }
        let exclusive = |draft: &str| json!({"$schema": draft, "properties": {"n": {"minimum": 3, "exclusiveMinimum": true}}});
        let old = exclusive("http://json-schema.org/draft-04/schema#");
        assert_eq!(violations(&old, r#"{"n":3}"#).len(), 1);
        assert!(Schema::compile(&exclusive("http://json-schema.org/draft-07/schema#")).is_err());
        let tuple = |draft: &str| json!({"$schema": draft, "properties": {"l": {"prefixItems": [{"type": "string"}]}}});
        let config = r#"{"l":[1]}"#;
        let new = tuple("https://json-schema.org/draft/2020-12/schema");
        assert_eq!(violations(&new, config).len(), 1);
        let older = tuple("https://json-schema.org/draft/2019-09/schema");
        assert_eq!(violations(&older, config), []);
    }

    #[test]
    fn configurations_are_json_as_the_server_reads_it() {
        let schema = json!({"properties": {"a": {"type": ["string", "array"]}}});
        assert_eq!(violations(&schema, r#"{"a":"\ud800"}"#), []);
        let deep =
            |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert_eq!(violations(&schema, &deep(130)), []);
        let errors = violations(&schema, &deep(501));
        assert_eq!(
            errors[0].1,
            "invalid JSON: the document is nested too deeply"
        );
    }

    #[test]
    fn a_schema_that_takes_too_long_is_one_violation() {
        let schema = json!({"allOf": [{"$ref": "#"}]});
        let errors = violations(&schema, "{}");
        assert_eq!(
            errors[0].1,
            "invalid config schema: the schema refers to itself without end"
        );
        let tree = json!({"additionalProperties": {"items": {"$ref": "#"}}});
        let config = format!("{}{}", r#"{"a":["#.repeat(240), "]}".repeat(240));
        let errors = violations(&tree, &config);
        assert_eq!(
            errors[0].1,
            "nested too deeply for a schema that refers to itself"
        );
        assert_eq!(violations(&tree, r#"{"a":[{"b":[]}]}"#), []);
    }

    #[test]
    fn a_flood_of_violations_is_told_in_full() {
        let names: Vec<_> = (0..20_000).map(|n| n.to_string()).collect();
        let errors = violations(&json!({"required": names}), "{}");
        assert_eq!(errors.len(), 20_000);
    }

    #[test]
    fn a_pattern_that_never_ends_is_cut_off() {
        let schema = json!({"properties": {"s": {"pattern": r"^(a+)+\1$"}}});
        let config = format!(r#"{{"s":"{}b"}}"#, "a".repeat(60));
        let _ = violations(&schema, &config);
        assert!(Schema::compile(&json!({"pattern": "("})).is_err());
    }

    #[test]
    fn a_schema_that_points_elsewhere_does_not_compile() {
        assert!(Schema::compile(&json!({"$ref": "https://example.org/x.json"})).is_err());
        assert!(Schema::compile(&json!({"$schema": "https://example.org/mine"})).is_err());
    }

    #[test]
    fn alternatives_are_reported_by_what_failed_inside() {
        let schema = json!({"properties": {"v": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 5}]}}});
        let errors = violations(&schema, r#"{"v":3}"#);
        let fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["v", "v"], "{errors:?}");
    }

    #[test]
    fn all_violations_become_one_text() {
        let errors = ConfigErrors {
            errors: vec![
                ConfigViolation {
                    field: "a/0".into(),
                    message: "too short".into(),
                },
                ConfigViolation {
                    field: String::new(),
                    message: "odd".into(),
                },
            ],
        };
        assert_eq!(errors.to_string(), "a/0: too short; odd");
    }
}
