//! Outdated forms: treated as the server treats them, and answered with advice in the journal.
#![allow(clippy::unwrap_used)]

use super::{data, load, manifest, patient};
use crate::journal::{CallId, LogLevel};
use crate::{Host, Package};

/// The advice a host has given.
fn advice(host: &Host) -> Vec<String> {
    let logs = host.journal().logs().into_iter();
    let warnings = logs.filter(|log| log.level == LogLevel::Warn);
    warnings.map(|log| log.message).collect()
}

/// An export that answers a text.
fn answering(export: &str, output: &str) -> String {
    format!(
        r#"(data (i32.const 0) "{}") (func (export "{export}") (call $output (i32.const 0) (i32.const {})))"#,
        data(output),
        output.len()
    )
}

#[test]
fn keys_and_exports_nobody_reads_are_named_once_per_load() {
    let json = br#"{"name":"N","author":"A","version":"1","capabilities":["MetadataAgent"],
        "permissions":{"config":{},"http":{"allowedHosts":["x"]}}}"#;
    let wasm = super::guest(r#"(func (export "nd_manifest"))"#);
    let host = patient();
    for round in 1..=2 {
        let package = Package::from_parts("p", json, wasm.clone());
        assert!(host.load_package(package.unwrap()).is_ok());
        let advice = advice(&host);
        assert_eq!(advice.len(), round * 4, "{advice:?}");
        assert!(
            advice
                .iter()
                .any(|note| note.contains("nd_manifest is outdated and never called"))
        );
        assert!(advice.iter().any(|note| note.contains("\"requiredHosts\"")));
        host.unload("p");
    }
    assert!(host.journal().calls_of("nd_manifest").is_empty());
}

#[test]
fn an_authorisation_in_an_object_counts_as_none() {
    let host = patient();
    let export = "nd_scrobbler_is_authorized";
    let plugin = load(
        &host,
        r#"{"users":{}}"#,
        &answering(export, r#"{"authorized":true}"#),
    );
    assert!(!plugin.scrobbler().is_authorized("ann"));
    assert!(!plugin.scrobbler().is_authorized("ann"));
    let advice = advice(&host);
    assert_eq!(advice.len(), 1, "{advice:?}");
    assert!(
        advice[0].contains("answer a bare true or false"),
        "{advice:?}"
    );
    let logs = host.journal().logs();
    assert!(
        logs.iter().all(|log| log.call != CallId::NONE),
        "the advice belongs to its call"
    );
}

#[test]
fn errors_inside_the_output_count_as_success() {
    let host = patient();
    let export = "nd_scrobbler_scrobble";
    let output = r#"{"error":"down","error_type":"retry_later"}"#;
    let plugin = load(&host, r#"{"users":{}}"#, &answering(export, output));
    assert_eq!(plugin.scrobbler().scrobble(&Default::default()), Ok(()));
    assert!(advice(&host)[0].contains("scrobbler(retry_later)"));
    let host = patient();
    load(&host, "{}", &answering("nd_on_init", r#"{"error":"no"}"#));
    assert!(advice(&host)[0].starts_with("output of nd_on_init: {\"error\": …} is outdated"));
}

#[test]
fn bytes_as_a_list_of_numbers_are_refused() {
    let request = r#"{"key":"k","value":[1,2]}"#;
    let body = format!(
        r#"(import "extism:host/user" "kvstore_set" (func $set (param i64) (result i64)))
        (data (i32.const 0) "{}") (func (export "run") (local $answer i64)
            (local.set $answer (call $set (call $text (i32.const 0) (i32.const {}))))
            (call $output_set (local.get $answer) (i64.extend_i32_u (i32.const 2))))"#,
        data(request),
        request.len()
    );
    let host = patient();
    let plugin = load(&host, r#"{"kvstore":{}}"#, &body);
    assert!(plugin.call_raw("run", b"{}").is_ok());
    let call = host.journal().last_call("kvstore_set");
    assert!(call.is_some_and(|call| matches!(call.outcome, crate::journal::Outcome::Failed(_))));
    let advice = advice(&host);
    assert_eq!(advice.len(), 1);
    assert!(advice[0].contains("bytes are a base64 text"), "{advice:?}");
}

#[test]
fn no_field_of_today_looks_outdated() {
    // What the wire documents of the workspace hold passes by without a word.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/wire/functions");
    let noticed = crate::server::legacy::Noticed::default();
    let context = crate::context::CallContext::detached("p");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&text).unwrap();
        visit(&document, &mut |value| {
            noticed.request(&context, "any", value.to_string().as_bytes());
            seen += 1;
        });
    }
    assert!(seen > 50, "{seen}");
    assert_eq!(context.journal().logs(), []);
    let manifest = manifest(r#"{"http":{"requiredHosts":["x"]}}"#);
    assert!(crate::server::legacy::manifest(&manifest).is_empty());
}

/// Hands out every request of a document.
fn visit(value: &serde_json::Value, found: &mut impl FnMut(&serde_json::Value)) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                match key.as_str() {
                    "request" => found(value),
                    _ => visit(value, found),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
        _ => {}
    }
}
