//! ScrobbleRetriever: the listening history in the host's database.

use super::Fixture;
use nd_test_host::store::{self, Database};
use nd_test_host::{Host, PluginSettings};
use serde_json::{Value, json};

/// A host in which ann has listened at 0, 1, 2 and 2, bob never, and the plugin may not act for root.
fn fixture() -> (Fixture, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join(store::FILE_NAME)).unwrap();
    for (track, time) in [("a", 0), ("b", 1), ("c", 2), ("c", 2)] {
        database.record_scrobble("u1", track, time).unwrap();
    }
    let builder = Host::builder()
        .data_dir(folder.path())
        .user("u1", "ann")
        .user("u2", "bob")
        .admin("u3", "root")
        .every_plugin(PluginSettings::new().all_libraries().users(["u1", "u2"]));
    (Fixture::in_host(builder), folder)
}

#[test]
fn the_first_and_last_time_tell_none_from_0() {
    let (fixture, _folder) = fixture();
    let time = |which: &str, name: &str| {
        let function = format!("scrobbleretriever_get{which}timestamp");
        fixture.get(&function, json!({ "username": name }))
    };
    assert_eq!(
        (time("first", "Ann"), time("last", "ann")),
        (json!(0), json!(2))
    );
    assert_eq!(
        (time("first", "bob"), time("last", "bob")),
        (Value::Null, Value::Null)
    );
    let raw = |name: &str| {
        let document = json!({ "username": name }).to_string();
        fixture.raw("scrobbleretriever_getfirsttimestamp", &document)
    };
    assert_eq!(raw("ann"), json!({ "result": 0 }));
    assert_eq!(raw("bob"), json!({}));
}

#[test]
fn a_walk_ends_when_no_options_come_back() {
    let (fixture, _folder) = fixture();
    let mut options = json!({ "descending": true, "maxItems": 1 });
    let mut seen = Vec::new();
    while !options.is_null() {
        let page = fixture.get(
            "scrobbleretriever_getscrobbles",
            json!({ "username": "ann", "options": options }),
        );
        for scrobble in page["scrobbles"].as_array().unwrap() {
            seen.push((scrobble["mediaFileId"].clone(), scrobble["id"].clone()));
        }
        options = page["next"].clone();
    }
    let expected = [("c", 4), ("c", 3), ("b", 2), ("a", 1)];
    assert_eq!(seen, expected.map(|(track, id)| (json!(track), json!(id))));
    let count = |options: Value| {
        fixture.get(
            "scrobbleretriever_getscrobblecount",
            json!({ "username": "ann", "options": options }),
        )
    };
    assert_eq!(count(json!({})), 4);
    assert_eq!(count(json!({ "fromTimestamp": 1, "toTimestamp": 2 })), 3);
    assert_eq!(count(json!({ "fromTimestamp": 3 })), 0);
}

#[test]
fn a_plugin_acts_for_its_users_only() {
    let (fixture, _folder) = fixture();
    for (name, expected) in [
        ("zoe", "scrobbleRetriever: user \"zoe\" not found"),
        (
            "root",
            "scrobbleRetriever: plugin is not allowed to act as user \"root\"",
        ),
    ] {
        for function in [
            "scrobbleretriever_getfirsttimestamp",
            "scrobbleretriever_getlasttimestamp",
            "scrobbleretriever_getscrobbles",
            "scrobbleretriever_getscrobblecount",
        ] {
            let error = fixture.call(function, json!({ "username": name }));
            assert_eq!(error.unwrap_err(), expected, "{function}");
        }
    }
}
