//! WebSocket connections, to servers on loopback.

use super::Fixture;
use nd_test_host::peer::{LeaveOut, Recording, WsPeer, WsScript, WsStep};
use nd_test_host::server::Rules;
use nd_test_host::services::{ManualClock, ServiceSettings, http::StaticResolver};
use nd_test_host::{Host, PluginSettings};
use nd_tests::package_with;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

/// How long something may take in real time.
const LIMIT: Duration = Duration::from_secs(60);

impl Fixture {
    fn open(&self, peer: &WsPeer, id: &str) -> Result<Value, String> {
        let url = peer.url("/");
        self.call(
            "websocket_connect",
            json!({ "url": url, "connectionId": id }),
        )
    }

    /// Connects to a peer that runs this script.
    fn meet(&self, script: WsScript) -> WsPeer {
        let peer = WsPeer::start().unwrap();
        peer.on("/", script);
        assert_eq!(self.open(&peer, "c"), Ok(json!("c")));
        peer
    }

    /// Waits for that many events and returns the requests of one callback.
    fn told(&self, count: usize, callback: &str) -> Vec<Value> {
        let service = self.plugin.services().websocket().unwrap();
        assert!(
            service.wait_handled(count, LIMIT),
            "{}",
            self.host.journal()
        );
        let calls = self.host.journal().calls_of(callback);
        calls.iter().filter_map(|call| call.input.json()).collect()
    }
}

#[test]
fn messages_go_to_the_peer_and_come_back_through_the_exports() {
    let fixture = Fixture::new();
    let script = WsScript::new()
        .expect_text("hello")
        .expect_binary([0, 255, 128, 10])
        .text("naïve")
        .binary([0, 255, 128, 10])
        .close(1000, "bye");
    let peer = WsPeer::start().unwrap();
    peer.on("/chat", script);
    let id = fixture.get(
        "websocket_connect",
        json!({ "url": peer.url("/chat?room=1"), "headers": { "X-Token": "t" } }),
    );
    assert_eq!(id.as_str().map(str::len), Some(22));
    fixture.get(
        "websocket_sendtext",
        json!({ "connectionId": id, "message": "hello" }),
    );
    fixture.get(
        "websocket_sendbinary",
        json!({ "connectionId": id, "data": "AP+ACg==" }),
    );
    let text = json!({ "connectionId": id, "message": "naïve" });
    assert_eq!(fixture.told(3, "nd_websocket_on_text_message"), [text]);
    let binary = json!({ "connectionId": id, "data": "AP+ACg==" });
    assert_eq!(fixture.told(3, "nd_websocket_on_binary_message"), [binary]);
    let close = json!({ "connectionId": id, "code": 1000, "reason": "bye" });
    assert_eq!(fixture.told(3, "nd_websocket_on_close"), [close]);
    assert_eq!(peer.unexpected(), [""; 0]);
    let session = &peer.sessions()[0];
    assert_eq!(session.request.target, "/chat?room=1");
    assert_eq!(session.request.header("X-Token"), Some("t"));
    let service = fixture.plugin.services().websocket().unwrap();
    assert!(service.wait_free(id.as_str().unwrap_or_default(), LIMIT));
    assert_eq!(
        fixture.call(
            "websocket_sendtext",
            json!({ "connectionId": id, "message": "" })
        ),
        Err(format!("connection ID {id} not found"))
    );
}

#[test]
fn ends_that_were_not_planned_are_errors() {
    let fixture = Fixture::new();
    let cases = [
        (
            WsScript::new().close(1011, "oops"),
            "websocket: close 1011 (internal server error): oops",
        ),
        (
            WsScript::new().hang_up(),
            "websocket: close 1006 (abnormal closure): unexpected EOF",
        ),
        (
            WsScript::new().raw([0x81, 0x81, 0, 0, 0, 0, b'x']),
            "websocket: bad MASK",
        ),
    ];
    for (number, (script, error)) in cases.into_iter().enumerate() {
        let _peer = fixture.meet(script);
        let errors = fixture.told(number + 1, "nd_websocket_on_error");
        assert_eq!(
            errors[number],
            json!({ "connectionId": "c", "error": error })
        );
        let service = fixture.plugin.services().websocket().unwrap();
        assert!(service.wait_free("c", LIMIT));
    }
    assert!(fixture.told(3, "nd_websocket_on_close").is_empty());
}

#[test]
fn a_close_runs_its_callback_inside_the_call() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new());
    let close = json!({ "connectionId": "c", "code": 4000, "reason": "enough" });
    fixture.get("websocket_closeconnection", close.clone());
    // Nothing is waited for: it has happened when the call returns.
    let journal = fixture.host.journal();
    let callback = journal.last_call("nd_websocket_on_close").unwrap();
    let function = journal.last_call("websocket_closeconnection").unwrap();
    assert_eq!(callback.input.json(), Some(close));
    let outer = journal.last_call("call_service").unwrap();
    assert!(
        [function.id, outer.id].contains(&callback.parent),
        "{journal}"
    );
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].close(), Some((4000, "enough")));
    assert_eq!(fixture.open(&peer, "c"), Ok(json!("c")), "the id is free");
    let taken = "connection ID \"c\" already exists";
    assert_eq!(fixture.open(&peer, "c"), Err(taken.to_owned()));
}

#[test]
fn a_callback_may_answer_and_close() {
    let fixture = Fixture::new();
    let command = |function: &str, arguments: Value| {
        json!({ "function": function, "arguments": arguments }).to_string()
    };
    let answer = json!({ "connectionId": "c", "message": "pong" });
    let close = json!({ "connectionId": "c", "code": 1000, "reason": "done" });
    let script = WsScript::new()
        .text(command("websocket_sendtext", answer))
        .expect_text("pong")
        .text(command("websocket_closeconnection", close));
    let peer = fixture.meet(script);
    let closed = fixture.told(3, "nd_websocket_on_close");
    assert_eq!(closed[0]["reason"], "done");
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].texts(), ["pong"]);
    assert_eq!(peer.sessions()[0].close(), Some((1000, "done")));
    assert_eq!(peer.unexpected(), [""; 0]);

    let fails = command("library_getlibrary", json!({ "id": 9 }));
    let peer = fixture.meet(WsScript::new().text(fails));
    fixture.told(4, "nd_websocket_on_text_message");
    let logs = fixture.host.journal().logs();
    assert!(
        logs.iter()
            .any(|log| log.message.contains("nd_websocket_on_text_message failed")),
        "{}",
        fixture.host.journal()
    );
    // The connection does not mind.
    assert!(peer.push(0, WsStep::Text("go on".into())));
    fixture.told(5, "nd_websocket_on_text_message");
}

#[test]
fn unloading_takes_leave_of_the_peer_and_not_of_the_plugin() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new());
    fixture.host.unload("fixture-services");
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].close(), Some((1001, "plugin unloaded")));
    assert_eq!(
        fixture
            .host
            .journal()
            .calls_of("nd_websocket_on_close")
            .len(),
        0
    );
}

#[test]
fn a_server_that_never_answers_costs_no_more_than_the_calls_limit() {
    let clock = ManualClock::default();
    let mut settings = ServiceSettings::default();
    settings.clock = Arc::new(clock.clone());
    let builder = Host::builder().every_plugin(PluginSettings::all());
    let fixture = Fixture::in_host(builder.service_settings(settings));
    let peer = WsPeer::start().unwrap();
    peer.on("/", WsScript::handshake(""));
    std::thread::scope(|scope| {
        let arguments = json!({ "url": peer.url("/") });
        let command = json!({ "function": "websocket_connect", "arguments": arguments });
        let plugin = &fixture.plugin;
        let call = scope.spawn(move || plugin.call::<_, Value>("call_service", &command));
        assert!(peer.wait_for_sessions(1, LIMIT));
        clock.advance(Duration::from_secs(31));
        let error = call.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("deadline exceeded"), "{error}");
    });
    assert!(peer.wait_for_end(0, LIMIT));
}

#[test]
fn private_addresses_need_an_entry_of_their_own() {
    let peer = WsPeer::start().unwrap();
    peer.on("/", WsScript::new());
    let connect = |hosts: Value| {
        let mut settings = ServiceSettings::default();
        let resolver = StaticResolver::new().with("nas.lan", Ipv4Addr::LOCALHOST);
        settings.http.resolver = Arc::new(resolver);
        let host = Host::builder()
            .every_plugin(PluginSettings::all())
            .rules(Rules::release_0_64())
            .service_settings(settings)
            .build()
            .unwrap();
        let package = package_with("fixture-services", |manifest| {
            manifest["permissions"]["websocket"]["requiredHosts"] = hosts.clone();
        });
        let plugin = host.load_package(package).unwrap();
        let fixture = Fixture { host, plugin };
        let url = format!("ws://nas.lan:{}/", peer.address().port());
        let arguments = json!({ "url": url, "connectionId": "c" });
        fixture.call("websocket_connect", arguments)
    };
    let refused = |hosts: Value, text: &str| {
        let error = connect(hosts).unwrap_err();
        assert!(error.contains(text), "{error}");
    };
    let dial = "requires an explicit IP or CIDR in requiredHosts";
    refused(json!([]), "is not allowed");
    refused(json!(["other.lan"]), "permissions.websocket.requiredHosts");
    refused(json!(["nas.lan"]), dial);
    assert!(connect(json!(["nas.lan", "127.0.0.0/8"])).is_ok());
    assert!(connect(json!(["*"])).is_ok());
}

#[test]
fn a_conversation_is_recorded_once_and_replayed_ever_after() {
    let fixture = Fixture::new();
    let server = WsPeer::start().unwrap();
    server.on(
        "/",
        WsScript::new()
            .expect_text("hello")
            .text("welcome")
            .expect_any(),
    );
    let upstream = format!("ws://{}", server.address());
    let recorder = WsPeer::recording(&upstream, LeaveOut::default()).unwrap();
    let converse = |peer: &WsPeer, messages: usize| {
        assert_eq!(fixture.open(peer, "c"), Ok(json!("c")));
        for message in ["hello", "thanks"] {
            let send = json!({ "connectionId": "c", "message": message });
            fixture.get("websocket_sendtext", send);
        }
        let told = fixture.told(messages * 2 - 1, "nd_websocket_on_text_message");
        assert_eq!(told.len(), messages);
        let close = json!({ "connectionId": "c", "code": 1000 });
        fixture.get("websocket_closeconnection", close);
        assert!(peer.wait_for_end(0, LIMIT));
    };
    converse(&recorder, 1);
    drop(server);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("conversation.json");
    recorder.recorded().save(&path).unwrap();
    let replaying = WsPeer::replaying(&Recording::load(&path).unwrap()).unwrap();
    converse(&replaying, 2);
    assert_eq!(replaying.unexpected(), [""; 0]);
}
