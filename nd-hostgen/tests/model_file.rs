//! The model as a file: its form is held by a golden file, and what is not a sound model is refused with a reason.
//!
//! `UPDATE_GOLDEN=1` writes the golden file instead; a change of form needs a new version of the format.

#![allow(clippy::unwrap_used)]

use nd_hostgen::model_file::{self, ModelFileError};
use nd_hostgen::{driver, source};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A path below the golden files.
fn golden(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    root.join(path)
}

/// The model file of the golden definitions.
fn sample() -> Value {
    let text = fs::read_to_string(golden("model.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Why the sample is refused after a change of the value at a JSON pointer.
fn refused(pointer: &str, value: Value) -> String {
    let mut sample = sample();
    *sample.pointer_mut(pointer).unwrap() = value;
    let error = model_file::read(&sample.to_string()).unwrap_err();
    error.to_string()
}

#[test]
fn the_golden_model_keeps_its_form() {
    let text = model_file::write(&driver::load(&golden("definitions")).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden("model.json"), &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(golden("model.json")).unwrap());
}

#[test]
fn a_written_model_reads_as_the_same_model() {
    let model = driver::load(&golden("definitions")).unwrap();
    assert_eq!(source::load(&golden("model.json")).unwrap(), model);
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let model = driver::load(&whole).unwrap();
    assert_eq!(model_file::read(&model_file::write(&model)), Ok(model));
}

#[test]
fn other_files_are_told_apart() {
    let cases = [
        ("", "not a JSON object: EOF"),
        ("[]", "not a JSON object: invalid"),
        ("{}", "`format` is not \"nd-hostgen model\""),
        (r#"{"format": 3}"#, "`format` is not"),
        (
            r#"{"format": "nd-hostgen model", "version": 2, "news": 1}"#,
            "version 2 of the format is not known here",
        ),
        (
            r#"{"format": "nd-hostgen model", "version": 1, "news": 1}"#,
            "not a model of version 1: unknown field `news`",
        ),
        (
            r#"{"format": "nd-hostgen model", "modules": [], "services": [], "capabilities": []}"#,
            "not a model of version 1: missing field `version`",
        ),
    ];
    for (text, start) in cases {
        let message = model_file::read(text).unwrap_err().to_string();
        assert!(message.starts_with(start), "{text}: {message}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!(r#"{{"format": {deep}}}"#);
    assert!(matches!(
        model_file::read(&deep),
        Err(ModelFileError::NotJson(_))
    ));
}

#[test]
fn what_is_not_sound_is_refused_with_its_place() {
    let service = "/services/0";
    let function = "/services/0/functions/0";
    let cases = [
        (
            "/modules/0/structs/0/fields/0/type",
            json!({"local": "Nobody"}),
            "module `greeter`, struct `GreetRequest`, field `user_name`: there is no struct `Nobody` in its module",
        ),
        (
            "/modules/0/structs/0/fields/0/type",
            json!({"list": {"shared": "Nobody"}}),
            "field `user_name`: there is no shared struct `Nobody`",
        ),
        (
            "/modules/0/structs/0/fields/0/type",
            json!({"local": "GreetRequest"}),
            "struct `GreetRequest`: it holds itself, so no value of it ends",
        ),
        (
            "/modules/0/structs/0/fields/0/type",
            json!("i16"),
            "unknown variant `i16`, expected one of `string`",
        ),
        (
            "/modules/0/structs/0/fields/0/json",
            json!("likes"),
            "the JSON name `likes` is there twice",
        ),
        (
            "/services/0/functions/1/answer/optional/value/json",
            json!("error"),
            "result `value`: its JSON name is that of the error text",
        ),
        (
            "/modules/0/structs/0/place/line",
            json!(0),
            "lines, columns and widths count from 1",
        ),
        (
            "/modules/0/structs/0/docs",
            json!("a\u{0}"),
            "struct `GreetRequest`: its documentation holds control characters",
        ),
        (
            "/modules/0/sources/0",
            json!("a\nb"),
            "module `greeter`: its `source` holds control characters",
        ),
        (
            "/modules/0/shared",
            json!(true),
            "module `greeter`: the shared module is called `shared`, and no other is",
        ),
        (
            "/modules/0/name",
            json!("../greeter"),
            "module `../greeter`: `../greeter` is no name of a module",
        ),
        (
            "/modules/0/aliases/0/target",
            json!("f64"),
            "alias `GreetError`: its type is neither a text nor a signed integer",
        ),
        (
            "/modules/0/constants/0/type",
            json!("Nobody"),
            "constant `GREET_ERROR_NOBODY`: there is no alias `Nobody`",
        ),
        (
            "/modules/0/constants/0/value",
            json!(1),
            "constant `GREET_ERROR_NOBODY`: its value is no `GreetError`",
        ),
        (
            &format!("{service}/declares/0"),
            json!("Nobody"),
            "it declares `Nobody`, which is not in its module",
        ),
        (
            &format!("{service}/traitName"),
            json!("a b"),
            "`a b` is no identifier",
        ),
        (
            &format!("{function}/name"),
            json!("self"),
            "`self` is no identifier",
        ),
        (
            &format!("{function}/answer"),
            json!({"several": []}),
            "several results are at least two",
        ),
        (
            &format!("{function}/answer"),
            json!({"optional": {
                "value": {"name": "a", "json": "a", "type": "i32"},
                "flag": {"name": "b", "json": "b", "type": "i32"}
            }}),
            "the flag of an optional answer is no `bool`",
        ),
        (
            "/capabilities/0/exports/0/name",
            json!("nd-greet"),
            "`nd-greet` is no identifier",
        ),
    ];
    for (pointer, value, expected) in cases {
        let message = refused(pointer, value);
        assert!(message.contains(expected), "{pointer}: {message}");
    }
}

/// The pointers to all values inside a value.
fn pointers(value: &Value, prefix: &str, found: &mut Vec<String>) {
    found.push(prefix.to_owned());
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pointers(item, &format!("{prefix}/{at}"), found);
            }
        }
        Value::Object(items) => {
            for (key, item) in items {
                pointers(item, &format!("{prefix}/{key}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_change_of_a_model_file_makes_the_generator_panic() {
    let sample = sample();
    let mut all = Vec::new();
    pointers(&sample, "", &mut all);
    let mut accepted = 0;
    for (emit, value) in [
        (false, json!(null)),
        (false, json!("a b")),
        (false, json!("Self")),
        (true, json!("fn")),
        (false, json!("\"*/")),
        (false, json!("line\nbreak")),
        (false, json!(-1)),
        (false, json!(u64::MAX)),
        (false, json!(true)),
        (false, json!([])),
        (false, json!({})),
        (true, json!({"shared": "Thing"})),
    ] {
        for pointer in &all {
            let mut changed = sample.clone();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            let Ok(model) = model_file::read(&changed.to_string()) else {
                continue;
            };
            accepted += 1;
            if emit {
                let files = nd_hostgen::backend::emit(&model);
                let broken = files
                    .values()
                    .filter(|text| text.contains("compile_error!"));
                assert_eq!(broken.count(), 0, "{pointer} = {value}");
            }
        }
    }
    assert!(accepted > 0, "the changes are too bold to test anything");
}
