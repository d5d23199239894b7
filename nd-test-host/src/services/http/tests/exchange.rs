//! One request and its answer.

use std::io::Write;

use super::*;

#[test]
fn an_answer_comes_back_with_status_canonical_headers_and_body() {
    let server = Server::start(|_| {
        answer(
            "404 Not Found",
            &[
                ("content-TYPE", "text/plain"),
                ("x-a", "1"),
                ("X-A", "2"),
                ("ETAG", "e"),
            ],
            b"none",
        )
    });
    let response =
        send(&service(&["127.0.0.1"]), get(&server.url("/x?y"))).expect("4xx is a success");
    assert_eq!(
        (response.status_code, response.body.as_slice()),
        (404, &b"none"[..])
    );
    assert_eq!(response.headers["Content-Type"], "text/plain");
    assert_eq!(response.headers["X-A"], "1", "first value only");
    assert_eq!(response.headers["Etag"], "e");
    assert_eq!(server.last().line, "GET /x?y HTTP/1.1");
}

#[test]
fn methods_are_upper_cased_and_bodies_go_with_any_of_them() {
    let server = Server::echo();
    let service = service(&["127.0.0.1"]);
    for (method, sent) in [
        ("", "GET"),
        ("get", "GET"),
        ("post", "POST"),
        ("Delete", "DELETE"),
        ("purge", "PURGE"),
    ] {
        for body in ["", "body"] {
            let request = HTTPRequest {
                method: method.into(),
                body: body.into(),
                ..get(&server.url("/"))
            };
            send(&service, request).expect("an answer");
            let seen = server.last();
            assert_eq!(
                (seen.line, seen.body),
                (format!("{sent} / HTTP/1.1"), body.into())
            );
        }
    }
    let request = HTTPRequest {
        method: "POST".into(),
        ..get(&server.url("/"))
    };
    send(&service, request).expect("an answer");
    assert_eq!(server.last().headers["content-length"], "0");
}

#[test]
fn checks_come_in_order_url_scheme_host_request() {
    let service = service(&["listed.example"]);
    refused(send(&service, get("http://a b/")), &["invalid URL"]);
    refused(
        send(&service, get("")),
        &["invalid URL scheme \"\": must be http or https"],
    );
    refused(
        send(&service, get("ftp://other.example")),
        &["invalid URL scheme \"ftp\": must be http or https"],
    );
    let wrong_method = |url: &str| HTTPRequest {
        method: "B A D".into(),
        timeout_ms: -1,
        ..get(url)
    };
    refused(
        send(&service, wrong_method("http://other.example:8080/")),
        &["host \"other.example:8080\" is not allowed"],
    );
    refused(
        send(&service, wrong_method("http://listed.example/")),
        &["creating request"],
    );
    refused(
        send(
            &service,
            HTTPRequest {
                timeout_ms: -1,
                ..get("http://listed.example/")
            },
        ),
        &["deadline exceeded"],
    );
}

#[test]
fn the_plugins_headers_are_sent_but_not_those_that_follow_from_url_and_body() {
    let server = Server::echo();
    let request = HTTPRequest {
        body: b"four".to_vec(),
        ..with_headers(
            &server.url("/"),
            &[
                ("X-Own", "żółw"),
                ("Host", "evil.example"),
                ("Content-Length", "999"),
                ("Transfer-Encoding", "chunked"),
                ("User-Agent", "mine"),
            ],
        )
    };
    send(&service(&["127.0.0.1"]), request).expect("an answer");
    let headers = server.last().headers;
    assert_eq!(headers["x-own"], "żółw");
    assert_eq!(headers["host"], server.address.to_string());
    assert_eq!(headers["content-length"], "4");
    assert_eq!(headers["user-agent"], "mine");
    assert!(!headers.contains_key("transfer-encoding"));
    for (name, value) in [("a b", "x"), ("X-Own", "a\r\nInjected: b"), ("", "x")] {
        refused(
            send(
                &service(&["127.0.0.1"]),
                with_headers(&server.url("/"), &[(name, value)]),
            ),
            &["invalid header field"],
        );
    }
    let many = (0..50_000).map(|n| (format!("X-{n}"), String::new()));
    let flood = HTTPRequest {
        headers: many.collect(),
        ..get(&server.url("/"))
    };
    refused(send(&service(&["127.0.0.1"]), flood), &["header fields"]);
}

#[test]
fn the_default_user_agent_is_the_servers_and_an_empty_one_is_none() {
    let server = Server::echo();
    let service = service(&["127.0.0.1"]);
    send(&service, get(&server.url("/"))).expect("an answer");
    assert_eq!(
        server.last().headers["user-agent"],
        "Navidrome/0.64.2 - https://github.com/navidrome"
    );
    send(
        &service,
        with_headers(&server.url("/"), &[("user-agent", "")]),
    )
    .expect("an answer");
    assert!(!server.last().headers.contains_key("user-agent"));
}

#[test]
fn user_info_becomes_basic_authentication() {
    let server = Server::echo();
    let url = format!("http://ann:p%40ss@{}/", server.address);
    send(&service(&["127.0.0.1"]), get(&url)).expect("an answer");
    assert_eq!(
        server.last().headers["authorization"],
        format!("Basic {}", BASE64_STANDARD.encode("ann:p@ss"))
    );
}

#[test]
fn gzip_is_decoded_unless_the_plugin_speaks_of_encodings() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"plain text").expect("memory");
    let packed = packed.finish().expect("memory");
    let raw = packed.clone();
    let server = Server::start(move |_| ok(&[("Content-Encoding", "gzip")], &raw));
    let service = service(&["127.0.0.1"]);
    let response = send(&service, get(&server.url("/"))).expect("an answer");
    assert_eq!(response.body, b"plain text");
    assert!(
        !response.headers.contains_key("Content-Encoding")
            && !response.headers.contains_key("Content-Length")
    );
    assert_eq!(server.last().headers["accept-encoding"], "gzip");
    for header in [("Accept-Encoding", "gzip"), ("Range", "bytes=0-")] {
        let response =
            send(&service, with_headers(&server.url("/"), &[header])).expect("an answer");
        assert_eq!(response.body, packed);
        assert_eq!(response.headers["Content-Encoding"], "gzip");
    }
    let broken = Server::start(|_| ok(&[("Content-Encoding", "gzip")], b"not gzip at all"));
    refused(
        send(&service, get(&broken.url("/"))),
        &["reading response body"],
    );
    let empty = Server::start(|_| ok(&[("Content-Encoding", "gzip")], b""));
    assert!(send(&service, get(&empty.url("/"))).is_ok_and(|answer| answer.body.is_empty()));
}

#[test]
fn bodies_are_cut_at_ten_mebibytes_without_a_sign() {
    let size = usize::try_from(MAX_BODY).expect("a size") + 1;
    let server = Server::start(move |_| ok(&[], &vec![b'x'; size]));
    let response = send(&service(&["127.0.0.1"]), get(&server.url("/"))).expect("an answer");
    assert_eq!(response.body.len(), size - 1);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&vec![0; 2 * size]).expect("memory");
    let packed = packed.finish().expect("memory");
    let bomb = Server::start(move |_| ok(&[("Content-Encoding", "gzip")], &packed));
    let response = send(&service(&["127.0.0.1"]), get(&bomb.url("/"))).expect("an answer");
    assert_eq!(response.body.len(), size - 1);
}

#[test]
fn connections_are_used_again_and_serve_several_calls_at_once() {
    let server = Server::echo();
    let service = service(&["127.0.0.1"]);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (service, url) = (&service, server.url(&format!("/{n}")));
            scope.spawn(move || {
                for _ in 0..5 {
                    let response = send(service, get(&url)).expect("an answer");
                    assert_eq!(response.body, format!("GET /{n} HTTP/1.1").as_bytes());
                }
            });
        }
    });
    assert_eq!(server.seen().len(), 40);
}
