//! Timeouts, cancellation, and answers that stop half-way.

use std::sync::mpsc;

use super::*;
use crate::context::CancelToken;
use crate::journal::{CallId, Journal};

#[test]
fn a_body_that_ends_early_is_an_error() {
    let server = Server::start(|_| {
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort".to_vec()
    });
    let error =
        service(&["127.0.0.1"]).request(&CallContext::detached("p"), &get(&server.url("/")));
    assert!(
        matches!(error, Err(HttpError::Body(Cause::Other(_)))),
        "{error:?}"
    );
}

#[test]
fn answers_that_are_no_http_are_errors() {
    let endless = "X-More: and more\r\n".repeat(100_000);
    for (head, in_body) in [
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nbody\r\n",
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nffffffffffffffffff\r\nbody\r\n",
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbo",
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\nConnection: close\r\n\r\nbody",
            false,
        ),
        ("HTTP/1.1 99 Odd\r\nConnection: close\r\n\r\n", false),
        ("nonsense\r\nConnection: close\r\n\r\n", false),
        ("Connection: close", false),
        (
            &format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{endless}"),
            false,
        ),
    ] {
        let answer = head.as_bytes().to_vec();
        let server = Server::start(move |_| answer.clone());
        let request = HTTPRequest {
            timeout_ms: 25_000,
            ..get(&server.url("/"))
        };
        let error = service(&["127.0.0.1"]).request(&CallContext::detached("p"), &request);
        let shown = &head[..head.len().min(120)];
        match error {
            Err(HttpError::Body(Cause::Other(_))) => assert!(in_body, "{shown}"),
            Err(HttpError::Exchange {
                cause: Cause::Other(_),
                ..
            }) => assert!(!in_body, "{shown}"),
            other => panic!("{shown}: {other:?}"),
        }
    }
}

#[test]
fn a_body_that_trickles_ends_at_the_timeout() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        // A byte now and then, so that no single read ever waits for long.
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let request = HTTPRequest {
        timeout_ms: 100,
        ..get(&format!("http://{address}/"))
    };
    refused(
        send(&service(&["127.0.0.1"]), request),
        &["reading response body", "deadline exceeded"],
    );
}

#[test]
fn a_request_ends_at_its_own_timeout_and_at_the_calls_deadline() {
    let server = Server::start(|_| Vec::new());
    let service = service(&["127.0.0.1"]);
    refused(
        send(
            &service,
            HTTPRequest {
                timeout_ms: 30,
                ..get(&server.url("/"))
            },
        ),
        &["deadline exceeded"],
    );
    let (token, journal) = (CancelToken::new(), Journal::new());
    let soon = Instant::now() + Duration::from_millis(30);
    let ctx = CallContext::new("p", "test", soon, token, journal, CallId::NONE);
    let started = Instant::now();
    let error = service.request(
        &ctx,
        &HTTPRequest {
            timeout_ms: 60_000,
            ..get(&server.url("/"))
        },
    );
    assert!(
        matches!(
            error,
            Err(HttpError::Exchange {
                cause: Cause::DeadlineExceeded,
                ..
            })
        ),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(25));
    assert!(Instant::now() >= soon, "not before its time");
}

#[test]
fn the_timeout_covers_the_body_too() {
    let server = Server::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec());
    let request = HTTPRequest {
        timeout_ms: 50,
        ..get(&server.url("/"))
    };
    refused(
        send(&service(&["127.0.0.1"]), request),
        &["reading response body", "deadline exceeded"],
    );
}

#[test]
fn a_negative_timeout_connects_to_nobody() {
    let server = Server::echo();
    refused(
        send(
            &service(&["127.0.0.1"]),
            HTTPRequest {
                timeout_ms: -1,
                ..get(&server.url("/"))
            },
        ),
        &["deadline exceeded"],
    );
    assert!(server.seen().is_empty());
}

#[test]
fn cancelling_the_call_and_closing_the_service_end_a_request() {
    let (asked, waiting) = mpsc::channel();
    let server = Server::start(move |_| {
        let _ = asked.send(());
        Vec::new()
    });
    let service = service(&["127.0.0.1"]);
    let token = CancelToken::new();
    let far = Instant::now() + Duration::from_secs(30);
    let ctx = CallContext::new(
        "p",
        "test",
        far,
        token.clone(),
        Journal::new(),
        CallId::NONE,
    );
    let ends: [&dyn Fn(); 2] = [&|| token.cancel(), &|| service.close()];
    for (n, end) in ends.into_iter().enumerate() {
        let ctx = if n == 0 {
            ctx.clone()
        } else {
            CallContext::detached("p")
        };
        std::thread::scope(|scope| {
            let (service, request) = (&service, get(&server.url("/")));
            let call = scope.spawn(move || service.request(&ctx, &request));
            waiting.recv().expect("the request arrives");
            end();
            let error = call.join().expect("no panic");
            assert!(
                matches!(
                    error,
                    Err(HttpError::Exchange {
                        cause: Cause::Cancelled,
                        ..
                    })
                ),
                "{error:?}"
            );
        });
    }
    refused(send(&service, get(&server.url("/"))), &["context canceled"]);
    assert!(Instant::now() < far);
}

#[test]
fn a_kept_connection_that_is_closed_meanwhile_is_no_failure_if_the_request_can_be_repeated() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            if read_request(&mut reader).is_some() {
                let _ = reader.get_mut().write_all(&ok(&[], b"once"));
            }
            // The next one is read, and never answered.
            read_request(&mut reader);
        }
    });
    let service = service(&["127.0.0.1"]);
    let url = format!("http://{address}/");
    for _ in 0..3 {
        let answer = send(&service, get(&url)).expect("an answer");
        assert_eq!(answer.body, b"once");
    }
    let post = HTTPRequest {
        method: "POST".to_owned(),
        ..get(&url)
    };
    refused(send(&service, post), &["Post ", "disconnected"]);
}
