//! The host's reading and writing of JSON, and its 51 functions, against the fixed documents of `tests/wire`.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/wire/documents.rs"]
mod documents;
#[macro_use]
#[path = "../../tests/wire/each_type.rs"]
mod each_type;

use documents::{assert_same, documents, nulls, with_unknown};
use nd_test_host::context::CallContext;
use nd_test_host::error::ServiceError;
use nd_test_host::generated::*;
use nd_test_host::wire;
use nd_types::SongRef;
use nd_types::http::{HTTPRequest, HTTPResponse};
use nd_types::library::Library;
use nd_types::matcher::MatchOptions;
use nd_types::scrobbleretriever::{ScrobbleCountOptions, ScrobbleOptions, ScrobbleRef};
use nd_types::task::{QueueConfig, TaskInfo};
use nd_types::users::User;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

fn check<T: DeserializeOwned + Serialize + Default + PartialEq>(module: &str, name: &str) {
    let (full, zero) = documents(module, name);
    let rewritten = |document: &Value| {
        let value: T = wire::decode(document.to_string().as_bytes())
            .unwrap_or_else(|e| panic!("{module}::{name}: {e}"));
        serde_json::from_slice::<Value>(&wire::encode(&value).unwrap()).unwrap()
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
    let shouted = Value::Object(
        full.as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.to_uppercase(), v.clone()))
            .collect(),
    );
    assert_same(
        &rewritten(&shouted),
        &full,
        &format!("{module}::{name}, letter case of members"),
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

/// A service that notes its arguments and answers what it was told to.
#[derive(Default)]
struct Canned {
    asked: Mutex<String>,
    answer: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Canned {
    fn take<T: 'static>(&self, arguments: String) -> T {
        *self.asked.lock().unwrap() = arguments;
        *self
            .answer
            .lock()
            .unwrap()
            .take()
            .expect("an answer")
            .downcast()
            .expect("an answer of the method's type")
    }
}

macro_rules! canned {
    ($service:ident: $(fn $name:ident($($arg:ident: $ty:ty),*) -> $answer:ty;)+) => {
        impl $service for Canned {
            $(fn $name(&self, _: &CallContext, $($arg: $ty),*) -> $answer {
                let arguments: Vec<String> = vec![$(format!("{:?}", $arg)),*];
                self.take(arguments.join(", "))
            })+
        }
    };
}

type Answer<T> = Result<T, ServiceError>;
type Bytes = Vec<u8>;

canned!(Artwork:
    fn get_artist_url(id: String, size: i32) -> Answer<String>;
    fn get_album_url(id: String, size: i32) -> Answer<String>;
    fn get_track_url(id: String, size: i32) -> Answer<String>;
    fn get_playlist_url(id: String, size: i32) -> Answer<String>;
);
canned!(Cache:
    fn set_string(key: String, value: String, ttl: i64) -> Answer<()>;
    fn get_string(key: String) -> Answer<Option<String>>;
    fn set_int(key: String, value: i64, ttl: i64) -> Answer<()>;
    fn get_int(key: String) -> Answer<Option<i64>>;
    fn set_float(key: String, value: f64, ttl: i64) -> Answer<()>;
    fn get_float(key: String) -> Answer<Option<f64>>;
    fn set_bytes(key: String, value: Bytes, ttl: i64) -> Answer<()>;
    fn get_bytes(key: String) -> Answer<Option<Bytes>>;
    fn has(key: String) -> Answer<bool>;
    fn remove(key: String) -> Answer<()>;
);
canned!(Config:
    fn get(key: String) -> Option<String>;
    fn get_int(key: String) -> Option<i64>;
    fn keys(prefix: String) -> Vec<String>;
);
canned!(Http: fn send(request: HTTPRequest) -> Answer<Option<HTTPResponse>>;);
canned!(KvStore:
    fn set(key: String, value: Option<Bytes>) -> Answer<()>;
    fn set_with_ttl(key: String, value: Option<Bytes>, ttl: i64) -> Answer<()>;
    fn get(key: String) -> Answer<Option<Bytes>>;
    fn get_many(keys: Vec<String>) -> Answer<HashMap<String, Bytes>>;
    fn has(key: String) -> Answer<bool>;
    fn list(prefix: String) -> Answer<Vec<String>>;
    fn delete(key: String) -> Answer<()>;
    fn delete_by_prefix(prefix: String) -> Answer<i64>;
    fn get_storage_used() -> Answer<i64>;
);
canned!(Libraries:
    fn get_library(id: i32) -> Answer<Option<Library>>;
    fn get_all_libraries() -> Answer<Vec<Library>>;
);
canned!(Matcher: fn match_songs(songs: Vec<SongRef>, opts: MatchOptions) -> Answer<Vec<Option<nd_types::Track>>>;);
canned!(Scheduler:
    fn schedule_one_time(delay: i32, payload: String, id: String) -> Answer<String>;
    fn schedule_recurring(cron: String, payload: String, id: String) -> Answer<String>;
    fn cancel_schedule(id: String) -> Answer<()>;
);
canned!(ScrobbleRetriever:
    fn get_first_timestamp(username: String) -> Answer<Option<i64>>;
    fn get_last_timestamp(username: String) -> Answer<Option<i64>>;
    fn get_scrobbles(username: String, options: ScrobbleOptions) -> Answer<(Vec<ScrobbleRef>, Option<ScrobbleOptions>)>;
    fn get_scrobble_count(username: String, options: ScrobbleCountOptions) -> Answer<i64>;
);
canned!(Storage: fn get_storage_path() -> String;);
canned!(SubsonicApi:
    fn call(uri: String) -> Answer<String>;
    fn call_raw(uri: String) -> Answer<(String, Bytes)>;
);
canned!(Task:
    fn create_queue(name: String, config: QueueConfig) -> Answer<()>;
    fn enqueue(queue: String, payload: Option<Bytes>) -> Answer<String>;
    fn get(id: String) -> Answer<Option<TaskInfo>>;
    fn cancel(id: String) -> Answer<()>;
    fn clear_queue(queue: String) -> Answer<i64>;
);
canned!(Users:
    fn get_users() -> Answer<Vec<User>>;
    fn get_admins() -> Answer<Vec<User>>;
);
canned!(WebSocket:
    fn connect(url: String, headers: HashMap<String, String>, id: String) -> Answer<String>;
    fn send_text(id: String, message: String) -> Answer<()>;
    fn send_binary(id: String, data: Bytes) -> Answer<()>;
    fn close_connection(id: String, code: i32, reason: String) -> Answer<()>;
);

/// All services played by one [`Canned`], and which functions were checked.
struct Check {
    canned: Arc<Canned>,
    services: Services,
    seen: BTreeSet<String>,
}

impl Check {
    fn new() -> Self {
        let c = Arc::new(Canned::default());
        let services = Services {
            artwork: c.clone(),
            cache: c.clone(),
            config: c.clone(),
            http: c.clone(),
            kvstore: c.clone(),
            library: c.clone(),
            matcher: c.clone(),
            scheduler: c.clone(),
            scrobbleretriever: c.clone(),
            storage: c.clone(),
            subsonicapi: c.clone(),
            task: c.clone(),
            users: c.clone(),
            websocket: c.clone(),
        };
        Self {
            canned: c,
            services,
            seen: BTreeSet::new(),
        }
    }

    /// Each document of `name`: its request must arrive as `arguments`, and the answer given must be written as its response.
    fn on<T: Send + 'static>(&mut self, name: &str, arguments: &str, answers: Vec<T>) {
        let cases = cases(name);
        assert_eq!(
            cases.len(),
            answers.len(),
            "{name}: one answer per document"
        );
        let function = FUNCTIONS
            .iter()
            .find(|function| function.import == name)
            .unwrap_or_else(|| panic!("no function {name}"));
        for (case, answer) in cases.iter().zip(answers) {
            *self.canned.answer.lock().unwrap() = Some(Box::new(answer));
            let response = (function.handler)(
                &self.services,
                &CallContext::detached("test"),
                case["request"].to_string().as_bytes(),
            );
            assert_eq!(
                *self.canned.asked.lock().unwrap(),
                arguments,
                "arguments of {name}"
            );
            assert_same(
                &serde_json::from_slice(&response).unwrap(),
                &case["response"],
                &format!("response of {name}"),
            );
        }
        self.seen.insert(name.to_owned());
    }
}

fn cases(name: &str) -> Vec<Value> {
    let service = name.split('_').next().unwrap();
    let path = format!(
        "{}/../tests/wire/functions/{service}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let all: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    all[name]
        .as_array()
        .unwrap_or_else(|| panic!("no documents for {name}"))
        .clone()
}

fn fails<T>(text: &str) -> Answer<T> {
    Err(ServiceError::new(text))
}

#[test]
fn every_function_matches_its_documents() {
    let mut check = Check::new();
    artwork_cache_config(&mut check);
    http_kvstore_library(&mut check);
    matcher_scheduler_scrobbles(&mut check);
    the_rest(&mut check);
    let offered: BTreeSet<String> = FUNCTIONS
        .iter()
        .map(|function| function.import.to_owned())
        .collect();
    assert_eq!(check.seen, offered);
    assert_eq!(offered.len(), 51);
}

fn artwork_cache_config(f: &mut Check) {
    for kind in ["artist", "album", "track", "playlist"] {
        let url = "http://localhost/share/img/t?size=300".to_owned();
        f.on(
            &format!("artwork_get{kind}url"),
            "\"x-1\", 300",
            vec![Ok(url), fails("boom")],
        );
    }
    f.on(
        "cache_setstring",
        r#""k", "<v>", 60"#,
        vec![Ok(()), fails("boom")],
    );
    f.on(
        "cache_getstring",
        r#""k""#,
        vec![
            Answer::Ok(Some("<v>".to_owned())),
            Ok(Some(String::new())),
            Ok(None),
        ],
    );
    f.on(
        "cache_setint",
        r#""k", 9007199254740993, 0"#,
        vec![Answer::Ok(())],
    );
    f.on(
        "cache_getint",
        r#""k""#,
        vec![
            Answer::Ok(Some(9007199254740993_i64)),
            Ok(Some(0)),
            Ok(None),
        ],
    );
    f.on("cache_setfloat", r#""k", -1.5, 60"#, vec![Answer::Ok(())]);
    f.on(
        "cache_getfloat",
        r#""k""#,
        vec![Answer::Ok(Some(-1.5_f64)), Ok(None)],
    );
    f.on(
        "cache_setbytes",
        r#""k", [0, 255], 60"#,
        vec![Answer::Ok(())],
    );
    f.on(
        "cache_getbytes",
        r#""k""#,
        vec![
            Answer::Ok(Some(vec![0_u8, 255])),
            Ok(Some(vec![])),
            Ok(None),
        ],
    );
    f.on("cache_has", r#""k""#, vec![Answer::Ok(true), Ok(false)]);
    f.on("cache_remove", r#""k""#, vec![Answer::Ok(())]);
    f.on(
        "config_get",
        r#""k""#,
        vec![Some("v".to_owned()), Some(String::new()), None],
    );
    f.on(
        "config_getint",
        r#""k""#,
        vec![Some(-30_i64), Some(0), None],
    );
    f.on(
        "config_keys",
        r#""a""#,
        vec![vec!["a".to_owned(), "ab".to_owned()], vec![]],
    );
}

fn http_kvstore_library(f: &mut Check) {
    let arguments = "HTTPRequest { method: \"POST\", url: \"https://example.com/x\", headers: {\"Content-Type\": \"application/json\"}, \
        no_follow_redirects: true, body: [123, 34, 97, 34, 58, 49, 125], timeout_ms: 2500 }";
    let headers = HashMap::from([("Content-Type".to_owned(), "text/plain".to_owned())]);
    f.on(
        "http_send",
        arguments,
        vec![
            Ok(Some(HTTPResponse {
                status_code: 418,
                headers,
                body: b"tea".to_vec(),
            })),
            Ok(Some(HTTPResponse {
                status_code: 204,
                ..Default::default()
            })),
            fails("host \"example.com\" is not allowed"),
        ],
    );
    f.on(
        "kvstore_set",
        r#""k", Some([1, 2])"#,
        vec![
            Ok(()),
            fails("storage limit exceeded: would use 2 of 1 allowed"),
        ],
    );
    f.on(
        "kvstore_setwithttl",
        r#""k", Some([1, 2]), 60"#,
        vec![Answer::Ok(())],
    );
    f.on(
        "kvstore_get",
        r#""k""#,
        vec![Answer::Ok(Some(vec![1_u8, 2])), Ok(Some(vec![])), Ok(None)],
    );
    f.on(
        "kvstore_getmany",
        r#"["a", "b"]"#,
        vec![
            Answer::Ok(HashMap::from([("a".to_owned(), vec![1_u8, 2])])),
            Ok(HashMap::new()),
        ],
    );
    f.on("kvstore_has", r#""k""#, vec![Answer::Ok(true), Ok(false)]);
    f.on(
        "kvstore_list",
        r#""p""#,
        vec![
            Answer::Ok(vec!["p1".to_owned(), "p2".to_owned()]),
            Ok(vec![]),
        ],
    );
    f.on("kvstore_delete", r#""k""#, vec![Answer::Ok(())]);
    f.on(
        "kvstore_deletebyprefix",
        r#""p""#,
        vec![Answer::Ok(2_i64), Ok(0)],
    );
    f.on(
        "kvstore_getstorageused",
        "",
        vec![Answer::Ok(1048576_i64), Ok(0)],
    );
    let music = Library {
        id: 1,
        name: "Music".into(),
        path: "/music".into(),
        mount_point: "/libraries/1".into(),
        last_scan_at: 1700000000,
        total_songs: 10,
        total_albums: 2,
        total_artists: 3,
        total_size: 34567890123,
        total_duration: 3600.5,
    };
    let other = Library {
        id: 2,
        name: "Other".into(),
        last_scan_at: -62135596800,
        ..Default::default()
    };
    f.on(
        "library_getlibrary",
        "1",
        vec![Ok(Some(music.clone())), fails("library not accessible")],
    );
    f.on(
        "library_getalllibraries",
        "",
        vec![Answer::Ok(vec![music, other]), Ok(vec![])],
    );
}

fn matcher_scheduler_scrobbles(f: &mut Check) {
    let song: SongRef = serde_json::from_value(documents("shared", "SongRef").0).unwrap();
    let track: nd_types::Track = serde_json::from_value(documents("shared", "Track").0).unwrap();
    let arguments = format!("{:?}, MatchOptions {{ username: \"alice\" }}", [song]);
    f.on(
        "matcher_matchsongs",
        &arguments,
        vec![Answer::Ok(vec![Some(track), None]), Ok(vec![])],
    );
    f.on(
        "scheduler_scheduleonetime",
        r#"5, "p", "s""#,
        vec![Answer::Ok("s".to_owned())],
    );
    f.on(
        "scheduler_schedulerecurring",
        r#""@every 5m", "p", "s""#,
        vec![Answer::Ok("s".to_owned())],
    );
    f.on(
        "scheduler_cancelschedule",
        r#""s""#,
        vec![Ok(()), fails("schedule ID \"s\" not found")],
    );
    f.on(
        "scrobbleretriever_getfirsttimestamp",
        r#""alice""#,
        vec![Answer::Ok(Some(0_i64)), Ok(None)],
    );
    f.on(
        "scrobbleretriever_getlasttimestamp",
        r#""alice""#,
        vec![Answer::Ok(Some(1767225600_i64)), Ok(None)],
    );
    let options = ScrobbleOptions {
        from_timestamp: Some(1),
        to_timestamp: Some(2),
        descending: true,
        max_items: 1,
        offset: 3,
    };
    let arguments = format!("\"alice\", {options:?}");
    let scrobble = ScrobbleRef {
        id: 1,
        media_file_id: "mf-1".into(),
        submission_time: 2,
    };
    let next = ScrobbleOptions {
        offset: 4,
        ..options
    };
    f.on(
        "scrobbleretriever_getscrobbles",
        &arguments,
        vec![Answer::Ok((vec![scrobble], Some(next))), Ok((vec![], None))],
    );
    let arguments =
        "\"alice\", ScrobbleCountOptions { from_timestamp: Some(1), to_timestamp: Some(2) }";
    f.on(
        "scrobbleretriever_getscrobblecount",
        arguments,
        vec![Answer::Ok(7_i64), Ok(0)],
    );
}

fn the_rest(f: &mut Check) {
    let id = "0123456789abcdefABCDEF";
    f.on("storage_getstoragepath", "", vec!["/storage".to_owned()]);
    f.on(
        "subsonicapi_call",
        r#""ping?u=alice""#,
        vec![Answer::Ok(
            r#"{"subsonic-response":{"status":"ok"}}"#.to_owned(),
        )],
    );
    f.on(
        "subsonicapi_callraw",
        r#""getCoverArt?u=alice&id=1""#,
        vec![Answer::Ok(("image/png".to_owned(), b"\x89PNG".to_vec()))],
    );
    let queue = QueueConfig {
        concurrency: 2,
        max_retries: 3,
        backoff_ms: 1000,
        delay_ms: 250,
        retention_ms: 604800000,
    };
    f.on(
        "task_createqueue",
        &format!("\"q\", {queue:?}"),
        vec![Answer::Ok(())],
    );
    f.on(
        "task_enqueue",
        r#""q", Some([1, 2])"#,
        vec![Answer::Ok(id.to_owned())],
    );
    let running = TaskInfo {
        status: "running".into(),
        message: String::new(),
        attempt: 1,
    };
    f.on(
        "task_get",
        &format!("{id:?}"),
        vec![Ok(Some(running)), fails(&format!("task {id:?} not found"))],
    );
    f.on("task_cancel", &format!("{id:?}"), vec![Answer::Ok(())]);
    f.on("task_clearqueue", r#""q""#, vec![Answer::Ok(3_i64), Ok(0)]);
    let alice = User {
        user_name: "alice".into(),
        name: "Alice".into(),
        is_admin: true,
    };
    let bob = User {
        user_name: "bob".into(),
        ..Default::default()
    };
    f.on(
        "users_getusers",
        "",
        vec![Answer::Ok(vec![alice.clone(), bob]), Ok(vec![])],
    );
    f.on(
        "users_getadmins",
        "",
        vec![Answer::Ok(vec![alice]), Ok(vec![])],
    );
    f.on(
        "websocket_connect",
        r#""wss://example.com/s", {"Authorization": "Bearer x"}, "c1""#,
        vec![Answer::Ok("c1".to_owned())],
    );
    f.on("websocket_sendtext", r#""c1", "hi""#, vec![Answer::Ok(())]);
    f.on(
        "websocket_sendbinary",
        r#""c1", [0, 255]"#,
        vec![Ok(()), fails("connection ID \"c1\" not found")],
    );
    f.on(
        "websocket_closeconnection",
        r#""c1", 1000, "done""#,
        vec![Answer::Ok(())],
    );
}

#[test]
fn a_null_or_missing_value_is_told_from_an_empty_one() {
    let check = Check::new();
    for (function, request, expected) in [
        (
            "kvstore_set",
            r#"{"key":"k","value":""}"#,
            r#""k", Some([])"#,
        ),
        ("kvstore_set", r#"{"key":"k","value":null}"#, r#""k", None"#),
        ("kvstore_set", r#"{"key":"k"}"#, r#""k", None"#),
        (
            "task_enqueue",
            r#"{"queueName":"q","payload":null}"#,
            r#""q", None"#,
        ),
    ] {
        let answer: Box<dyn Any + Send> = if function == "task_enqueue" {
            Box::new(Answer::Ok(String::new()))
        } else {
            Box::new(Answer::Ok(()))
        };
        *check.canned.answer.lock().unwrap() = Some(answer);
        let handler = FUNCTIONS
            .iter()
            .find(|f| f.import == function)
            .unwrap()
            .handler;
        handler(
            &check.services,
            &CallContext::detached("test"),
            request.as_bytes(),
        );
        assert_eq!(
            *check.canned.asked.lock().unwrap(),
            expected,
            "{function} {request}"
        );
    }
}

#[test]
fn a_malformed_request_is_answered_with_an_error() {
    let check = Check::new();
    for request in [
        "",
        "{",
        "[]",
        r#"{"key":1}"#,
        r#"{"key":"k","value":1.5,"ttlSeconds":1}"#,
        r#"{"key":"k","value":1e3,"ttlSeconds":1}"#,
        r#"{"key":"k","value":9223372036854775808,"ttlSeconds":1}"#,
    ] {
        let handler = FUNCTIONS
            .iter()
            .find(|f| f.import == "cache_setint")
            .unwrap()
            .handler;
        let answer: Value = serde_json::from_slice(&handler(
            &check.services,
            &CallContext::detached("test"),
            request.as_bytes(),
        ))
        .unwrap();
        assert!(
            answer["error"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{request}: {answer}"
        );
    }
}
