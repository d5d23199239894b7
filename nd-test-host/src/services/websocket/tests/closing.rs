//! Ends of our own making.

use super::*;
use crate::peer::WsEvent;

#[test]
fn a_close_by_the_plugin_is_told_before_the_call_returns() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new().text("one"));
    fixture.told(1);
    assert_eq!(fixture.close("c", 4000, "enough"), Ok(()));
    assert_eq!(fixture.list()[1..], [closed(4000, "enough")]);
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].close(), Some((4000, "enough")));
    let missing = "connection ID \"c\" not found";
    assert_eq!(fixture.close("c", 1000, ""), Err(missing.to_owned()));
    assert_eq!(fixture.send("c", "x"), Err(missing.to_owned()));
    let ctx = CallContext::detached("p");
    let sent = fixture.service.send_binary(&ctx, "c".into(), vec![1]);
    assert_eq!(
        sent.map_err(|error| error.to_string()),
        Err(missing.to_owned())
    );
    assert_eq!(fixture.service.handled(), 2, "no second event for one end");
}

#[test]
fn the_plugins_code_and_reason_are_passed_on_unchecked() {
    let cases = [
        (1005, "dropped", Some((1005, ""))),
        (1000, "", Some((1000, ""))),
        (4999, "x", Some((4999, "x"))),
        // Too long for a frame: the connection ends without one.
        (1000, &"x".repeat(124)[..], None),
    ];
    for (code, reason, seen) in cases {
        let fixture = Fixture::new();
        let peer = fixture.meet(WsScript::new());
        assert_eq!(fixture.close("c", code, reason), Ok(()));
        assert_eq!(fixture.list(), [closed(code, reason)]);
        assert!(peer.wait_for_end(0, LIMIT));
        assert_eq!(peer.sessions()[0].close(), seen, "{code}");
    }
    let fixture = Fixture::new();
    let _peer = fixture.meet(WsScript::new());
    assert_eq!(fixture.close("c", -1, ""), Ok(()));
    assert_eq!(fixture.list(), [closed(-1, "")]);
}

#[test]
fn a_close_inside_a_callback_frees_the_id_at_once() {
    let service: Arc<Mutex<Option<Arc<WebSocketService>>>> = Arc::default();
    let cell = service.clone();
    let again = WsPeer::start().expect("a peer");
    again.on("/", WsScript::new().text("second"));
    let url = again.url("/");
    let fixture = Fixture::with(Options {
        react: Box::new(move |_, request| {
            if request["message"] == "first" {
                let service = cell.lock().expect("the cell").clone().expect("the service");
                let ctx = CallContext::detached("p");
                let closed = service.close_connection(&ctx, "c".into(), 1000, "swap".into());
                closed.expect("closed");
                let opened = service.connect(&ctx, url.clone(), HashMap::new(), "c".into());
                opened.expect("opened");
            }
            Ok(Vec::new())
        }),
        ..Options::default()
    });
    *service.lock().expect("the cell") = Some(fixture.service.clone());
    let peer = WsPeer::start().expect("a peer");
    let script = WsScript::new()
        .expect_any()
        .text("first")
        .text("never read");
    peer.on("/", script);
    fixture.connect(&peer.url("/"), "c").expect("a connection");
    fixture.send("c", "go").expect("sent");
    fixture.told(3);
    let told = fixture.list();
    assert_eq!(told[..2], [text("first"), closed(1000, "swap")]);
    assert_eq!(told[2], text("second"));
    // The end of the old reader has left the new connection alone.
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(fixture.service.connections().len(), 1);
    assert_eq!(fixture.send("c", "x"), Ok(()));
    service.lock().expect("the cell").take();
}

#[test]
fn unloading_takes_leave_of_every_peer_and_tells_the_plugin_nothing() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::new());
    for id in ["a", "b", "c"] {
        fixture.connect(&peer.url("/"), id).expect("a connection");
    }
    fixture.service.close();
    for session in 0..3 {
        assert!(peer.wait_for_end(session, LIMIT));
        assert_eq!(
            peer.sessions()[session].close(),
            Some((1001, "plugin unloaded"))
        );
    }
    assert_eq!(fixture.list(), []);
    assert_eq!(fixture.service.connections(), []);
    assert!(
        fixture
            .send("a", "x")
            .is_err_and(|error| error.ends_with("not found"))
    );
    let error = fixture.connect(&peer.url("/"), "d").expect_err("closed");
    assert_eq!(error, "failed to connect: context canceled");
    fixture.service.close();
}

#[test]
fn unloading_ends_a_connect_that_is_under_way() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::handshake(""));
    std::thread::scope(|scope| {
        let connect = scope.spawn(|| fixture.connect(&peer.url("/"), "c"));
        assert!(peer.wait_for_sessions(1, LIMIT));
        fixture.service.close();
        let error = connect.join().expect("no panic").expect_err("closed");
        assert_eq!(error, "failed to connect: context canceled");
    });
    assert!(peer.wait_for_end(0, LIMIT));
}

#[test]
fn unloading_from_inside_a_callback_does_not_wait_for_it() {
    let service: Arc<Mutex<Option<Arc<WebSocketService>>>> = Arc::default();
    let cell = service.clone();
    let fixture = Fixture::with(Options {
        react: Box::new(move |_, _| {
            let service = cell.lock().expect("the cell").take();
            service.expect("the service").close();
            Ok(Vec::new())
        }),
        ..Options::default()
    });
    *service.lock().expect("the cell") = Some(fixture.service.clone());
    let script = WsScript::new().expect_any().text("unload");
    let peer = fixture.meet(script);
    fixture.send("c", "go").expect("sent");
    fixture.told(1);
    assert!(peer.wait_for_end(0, LIMIT));
    let goodbye = WsEvent::Close {
        code: 1001,
        reason: "plugin unloaded".to_owned(),
    };
    assert_eq!(peer.sessions()[0].received.last(), Some(&goodbye));
}

#[test]
fn no_thread_outlives_the_service() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new());
    let registry = Arc::downgrade(&fixture.service.registry);
    drop(fixture);
    assert!(peer.wait_for_end(0, LIMIT));
    assert!(
        registry.upgrade().is_none(),
        "the reader has ended with the thread"
    );
}
