//! Every host function, called by `fixture-services` and answered by the host's real services.

mod artwork;
mod files;
mod history;
mod http;
mod library;
mod scheduler;
mod stores;
mod subsonic;
mod tasks;
mod websocket;

use nd_test_host::generated::FUNCTIONS;
use nd_test_host::services::{ManualClock, ServiceSettings};
use nd_test_host::{Host, HostBuilder, Plugin, PluginSettings};
use nd_tests::{load, package_with};
use serde_json::{Value, json};
use std::sync::Arc;

/// The fixture in a host of its own.
struct Fixture {
    host: Host,
    plugin: Plugin,
}

impl Fixture {
    /// Loads the fixture with everything granted.
    fn new() -> Self {
        Self::in_host(Host::builder().every_plugin(PluginSettings::all()))
    }

    /// Loads the fixture into a host made by hand.
    fn in_host(builder: HostBuilder) -> Self {
        let host = builder.build().unwrap();
        let plugin = load(&host, "fixture-services");
        Self { host, plugin }
    }

    /// Loads the fixture into a host whose time stands still.
    fn with_clock() -> (Self, ManualClock) {
        let clock = ManualClock::default();
        let mut settings = ServiceSettings::default();
        settings.clock = Arc::new(clock.clone());
        let builder = Host::builder().every_plugin(PluginSettings::all());
        (Self::in_host(builder.service_settings(settings)), clock)
    }

    /// Calls a host function through its typed binding; the error is what the guest read.
    fn call(&self, function: &str, arguments: Value) -> Result<Value, String> {
        let command = json!({ "function": function, "arguments": arguments });
        self.export("call_service", &command)
    }

    /// Calls a host function that has to answer.
    fn get(&self, function: &str, arguments: Value) -> Value {
        self.call(function, arguments)
            .unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    /// Hands a document to a host function as it is and reads what came back.
    fn raw(&self, function: &str, document: &str) -> Value {
        let command = json!({ "function": function, "document": document });
        let answer = self.export("call_raw", &command);
        let answer = answer.unwrap_or_else(|error| panic!("{function}: {error}"));
        serde_json::from_str(answer.as_str().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    /// Works on a file as the guest sees it.
    fn file(&self, operation: &str, path: &str, text: &str) -> Result<Value, String> {
        let command = json!({ "operation": operation, "path": path, "text": text });
        self.export("call_file", &command)
    }

    fn export(&self, name: &str, command: &Value) -> Result<Value, String> {
        let answer = self.plugin.call(name, command);
        answer.map_err(|error| match error.plugin_message() {
            Some(message) => message.to_owned(),
            None => panic!("{name} {command}: {error}"),
        })
    }
}

#[test]
fn settings_are_read_as_texts_and_numbers() {
    let config = json!({
        "url": "https://x.test", "retries": 7, "fraction": 1.5, "hooks": [{ "on": true }],
        "sound.low": "a", "sound.high": "b",
    });
    let host = Host::builder()
        .every_plugin(PluginSettings::all().config(&config))
        .build()
        .unwrap();
    let package = package_with("fixture-services", |manifest| {
        manifest["config"] = json!({ "schema": { "type": "object" } });
    });
    let plugin = host.load_package(package).unwrap();
    let fixture = Fixture { host, plugin };

    let get = |key: &str| fixture.get("config_get", json!({ "key": key }));
    assert_eq!(get("url"), "https://x.test");
    assert_eq!(get("retries"), "7");
    assert_eq!(get("hooks"), r#"[{"on":true}]"#);
    assert_eq!(get("missing"), Value::Null);
    let get_int = |key: &str| fixture.get("config_getint", json!({ "key": key }));
    assert_eq!(get_int("retries"), 7);
    assert_eq!(get_int("fraction"), Value::Null);
    let keys = |prefix: &str| fixture.get("config_keys", json!({ "prefix": prefix }));
    assert_eq!(keys("sound."), json!(["sound.high", "sound.low"]));
    assert_eq!(keys("").as_array().unwrap().len(), 6);
}

#[test]
fn only_granted_users_are_shown_and_admins_are_marked() {
    let fixture = Fixture::in_host(
        Host::builder()
            .user("u1", "ann")
            .admin("u2", "root")
            .admin("u3", "hidden")
            .every_plugin(PluginSettings::new().all_libraries().users(["u1", "u2"])),
    );
    let ann = json!({ "userName": "ann", "name": "ann", "isAdmin": false });
    let root = json!({ "userName": "root", "name": "root", "isAdmin": true });
    assert_eq!(fixture.get("users_getusers", json!({})), json!([ann, root]));
    assert_eq!(fixture.get("users_getadmins", json!({})), json!([root]));
}

#[test]
fn every_function_reaches_the_service_behind_it() {
    let fixture = Fixture::new();
    assert_eq!(FUNCTIONS.len(), 51);
    for function in FUNCTIONS {
        let name = function.import;
        let answer = fixture.raw(name, "{}");
        assert!(answer.is_object(), "{name}: {answer}");
        let called = fixture.host.journal().last_call(name);
        assert!(called.is_some(), "{name} did not reach the host");
        let missing = format!("{name} is not available in this host yet");
        assert_ne!(answer["error"], missing.as_str());
    }
}

#[test]
fn a_document_that_is_none_is_an_error_of_the_call_and_not_of_the_host() {
    let fixture = Fixture::new();
    for document in ["", "{", "[]", r#"{"key":1}"#] {
        let answer = fixture.raw("kvstore_get", document);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(!error.is_empty(), "{document}: {answer}");
    }
    let answer = fixture.raw("kvstore_get", r#"{"key":"k","unknown":[1]}"#);
    // Nothing found, and what is empty is left out.
    assert_eq!(answer, serde_json::json!({}));
}
