#![allow(clippy::unwrap_used)]

use std::net::TcpStream;

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, ClientRequestBuilder, Message, WebSocket};

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

type Client = WebSocket<TcpStream>;

fn connect(peer: &WsPeer, target: &str) -> Result<Client, tungstenite::Error> {
    let request = ClientRequestBuilder::new(peer.url(target).parse().unwrap())
        .with_header("X-Token", "t")
        .with_header("Authorization", "Bearer secret");
    let stream = TcpStream::connect(peer.address()).unwrap();
    match tungstenite::client::client(request, stream) {
        Ok((client, _)) => Ok(client),
        Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

/// Reads to the end; what arrived, in words.
fn read_all(client: &mut Client) -> Vec<String> {
    let mut seen = Vec::new();
    while let Ok(message) = client.read() {
        seen.extend(WsEvent::of(message).map(|event| event.to_string()));
    }
    seen
}

fn bye() -> CloseFrame {
    CloseFrame {
        code: 1000.into(),
        reason: "bye".into(),
    }
}

fn status(error: &tungstenite::Error) -> Option<u16> {
    match error {
        tungstenite::Error::Http(response) => Some(response.status().as_u16()),
        _ => None,
    }
}

#[test]
fn a_script_runs_step_by_step_and_everything_is_recorded() {
    let peer = WsPeer::start().unwrap();
    let script = WsScript::new()
        .text("hello")
        .expect_text("hi")
        .binary([1, 2])
        .expect_binary([3])
        .ping(*b"?")
        .expect_any()
        .wait(Duration::from_millis(1))
        .close(4000, "done");
    peer.on("/chat", script);
    let mut client = connect(&peer, "/chat?room=1").unwrap();
    for message in [
        Message::text("hi"),
        Message::binary(vec![3]),
        Message::text("x"),
    ] {
        client.send(message).unwrap();
    }
    let seen = [
        "text \"hello\"",
        "2 bytes [01, 02]",
        "ping [3f]",
        "close 4000 \"done\"",
    ];
    assert_eq!(read_all(&mut client), seen);
    drop(client);
    assert!(peer.wait_for_end(0, LIMIT));
    let session = peer.sessions().remove(0);
    assert_eq!(session.request.path(), "/chat");
    assert_eq!(session.request.target, "/chat?room=1");
    assert_eq!(session.request.header("x-token"), Some("t"));
    assert_eq!(session.texts(), ["hi", "x"]);
    assert_eq!(session.messages().len(), 3);
    assert_eq!(session.close(), Some((4000, "done")));
    assert!(session.received.contains(&WsEvent::Pong(b"?".to_vec())));
    assert_eq!(peer.unexpected(), [""; 0]);
}

#[test]
fn scripts_of_a_sequence_come_in_order_and_the_last_stays() {
    let peer = WsPeer::start().unwrap();
    let scripts = [
        WsScript::answer(Answer::status(503)),
        WsScript::new().close_without_code(),
    ];
    peer.on_each("/flaky", scripts);
    peer.otherwise(WsScript::new().hang_up());
    assert_eq!(status(&connect(&peer, "/flaky").unwrap_err()), Some(503));
    for _ in 0..2 {
        let mut client = connect(&peer, "/flaky").unwrap();
        assert_eq!(read_all(&mut client), ["close 1005 \"\""]);
    }
    let mut client = connect(&peer, "/else").unwrap();
    assert!(client.read().is_err());
    let unscripted = WsPeer::start().unwrap();
    assert_eq!(status(&connect(&unscripted, "/").unwrap_err()), Some(404));
}

#[test]
fn a_message_that_is_not_the_expected_one_ends_the_session_and_is_named() {
    let peer = WsPeer::start().unwrap();
    peer.on("/", WsScript::new().expect_text("one").text("never"));
    let mut client = connect(&peer, "/").unwrap();
    client.send(Message::text("two")).unwrap();
    let seen = read_all(&mut client);
    assert!(
        seen.len() == 1 && seen[0].starts_with("close 1008"),
        "{seen:?}"
    );
    assert_eq!(
        peer.unexpected(),
        ["session 0 (/): expected text \"one\", got text \"two\""]
    );
}

#[test]
fn steps_can_be_added_while_a_session_runs() {
    let peer = WsPeer::start().unwrap();
    peer.on("/", WsScript::new());
    let mut client = connect(&peer, "/").unwrap();
    assert!(peer.wait_for_sessions(1, Duration::MAX));
    assert!(peer.push(0, WsStep::Text("now".into())));
    assert_eq!(client.read().unwrap(), Message::text("now"));
    client.close(Some(bye())).unwrap();
    read_all(&mut client);
    drop(client);
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].close(), Some((1000, "bye")));
    assert!(peer.wait_for(LIMIT, |_| !peer.push(0, WsStep::HangUp)));
    assert!(!peer.push(1, WsStep::HangUp));
    assert!(!peer.wait_for_messages(0, 1, Duration::ZERO));
}

#[test]
fn the_longest_wait_ends_with_the_session() {
    let peer = WsPeer::start().unwrap();
    peer.on("/", WsScript::new().wait(Duration::MAX));
    let mut client = connect(&peer, "/").unwrap();
    client.close(Some(bye())).unwrap();
    read_all(&mut client);
    drop(client);
    assert!(peer.wait_for_end(0, LIMIT));
    assert_eq!(peer.sessions()[0].close(), Some((1000, "bye")));
}

/// A conversation with a real server, through a recording peer.
fn record() -> (WsPeer, Recording) {
    let server = WsPeer::start().unwrap();
    let script = WsScript::new()
        .text("hello")
        .expect_text("login")
        .ping(*b"?")
        .binary([0, 255])
        .expect_any()
        .close(4004, "auth");
    server.on("/gateway", script);
    server.on("/quiet", WsScript::new().expect_any().text("yes"));
    let peer = WsPeer::recording(
        &format!("ws://{}", server.address()),
        LeaveOut::default().parameter("token"),
    )
    .unwrap();
    let mut client = connect(&peer, "/gateway?v=1&token=secret").unwrap();
    talk(&mut client);
    let mut client = connect(&peer, "/quiet").unwrap();
    client.send(Message::text("there?")).unwrap();
    assert_eq!(client.read().unwrap(), Message::text("yes"));
    client.close(Some(bye())).unwrap();
    read_all(&mut client);
    drop(client);
    for session in 0..2 {
        assert!(peer.wait_for_end(session, LIMIT));
        assert!(server.wait_for_end(session, LIMIT));
    }
    assert_eq!(server.sessions()[0].request.header("x-token"), Some("t"));
    assert_eq!(
        server.sessions()[0].request.header("authorization"),
        Some("Bearer secret")
    );
    assert!(
        server.sessions()[0]
            .received
            .contains(&WsEvent::Pong(b"?".to_vec()))
    );
    assert_eq!(server.sessions()[1].close(), Some((1000, "bye")));
    assert_eq!(server.unexpected(), [""; 0]);
    let recording = peer.recorded();
    (peer, recording)
}

fn talk(client: &mut Client) {
    assert_eq!(client.read().unwrap(), Message::text("hello"));
    client.send(Message::text("login")).unwrap();
    assert_eq!(client.read().unwrap(), Message::binary(vec![0, 255]));
    client.send(Message::binary(vec![7])).unwrap();
    assert_eq!(read_all(client), ["close 4004 \"auth\""]);
}

#[test]
fn a_recorded_conversation_can_be_replayed_without_the_server() {
    let (peer, recording) = record();
    assert_eq!(recording.sessions(), 2);
    assert_eq!(peer.unexpected(), [""; 0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.json");
    recording.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("secret"), "{text}");
    assert!(
        text.contains("X-Token") || text.contains("x-token"),
        "{text}"
    );

    let replaying = WsPeer::replaying(&Recording::load(&path).unwrap()).unwrap();
    let mut client = connect(&replaying, "/gateway?v=1&token=another").unwrap();
    talk(&mut client);
    let mut client = connect(&replaying, "/quiet").unwrap();
    client.send(Message::text("there?")).unwrap();
    assert_eq!(client.read().unwrap(), Message::text("yes"));
    assert_eq!(replaying.unexpected(), [""; 0]);

    assert_eq!(
        status(&connect(&replaying, "/quiet").unwrap_err()),
        Some(501)
    );
    assert_eq!(
        status(&connect(&replaying, "/other").unwrap_err()),
        Some(501)
    );
    assert_eq!(
        replaying.unexpected(),
        [
            "session 2 (/quiet): the recording has the WebSocket /quiet, but less often",
            "session 3 (/other): the recording has no WebSocket /other",
        ]
    );
}

#[test]
fn a_replay_that_goes_another_way_is_ended_and_named() {
    let (_, recording) = record();
    let replaying = WsPeer::replaying(&recording).unwrap();
    let mut client = connect(&replaying, "/gateway?v=1&token=x").unwrap();
    assert_eq!(client.read().unwrap(), Message::text("hello"));
    client.send(Message::text("logout")).unwrap();
    assert!(read_all(&mut client)[0].starts_with("close 1008"));
    let unexpected = replaying.unexpected();
    assert!(
        unexpected[0].ends_with("expected text \"login\", got text \"logout\""),
        "{unexpected:?}"
    );
}

#[test]
fn a_server_out_of_reach_is_a_502_and_named() {
    let peer = WsPeer::recording("ws://127.0.0.1:1", LeaveOut::default()).unwrap();
    assert_eq!(status(&connect(&peer, "/x").unwrap_err()), Some(502));
    let unexpected = peer.unexpected();
    assert!(
        unexpected[0].contains("ws://127.0.0.1:1/x: dial tcp"),
        "{unexpected:?}"
    );
    assert_eq!(peer.recorded().sessions(), 0);
}
