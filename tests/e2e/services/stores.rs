//! Cache and KVStore.

use super::Fixture;
use serde_json::{Value, json};
use std::time::Duration;

/// The bytes 0, 255, 128 and 10: no UTF-8, a zero and a line break.
const BINARY: &str = "AP+ACg==";

#[test]
fn the_cache_keeps_four_kinds_of_value() {
    let fixture = Fixture::new();
    for (kind, value) in [
        ("string", json!("naïve \u{1f3b5} \"</>\"\n")),
        ("int", json!(i64::MIN)),
        ("float", json!(0.1)),
        ("bytes", json!(BINARY)),
    ] {
        let set = format!("cache_set{kind}");
        let get = format!("cache_get{kind}");
        let key = json!({ "key": kind });
        assert_eq!(fixture.get(&get, key.clone()), Value::Null, "{kind}");
        let arguments = json!({ "key": kind, "value": value, "ttlSeconds": 60 });
        fixture.get(&set, arguments);
        assert_eq!(fixture.get(&get, key.clone()), value, "{kind}");
        assert_eq!(fixture.get("cache_has", key.clone()), true, "{kind}");
        fixture.get("cache_remove", key.clone());
        assert_eq!(fixture.get("cache_has", key), false, "{kind}");
    }
    // A value of another kind is not there.
    fixture.get("cache_setint", json!({ "key": "n", "value": 1 }));
    assert_eq!(
        fixture.get("cache_getstring", json!({ "key": "n" })),
        Value::Null
    );
}

#[test]
fn cached_and_stored_values_expire() {
    let (fixture, clock) = Fixture::with_clock();
    let short = json!({ "key": "k", "value": BINARY, "ttlSeconds": 60 });
    fixture.get("cache_setbytes", short.clone());
    fixture.get("kvstore_setwithttl", short);
    let there = || {
        let key = json!({ "key": "k" });
        ["cache_has", "kvstore_has"].map(|function| fixture.get(function, key.clone()))
    };
    clock.advance(Duration::from_secs(59));
    assert_eq!(there(), [true, true]);
    // Looking restarted the cache's time, and not the store's.
    clock.advance(Duration::from_secs(2));
    assert_eq!(there(), [true, false]);
    clock.advance(Duration::from_secs(61));
    assert_eq!(there(), [false, false]);
    let never = json!({ "key": "k", "value": BINARY, "ttlSeconds": 0 });
    assert_eq!(
        fixture.call("kvstore_setwithttl", never).unwrap_err(),
        "ttlSeconds must be greater than 0"
    );
}

#[test]
fn the_store_keeps_bytes_and_lists_keys() {
    let fixture = Fixture::new();
    let set = |key: &str, value: &str| {
        fixture.get("kvstore_set", json!({ "key": key, "value": value }));
    };
    set("song:2", "");
    set("song:1", BINARY);
    set("album_1", "aGk=");
    let get = |key: &str| fixture.get("kvstore_get", json!({ "key": key }));
    assert_eq!(get("song:1"), BINARY);
    assert_eq!(get("song:2"), "", "empty is a value");
    assert_eq!(get("song:3"), Value::Null);
    let keys = json!({ "keys": ["song:1", "song:2", "song:3", "album_1"] });
    assert_eq!(
        fixture.get("kvstore_getmany", keys),
        json!({ "song:1": BINARY, "song:2": "", "album_1": "aGk=" })
    );
    let list = |prefix: &str| fixture.get("kvstore_list", json!({ "prefix": prefix }));
    assert_eq!(list("song:"), json!(["song:1", "song:2"]));
    assert_eq!(list("album_"), json!(["album_1"]));
    assert_eq!(list("album%"), json!([]));
    assert_eq!(fixture.get("kvstore_getstorageused", json!({})), 6);

    let prefix = json!({ "prefix": "song:" });
    assert_eq!(fixture.get("kvstore_deletebyprefix", prefix), 2);
    fixture.get("kvstore_delete", json!({ "key": "album_1" }));
    assert_eq!(list(""), json!([]));
    assert_eq!(fixture.get("kvstore_getstorageused", json!({})), 0);
}

#[test]
fn the_store_refuses_what_is_over_its_limit_and_keeps_what_it_has() {
    let fixture = Fixture::new();
    let set = |key: &str, bytes: usize| {
        // Three bytes are four characters of base64.
        let value = "AAAA".repeat(bytes / 3);
        fixture.call("kvstore_set", json!({ "key": key, "value": value }))
    };
    set("half", 600_000).unwrap();
    let error = set("too much", 600_000).unwrap_err();
    assert!(
        error.starts_with("storage limit exceeded: would use 1200000 of"),
        "{error}"
    );
    set("half", 900_000).unwrap();
    assert_eq!(
        fixture.get("kvstore_list", json!({ "prefix": "" })),
        json!(["half"])
    );
    assert_eq!(fixture.get("kvstore_getstorageused", json!({})), 900_000);
    assert_eq!(set("", 3).unwrap_err(), "key cannot be empty");
    let error = set(&"k".repeat(300), 3).unwrap_err();
    assert!(error.starts_with("key exceeds maximum length"), "{error}");
}

#[test]
fn the_store_outlives_the_load_and_belongs_to_one_plugin() {
    let fixture = Fixture::new();
    fixture.get("kvstore_set", json!({ "key": "k", "value": BINARY }));
    fixture.get("cache_setint", json!({ "key": "k", "value": 1 }));
    fixture.host.unload("fixture-services");
    let plugin = nd_tests::load(&fixture.host, "fixture-services");
    let again = Fixture { plugin, ..fixture };
    let key = json!({ "key": "k" });
    assert_eq!(again.get("kvstore_get", key.clone()), BINARY);
    assert_eq!(again.get("cache_getint", key.clone()), Value::Null);

    let mut other = nd_tests::package("fixture-services");
    other.id = "other".into();
    let plugin = again.host.load_package(other).unwrap();
    let other = Fixture { plugin, ..again };
    assert_eq!(other.get("kvstore_get", key), Value::Null);
}
