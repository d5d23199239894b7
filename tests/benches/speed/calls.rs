//! One call of a small plugin, each in an instance of its own; and many operations in one call.

use criterion::Criterion;
use nd_test_host::{Host, Plugin, PluginSettings};
use nd_tests::load;
use serde_json::{Value, json};

/// The plugin whose calls are measured.
pub(crate) const SMALL: &str = "minimal-scrobbler";
/// An export that reads its request, calls no host function and answers nothing.
pub(crate) const PLAIN: &str = "nd_scrobbler_scrobble";
/// An export that answers.
pub(crate) const ANSWERING: &str = "nd_scrobbler_is_authorized";
/// Key-value operations in one call.
const OPERATIONS: usize = 1000;

pub(crate) fn host() -> Host {
    let builder = Host::builder().user("u1", "ann");
    let host = builder.every_plugin(PluginSettings::all()).build();
    host.unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn input() -> Vec<u8> {
    json!({ "username": "ann", "track": { "id": "t1", "title": "Song", "duration": 180.0 }, "timestamp": 1 })
        .to_string()
        .into_bytes()
}

/// Calls an export that has to succeed.
pub(crate) fn call(plugin: &Plugin, export: &str, input: &[u8]) -> Vec<u8> {
    plugin
        .call_raw(export, input)
        .unwrap_or_else(|error| panic!("{export}: {error}"))
}

pub(crate) fn times(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    let input = input();
    for (name, count_fuel) in [("counted", true), ("uncounted", false)] {
        let builder = Host::builder().every_plugin(PluginSettings::all());
        let host = builder.count_fuel(count_fuel).build();
        let host = host.unwrap_or_else(|error| panic!("{error}"));
        let plugin = load(&host, SMALL);
        for (short, export) in [("plain", PLAIN), ("answering", ANSWERING)] {
            group.bench_function(format!("{short}_{name}"), |bencher| {
                bencher.iter(|| call(&plugin, export, &input));
            });
        }
    }
    let host = host();
    let services = load(&host, "fixture-services");
    // The same export with a command that calls no host function and with one that does.
    for (name, function) in [("host_call_none", ""), ("host_call_one", "config_get")] {
        let command = json!({ "function": function, "document": r#"{"key":"k"}"# }).to_string();
        group.bench_function(name, |bencher| {
            bencher.iter(|| services.call_raw("call_raw", command.as_bytes()));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("kv_1000");
    group.sample_size(20);
    for (name, function) in [
        ("set", "kvstore_set"),
        ("get", "kvstore_get"),
        ("has", "kvstore_has"),
    ] {
        let commands: Vec<Value> = (0..OPERATIONS)
            .map(|index| {
                let value = "dmFsdWU=";
                json!({ "function": function, "arguments": { "key": format!("key-{index}"), "value": value } })
            })
            .collect();
        let commands = Value::from(commands).to_string();
        group.bench_function(name, |bencher| {
            bencher.iter(|| call(&services, "call_all", commands.as_bytes()));
        });
    }
    group.finish();
}
