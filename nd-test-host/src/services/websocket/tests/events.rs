//! What arrives, and how the plugin hears of it.

use super::*;
use crate::peer::{WsEvent, WsStep};
use std::sync::mpsc::channel;

#[test]
fn messages_are_delivered_in_order_and_pings_answered() {
    let fixture = Fixture::new();
    let script = WsScript::new()
        .text("one")
        .ping(*b"?")
        .binary([0, 255])
        .text("");
    let peer = fixture.meet(script);
    let binary = json!({ "connectionId": "c", "data": "AP8=" });
    let told = [text("one"), event("binary_message", binary), text("")];
    assert_eq!(fixture.told(3), told);
    let pong =
        |session: &crate::peer::WsSession| session.received.contains(&WsEvent::Pong(b"?".to_vec()));
    assert!(peer.wait_for(LIMIT, |sessions| pong(&sessions[0])));
}

#[test]
fn messages_are_sent_as_they_are() {
    let fixture = Fixture::new();
    let big = "ä".repeat(100_000);
    let script = WsScript::new()
        .expect_text("hi")
        .expect_binary([0, 255])
        .expect_text(&big)
        .text("done");
    let peer = fixture.meet(script);
    let ctx = CallContext::detached("p");
    fixture.send("c", "hi").expect("sent");
    let sent = fixture.service.send_binary(&ctx, "c".into(), vec![0, 255]);
    sent.expect("sent");
    fixture.send("c", &big).expect("sent");
    assert_eq!(fixture.told(1), [text("done")]);
    assert_eq!(peer.unexpected(), [""; 0]);
}

#[test]
fn concurrent_sends_do_not_mix() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new());
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let fixture = &fixture;
            scope.spawn(move || {
                for number in 0..20 {
                    let message = format!("{sender} {number} {}", "x".repeat(number * 500));
                    fixture.send("c", &message).expect("sent");
                }
            });
        }
    });
    assert!(peer.wait_for_messages(0, 160, LIMIT));
    let session = &peer.sessions()[0];
    let mut next = [0; 8];
    for text in session.texts() {
        let mut parts = text.split(' ');
        let mut number = || {
            parts
                .next()
                .and_then(|part| part.parse::<usize>().ok())
                .expect("a number")
        };
        let (sender, number) = (number(), number());
        assert_eq!(number, next[sender]);
        next[sender] += 1;
    }
    assert_eq!(next, [20; 8]);
}

#[test]
fn the_next_message_is_read_when_the_plugin_is_done_with_the_last() {
    let (begun, begins) = channel();
    let (go_on, goes_on) = channel::<()>();
    let gate = Mutex::new((begun, goes_on));
    let fixture = Fixture::with(Options {
        react: Box::new(move |export, request| {
            if export.ends_with("text_message") {
                let gate = gate.lock().expect("the gate");
                let message = request["message"].as_str().map(str::to_owned);
                gate.0.send(message).expect("the test listens");
                gate.1.recv().expect("the test goes on");
            }
            Ok(Vec::new())
        }),
        ..Options::default()
    });
    let peer = fixture.meet(WsScript::new().text("one").text("two").ping(*b"?"));
    assert_eq!(begins.recv(), Ok(Some("one".to_owned())));
    // Another connection is not held up.
    let other = WsPeer::start().expect("a peer");
    other.on("/", WsScript::new().close(1000, ""));
    fixture
        .connect(&other.url("/"), "other")
        .expect("a connection");
    assert!(fixture.service.wait_free("other", LIMIT));
    assert_eq!(fixture.list().len(), 2, "{:?}", fixture.list());
    assert_eq!(
        peer.sessions()[0].received,
        [],
        "the ping was not read either"
    );
    go_on.send(()).expect("the plugin waits");
    assert_eq!(begins.recv(), Ok(Some("two".to_owned())));
    go_on.send(()).expect("the plugin waits");
    assert!(peer.wait_for(LIMIT, |sessions| !sessions[0].received.is_empty()));
}

#[test]
fn planned_ends_are_a_close_and_all_others_an_error() {
    let script = WsScript::new;
    let cases = [
        (script().close(1000, "bye"), closed(1000, "bye")),
        (script().close(1001, ""), closed(1001, "")),
        (script().close_without_code(), closed(1005, "")),
        (
            script().close(1011, "oops"),
            failed("websocket: close 1011 (internal server error): oops"),
        ),
        (
            script().close(4004, "auth"),
            failed("websocket: close 4004: auth"),
        ),
        (
            script().close(1002, ""),
            failed("websocket: close 1002 (protocol error)"),
        ),
        (
            script().hang_up(),
            failed("websocket: close 1006 (abnormal closure): unexpected EOF"),
        ),
        (
            script().raw([0x81, 9, b'x']).hang_up(),
            failed("websocket: close 1006 (abnormal closure): unexpected EOF"),
        ),
    ];
    for (script, expected) in cases {
        let fixture = Fixture::new();
        let peer = fixture.meet(script.clone());
        assert_eq!(fixture.told(1), [expected], "{script:?}");
        assert!(fixture.service.wait_free("c", LIMIT));
        assert!(peer.wait_for_end(0, LIMIT));
        assert_eq!(
            fixture.send("c", "x"),
            Err("connection ID \"c\" not found".to_owned())
        );
        assert_eq!(fixture.service.handled(), 1);
    }
}

#[test]
fn a_close_is_answered_with_its_code() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new().close(4004, "auth"));
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].close(), Some((4004, "")));
}

#[test]
fn inside_the_callback_the_id_is_still_taken_and_afterwards_free() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let service: Arc<Mutex<Option<Arc<WebSocketService>>>> = Arc::default();
    let (notes, cell) = (seen.clone(), service.clone());
    let fixture = Fixture::with(Options {
        react: Box::new(move |export, _| {
            let service = cell.lock().expect("the cell").clone().expect("the service");
            if export.ends_with("close") {
                let ctx = CallContext::detached("p");
                let url = "ws://127.0.0.1:1/".to_owned();
                let again = service.connect(&ctx, url, HashMap::new(), "c".into());
                let sent = service.send_text(&ctx, "c".into(), "x".into());
                let mut notes = notes.lock().expect("the notes");
                notes.extend([again.map(drop), sent].map(|result| format!("{result:?}")));
            }
            Ok(Vec::new())
        }),
        ..Options::default()
    });
    *service.lock().expect("the cell") = Some(fixture.service.clone());
    let _peer = fixture.meet(WsScript::new().close(1000, ""));
    fixture.told(1);
    assert!(fixture.service.wait_free("c", LIMIT));
    let seen = seen.lock().expect("the notes").clone();
    assert!(
        seen[0].contains("connection ID \\\"c\\\" already exists"),
        "{seen:?}"
    );
    assert!(
        seen[1].contains("failed to send text message: websocket: close sent"),
        "{seen:?}"
    );
    service.lock().expect("the cell").take();
}

#[test]
fn events_without_an_export_are_dropped_without_a_word() {
    let fixture = Fixture::with(Options {
        exports: vec!["error"],
        ..Options::default()
    });
    let _peer = fixture.meet(WsScript::new().text("a").binary([1]).close(1000, ""));
    assert_eq!(fixture.told(3), []);
    assert!(fixture.service.wait_free("c", Duration::MAX));
    assert_eq!(fixture.journal.logs(), []);
}

#[test]
fn a_failing_callback_is_logged_and_changes_nothing() {
    let fixture = Fixture::with(Options {
        react: Box::new(|_, request| match request["message"].as_str() {
            Some("fail") => Err(CallError::NotLoaded { plugin: "p".into() }),
            Some("odd") => Ok(b"[]".to_vec()),
            _ => Ok(b"{}".to_vec()),
        }),
        ..Options::default()
    });
    let peer = fixture.meet(WsScript::new().text("fail").text("odd").text("fine"));
    fixture.told(3);
    let logs = fixture.journal.logs();
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert_eq!(
        logs[0].message,
        "connection c: nd_websocket_on_text_message failed: plugin not loaded: p"
    );
    assert!(peer.push(0, WsStep::Text("still here".to_owned())));
    assert_eq!(fixture.told(4)[3], text("still here"));
}
