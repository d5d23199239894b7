//! What the rules of release 0.63 change, and what a comparison notes.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::{data, guest, manifest, try_load};
use crate::context::CallContext;
use crate::error::CallError;
use crate::generated::Config;
use crate::package::PackageWriter;
use crate::peer::{Answer, HttpPeer};
use crate::server::{Rules, ServerConfig};
use crate::{Host, HostBuilder, LogLevel, PluginSettings};

fn builder(rules: Rules) -> HostBuilder {
    Host::builder()
        .rules(rules)
        .every_plugin(PluginSettings::all())
}

fn host(rules: Rules) -> Host {
    builder(rules).build().unwrap()
}

fn old() -> Rules {
    Rules::release_0_63()
}

fn new() -> Rules {
    Rules::release_0_64()
}

/// What the comparison noted.
fn notes(host: &Host) -> Vec<String> {
    let logs = host.journal().logs().into_iter();
    let notes = logs.filter_map(|log| log.message.strip_prefix("compare: ").map(str::to_owned));
    notes.collect()
}

/// Makes the runtime's own request, answers the body, and returns the status as its code.
fn asking(url: &str) -> String {
    let request = format!(r#"{{"url":"{url}","method":"post","headers":{{"X-Ask":"a"}}}}"#);
    format!(
        r#"(import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
        (import "extism:host/env" "http_status_code" (func $status (result i32)))
        (import "extism:host/env" "http_headers" (func $headers (result i64)))
        (data (i32.const 0) "{}") (data (i32.const 1000) "the body")
        (func (export "run") (local $answer i64)
            (local.set $answer (call $http
                (call $text (i32.const 0) (i32.const {})) (call $text (i32.const 1000) (i32.const 8))))
            (if (i32.ne (call $status) (i32.const 203)) (then unreachable))
            (call $output_set (local.get $answer) (call $length (local.get $answer))))
        (func (export "headers") (local $headers i64)
            (if (i32.ne (call $status) (i32.const 0)) (then unreachable))
            (if (i64.ne (call $headers) (i64.const 0)) (then unreachable))
            (drop (call $http (call $text (i32.const 0) (i32.const {})) (i64.const 0)))
            (local.set $headers (call $headers))
            (call $output_set (local.get $headers) (call $length (local.get $headers))))"#,
        data(&request),
        request.len(),
        request.len(),
    )
}

#[test]
fn the_runtimes_own_request_works_in_the_old_release() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(203).header("X-One", "1").body("hello"));
    let host = host(old());
    let hosts = r#"{"http":{"requiredHosts":["127.0.0.?"]}}"#;
    let plugin = try_load(&host, hosts, &asking(&peer.url("/x"))).unwrap();
    assert_eq!(plugin.call_raw("run", b"{}").as_deref(), Ok(&b"hello"[..]));
    let request = &peer.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.header("x-ask")),
        ("POST", Some("a"))
    );
    assert_eq!(request.body, b"the body");
    let headers = plugin.call_raw("headers", b"{}").unwrap();
    let headers: serde_json::Value = serde_json::from_slice(&headers).unwrap();
    assert_eq!(headers["x-one"], "1");
    assert_eq!(host.journal().calls_of("http_request").len(), 2);
}

#[test]
fn it_ends_the_call_without_a_matching_entry_and_always_in_the_new_release() {
    let peer = HttpPeer::start().unwrap();
    for (rules, permissions) in [
        (old(), r#"{"http":{"requiredHosts":["example.com"]}}"#),
        (old(), r#"{"http":{}}"#),
        (old(), "{}"),
        (new(), r#"{"http":{"requiredHosts":["*"]}}"#),
    ] {
        let host = host(rules);
        let plugin = try_load(&host, permissions, &asking(&peer.url("/"))).unwrap();
        let error = plugin.call_raw("run", b"{}").unwrap_err();
        assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
        let text = format!("HTTP request to '{}' is not allowed", peer.url("/"));
        assert!(error.to_string().contains(&text), "{error}");
    }
    assert!(peer.requests().is_empty());
}

#[test]
fn a_slow_peer_does_not_outlast_the_call() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(200).delay(Duration::from_secs(60)));
    let host = builder(old())
        .call_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let hosts = r#"{"http":{"requiredHosts":["*"]}}"#;
    let plugin = try_load(&host, hosts, &asking(&peer.url("/"))).unwrap();
    let error = plugin.call_raw("run", b"{}").unwrap_err();
    assert!(
        matches!(error, CallError::Timeout { .. })
            || error.to_string().contains("deadline exceeded"),
        "{error:?}"
    );
}

const STORAGE: &str =
    r#"(import "extism:host/user" "storage_getstoragepath" (func (param i64) (result i64)))"#;

#[test]
fn the_old_release_knows_neither_storage_nor_scrobble_history() {
    let host = host(old());
    for (permission, function) in [
        ("storage", "storage_getstoragepath"),
        ("scrobbleRetriever", "scrobbleretriever_getscrobbles"),
    ] {
        let import =
            format!(r#"(import "extism:host/user" "{function}" (func (param i64) (result i64)))"#);
        let error = try_load(
            &host,
            &format!(r#"{{"users":{{}},"{permission}":{{}}}}"#),
            &import,
        );
        let text = error.unwrap_err().to_string();
        let expected = format!(
            "\"{function}\" is not exported in module \"extism:host/user\": server release 0.63 does not offer it, it came with 0.64.0"
        );
        assert!(text.ends_with(&expected), "{text}");
    }
    // Declared and not imported, it is ignored.
    let plugin = try_load(&host, r#"{"storage":{}}"#, "").unwrap();
    assert!(plugin.manifest().permissions.storage.is_none());
    assert!(!host.plugin_data_dir("test").join("storage").exists());
}

#[test]
fn a_permission_the_release_does_not_know_needs_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("test.ndp");
    let json = manifest(r#"{"scrobbleRetriever":{}}"#);
    PackageWriter::new(json, guest("")).write(&file).unwrap();
    let text = host(new()).load(&file).unwrap_err().to_string();
    assert!(
        text.contains("'scrobbleRetriever' permission requires 'users' permission"),
        "{text}"
    );
    let old_host = host(old().comparing(new()));
    old_host.load(&file).unwrap();
    let notes = notes(&old_host);
    assert!(
        notes[0].starts_with("server release 0.64: would not load the plugin: "),
        "{notes:?}"
    );
}

/// A setting whose reading waits until a number of readers are there.
struct Meeting {
    expected: usize,
    state: Mutex<(usize, usize)>,
    changed: Condvar,
}

impl Meeting {
    fn of(expected: usize) -> Arc<Self> {
        Arc::new(Self {
            expected,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn peak(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

struct Door(Arc<Meeting>);

impl Meeting {
    /// Comes and goes without waiting.
    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = state.1.max(1);
        self.changed.notify_all();
    }
}

/// A setting whose reading waits until somebody else has come to the meeting.
struct Until(Arc<Meeting>);

impl Config for Until {
    fn get(&self, _: &CallContext, _: String) -> Option<String> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = Duration::from_secs(20);
        let came = self
            .0
            .changed
            .wait_timeout_while(state, limit, |(_, peak)| *peak == 0);
        drop(came);
        None
    }

    fn get_int(&self, _: &CallContext, _: String) -> Option<i64> {
        None
    }

    fn keys(&self, _: &CallContext, _: String) -> Vec<String> {
        Vec::new()
    }
}

impl Config for Door {
    fn get(&self, _: &CallContext, _: String) -> Option<String> {
        let meeting = &self.0;
        let mut state = meeting.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += 1;
        state.1 = state.1.max(state.0);
        meeting.changed.notify_all();
        let limit = Duration::from_secs(20);
        let (mut state, _) = meeting
            .changed
            .wait_timeout_while(state, limit, |(_, peak)| *peak < meeting.expected)
            .unwrap_or_else(PoisonError::into_inner);
        state.0 -= 1;
        None
    }

    fn get_int(&self, _: &CallContext, _: String) -> Option<i64> {
        None
    }

    fn keys(&self, _: &CallContext, _: String) -> Vec<String> {
        Vec::new()
    }
}

/// Asks for lyrics on four threads at once and returns how many calls ran together.
fn lyrics_at_once(rules: Rules, expected: usize) -> (usize, Host) {
    let meeting = Meeting::of(expected);
    let door = meeting.clone();
    let host = asked_for_lyrics(builder(rules).services(move |_, services| {
        services.config = Arc::new(Door(door.clone()));
    }));
    (meeting.peak(), host)
}

fn asked_for_lyrics(builder: HostBuilder) -> Host {
    let host = builder.build().unwrap();
    let body = r#"(import "extism:host/user" "config_get" (func $get (param i64) (result i64)))
        (data (i32.const 0) "{}")
        (func (export "nd_lyrics_get_lyrics") (drop (call $get (call $text (i32.const 0) (i32.const 2)))))"#;
    let plugin = try_load(&host, "{}", body).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| plugin.lyrics().get_lyrics(&Default::default()).map(drop));
        }
    });
    host
}

#[test]
fn lyrics_calls_are_limited_in_the_new_release_only() {
    assert_eq!(lyrics_at_once(old(), 4).0, 4);
    assert_eq!(lyrics_at_once(new(), 2).0, 2);
}

#[test]
fn a_comparison_notes_lyrics_calls_that_wait_in_one_release_only() {
    let (_, compared) = lyrics_at_once(old().comparing(new()), 4);
    assert!(!notes(&compared).is_empty());
    for note in notes(&compared) {
        let text =
            "server release 0.64: this lyrics call would wait: 2 of the plugin's run at once";
        assert_eq!(note, text);
    }
    // The calls that run end once another one has been noted to wait.
    let noted = Meeting::of(1);
    let (waiting, heard) = (noted.clone(), noted);
    let builder = builder(new().comparing(old()))
        .on_log(move |_| heard.pass())
        .services(move |_, services| services.config = Arc::new(Until(waiting.clone())));
    let notes = notes(&asked_for_lyrics(builder));
    let text = "server release 0.63: this lyrics call would not wait for others";
    assert!(
        !notes.is_empty() && notes.iter().all(|note| note == text),
        "{notes:?}"
    );
}

#[test]
fn a_comparison_notes_what_the_other_release_makes_of_services() {
    let load = |rules: Rules| {
        let host = host(rules);
        let loaded = try_load(&host, r#"{"storage":{}}"#, STORAGE);
        (loaded.is_ok(), notes(&host))
    };
    let (loaded, notes) = load(new().comparing(old()));
    assert!(loaded);
    assert!(
        notes[0].starts_with("server release 0.63: would ignore the permission \"storage\""),
        "{notes:?}"
    );
    let (loaded, notes) = load(old().comparing(new()));
    assert!(!loaded);
    assert_eq!(
        notes,
        ["server release 0.64: would honour the permission \"storage\""]
    );
    assert_eq!(load(new()).1, [""; 0]);
}

#[test]
fn a_comparison_notes_requests_the_other_release_would_not_make() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::text("x"));
    let request = format!(
        r#"{{"request":{{"method":"GET","url":"{}"}}}}"#,
        peer.url("/")
    );
    let url = |host: &str| request.replace("127.0.0.1", host);
    let send = |rules: Rules, list: &str, request: &str| {
        let host = host(rules);
        let body = format!(
            r#"(import "extism:host/user" "http_send" (func $send (param i64) (result i64)))
            (data (i32.const 0) "{}")
            (func (export "run") (drop (call $send (call $text (i32.const 0) (i32.const {})))))"#,
            data(request),
            request.len()
        );
        let permissions = format!(r#"{{"http":{{"requiredHosts":[{list}]}}}}"#);
        let plugin = try_load(&host, &permissions, &body).unwrap();
        plugin.call_raw("run", b"{}").unwrap();
        notes(&host)
    };
    let notes = send(old().comparing(new()), "\"localhost\"", &url("localhost"));
    assert!(
        notes
            .iter()
            .any(|note| note.contains("0.64: would refuse 127.0.0.1:")
                && note.contains("add \"127.0.0.1\"")),
        "{notes:?}"
    );
    let notes = send(new().comparing(old()), "\"localhost\"", &url("localhost"));
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("server release 0.63: would let 127.0.0.1:")),
        "{notes:?}"
    );
    let notes = send(new().comparing(old()), "\"127.0.0.0/8\"", &url("127.0.0.1"));
    assert!(
        notes
            .iter()
            .any(|note| note.contains("0.63: would refuse 127.0.0.1:")
                && note.contains("is not allowed")),
        "{notes:?}"
    );
    assert_eq!(
        send(new().comparing(old()), "\"*\"", &url("127.0.0.1")),
        [""; 0]
    );
}

#[test]
fn the_log_level_is_the_settings_unless_the_builder_says_otherwise() {
    let warn = || {
        let mut server = ServerConfig::default();
        server.plugin_log_level = LogLevel::Warn;
        Host::builder().server(server)
    };
    assert_eq!(
        warn().build().unwrap().journal().threshold(),
        LogLevel::Warn
    );
    let both = warn().log_level(LogLevel::Trace).build().unwrap();
    assert_eq!(both.journal().threshold(), LogLevel::Trace);
    assert_eq!(
        Host::builder().build().unwrap().journal().threshold(),
        LogLevel::Info
    );
}
