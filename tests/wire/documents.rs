//! Reads the documents of `types/` at compile time (the wasm32 run has no files); shared by the wire tests of three crates.
#![allow(dead_code, reason = "each crate uses its part")]

use serde_json::{Map, Value};

const TYPES: &[(&str, &str)] = &[
    ("shared", include_str!("types/shared.json")),
    ("scrobbler", include_str!("types/scrobbler.json")),
    ("lyrics", include_str!("types/lyrics.json")),
    (
        "sonicsimilarity",
        include_str!("types/sonicsimilarity.json"),
    ),
    ("taskworker", include_str!("types/taskworker.json")),
    ("scheduler", include_str!("types/scheduler.json")),
    ("websocket", include_str!("types/websocket.json")),
    ("metadata", include_str!("types/metadata.json")),
    ("http", include_str!("types/http.json")),
    ("library", include_str!("types/library.json")),
    ("matcher", include_str!("types/matcher.json")),
    (
        "scrobbleretriever",
        include_str!("types/scrobbleretriever.json"),
    ),
    ("task", include_str!("types/task.json")),
    ("users", include_str!("types/users.json")),
];

/// The documents of one module, by type name.
pub fn module(name: &str) -> Map<String, Value> {
    let text = TYPES
        .iter()
        .find(|(module, _)| *module == name)
        .expect("a file in tests/wire/types")
        .1;
    serde_json::from_str(text).expect("valid JSON in tests/wire/types")
}

/// The `full` and the `zero` document of a type.
pub fn documents(module_name: &str, type_name: &str) -> (Value, Value) {
    let all = module(module_name);
    let both = all
        .get(type_name)
        .unwrap_or_else(|| panic!("no document for {module_name}::{type_name}"));
    (both["full"].clone(), both["zero"].clone())
}

/// `full` with every member set to null.
pub fn nulls(full: &Value) -> Value {
    Value::Object(
        full.as_object()
            .expect("an object")
            .keys()
            .map(|key| (key.clone(), Value::Null))
            .collect(),
    )
}

/// `full` with a member nobody knows, nested so that skipping it takes more than one token.
pub fn with_unknown(full: &Value) -> Value {
    let mut more = full.clone();
    more["laterAddition"] = serde_json::json!({ "a": [1, "}", { "b": null }], "c": "\\\"" });
    more
}

/// Compares JSON values, taking `0` and `0.0` as the same number.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[track_caller]
pub fn assert_same(found: &Value, expected: &Value, what: &str) {
    assert!(
        same(found, expected),
        "{what}\n   found: {found}\nexpected: {expected}"
    );
}

/// Every documented type as `module::Type`.
pub fn names() -> std::collections::BTreeSet<String> {
    TYPES
        .iter()
        .flat_map(|(name, _)| {
            module(name)
                .into_iter()
                .map(move |(ty, _)| format!("{name}::{ty}"))
        })
        .collect()
}
