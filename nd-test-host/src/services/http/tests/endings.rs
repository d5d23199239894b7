//! Timeouts, cancellation, and answers that stop half-way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{RwLock, mpsc};

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

/// Runs a request, ends it once it waits, and checks that the plugin hears so: by either way of ending it.
fn ended_while(
    service: impl Fn() -> HttpService,
    request: impl Fn() -> HTTPRequest,
    waits: impl Fn(),
) {
    for closes in [false, true] {
        let (service, token) = (service(), CancelToken::new());
        let far = Instant::now() + Duration::from_secs(600);
        let ctx = CallContext::new(
            "p",
            "test",
            far,
            token.clone(),
            Journal::new(),
            CallId::NONE,
        );
        let request = HTTPRequest {
            timeout_ms: 600_000,
            ..request()
        };
        std::thread::scope(|scope| {
            let call = scope.spawn(|| service.request(&ctx, &request));
            waits();
            match closes {
                true => service.close(),
                false => token.cancel(),
            }
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
}

/// A peer that takes nothing more is one whose queue is full; Linux tells that somebody knocks all the same.
#[cfg(target_os = "linux")]
#[test]
fn connecting_ends_with_the_call_and_the_service() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let _inside = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind((Ipv4Addr::LOCALHOST, 0).into())
        .expect("a free port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        queue.push(stream);
    }
    // Column 2 is the remote address, column 3 the state: 02 is one whose first packet has no answer.
    let knocks = format!("0100007F:{:04X} 02", address.port());
    ended_while(
        || service(&["127.0.0.1"]),
        || get(&format!("http://{address}/")),
        || {
            while !std::fs::read_to_string("/proc/net/tcp")
                .expect("the connections")
                .contains(&knocks)
            {
                std::thread::yield_now();
            }
        },
    );
}

#[test]
fn sending_ends_with_the_call_and_the_service() {
    let (asked, waiting) = mpsc::channel();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            // The first bytes are read, and none of the rest.
            let _ = stream.read_exact(&mut [0; 1024]);
            let _ = asked.send(());
            silent.push(stream);
        }
    });
    ended_while(
        || service(&["127.0.0.1"]),
        || HTTPRequest {
            method: "POST".to_owned(),
            // More than any machine keeps of what nobody reads.
            body: vec![b'x'; 64 << 20],
            ..get(&format!("http://{address}/"))
        },
        || waiting.recv().expect("the request arrives"),
    );
}

#[test]
fn a_body_that_is_taken_in_pieces_arrives_whole() {
    let server = Server::echo();
    let body: Vec<u8> = (0..20_000_000_u32).map(|n| (n % 251) as u8).collect();
    let request = HTTPRequest {
        method: "POST".to_owned(),
        body: body.clone(),
        timeout_ms: 600_000,
        ..get(&server.url("/"))
    };
    send(&service(&["127.0.0.1"]), request).expect("an answer");
    assert!(server.last().body == body);
}

/// A resolver that answers when nobody holds it.
#[derive(Default)]
struct Stuck {
    held: RwLock<()>,
    asked: AtomicUsize,
}

impl Resolve for Arc<Stuck> {
    fn resolve(&self, _host: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        self.asked.fetch_add(1, Ordering::AcqRel);
        let _free = self.held.read().expect("a lock");
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

#[test]
fn lookups_that_never_end_do_not_pile_up() {
    let stuck = Arc::new(Stuck::default());
    let settings = HttpSettings {
        resolver: Arc::new(stuck.clone()),
        ..settings()
    };
    let hosts = ["*".to_owned()];
    let service = HttpService::new(&hosts, &settings, &HttpRules::default()).expect("a service");
    let server = Server::echo();
    let request = |timeout_ms| HTTPRequest {
        timeout_ms,
        ..get(&server.url("/").replace("127.0.0.1", "slow.lan"))
    };
    let asked = || stuck.asked.load(Ordering::Acquire);
    let held = stuck.held.write().expect("a lock");
    while asked() < 16 {
        refused(send(&service, request(5)), &["deadline exceeded"]);
    }
    for _ in 0..5 {
        refused(send(&service, request(50)), &["deadline exceeded"]);
    }
    assert_eq!(asked(), 16);
    drop(held);
    send(&service, request(600_000)).expect("an answer");
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
