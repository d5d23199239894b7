//! From the text of a manifest to a checked [`Manifest`], in the server's order of failures.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::schema::Schema;
use super::{ConfigDefinition, Manifest, Permissions};
use crate::server::Rules;
use crate::wire::{self, DecodeError, Value};

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file is not JSON, or not an object. Run it through a JSON checker.
    #[error("parsing manifest JSON: {0}")]
    Syntax(DecodeError),
    /// A key is missing. Add it to the file.
    #[error("parsing manifest: field {field} in {object}: required")]
    Missing {
        /// The key.
        field: &'static str,
        /// What it is missing from, `Manifest` or `ConfigDefinition`.
        object: &'static str,
    },
    /// A value has the wrong type or is out of range.
    #[error("parsing manifest: {0}")]
    Type(DecodeError),
    /// A text that must say something is empty.
    #[error("parsing manifest: field {field} length: must be >= 1")]
    Empty {
        /// The key.
        field: &'static str,
    },
    /// A permission needs another one. Declare both.
    #[error(
        "validating manifest: '{permission}' permission requires '{needs}' permission to be declared"
    )]
    Dependency {
        /// The permission that is there.
        permission: &'static str,
        /// The permission it needs.
        needs: &'static str,
    },
    /// The schema of the settings is not a valid JSON Schema, or one this host does not follow: nested deeper than 100
    /// levels, of more than 100,000 parts with its references followed, or referring to itself without end.
    #[error("validating manifest: invalid config schema: {0}")]
    ConfigSchema(String),
}

/// What the file looks like; the server ignores any other key.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    name: String,
    author: String,
    version: String,
    description: Option<String>,
    website: Option<String>,
    permissions: Permissions,
    config: Option<ConfigFile>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ConfigFile {
    schema: Option<BTreeMap<String, serde_json::Value>>,
    ui_schema: Option<BTreeMap<String, serde_json::Value>>,
}

/// Permissions that not every release knows.
const LATER_PERMISSIONS: [&str; 2] = ["storage", "scrobbleRetriever"];

pub(super) fn parse(json: &[u8], rules: &Rules) -> Result<Manifest, ManifestError> {
    let mut document = Value::parse(json).map_err(ManifestError::Syntax)?;
    let Value::Object(members) = &mut document else {
        return Err(ManifestError::Syntax(DecodeError::mismatch(
            "an object",
            &document,
        )));
    };
    for field in ["author", "name", "version"] {
        if !has_key(members, field) {
            return Err(ManifestError::Missing {
                field,
                object: "Manifest",
            });
        }
    }
    for config in objects(members, "config") {
        if !has_key(config, "schema") {
            return Err(ManifestError::Missing {
                field: "schema",
                object: "ConfigDefinition",
            });
        }
    }
    let declared = declared_permissions(members);
    // What the release does not know may be anything.
    for permissions in objects(members, "permissions") {
        permissions.retain(|(key, _)| {
            let mut later = LATER_PERMISSIONS.iter();
            !later.any(|later| !rules.knows(later) && wire::same_ignoring_case(later, key))
        });
    }
    let mut file = File::deserialize(document).map_err(ManifestError::Type)?;
    let known = &file.permissions;
    let others = declared.into_iter().filter(|key| !known.has(key));
    file.permissions.others = others.collect();
    for (field, text) in [
        ("author", &file.author),
        ("name", &file.name),
        ("version", &file.version),
    ] {
        if text.is_empty() {
            return Err(ManifestError::Empty { field });
        }
    }
    check_dependencies(&file.permissions, rules)?;
    let config = file.config.map(|config| ConfigDefinition {
        schema: config.schema.map(into_json),
        ui_schema: config.ui_schema.map(into_json),
    });
    if let Some(schema) = config.as_ref().and_then(|config| config.schema.as_ref()) {
        Schema::compile(schema).map_err(ManifestError::ConfigSchema)?;
    }
    Ok(Manifest {
        name: file.name,
        author: file.author,
        version: file.version,
        description: file.description,
        website: file.website,
        permissions: file.permissions,
        config,
    })
}

/// Checks that permissions which need others have them, those the release knows at least. They may have been read by
/// the rules of a release that does not know them.
pub(super) fn check_dependencies(
    permissions: &Permissions,
    rules: &Rules,
) -> Result<(), ManifestError> {
    for (permission, needs) in [
        ("subsonicapi", "users"),
        ("scrobbleRetriever", "users"),
        ("matcher", "library"),
    ] {
        if rules.knows(permission) && permissions.declares(permission) && !permissions.has(needs) {
            return Err(ManifestError::Dependency { permission, needs });
        }
    }
    Ok(())
}

/// Returns the objects under a key, which the server also finds without regard to case.
fn objects<'a>(
    members: &'a mut [(String, Value)],
    name: &'a str,
) -> impl Iterator<Item = &'a mut Vec<(String, Value)>> {
    members
        .iter_mut()
        .filter_map(move |(key, value)| match value {
            Value::Object(members) if wire::same_ignoring_case(name, key) => Some(members),
            _ => None,
        })
}

/// Returns the keys under `permissions`, exactly so written, that declare something.
fn declared_permissions(members: &[(String, Value)]) -> BTreeSet<String> {
    let permissions = members.iter().rfind(|(key, _)| key == "permissions");
    let Some((_, Value::Object(permissions))) = permissions else {
        return BTreeSet::new();
    };
    // The last of each key counts.
    let last: BTreeMap<_, _> = permissions
        .iter()
        .map(|(key, value)| (key, value))
        .collect();
    let declared = last.into_iter().filter(|(_, value)| **value != Value::Null);
    declared.map(|(key, _)| key.clone()).collect()
}

fn has_key(members: &[(String, Value)], key: &str) -> bool {
    members.iter().any(|(name, _)| name == key)
}

fn into_json(members: BTreeMap<String, serde_json::Value>) -> serde_json::Value {
    serde_json::Value::Object(members.into_iter().collect())
}

/// Reads `maxConcurrency`: absent or `null` is 1, anything below is refused.
pub(super) fn max_concurrency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Option::<i64>::deserialize(deserializer)? {
        None => Ok(1),
        Some(count) if count < 1 => Err(D::Error::custom("must be >= 1")),
        Some(count) => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(json: &[u8]) -> Result<Manifest, ManifestError> {
        super::parse(json, &Rules::default())
    }

    fn manifest(rest: &str) -> String {
        format!(r#"{{"name":"N","author":"A","version":"1"{rest}}}"#)
    }

    fn refused(json: &str, expected: &str) {
        let error = parse(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{json}\n{error}");
    }

    #[test]
    fn failures_come_in_the_order_of_the_server() {
        refused("{", "parsing manifest JSON");
        refused("[]", "parsing manifest JSON");
        refused(r#"{"name":1}"#, "field author in Manifest: required");
        refused(r#"{"author":""}"#, "field name in Manifest: required");
        refused(
            r#"{"name":1,"author":""}"#,
            "field version in Manifest: required",
        );
        refused(
            r#"{"name":1,"author":"","version":""}"#,
            "name: expected a string, found the number 1",
        );
        refused(
            r#"{"name":"","author":"","version":""}"#,
            "field author length: must be >= 1",
        );
        refused(
            r#"{"name":null,"author":"A","version":"1"}"#,
            "field name length: must be >= 1",
        );
        refused(
            r#"{"name":"N","author":"A","version":"","permissions":{"subsonicapi":{}}}"#,
            "field version length: must be >= 1",
        );
    }

    #[test]
    fn permissions_that_need_others_are_checked_in_order() {
        let with = |permissions: &str| manifest(&format!(r#","permissions":{{{permissions}}}"#));
        refused(
            &with(r#""matcher":{},"scrobbleRetriever":{},"subsonicapi":{}"#),
            "'subsonicapi' permission requires 'users' permission",
        );
        refused(
            &with(r#""matcher":{},"scrobbleRetriever":{}"#),
            "'scrobbleRetriever' permission requires 'users' permission",
        );
        refused(
            &with(r#""matcher":{},"users":{}"#),
            "'matcher' permission requires 'library' permission",
        );
        refused(
            &with(r#""taskqueue":{"maxConcurrency":0}"#),
            "permissions.taskqueue.maxConcurrency: must be >= 1",
        );
        assert!(parse(with(r#""matcher":null"#).as_bytes()).is_ok());
    }

    #[test]
    fn the_loader_is_more_lenient_than_the_schema() {
        let json = manifest(
            r#","website":"no url","unknown":1,"permissions":{"http":{"allowedHosts":["x"]},"users":{},"cache":null,
               "taskqueue":{"maxConcurrency":null},"library":{"filesystem":true},"odd":{}},"experimental":{"threads":{}}"#,
        );
        let manifest = parse(json.as_bytes()).unwrap();
        let permissions = manifest.permissions;
        assert_eq!(
            permissions.http,
            Some(super::super::HttpPermission::default())
        );
        assert!(permissions.has("users") && !permissions.has("cache"));
        assert!(permissions.mounts_libraries());
        assert_eq!(permissions.taskqueue.unwrap().max_concurrency, 1);
    }

    #[test]
    fn config_needs_a_schema_which_may_be_null_and_must_compile() {
        refused(
            &manifest(r#","config":{"uiSchema":{}}"#),
            "field schema in ConfigDefinition: required",
        );
        refused(
            &manifest(r#","config":{"schema":"x"}"#),
            "config.schema: expected an object, found a string",
        );
        refused(
            &manifest(r#","config":{"schema":{"type":"nonsense"}}"#),
            "validating manifest: invalid config schema",
        );
        // Keys without regard to case are for the decoder; `schema` itself is asked for as it is written.
        for config in [
            r#""Config":{"uiSchema":{}}"#,
            r#""config":{"Schema":{}}"#,
            r#""CONFIG":{},"config":{"schema":{}}"#,
        ] {
            refused(
                &manifest(&format!(",{config}")),
                "field schema in ConfigDefinition: required",
            );
        }
        let none = parse(manifest(r#","config":{"schema":null}"#).as_bytes()).unwrap();
        assert_eq!(none.config_schema(), None);
    }

    #[test]
    fn permissions_of_a_later_release_may_be_anything() {
        let old = Rules::release_0_63();
        for (permissions, others) in [
            (
                r#""storage":true,"scrobbleRetriever":[]"#,
                &["scrobbleRetriever", "storage"][..],
            ),
            (
                r#""storage":{"reason":1},"STORAGE":"x""#,
                &["STORAGE", "storage"],
            ),
            (r#""storage":null"#, &[]),
        ] {
            let json = manifest(&format!(r#","permissions":{{"users":{{}},{permissions}}}"#));
            let manifest = super::parse(json.as_bytes(), &old).unwrap();
            let text = manifest.to_json().unwrap();
            assert!(text.contains(r#""permissions":{"users":{}}"#), "{text}");
            let read = manifest.permissions;
            assert!(!read.has("scrobbleRetriever") && read.storage.is_none());
            assert!(read.others.iter().eq(others), "{:?}", read.others);
            refused(&json.replace("null", "1"), "permissions.s");
        }
        let json = manifest(r#","Permissions":{"Storage":1}"#);
        super::parse(json.as_bytes(), &old).unwrap();
        // Another release may read on what this one has read.
        let json = manifest(r#","permissions":{"storage":{},"scrobbleRetriever":{}}"#);
        let manifest = super::parse(json.as_bytes(), &old).unwrap();
        manifest.check_dependencies(&old).unwrap();
        manifest.check_dependencies(&Rules::default()).unwrap_err();
        let mut permissions = manifest.permissions;
        permissions.read_by(&Rules::default());
        assert!(permissions.has("storage") && permissions.has("scrobbleRetriever"));
        assert!(permissions.others.is_empty());
        permissions.read_by(&old);
        assert!(permissions.storage.is_none() && permissions.declares("storage"));
    }

    #[test]
    fn the_manifests_of_the_public_examples_load() {
        // As published by their authors, cut down to what the loader looks at.
        for json in [
            r#"{"name":"Minimal Example","author":"Navidrome","version":"1.0.0","description":"A minimal example plugin"}"#,
            r#"{"name":"W","author":"N","version":"1.0.0","permissions":{"http":{"reason":"r","requiredHosts":["*"]},"users":{"reason":"r"}}}"#,
            r#"{"name":"L","author":"N","version":"1.0.0","permissions":{"library":{"reason":"r","filesystem":true},"scheduler":{"reason":"r"}}}"#,
        ] {
            parse(json.as_bytes()).unwrap();
        }
    }

    #[test]
    fn keys_of_other_permissions_are_kept_apart() {
        let manifest = parse(
            br#"{"name":"n","author":"a","version":"1","permissions":{"weather":{},"off":null,"http":{}}}"#,
        )
        .unwrap();
        let permissions = &manifest.permissions;
        assert_eq!(permissions.others, BTreeSet::from(["weather".to_owned()]));
        assert!(permissions.has("weather") && permissions.has("http") && !permissions.has("off"));
        assert!(!manifest.to_json().unwrap().contains("weather"));
    }
}
