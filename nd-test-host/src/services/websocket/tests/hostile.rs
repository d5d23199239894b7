//! Peers that break the rules, go silent, or never stop.

use super::*;
use crate::peer::WsStep;

#[test]
fn broken_frames_are_answered_and_become_an_error() {
    let cases: [(&[u8], &str); 5] = [
        (&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i'], "websocket: bad MASK"),
        (&[0xf1, 0], "websocket: RSV1 set, RSV2 set, RSV3 set"),
        (&[0x83, 0], "websocket: bad opcode 3"),
        (&[0x88, 2, 3, 0xee], "websocket: bad close code 1006"),
        (&[0x89, 126, 0, 200], "websocket: len > 125 for control"),
    ];
    for (bytes, error) in cases {
        let fixture = Fixture::new();
        let peer = fixture.meet(WsScript::new().raw(bytes));
        assert_eq!(fixture.told(1), [failed(error)]);
        assert!(fixture.service.wait_free("c", LIMIT));
        assert!(peer.wait_for_end(0, LIMIT));
        let problem = error.trim_start_matches("websocket: ");
        assert_eq!(peer.sessions()[0].close(), Some((1002, problem)));
    }
}

#[test]
fn a_message_that_is_too_long_is_refused_when_it_is_announced() {
    let fixture = Fixture::new();
    let huge = [&[0x82, 127][..], &u64::MAX.to_be_bytes()].concat();
    let peer = fixture.meet(WsScript::new().raw(huge));
    assert_eq!(fixture.told(1), [failed("websocket: read limit exceeded")]);
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(
        peer.sessions()[0].close(),
        Some((1009, "read limit exceeded"))
    );
}

#[test]
fn half_a_frame_waits_and_can_be_closed() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new().raw([0x81, 100, b'h']));
    assert_eq!(fixture.send("c", "are you there?"), Ok(()));
    assert!(peer.wait_for_messages(0, 1, LIMIT));
    assert_eq!(fixture.list(), []);
    assert_eq!(fixture.close("c", 1000, ""), Ok(()));
    assert_eq!(fixture.list(), [closed(1000, "")]);
    assert!(peer.wait_for_end(0, LIMIT));
}

#[test]
fn a_peer_that_reads_nothing_holds_up_a_send_until_the_call_is_over() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new().go_deaf());
    let huge = vec![0; 64 << 20];
    let ctx = CallContext::new(
        "p",
        "test",
        std::time::Instant::now() + Duration::from_millis(300),
        CancelToken::new(),
        Journal::new(),
        CallId::NONE,
    );
    let sent = fixture.service.send_binary(&ctx, "c".into(), huge);
    let error = sent.expect_err("nobody reads").to_string();
    assert_eq!(
        error,
        "failed to send binary message: context deadline exceeded"
    );
    // The frame was begun, so nothing can follow it; the connection stays all the same.
    let error = fixture.send("c", "next").expect_err("nobody reads");
    assert_eq!(
        error,
        "failed to send text message: write: an earlier message was cut off"
    );
    assert_eq!(fixture.service.connections().len(), 1);
    assert_eq!(fixture.close("c", 1000, ""), Ok(()));
    assert_eq!(fixture.list(), [closed(1000, "")]);
    drop(peer);
}

#[test]
fn pings_without_end_do_not_keep_others_from_being_served() {
    let fixture = Fixture::new();
    let flood = [0x89, 0].repeat(100_000);
    let peer = fixture.meet(WsScript::new().raw(flood));
    let other = WsPeer::start().expect("a peer");
    other.on("/", WsScript::new().text("hello"));
    fixture
        .connect(&other.url("/"), "other")
        .expect("a connection");
    fixture.told(1);
    assert!(peer.push(0, WsStep::Text("after the flood".to_owned())));
    assert_eq!(fixture.told(2)[1], text("after the flood"));
}

#[test]
fn a_peer_that_vanishes_inside_a_callback_is_noticed_afterwards() {
    let fixture = Fixture::new();
    let peer = fixture.meet(WsScript::new().text("last words").hang_up());
    let lost = "websocket: close 1006 (abnormal closure): unexpected EOF";
    assert_eq!(fixture.told(2), [text("last words"), failed(lost)]);
    drop(peer);
}
