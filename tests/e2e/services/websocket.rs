//! Connections a real plugin opens, and the callbacks it gets.

use std::time::{Duration, Instant};

use nd_test_host::peer::{WsEvent, WsPeer, WsSend};
use serde_json::json;

use super::Fixture;

const LIMIT: Duration = Duration::from_secs(60);

impl Fixture {
    fn connect(&self, peer: &WsPeer, id: &str) {
        let arguments = json!({ "url": peer.url("/"), "headers": {}, "connectionId": id });
        assert_eq!(self.get("websocket_connect", arguments), id);
    }

    /// Waits until a callback has been answered so often.
    fn called_back(&self, export: &str, count: usize) {
        let until = Instant::now() + LIMIT;
        let journal = self.host.journal();
        while journal.calls_of(export).len() < count {
            assert!(Instant::now() < until, "{journal}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_plugin_answers_messages_from_inside_its_callback() {
    let (fixture, peer) = (Fixture::new(), WsPeer::start().unwrap());
    let arguments = json!({ "connectionId": "a", "message": "pong" });
    let command = json!({ "function": "websocket_sendtext", "arguments": arguments });
    peer.on_open([WsSend::text(command.to_string()), WsSend::Binary(vec![1])]);
    fixture.connect(&peer, "a");
    let answered = |events: &[WsEvent]| events.contains(&WsEvent::Text("pong".to_owned()));
    peer.wait_for(LIMIT, answered).unwrap();
    fixture.called_back("nd_websocket_on_binary_message", 1);
}

#[test]
fn a_close_runs_its_callback_inside_the_call() {
    let (fixture, peer) = (Fixture::new(), WsPeer::start().unwrap());
    fixture.connect(&peer, "a");
    let arguments = json!({ "connectionId": "a", "code": 4000, "reason": "done" });
    fixture
        .call("websocket_closeconnection", arguments.clone())
        .unwrap();
    let journal = fixture.host.journal();
    let (close, callback) = (
        journal.last_call("websocket_closeconnection").unwrap(),
        journal.last_call("nd_websocket_on_close").unwrap(),
    );
    assert_eq!(callback.parent, close.parent);
    let error = fixture
        .call("websocket_closeconnection", arguments)
        .unwrap_err();
    assert!(error.contains("connection ID \"a\" not found"), "{error}");
}

#[test]
fn unloading_closes_the_connections_without_a_callback() {
    let (fixture, peer) = (Fixture::new(), WsPeer::start().unwrap());
    fixture.connect(&peer, "a");
    fixture.host.unload("fixture-services");
    let goodbye = WsEvent::Close(Some(1001), "plugin unloaded".to_owned());
    peer.wait_for(LIMIT, |events| events.contains(&goodbye))
        .unwrap();
    assert!(
        fixture
            .host
            .journal()
            .calls_of("nd_websocket_on_close")
            .is_empty()
    );
}
