#![allow(clippy::unwrap_used)]

use super::*;
use crate::peer::HttpPeer;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into()
}

/// Makes a request and returns status, a header and the body.
fn ask(peer: &HttpPeer, target: &str, body: &str) -> (u16, String, Vec<u8>) {
    let url = peer.url(target);
    let answer = match body {
        "" => agent().get(url).header("Cookie", "session=secret").call(),
        body => agent()
            .post(url)
            .header("Authorization", "secret")
            .send(body),
    };
    let mut answer = answer.unwrap();
    let header = |name: &str| {
        let value = answer.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let kept = header("location").or(header("x-kept")).unwrap_or_default();
    let body = answer.body_mut().read_to_vec().unwrap();
    (answer.status().as_u16(), kept, body)
}

fn server() -> HttpPeer {
    let server = HttpPeer::start().unwrap();
    let answers = [
        Answer::text("first")
            .header("X-Kept", "1")
            .header("Set-Cookie", "session=secret"),
        Answer::text("second"),
    ];
    server.on_each("/a", answers);
    server.on("/picture", Answer::status(200).body([0xff, 0xd8, 0]));
    server.on("/post", Answer::status(201));
    server.on("/old", Answer::redirect(server.url("/a")));
    server
}

/// The requests of the tests, in order, and their answers.
fn converse(peer: &HttpPeer) -> Vec<(u16, String, Vec<u8>)> {
    let asked = [
        ("/a?key=secret&q=x", ""),
        ("/a?key=secret&q=x", ""),
        ("/picture", ""),
        ("/post", "one"),
        ("/post", "two"),
        ("/old", ""),
        ("/missing", ""),
    ];
    asked.map(|(target, body)| ask(peer, target, body)).into()
}

fn record(server: &HttpPeer) -> HttpPeer {
    let leave_out = LeaveOut::default().parameter("key");
    HttpPeer::recording(&format!("http://{}/", server.address()), leave_out).unwrap()
}

#[test]
fn what_was_recorded_is_answered_again_without_the_server() {
    let server = server();
    let recorder = record(&server);
    let answers = converse(&recorder);
    assert_eq!(answers[0], (200, "1".into(), b"first".to_vec()));
    assert_eq!(answers[1].2, b"second");
    assert_eq!(answers[2].2, [0xff, 0xd8, 0]);
    assert_eq!(
        answers[5],
        (302, "/a".into(), Vec::new()),
        "it leads back to the peer"
    );
    assert_eq!(answers[6].0, 404);
    assert_eq!(
        server.requests()[0].header("cookie"),
        Some("session=secret")
    );
    assert_eq!(server.requests()[3].text(), "one");
    assert_eq!(recorder.requests().len(), 7);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("api.json");
    let recording = recorder.recorded();
    assert_eq!(recording.exchanges(), 7);
    recording.save(&path).unwrap();
    drop(server);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("secret"), "{text}");
    assert!(
        text.contains("\"text\": \"second\"") && text.contains("\"base64\": \"/9gA\""),
        "{text}"
    );
    assert_eq!(Recording::load(&path).unwrap(), recording);

    let replaying = HttpPeer::replaying(&Recording::load(&path).unwrap()).unwrap();
    assert_eq!(converse(&replaying), answers);
    assert_eq!(replaying.unexpected(), [""; 0]);
}

#[test]
fn what_was_not_recorded_is_refused_and_named() {
    let server = server();
    let recorder = record(&server);
    ask(&recorder, "/post", "one");
    let replaying = HttpPeer::replaying(&recorder.recorded()).unwrap();
    let refusals = [
        ("/post?x=1", "one", "the recording has no POST /post?x=1"),
        ("/post", "", "the recording has no GET /post"),
        (
            "/post",
            "two",
            "the recording has POST /post, but not with the body \"two\"",
        ),
    ];
    for (target, body, problem) in refusals {
        let answer = ask(&replaying, target, body);
        assert_eq!((answer.0, answer.2), (501, problem.as_bytes().to_vec()));
    }
    assert_eq!(ask(&replaying, "/post", "one").0, 201);
    let again = "the recording has POST /post with this body, but less often";
    assert_eq!(ask(&replaying, "/post", "one").2, again.as_bytes());
    assert_eq!(replaying.unexpected().len(), 4);
    assert_eq!(replaying.unexpected()[3], again);
}

#[test]
fn a_server_out_of_reach_is_a_502_and_not_recorded() {
    let recorder = HttpPeer::recording("http://127.0.0.1:1", LeaveOut::default()).unwrap();
    assert_eq!(ask(&recorder, "/x", "").0, 502);
    let unexpected = recorder.unexpected();
    assert!(
        unexpected[0].starts_with("GET http://127.0.0.1:1/x: "),
        "{unexpected:?}"
    );
    assert_eq!(recorder.recorded().exchanges(), 0);
}

#[test]
fn recordings_can_be_put_together() {
    let server = server();
    let recorder = record(&server);
    ask(&recorder, "/a", "");
    let one = recorder.recorded();
    let both = one.clone().with(one);
    assert_eq!((both.exchanges(), both.sessions()), (2, 0));
    assert_eq!(both.left_out_parameters, ["key"]);
    assert_eq!(HttpPeer::start().unwrap().recorded(), Recording::default());
}

#[test]
fn only_recordings_of_this_version_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.json");
    let load = || Recording::load(&path).unwrap_err().to_string();
    assert!(load().contains("odd.json: "));
    let cases = [
        ("{", "EOF"),
        ("{}", "missing field `version`"),
        (r#"{"version":2}"#, "a recording of version 2"),
        (
            r#"{"version":1,"http":[{"method":"GET"}]}"#,
            "missing field",
        ),
        (r#"{"version":1,"ftp":[]}"#, "unknown field `ftp`"),
        (
            r#"{"version":1,"websocket":[{"target":"/","events":[{"from":"server","base64":"?"}]}]}"#,
            "odd.json: ",
        ),
    ];
    for (text, problem) in cases {
        std::fs::write(&path, text).unwrap();
        let error = load();
        assert!(
            error.contains("odd.json: ") && error.contains(problem),
            "{error}"
        );
    }
}

#[test]
fn nothing_is_left_out_if_so_wished_and_more_if_named() {
    let headers = [("Cookie", "a"), ("X-Key", "b")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(LeaveOut::nothing().filter(&headers).len(), 2);
    assert_eq!(LeaveOut::default().filter(&headers), headers[1..]);
    assert_eq!(LeaveOut::default().header("x-KEY").filter(&headers), []);
    let names = ["key".to_owned()];
    assert_eq!(
        redact("/a?key=1&other=2&key", &names),
        "/a?key=REDACTED&other=2&key"
    );
    assert_eq!(redact("/key=1", &names), "/key=1");
}
