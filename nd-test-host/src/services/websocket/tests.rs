//! Connections to real peers on loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Condvar;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::error::CallError;
use crate::peer::{WsEvent, WsPeer, WsSend};
use crate::services::http::StaticResolver;

const LIMIT: Duration = Duration::from_secs(30);

/// A plugin that writes down its callbacks.
#[derive(Default)]
struct FakePlugin {
    seen: Mutex<Vec<(String, Value)>>,
    arrived: Condvar,
    /// What a callback does before it returns.
    act: Mutex<Option<Act>>,
}

type Act = Box<dyn Fn(&str, &Value) + Send>;

impl FakePlugin {
    fn seen(&self) -> Vec<(String, Value)> {
        self.seen.lock().expect("the list").clone()
    }

    fn wait_for(&self, count: usize) -> Vec<(String, Value)> {
        let seen = self.seen.lock().expect("the list");
        let waited = self
            .arrived
            .wait_timeout_while(seen, LIMIT, |seen| seen.len() < count);
        let (seen, timeout) = waited.expect("the list");
        assert!(!timeout.timed_out(), "{count} wanted: {seen:?}");
        seen.clone()
    }
}

impl Callback for FakePlugin {
    fn call(&self, export: &str, input: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let name = export.strip_prefix("nd_websocket_on_").expect("a callback");
        let request: Value = serde_json::from_slice(&input).expect("a request");
        if let Some(act) = &*self.act.lock().expect("the act") {
            act(name, &request);
        }
        let mut seen = self.seen.lock().expect("the list");
        seen.push((name.to_owned(), request));
        self.arrived.notify_all();
        Ok(Vec::new())
    }

    fn has_export(&self, _export: &str) -> bool {
        true
    }
}

struct Fixture {
    plugin: Arc<FakePlugin>,
    service: Arc<WebSocketService>,
    journal: Journal,
    ctx: CallContext,
}

impl Fixture {
    fn new() -> Self {
        Self::with(&["127.0.0.1"], &Rules::default())
    }

    fn with(hosts: &[&str], rules: &Rules) -> Self {
        let plugin = Arc::new(FakePlugin::default());
        let callback: Arc<dyn Callback> = plugin.clone();
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let settings = HttpSettings {
            resolver: Arc::new(StaticResolver::new().with("nas.lan", Ipv4Addr::LOCALHOST)),
            ..HttpSettings::default()
        };
        let journal = Journal::new();
        let callback = Arc::downgrade(&callback);
        let service =
            WebSocketService::new("p", &hosts, rules, &settings, callback, journal.clone());
        Self {
            plugin,
            service: Arc::new(service.expect("a service")),
            journal,
            ctx: CallContext::detached("p"),
        }
    }

    fn connect(&self, url: &str, id: &str) -> Result<String, String> {
        self.connect_with(url, id, &[])
    }

    fn connect_with(
        &self,
        url: &str,
        id: &str,
        headers: &[(&str, &str)],
    ) -> Result<String, String> {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let connected =
            self.service
                .connect(&self.ctx, url.to_owned(), headers.collect(), id.to_owned());
        connected.map_err(|error| error.to_string())
    }

    fn text(&self, id: &str, message: &str) -> Result<(), String> {
        let sent = self
            .service
            .send_text(&self.ctx, id.to_owned(), message.to_owned());
        sent.map_err(|error| error.to_string())
    }

    fn close(&self, id: &str, code: i32, reason: &str) -> Result<(), String> {
        let (id, reason) = (id.to_owned(), reason.to_owned());
        let closed = self.service.close_connection(&self.ctx, id, code, reason);
        closed.map_err(|error| error.to_string())
    }

    fn wait_until_free(&self) {
        let until = Instant::now() + LIMIT;
        while !self.service.connections().is_empty() {
            assert!(Instant::now() < until, "{:?}", self.service.connections());
            std::thread::yield_now();
        }
    }
}

fn texts(events: &[WsEvent]) -> Vec<&str> {
    let texts = events.iter().filter_map(|event| match event {
        WsEvent::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn is_close(event: &WsEvent) -> bool {
    matches!(event, WsEvent::Close(..))
}

#[test]
fn messages_go_both_ways_in_order() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    peer.on_open([
        WsSend::text("one"),
        WsSend::Ping(b"there?".to_vec()),
        WsSend::Binary(vec![0, 255]),
        WsSend::text("two"),
    ]);
    let id = host.connect(&peer.url("/a?b=c"), "").expect("a connection");
    assert_eq!(id.len(), 22);
    let seen = host.plugin.wait_for(3);
    let expected = [
        (
            "text_message",
            json!({ "connectionId": id, "message": "one" }),
        ),
        (
            "binary_message",
            json!({ "connectionId": id, "data": "AP8=" }),
        ),
        (
            "text_message",
            json!({ "connectionId": id, "message": "two" }),
        ),
    ];
    assert_eq!(
        seen,
        expected.map(|(name, request)| (name.to_owned(), request))
    );
    host.text(&id, "hi").expect("sent");
    let data = host.service.send_binary(&host.ctx, id.clone(), vec![1, 2]);
    assert_eq!(data, Ok(()));
    let events = peer.wait_for(LIMIT, |events| {
        events.contains(&WsEvent::Binary(vec![1, 2]))
    });
    let events = events.expect("the messages");
    assert!(events.contains(&WsEvent::Pong(b"there?".to_vec())));
    assert_eq!(texts(&events), ["hi"]);
    let WsEvent::Open { target, .. } = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!(target, "/a?b=c");
}

#[test]
fn headers_are_sent_as_given_and_those_of_the_handshake_are_refused() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    let headers = [("Authorization", "Bearer x"), ("Host", "other.test")];
    host.connect_with(&peer.url("/"), "a", &headers)
        .expect("a connection");
    let events = peer
        .wait_for(LIMIT, |events| !events.is_empty())
        .expect("a client");
    let WsEvent::Open { headers, .. } = &events[0] else {
        panic!("{events:?}");
    };
    let header = |name: &str| {
        let mut found = headers.iter().filter(|(known, _)| known == name);
        (
            found.next().map(|(_, value)| value.as_str()),
            found.next().is_none(),
        )
    };
    assert_eq!(header("authorization"), (Some("Bearer x"), true));
    assert_eq!(header("host"), (Some("other.test"), true));
    assert_eq!(
        header("sec-websocket-extensions"),
        (None, true),
        "no compression"
    );
    for name in [
        "Upgrade",
        "connection",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Extensions",
    ] {
        let error = host
            .connect_with(&peer.url("/"), "b", &[(name, "x")])
            .expect_err(name);
        assert!(
            error.contains("failed to connect") && error.contains(name),
            "{error}"
        );
    }
    let error = host
        .connect_with(&peer.url("/"), "b", &[("x", "a\nb")])
        .expect_err("a line break");
    assert!(error.contains("failed to connect"), "{error}");
    let url = peer.url("/").replace("ws://", "ws://user:secret@");
    let error = host.connect(&url, "b").expect_err("user info");
    assert!(
        error.contains("failed to connect") && !error.contains("secret"),
        "{error}"
    );
    assert_eq!(host.service.connections(), ["a"]);
}

#[test]
fn an_id_is_taken_until_its_connection_has_ended() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    assert_eq!(host.connect(&peer.url("/"), "a").as_deref(), Ok("a"));
    let error = host.connect(&peer.url("/"), "a").expect_err("taken");
    assert_eq!(error, "connection ID \"a\" already exists");
    for error in [host.text("b", ""), host.close("b", 1000, "")] {
        assert_eq!(error, Err("connection ID \"b\" not found".to_owned()));
    }
    host.close("a", 1000, "").expect("closed");
    assert_eq!(host.connect(&peer.url("/"), "a").as_deref(), Ok("a"));
}

#[test]
fn a_close_by_the_plugin_is_told_to_both_sides_before_it_returns() {
    for (code, reason, expected) in [
        (
            4001,
            "enough",
            WsEvent::Close(Some(4001), "enough".to_owned()),
        ),
        (1005, "unsaid", WsEvent::Close(None, String::new())),
    ] {
        let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
        host.connect(&peer.url("/"), "a").expect("a connection");
        host.close("a", code, reason).expect("closed");
        let told = json!({ "connectionId": "a", "code": code, "reason": reason });
        assert_eq!(host.plugin.seen(), [("close".to_owned(), told)]);
        assert!(host.service.connections().is_empty());
        let events = peer.wait_for(LIMIT, |events| events.iter().any(is_close));
        assert!(events.expect("a close").contains(&expected), "{expected:?}");
    }
}

#[test]
fn normal_ends_by_the_peer_are_closes_and_others_are_errors() {
    for (send, name, field, expected) in [
        (WsSend::close(1000, "bye"), "close", "code", json!(1000)),
        (WsSend::close(1001, ""), "close", "code", json!(1001)),
        (
            WsSend::Close(None, String::new()),
            "close",
            "code",
            json!(1005),
        ),
        (
            WsSend::close(1011, "oops"),
            "error",
            "error",
            json!("websocket: close 1011 (internal server error): oops"),
        ),
        (
            WsSend::close(4004, "auth"),
            "error",
            "error",
            json!("websocket: close 4004: auth"),
        ),
        (
            WsSend::Drop,
            "error",
            "error",
            json!("websocket: close 1006 (abnormal closure): unexpected EOF"),
        ),
    ] {
        let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
        peer.on_open([WsSend::text("first"), send.clone()]);
        host.connect(&peer.url("/"), "a").expect("a connection");
        let seen = host.plugin.wait_for(2);
        assert_eq!(
            (seen[1].0.as_str(), &seen[1].1[field]),
            (name, &expected),
            "{send:?}"
        );
        host.wait_until_free();
        assert_eq!(host.plugin.seen().len(), 2);
    }
}

#[test]
fn peers_that_break_the_protocol_are_errors() {
    // A masked frame, a reserved opcode, text that is not UTF-8, and a frame of more bytes than there can be.
    for bytes in [
        &[0x81, 0x81, 0, 0, 0, 0, b'x'][..],
        &[0x83, 0x00],
        &[0x81, 0x02, 0xff, 0xfe],
        &[0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
        peer.on_open([WsSend::Raw(bytes.to_vec())]);
        host.connect(&peer.url("/"), "a").expect("a connection");
        let seen = host.plugin.wait_for(1);
        assert_eq!(seen[0].0, "error", "{bytes:?}: {seen:?}");
        let error = seen[0].1["error"].as_str().expect("a text");
        assert!(error.starts_with("websocket: "), "{error}");
        host.wait_until_free();
    }
}

#[test]
fn from_inside_the_last_callback_the_id_is_still_taken() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    let (service, url) = (Arc::downgrade(&host.service), peer.url("/"));
    let tried = Arc::new(Mutex::new(None));
    let result = tried.clone();
    *host.plugin.act.lock().expect("the act") = Some(Box::new(move |name, _| {
        if name == "close" {
            let service = service.upgrade().expect("the service");
            let ctx = CallContext::detached("p");
            let again = service.connect(&ctx, url.clone(), HashMap::new(), "a".into());
            *result.lock().expect("the result") = Some(again);
        }
    }));
    peer.on_open([WsSend::close(1000, "")]);
    host.connect(&peer.url("/"), "a").expect("a connection");
    host.plugin.wait_for(1);
    let tried = tried.lock().expect("the result").take().expect("a try");
    assert_eq!(
        tried.map_err(|error| error.to_string()),
        Err("connection ID \"a\" already exists".to_owned())
    );
    host.wait_until_free();
}

#[test]
fn a_plugin_may_answer_and_close_from_inside_a_callback() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    let service = Arc::downgrade(&host.service);
    *host.plugin.act.lock().expect("the act") = Some(Box::new(move |name, request| {
        if name == "text_message" {
            let service = service.upgrade().expect("the service");
            let ctx = CallContext::detached("p");
            let message = request["message"].as_str().expect("a text").to_uppercase();
            service.send_text(&ctx, "a".into(), message).expect("sent");
        }
    }));
    peer.on_open([WsSend::text("one"), WsSend::text("two")]);
    host.connect(&peer.url("/"), "a").expect("a connection");
    let events = peer.wait_for(LIMIT, |events| texts(events).len() == 2);
    assert_eq!(texts(&events.expect("both answers")), ["ONE", "TWO"]);
}

#[test]
fn unloading_says_goodbye_to_the_peer_and_nothing_to_the_plugin() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    host.connect(&peer.url("/"), "a").expect("a connection");
    host.connect(&peer.url("/"), "b").expect("a connection");
    host.service.close();
    host.service.close();
    let goodbye = WsEvent::Close(Some(1001), "plugin unloaded".to_owned());
    let all = |events: &[WsEvent]| events.iter().filter(|&event| *event == goodbye).count() == 2;
    peer.wait_for(LIMIT, all).expect("two goodbyes");
    assert!(host.plugin.seen().is_empty());
    assert!(host.text("a", "x").is_err());
    assert!(host.connect(&peer.url("/"), "c").is_err());
    assert!(host.service.connections().is_empty());
}

#[test]
fn sends_at_the_same_time_come_one_after_the_other() {
    let (host, peer) = (Fixture::new(), WsPeer::start().expect("a peer"));
    host.connect(&peer.url("/"), "a").expect("a connection");
    let long = "x".repeat(20_000);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| host.text("a", &long).expect("sent")));
        }
    });
    let events = peer.wait_for(LIMIT, |events| texts(events).len() == 80);
    assert!(
        texts(&events.expect("all of them"))
            .iter()
            .all(|text| *text == long)
    );
}

#[test]
fn who_does_not_shake_hands_is_an_error_and_nothing_is_left() {
    let host = Fixture::new();
    let failed = |url: &str| {
        let error = host.connect(url, "a").expect_err(url);
        assert!(error.contains("failed to connect"), "{error}");
        assert!(host.service.connections().is_empty());
        error
    };
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    failed(&format!("ws://{address}/"));
    // A plain HTTP server.
    let http = crate::peer::HttpPeer::start().expect("a peer");
    failed(&http.url("/").replace("http://", "ws://"));
    // TLS is wanted, and the other side speaks none.
    failed(&http.url("/").replace("http://", "wss://"));
}

#[test]
fn a_handshake_ends_with_its_plugin_call() {
    let host = Fixture::new();
    // Accepts, and never says a word.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("ws://{}/", silent.local_addr().expect("an address"));
    let token = host.ctx.cancel_token().clone();
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let client = silent.accept().expect("a client");
            token.cancel();
            client
        });
        let error = host.connect(&url, "a").expect_err("cancelled");
        assert!(error.contains("failed to connect"), "{error}");
    });
    assert!(began.elapsed() < HANDSHAKE_LIMIT);
    assert!(host.service.connections().is_empty());
}

#[test]
fn names_of_private_addresses_need_an_address_from_0_64_on() {
    let peer = WsPeer::start().expect("a peer");
    let url = peer.url("/").replace("127.0.0.1", "nas.lan");
    let error = Fixture::with(&["nas.lan"], &Rules::release_0_64()).connect(&url, "a");
    let error = error.expect_err("refused");
    assert!(
        error.contains("failed to connect") && error.contains("private/loopback"),
        "{error}"
    );
    for (hosts, rules) in [
        (&["nas.lan"][..], Rules::release_0_63()),
        (&["nas.lan", "127.0.0.0/8"], Rules::release_0_64()),
        (&["*"], Rules::release_0_64()),
    ] {
        let host = Fixture::with(hosts, &rules);
        assert_eq!(
            host.connect(&url, "a").as_deref(),
            Ok("a"),
            "{hosts:?} {}",
            host.journal
        );
    }
}
