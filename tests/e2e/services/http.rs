//! HTTP, to a server on loopback.

use super::Fixture;
use nd_test_host::peer::{Answer, HttpPeer};
use serde_json::{Value, json};
use std::time::Duration;

/// The bytes 0, 255, 128 and 10.
const BYTES: [u8; 4] = [0, 255, 128, 10];
/// The same as they travel.
const BINARY: &str = "AP+ACg==";

impl Fixture {
    fn send(&self, request: Value) -> Result<Value, String> {
        self.call("http_send", json!({ "request": request }))
    }
}

#[test]
fn a_request_carries_method_headers_and_bytes_there_and_back() {
    let (fixture, peer) = (Fixture::new(), HttpPeer::start().unwrap());
    let answer = Answer::status(201).header("X-Answer", "yes").body(BYTES);
    peer.on("/upload", answer);
    let response = fixture
        .send(json!({
            "method": "PUT",
            "url": peer.url("/upload?name=a%20b"),
            "headers": { "Content-Type": "application/octet-stream", "X-Ask": "naïve" },
            "body": BINARY,
        }))
        .unwrap();
    assert_eq!(response["statusCode"], 201);
    assert_eq!(response["headers"]["X-Answer"], "yes");
    assert_eq!(response["body"], BINARY);
    let request = &peer.requests()[0];
    assert_eq!(request.method, "PUT");
    assert_eq!(request.target, "/upload?name=a%20b");
    assert_eq!(request.header("x-ask"), Some("naïve"));
    assert_eq!(request.body, BYTES);
}

#[test]
fn a_status_is_an_answer_and_not_an_error() {
    let (fixture, peer) = (Fixture::new(), HttpPeer::start().unwrap());
    for status in [204, 404, 503] {
        peer.on("/", Answer::status(status));
        let request = json!({ "method": "GET", "url": peer.url("/") });
        let response = fixture.send(request).unwrap();
        assert_eq!(response["statusCode"], status);
        assert_eq!(response.get("body"), None);
    }
}

#[test]
fn redirects_are_followed_unless_they_are_not_wanted() {
    let (fixture, peer) = (Fixture::new(), HttpPeer::start().unwrap());
    peer.on("/old", Answer::redirect("/new"));
    peer.on("/new", Answer::text("moved here"));
    let request = |follow: bool| json!({ "method": "POST", "url": peer.url("/old"), "body": BINARY, "noFollowRedirects": !follow });
    let response = fixture.send(request(true)).unwrap();
    assert_eq!(response["statusCode"], 200);
    let followed = &peer.requests_for("/new")[0];
    assert_eq!(
        (followed.method.as_str(), followed.body.len()),
        ("GET", 0),
        "a 302 turns a POST into a GET"
    );
    peer.clear();
    let response = fixture.send(request(false)).unwrap();
    assert_eq!(response["statusCode"], 302);
    assert_eq!(response["headers"]["Location"], "/new");
    assert_eq!(peer.requests().len(), 1);
}

#[test]
fn hosts_the_manifest_does_not_list_are_refused_also_behind_a_redirect() {
    let (fixture, peer) = (Fixture::new(), HttpPeer::start().unwrap());
    let refusal =
        "host \"music.test\" is not allowed: add \"music.test\" to permissions.http.requiredHosts";
    let get = |url: String| fixture.send(json!({ "method": "GET", "url": url }));
    let error = get("http://music.test/".into()).unwrap_err();
    assert!(error.starts_with(refusal), "{error}");
    peer.on("/away", Answer::redirect("http://music.test/"));
    let error = get(peer.url("/away")).unwrap_err();
    assert!(error.contains(refusal), "{error}");
    let error = get("file:///etc/passwd".into()).unwrap_err();
    assert!(error.contains("must be http or https"), "{error}");
}

#[test]
fn a_peer_that_hangs_or_hangs_up_is_an_error() {
    let (fixture, peer) = (Fixture::new(), HttpPeer::start().unwrap());
    peer.on("/gone", Answer::hang_up());
    let request = json!({ "method": "GET", "url": peer.url("/gone") });
    assert!(fixture.send(request).is_err());
    peer.on("/slow", Answer::text("late").delay(Duration::from_secs(5)));
    let request = json!({ "method": "GET", "url": peer.url("/slow"), "timeoutMs": 100 });
    let error = fixture.send(request).unwrap_err();
    assert!(error.contains("context deadline exceeded"), "{error}");
}
