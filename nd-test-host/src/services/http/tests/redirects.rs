//! Chains of redirects.

use super::*;

#[test]
fn five_requests_in_all_and_the_fifth_answer_is_returned() {
    let server = Server::start(|seen| {
        let hop: u32 = seen
            .line
            .split(['/', ' '])
            .nth(2)
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        redirect(302, &format!("/{}", hop + 1))
    });
    let response = send(&service(&["127.0.0.1"]), get(&server.url("/1"))).expect("no error");
    assert_eq!(response.status_code, 302);
    assert_eq!(response.headers["Location"], "/6");
    let lines: Vec<String> = server.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(
        lines,
        (1..=5)
            .map(|n| format!("GET /{n} HTTP/1.1"))
            .collect::<Vec<_>>()
    );
}

#[test]
fn redirects_can_be_handed_back() {
    let server = Server::start(|_| redirect(301, "/next"));
    let request = HTTPRequest {
        no_follow_redirects: true,
        ..get(&server.url("/"))
    };
    let response = send(&service(&["127.0.0.1"]), request).expect("an answer");
    assert_eq!(
        (response.status_code, response.body.as_slice()),
        (301, &b"moved"[..])
    );
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_redirect_changes_method_and_body_as_its_status_says() {
    for (status, line, body) in [
        (302, "GET /next HTTP/1.1", ""),
        (307, "POST /next HTTP/1.1", "body"),
    ] {
        let server = Server::start(move |seen| match seen.line.contains("/next") {
            true => ok(&[], b"done"),
            false => redirect(status, "/next"),
        });
        let request = HTTPRequest {
            method: "POST".into(),
            body: b"body".to_vec(),
            ..get(&server.url("/"))
        };
        let response = send(&service(&["127.0.0.1"]), request).expect("an answer");
        assert_eq!(response.body, b"done");
        assert_eq!(
            (server.last().line.as_str(), server.last().body.as_slice()),
            (line, body.as_bytes())
        );
    }
}

#[test]
fn every_redirect_target_is_checked() {
    for (location, parts) in [
        (
            "http://10.0.0.1/x",
            &["Get \"http://10.0.0.1/x\"", "is not allowed"][..],
        ),
        ("http://nas.lan:1/", &["is not allowed"][..]),
        ("ftp://127.0.0.1/", &["ftp", "must be http or https"][..]),
        ("http://127.0.0.1:port/", &["Location"][..]),
    ] {
        let server = Server::start(move |_| redirect(302, location));
        refused(send(&service(&["127.0.0.1"]), get(&server.url("/"))), parts);
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn credentials_do_not_follow_to_another_domain() {
    let server = Server::echo();
    let target = format!("http://other.lan:{}/", server.address.port());
    let first = Server::start(move |_| redirect(302, &target));
    let url = format!("http://nas.lan:{}/", first.address.port());
    let request = with_headers(
        &url,
        &[
            ("Authorization", "secret"),
            ("Cookie", "c=1"),
            ("X-Own", "kept"),
        ],
    );
    send(&service(&["nas.lan", "other.lan", "127.0.0.0/8"]), request).expect("an answer");
    assert_eq!(first.last().headers["authorization"], "secret");
    let headers = server.last().headers;
    assert!(!headers.contains_key("authorization") && !headers.contains_key("cookie"));
    assert_eq!(headers["x-own"], "kept");
}
