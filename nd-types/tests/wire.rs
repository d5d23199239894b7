//! Every wire type reads and writes its documents, natively and (through `wasm-bindgen-test`) on wasm32.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/wire/documents.rs"]
mod documents;
#[macro_use]
#[path = "../../tests/wire/each_type.rs"]
mod each_type;

use documents::{assert_same, documents, with_unknown};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn check<T: DeserializeOwned + Serialize + Default + PartialEq>(module: &str, name: &str) {
    let (full, zero) = documents(module, name);
    let rewritten = |document: &Value| {
        let value: T = serde_json::from_value(document.clone())
            .unwrap_or_else(|e| panic!("{module}::{name}: {e}"));
        serde_json::to_value(&value).unwrap()
    };
    assert_same(&rewritten(&full), &full, &format!("{module}::{name}, full"));
    assert_same(
        &rewritten(&with_unknown(&full)),
        &full,
        &format!("{module}::{name}, unknown member"),
    );
    assert_same(
        &rewritten(&json!({})),
        &zero,
        &format!("{module}::{name}, missing members"),
    );
    assert_same(
        &serde_json::to_value(T::default()).unwrap(),
        &zero,
        &format!("{module}::{name}, default"),
    );
}

#[test]
fn every_type_matches_its_documents() {
    macro_rules! check_type {
        ($module:expr, $name:expr, $ty:ty) => {
            check::<$ty>($module, $name)
        };
    }
    for_each_type!(check_type);
}

#[test]
fn full_documents_set_every_field() {
    macro_rules! check_type {
        ($module:expr, $name:expr, $ty:ty) => {
            let (full, _) = documents($module, $name);
            let read: $ty = serde_json::from_value(full.clone()).unwrap();
            let members = full.as_object().unwrap().len();
            // `Debug` names each field once at the outermost level, whatever it is called on the wire.
            let fields = format!("{read:#?}").lines().filter(|l| l.starts_with("    ") && !l.starts_with("     ") && l.contains(": ")).count();
            assert_eq!(members, fields, "{}::{}: a document must set every field", $module, $name);
        };
    }
    for_each_type!(check_type);
}

#[test]
fn every_documented_type_is_checked() {
    let mut checked = std::collections::BTreeSet::new();
    macro_rules! note_type {
        ($module:expr, $name:expr, $ty:ty) => {
            checked.insert(format!("{}::{}", $module, $name))
        };
    }
    for_each_type!(note_type);
    let documented = documents::names();
    assert_eq!(documented, checked);
}

/// A type that was generated but has no document would be unguarded.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn every_generated_type_has_a_document() {
    let documented = documents::names();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/generated");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("pub struct ") {
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                assert!(
                    documented.contains(&format!("{module}::{name}")),
                    "no document for {module}::{name} in tests/wire/types"
                );
            }
        }
    }
}
