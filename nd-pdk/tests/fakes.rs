//! The fake host keeps the server's rules.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a failed test is a panic anyway")]

use nd_pdk::host::http::HTTPRequest;
use nd_pdk::host::{
    self, HostError, HostErrorKind, artwork, cache, config, http, kvstore, scheduler, users,
};
use nd_pdk::log::{self, Level};
use nd_pdk::testing::{FakeHost, LogEntry, Release, Reply};
use nd_pdk::var;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn message<T: std::fmt::Debug>(result: Result<T, host::Error>) -> String {
    result.unwrap_err().to_string()
}

fn get(url: &str) -> HTTPRequest {
    HTTPRequest {
        url: url.to_owned(),
        ..HTTPRequest::default()
    }
}

#[test]
fn without_a_host_calls_fail_and_say_what_to_install() {
    let error = cache::get_string("key").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cache_getstring was called but no test host is installed"),
        "{error}"
    );
    assert_eq!(
        error.downcast_ref::<HostError>().unwrap().function(),
        "cache_getstring"
    );
    log::info!("goes nowhere");
    assert_eq!(var::get("key"), None);
}

#[test]
fn a_host_ends_with_its_handle_and_hosts_nest() {
    let outer = FakeHost::builder().config("name", "outer").install();
    {
        let _inner = FakeHost::builder().config("name", "inner").install();
        assert_eq!(config::get("name").unwrap().unwrap(), "inner");
    }
    assert_eq!(config::get("name").unwrap().unwrap(), "outer");
    drop(outer);
    assert!(config::get("name").is_err());
}

#[test]
fn configuration_is_a_map_of_texts() {
    let host = FakeHost::builder()
        .config("b.one", 1)
        .config("b.two", "2.0")
        .config("a", true)
        .config("empty", "")
        .install();
    assert_eq!(config::get("a").unwrap().unwrap(), "true");
    assert_eq!(config::get("empty").unwrap().unwrap(), "");
    assert_eq!(config::get("missing").unwrap(), None);
    assert_eq!(config::get_int("b.one").unwrap(), Some(1));
    for unreadable in ["b.two", "empty", "a", "missing"] {
        assert_eq!(config::get_int(unreadable).unwrap(), None, "{unreadable}");
    }
    assert_eq!(config::keys("b.").unwrap(), ["b.one", "b.two"]);
    assert_eq!(config::keys("").unwrap().len(), 4);
    host.set_config("a", "changed");
    assert_eq!(config::get("a").unwrap().unwrap(), "changed");
}

#[test]
fn a_hit_restarts_the_time_to_live_of_a_cache_entry() {
    let host = FakeHost::builder().install();
    cache::set_string("key", "value", 10).unwrap();
    for _ in 0..3 {
        host.advance(seconds(9));
        assert!(cache::has("key").unwrap());
    }
    host.advance(seconds(9));
    assert_eq!(
        cache::get_int("key").unwrap(),
        None,
        "another type is not found"
    );
    host.advance(seconds(9));
    assert_eq!(
        cache::get_string("key").unwrap().unwrap(),
        "value",
        "but was a hit"
    );
    host.advance(seconds(10));
    assert_eq!(cache::get_string("key").unwrap(), None);
}

#[test]
fn cache_entries_live_a_day_by_default_and_replace_each_other() {
    let host = FakeHost::builder().install();
    cache::set_int("key", 0, 0).unwrap();
    cache::set_float("other", 0.5, -1).unwrap();
    host.advance(seconds(24 * 60 * 60 - 1));
    assert_eq!(cache::get_int("key").unwrap(), Some(0));
    host.advance(seconds(1));
    assert_eq!(cache::get_float("other").unwrap(), None);
    cache::set_bytes("key", vec![0, 255], i64::MAX).unwrap();
    assert_eq!(cache::get_int("key").unwrap(), None);
    assert_eq!(cache::get_bytes("key").unwrap(), Some(vec![0, 255]));
    cache::set_bytes("key", Vec::new(), 1).unwrap();
    assert_eq!(cache::get_bytes("key").unwrap(), Some(Vec::new()));
    cache::remove("key").unwrap();
    cache::remove("key").unwrap();
    assert!(!cache::has("key").unwrap());
}

#[test]
fn stored_values_count_by_their_length() {
    let host = FakeHost::builder().kvstore_max_size(10).install();
    kvstore::set("a", vec![0; 6]).unwrap();
    kvstore::set("b", vec![0; 4]).unwrap();
    assert_eq!(kvstore::get_storage_used().unwrap(), 10);
    assert_eq!(
        message(kvstore::set("c", vec![0; 1])),
        "storage limit exceeded: would use 11 of 10 allowed"
    );
    kvstore::set("a", vec![1; 6]).unwrap();
    kvstore::set("c", Vec::new()).unwrap();
    kvstore::set("a", vec![0; 5]).unwrap();
    kvstore::set("c", vec![0; 1]).unwrap();
    assert_eq!(host.kvstore_value("c"), Some(vec![0]));
    assert_eq!(host.kvstore_keys(), ["a", "b", "c"]);
}

#[test]
fn keys_are_checked_when_writing_in_the_servers_order() {
    let _host = FakeHost::builder().kvstore_max_size(1).install();
    let long = "k".repeat(257);
    assert_eq!(
        message(kvstore::set_with_ttl("", vec![0; 2], 0)),
        "ttlSeconds must be greater than 0"
    );
    assert_eq!(message(kvstore::set("", vec![0; 2])), "key cannot be empty");
    assert_eq!(
        message(kvstore::set(&long, vec![0; 2])),
        "key exceeds maximum length of 256 bytes"
    );
    kvstore::set(&"k".repeat(256), vec![0]).unwrap();
    assert_eq!(kvstore::get("").unwrap(), None);
    assert_eq!(kvstore::get(&long).unwrap(), None);
    assert_eq!(
        message(kvstore::delete_by_prefix("")),
        "prefix cannot be empty"
    );
}

#[test]
fn stored_values_expire_after_the_second_asked_for() {
    let host = FakeHost::builder().kvstore_max_size(10).now(1000).install();
    kvstore::set_with_ttl("short", vec![0; 8], 5).unwrap();
    kvstore::set_with_ttl("kept", vec![1], 5).unwrap();
    kvstore::set("kept", vec![2]).unwrap();
    host.advance(Duration::from_millis(5999));
    assert!(kvstore::has("short").unwrap(), "up to one second longer");
    host.advance(Duration::from_millis(1));
    assert!(!kvstore::has("short").unwrap());
    assert_eq!(
        kvstore::get("kept").unwrap(),
        Some(vec![2]),
        "a plain set removes the time to live"
    );
    assert_eq!(kvstore::list("").unwrap(), ["kept"]);
    assert_eq!(kvstore::get_storage_used().unwrap(), 1);
    assert_eq!(
        kvstore::delete_by_prefix("s").unwrap(),
        1,
        "expired entries are counted"
    );
    kvstore::set_with_ttl("forever", vec![3], i64::MAX).unwrap();
    assert!(kvstore::has("forever").unwrap());
}

#[test]
fn many_values_are_read_at_once() {
    let host = FakeHost::builder().install();
    host.set_kvstore_value("a", "1").unwrap();
    host.set_kvstore_value("b%", "2").unwrap();
    host.set_kvstore_value("b_c", "").unwrap();
    assert!(host.set_kvstore_value("", "").is_err());
    let keys = ["a", "b_c", "missing"].map(str::to_owned).to_vec();
    let expected = HashMap::from([
        ("a".to_owned(), b"1".to_vec()),
        ("b_c".to_owned(), Vec::new()),
    ]);
    assert_eq!(kvstore::get_many(keys).unwrap(), expected);
    assert_eq!(kvstore::get_many(Vec::new()).unwrap(), HashMap::new());
    assert_eq!(kvstore::list("b_").unwrap(), ["b_c"]);
    kvstore::delete("a").unwrap();
    kvstore::delete("a").unwrap();
    assert_eq!(kvstore::delete_by_prefix("b").unwrap(), 2);
}

#[test]
fn only_granted_users_are_seen() {
    let _host = FakeHost::builder()
        .user("ada")
        .admin("grace")
        .ungranted_user("eve")
        .install();
    let names = |users: Vec<users::User>| {
        users
            .into_iter()
            .map(|user| user.user_name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(users::get_users().unwrap()), ["ada", "grace"]);
    assert_eq!(names(users::get_admins().unwrap()), ["grace"]);
}

#[test]
fn http_is_scripted_and_recorded() {
    let host = FakeHost::builder()
        .reply("get", "https://example.org/a", Reply::status(500))
        .reply(
            "GET",
            "https://example.org/a",
            Reply::ok("later").with_header("content-type", "text/plain"),
        )
        .install();
    host.reply(
        "POST",
        "https://example.org/*",
        Reply::failure("dial tcp: connection refused"),
    );

    assert_eq!(
        http::send(get("https://example.org/a"))
            .unwrap()
            .unwrap()
            .status_code,
        500
    );
    for _ in 0..2 {
        let response = http::send(get("https://example.org/a")).unwrap().unwrap();
        assert_eq!(response.body, b"later", "the last reply stays");
        assert_eq!(response.headers["Content-Type"], "text/plain");
    }
    let post = HTTPRequest {
        method: "post".into(),
        body: vec![1, 2],
        ..get("https://example.org/x")
    };
    let error = http::send(post).unwrap_err();
    assert_eq!(
        error.downcast_ref::<HostError>().unwrap().kind(),
        HostErrorKind::Network
    );

    let requests = host.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(
        (requests[3].method.as_str(), requests[3].body.as_slice()),
        ("POST", &[1, 2][..])
    );
    let text = message(http::send(get("https://example.org/unknown")));
    assert!(
        text.starts_with("no reply is scripted for GET https://example.org/unknown"),
        "{text}"
    );
}

#[test]
fn http_hosts_are_checked_before_the_script() {
    let host = FakeHost::builder()
        .reply("GET", "http://nas.lan/", Reply::ok(""))
        .install();
    let kind = |url| {
        http::send(get(url))
            .unwrap_err()
            .downcast_ref::<HostError>()
            .unwrap()
            .kind()
    };
    assert_eq!(kind("http://127.0.0.1/"), HostErrorKind::PrivateAddress);
    assert_eq!(kind("ftp://example.org/"), HostErrorKind::InvalidRequest);
    assert!(http::send(get("http://nas.lan/")).is_ok());
    assert_eq!(host.requests().len(), 1);

    let _strict = FakeHost::builder().required_host("*.example.org").install();
    assert_eq!(kind("https://example.org/"), HostErrorKind::NotAllowed);
    let expired = HTTPRequest {
        timeout_ms: -1,
        ..get("https://api.example.org/")
    };
    let error = http::send(expired).unwrap_err();
    assert_eq!(
        error.downcast_ref::<HostError>().unwrap().kind(),
        HostErrorKind::Timeout
    );
}

#[test]
fn what_one_release_refuses_is_done_with_a_warning() {
    let url = "http://localhost:8080/";
    let install = |release: Option<Release>, entry: &str| {
        let host = FakeHost::builder()
            .required_host(entry)
            .reply("GET", url, Reply::ok(""));
        match release {
            Some(release) => host.release(release).install(),
            None => host.install(),
        }
    };
    let kind =
        || http::send(get(url)).map_err(|error| error.downcast::<HostError>().unwrap().kind());

    let host = install(None, "localhost");
    kind().unwrap();
    assert_eq!(host.requests().len(), 1);
    let [
        LogEntry {
            level: Level::Warn,
            message,
        },
    ] = &host.logs()[..]
    else {
        panic!("{:?}", host.logs());
    };
    assert!(
        message.starts_with(
            "http_send: GET http://localhost:8080/: server release 0.64 refuses this: dial to"
        ),
        "{message}"
    );
    let host = install(None, "*");
    kind().unwrap();
    assert_eq!(host.logs(), []);

    let host = install(Some(Release::V0_63), "localhost");
    kind().unwrap();
    assert_eq!(host.logs(), []);
    let host = install(Some(Release::V0_64), "localhost");
    assert_eq!(kind().unwrap_err(), HostErrorKind::PrivateAddress);
    assert_eq!(host.requests(), []);
}

#[test]
fn other_functions_fail_until_they_are_scripted() {
    let host = FakeHost::builder().install();
    let text = message(artwork::get_track_url("id", 300));
    assert_eq!(
        text,
        "artwork_gettrackurl is not available in the native test host yet; script it with `FakeHost::answer`"
    );
    host.answer(
        "artwork_gettrackurl",
        json!({ "url": "https://example.org/x" }),
    );
    assert_eq!(
        artwork::get_track_url("id", 300).unwrap(),
        "https://example.org/x"
    );
    host.restore("artwork_gettrackurl");
    assert!(artwork::get_track_url("id", 300).is_err());

    host.answer("scheduler_scheduleonetime", json!({ "newScheduleId": "1" }));
    assert_eq!(
        scheduler::schedule_one_time(60, "payload", "").unwrap(),
        "1"
    );
    let call = host.calls().pop().unwrap();
    assert_eq!(call.function, "scheduler_scheduleonetime");
    assert_eq!(
        call.request,
        json!({ "delaySeconds": 60, "payload": "payload", "scheduleId": "" })
    );
}

#[test]
fn failures_can_be_scripted_everywhere() {
    let host = FakeHost::builder().install();
    host.fail_once("kvstore_set", "disk full");
    host.fail_once("kvstore_set", "still full");
    assert_eq!(message(kvstore::set("k", vec![])), "disk full");
    assert_eq!(message(kvstore::set("k", vec![])), "still full");
    kvstore::set("k", vec![]).unwrap();
    host.fail("kvstore_get", "database is closed");
    for _ in 0..2 {
        assert_eq!(message(kvstore::get("k")), "database is closed");
    }
    host.restore("kvstore_get");
    assert_eq!(kvstore::get("k").unwrap(), Some(Vec::new()));
}

#[test]
fn answers_that_are_not_the_agreed_object_are_errors() {
    let host = FakeHost::builder().install();
    host.answer("kvstore_get", json!({ "value": 7 }));
    assert_eq!(
        message(kvstore::get("k")),
        "unreadable answer: expected a string, found a number at `value` (byte 9)"
    );
    host.answer(
        "kvstore_get",
        json!({ "value": "aGk=", "exists": true, "error": "", "news": [1] }),
    );
    assert_eq!(kvstore::get("k").unwrap(), Some(b"hi".to_vec()));
    host.answer("kvstore_get", json!(null));
    assert_eq!(kvstore::get("k").unwrap(), None);
}

#[test]
fn logs_are_kept_from_the_chosen_level_on() {
    let host = FakeHost::builder().log_level(Level::Info).install();
    let mut evaluated = false;
    log::debug!("{}", {
        evaluated = true;
        "not wanted"
    });
    log::info!("wanted {}", 1);
    log::error!("plain");
    log::write(Level::Warn, "direct");
    let logs: Vec<_> = host
        .logs()
        .into_iter()
        .map(|entry| (entry.level, entry.message))
        .collect();
    let expected = [
        (Level::Info, "wanted 1"),
        (Level::Error, "plain"),
        (Level::Warn, "direct"),
    ];
    assert_eq!(
        logs,
        expected.map(|(level, message)| (level, message.to_owned()))
    );
    assert!(!evaluated, "what is not logged is not evaluated either");
    assert!(!log::enabled(Level::Debug) && log::enabled(Level::Warn));
}

#[test]
fn variables_live_as_long_as_the_host() {
    let _host = FakeHost::builder().install();
    var::set("key", b"value");
    assert_eq!(var::get("key"), Some(b"value".to_vec()));
    var::remove("key");
    assert_eq!(var::get("key"), None);
}
