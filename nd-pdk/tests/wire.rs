//! The guest's codec and its 51 bindings against the fixed documents of `tests/wire`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[path = "../../tests/wire/documents.rs"]
mod documents;
#[macro_use]
#[path = "../../tests/wire/each_type.rs"]
mod each_type;

use documents::{assert_same, documents, nulls, with_unknown};
use nd_pdk::host::{self, HostError};
use nd_pdk::testing::services::*;
use nd_pdk::testing::{Backend, install};
use nd_pdk::wire::{self, Decode, Encode};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::rc::Rc;

fn check<T: Decode + Encode + Default + PartialEq>(module: &str, name: &str) {
    let (full, zero) = documents(module, name);
    let rewritten = |document: &Value| {
        let mut value = T::default();
        wire::decode(document.to_string().as_bytes(), &mut value)
            .unwrap_or_else(|e| panic!("{module}::{name}: {}", e.message()));
        serde_json::from_slice::<Value>(&wire::encode(&value)).unwrap()
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
        &rewritten(&nulls(&full)),
        &zero,
        &format!("{module}::{name}, null members"),
    );
    assert_same(
        &rewritten(&Value::Null),
        &zero,
        &format!("{module}::{name}, null"),
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

/// Answers each call with a document and keeps what was asked.
#[derive(Default)]
struct Scripted {
    answer: Value,
    asked: Option<(String, Value)>,
}

macro_rules! no_services { ($($service:ident)+) => { $(impl $service for Scripted {})+ }; }
no_services!(Artwork Cache Config Http KvStore Libraries Matcher Scheduler ScrobbleRetriever Storage SubsonicApi Task Users WebSocket);

impl Backend for Scripted {
    fn intercept(&mut self, import: &str, request: &[u8]) -> Option<Result<Vec<u8>, HostError>> {
        self.asked = Some((
            import.to_owned(),
            serde_json::from_slice(request).expect("a JSON request"),
        ));
        Some(Ok(self.answer.to_string().into_bytes()))
    }
}

/// Runs `call` once per document of `function`; `expected` holds what the guest sees of each.
fn function<T: Debug>(
    seen: &mut BTreeSet<String>,
    name: &str,
    call: impl Fn() -> Result<T, host::Error>,
    expected: &[&str],
) {
    let service = name.split('_').next().unwrap();
    let path = format!(
        "{}/../tests/wire/functions/{service}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let all: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let cases = all[name]
        .as_array()
        .unwrap_or_else(|| panic!("no documents for {name}"));
    assert_eq!(
        cases.len(),
        expected.len(),
        "{name}: one expectation per document"
    );
    for (case, expected) in cases.iter().zip(expected) {
        let backend = Rc::new(RefCell::new(Scripted {
            answer: case["response"].clone(),
            asked: None,
        }));
        let installed = install(backend.clone());
        let found = match call() {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("error: {error}"),
        };
        drop(installed);
        assert_eq!(found, *expected, "{name} answered {}", case["response"]);
        let (import, request) = backend.borrow_mut().asked.take().expect("a call");
        assert_eq!(import, name);
        assert_same(&request, &case["request"], &format!("request of {name}"));
    }
    seen.insert(name.to_owned());
}

#[test]
fn every_function_matches_its_documents() {
    let mut seen = BTreeSet::new();
    let mut f = Check(&mut seen);
    artwork_cache_config(&mut f);
    http_kvstore_library(&mut f);
    matcher_scheduler_scrobbles(&mut f);
    the_rest(&mut f);
    let mut documented = BTreeSet::new();
    for entry in std::fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/wire/functions"
    ))
    .unwrap()
    {
        let all: Value =
            serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        documented.extend(all.as_object().unwrap().keys().cloned());
    }
    assert_eq!(seen, documented);
    assert_eq!(seen.len(), 51);
}

struct Check<'a>(&'a mut BTreeSet<String>);

impl Check<'_> {
    fn on<T: Debug>(
        &mut self,
        name: &str,
        call: impl Fn() -> Result<T, host::Error>,
        expected: &[&str],
    ) {
        function(self.0, name, call, expected);
    }
}

fn artwork_cache_config(f: &mut Check<'_>) {
    use host::{artwork, cache, config};
    let url = &["\"http://localhost/share/img/t?size=300\"", "error: boom"];
    f.on(
        "artwork_getartisturl",
        || artwork::get_artist_url("x-1", 300),
        url,
    );
    f.on(
        "artwork_getalbumurl",
        || artwork::get_album_url("x-1", 300),
        url,
    );
    f.on(
        "artwork_gettrackurl",
        || artwork::get_track_url("x-1", 300),
        url,
    );
    f.on(
        "artwork_getplaylisturl",
        || artwork::get_playlist_url("x-1", 300),
        url,
    );
    f.on(
        "cache_setstring",
        || cache::set_string("k", "<v>", 60),
        &["()", "error: boom"],
    );
    f.on(
        "cache_getstring",
        || cache::get_string("k"),
        &["Some(\"<v>\")", "Some(\"\")", "None"],
    );
    f.on(
        "cache_setint",
        || cache::set_int("k", 9007199254740993, 0),
        &["()"],
    );
    f.on(
        "cache_getint",
        || cache::get_int("k"),
        &["Some(9007199254740993)", "Some(0)", "None"],
    );
    f.on(
        "cache_setfloat",
        || cache::set_float("k", -1.5, 60),
        &["()"],
    );
    f.on(
        "cache_getfloat",
        || cache::get_float("k"),
        &["Some(-1.5)", "None"],
    );
    f.on(
        "cache_setbytes",
        || cache::set_bytes("k", vec![0, 255], 60),
        &["()"],
    );
    f.on(
        "cache_getbytes",
        || cache::get_bytes("k"),
        &["Some([0, 255])", "Some([])", "None"],
    );
    f.on("cache_has", || cache::has("k"), &["true", "false"]);
    f.on("cache_remove", || cache::remove("k"), &["()"]);
    f.on(
        "config_get",
        || config::get("k"),
        &["Some(\"v\")", "Some(\"\")", "None"],
    );
    f.on(
        "config_getint",
        || config::get_int("k"),
        &["Some(-30)", "Some(0)", "None"],
    );
    f.on(
        "config_keys",
        || config::keys("a"),
        &["[\"a\", \"ab\"]", "[]"],
    );
}

fn http_kvstore_library(f: &mut Check<'_>) {
    use host::{http, kvstore, library};
    let request = || http::HTTPRequest {
        method: "POST".into(),
        url: "https://example.com/x".into(),
        headers: HashMap::from([("Content-Type".into(), "application/json".into())]),
        no_follow_redirects: true,
        body: b"{\"a\":1}".to_vec(),
        timeout_ms: 2500,
    };
    f.on("http_send", || http::send(request()), &[
        "Some(HTTPResponse { status_code: 418, headers: {\"Content-Type\": \"text/plain\"}, body: [116, 101, 97] })",
        "Some(HTTPResponse { status_code: 204, headers: {}, body: [] })",
        "error: host \"example.com\" is not allowed",
    ]);
    f.on(
        "kvstore_set",
        || kvstore::set("k", vec![1, 2]),
        &[
            "()",
            "error: storage limit exceeded: would use 2 of 1 allowed",
        ],
    );
    f.on(
        "kvstore_setwithttl",
        || kvstore::set_with_ttl("k", vec![1, 2], 60),
        &["()"],
    );
    f.on(
        "kvstore_get",
        || kvstore::get("k"),
        &["Some([1, 2])", "Some([])", "None"],
    );
    f.on(
        "kvstore_getmany",
        || kvstore::get_many(vec!["a".into(), "b".into()]),
        &["{\"a\": [1, 2]}", "{}"],
    );
    f.on("kvstore_has", || kvstore::has("k"), &["true", "false"]);
    f.on(
        "kvstore_list",
        || kvstore::list("p"),
        &["[\"p1\", \"p2\"]", "[]"],
    );
    f.on("kvstore_delete", || kvstore::delete("k"), &["()"]);
    f.on(
        "kvstore_deletebyprefix",
        || kvstore::delete_by_prefix("p"),
        &["2", "0"],
    );
    f.on(
        "kvstore_getstorageused",
        kvstore::get_storage_used,
        &["1048576", "0"],
    );
    let music = "Library { id: 1, name: \"Music\", path: \"/music\", mount_point: \"/libraries/1\", last_scan_at: 1700000000, \
        total_songs: 10, total_albums: 2, total_artists: 3, total_size: 34567890123, total_duration: 3600.5 }";
    let other = "Library { id: 2, name: \"Other\", path: \"\", mount_point: \"\", last_scan_at: -62135596800, \
        total_songs: 0, total_albums: 0, total_artists: 0, total_size: 0, total_duration: 0.0 }";
    f.on(
        "library_getlibrary",
        || library::get_library(1),
        &[&format!("Some({music})"), "error: library not accessible"],
    );
    f.on(
        "library_getalllibraries",
        library::get_all_libraries,
        &[&format!("[{music}, {other}]"), "[]"],
    );
}

fn matcher_scheduler_scrobbles(f: &mut Check<'_>) {
    use host::{matcher, scheduler, scrobbleretriever as scrobbles};
    let song =
        || serde_json::from_value::<nd_types::SongRef>(documents("shared", "SongRef").0).unwrap();
    let track = serde_json::from_value::<nd_types::Track>(documents("shared", "Track").0).unwrap();
    // `tags` is a map: compare fields, not the text of a map whose order is not fixed.
    let matched = |track: &nd_types::Track| {
        (
            track.id.clone(),
            track.tags["mood"].clone(),
            track.rg_track_peak,
            track.participants.len(),
        )
    };
    f.on(
        "matcher_matchsongs",
        || {
            let options = matcher::MatchOptions {
                username: "alice".into(),
            };
            let found = matcher::match_songs(vec![song()], options)?;
            assert!(found.iter().flatten().all(|found| *found == track));
            Ok(found
                .iter()
                .map(|found| found.as_ref().map(matched))
                .collect::<Vec<_>>())
        },
        &[
            "[Some((\"mf-1\", [\"calm\", \"wide\"], Some(1.5), 1)), None]",
            "[]",
        ],
    );
    f.on(
        "scheduler_scheduleonetime",
        || scheduler::schedule_one_time(5, "p", "s"),
        &["\"s\""],
    );
    f.on(
        "scheduler_schedulerecurring",
        || scheduler::schedule_recurring("@every 5m", "p", "s"),
        &["\"s\""],
    );
    f.on(
        "scheduler_cancelschedule",
        || scheduler::cancel_schedule("s"),
        &["()", "error: schedule ID \"s\" not found"],
    );
    f.on(
        "scrobbleretriever_getfirsttimestamp",
        || scrobbles::get_first_timestamp("alice"),
        &["Some(0)", "None"],
    );
    f.on(
        "scrobbleretriever_getlasttimestamp",
        || scrobbles::get_last_timestamp("alice"),
        &["Some(1767225600)", "None"],
    );
    let options = || scrobbles::ScrobbleOptions {
        from_timestamp: Some(1),
        to_timestamp: Some(2),
        descending: true,
        max_items: 1,
        offset: 3,
    };
    f.on("scrobbleretriever_getscrobbles", || scrobbles::get_scrobbles("alice", options()), &[
        "([ScrobbleRef { id: 1, media_file_id: \"mf-1\", submission_time: 2 }], Some(ScrobbleOptions { from_timestamp: Some(1), \
            to_timestamp: Some(2), descending: true, max_items: 1, offset: 4 }))",
        "([], None)",
    ]);
    let count = || scrobbles::ScrobbleCountOptions {
        from_timestamp: Some(1),
        to_timestamp: Some(2),
    };
    f.on(
        "scrobbleretriever_getscrobblecount",
        || scrobbles::get_scrobble_count("alice", count()),
        &["7", "0"],
    );
}

fn the_rest(f: &mut Check<'_>) {
    use host::{storage, subsonicapi, task, users, websocket};
    let id = "0123456789abcdefABCDEF";
    f.on(
        "storage_getstoragepath",
        storage::get_storage_path,
        &["\"/storage\""],
    );
    f.on(
        "subsonicapi_call",
        || subsonicapi::call("ping?u=alice"),
        &[r#""{\"subsonic-response\":{\"status\":\"ok\"}}""#],
    );
    f.on(
        "subsonicapi_callraw",
        || subsonicapi::call_raw("getCoverArt?u=alice&id=1"),
        &["(\"image/png\", [137, 80, 78, 71])"],
    );
    let queue = || task::QueueConfig {
        concurrency: 2,
        max_retries: 3,
        backoff_ms: 1000,
        delay_ms: 250,
        retention_ms: 604800000,
    };
    f.on(
        "task_createqueue",
        || task::create_queue("q", queue()),
        &["()"],
    );
    f.on(
        "task_enqueue",
        || task::enqueue("q", vec![1, 2]),
        &[&format!("{id:?}")],
    );
    f.on(
        "task_get",
        || task::get(id),
        &[
            "Some(TaskInfo { status: \"running\", message: \"\", attempt: 1 })",
            &format!("error: task {id:?} not found"),
        ],
    );
    f.on("task_cancel", || task::cancel(id), &["()"]);
    f.on("task_clearqueue", || task::clear_queue("q"), &["3", "0"]);
    let alice = "User { user_name: \"alice\", name: \"Alice\", is_admin: true }";
    let bob = "User { user_name: \"bob\", name: \"\", is_admin: false }";
    f.on(
        "users_getusers",
        users::get_users,
        &[&format!("[{alice}, {bob}]"), "[]"],
    );
    f.on(
        "users_getadmins",
        users::get_admins,
        &[&format!("[{alice}]"), "[]"],
    );
    let headers = || HashMap::from([("Authorization".to_owned(), "Bearer x".to_owned())]);
    f.on(
        "websocket_connect",
        || websocket::connect("wss://example.com/s", headers(), "c1"),
        &["\"c1\""],
    );
    f.on(
        "websocket_sendtext",
        || websocket::send_text("c1", "hi"),
        &["()"],
    );
    f.on(
        "websocket_sendbinary",
        || websocket::send_binary("c1", vec![0, 255]),
        &["()", "error: connection ID \"c1\" not found"],
    );
    f.on(
        "websocket_closeconnection",
        || websocket::close_connection("c1", 1000, "done"),
        &["()"],
    );
}
