//! Statement by statement what the contract says of `http_send`, over loopback.

use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};

use super::*;
use crate::context::CancelToken;
use crate::journal::{CallId, Journal};

/// A server that answers each request with what a function makes of it.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    line: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Server {
    fn start(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { address, seen }
    }

    /// A server that answers every path with its own text.
    fn echo() -> Self {
        Self::start(|seen| ok(&[], seen.line.as_bytes()))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the log").clone()
    }

    fn last(&self) -> Seen {
        self.seen().pop().expect("a request")
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Vec<u8>) {
    let mut reader = BufReader::new(stream);
    while let Some(seen) = read_request(&mut reader) {
        log.lock().expect("the log").push(seen.clone());
        let answer = answer(&seen);
        if answer.is_empty() || reader.get_mut().write_all(&answer).is_err() {
            // No answer at all: hold the connection until the client gives up.
            let _ = reader.fill_buf();
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = || {
        let mut text = String::new();
        reader.read_line(&mut text).ok().filter(|&read| read > 0)?;
        Some(text.trim_end().to_owned())
    };
    let mut seen = Seen {
        line: line()?,
        ..Seen::default()
    };
    while let Some((name, value)) = line()?.split_once(':') {
        seen.headers
            .insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = seen
        .headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    seen.body = vec![0; length];
    reader.read_exact(&mut seen.body).ok()?;
    Some(seen)
}

fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    [text.as_bytes(), b"\r\n", body].concat()
}

fn ok(headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    answer("200 OK", headers, body)
}

fn redirect(status: u16, location: &str) -> Vec<u8> {
    answer(
        &format!("{status} Moved"),
        &[("Location", location)],
        b"moved",
    )
}

fn settings() -> HttpSettings {
    let resolver = StaticResolver::new()
        .with("nas.lan", Ipv4Addr::LOCALHOST)
        .with("other.lan", Ipv4Addr::LOCALHOST)
        .with("two.lan", Ipv4Addr::new(10, 0, 0, 1))
        .with("two.lan", Ipv4Addr::LOCALHOST);
    HttpSettings {
        resolver: Arc::new(resolver),
        environment_proxy: false,
        ..HttpSettings::default()
    }
}

fn service(hosts: &[&str]) -> HttpService {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    HttpService::new(&hosts, &settings()).expect("a service")
}

fn send(service: &HttpService, request: HTTPRequest) -> Result<HTTPResponse, ServiceError> {
    let answer = service.send(&CallContext::detached("p"), request)?;
    answer.ok_or_else(|| "no response".into())
}

fn get(url: &str) -> HTTPRequest {
    HTTPRequest {
        url: url.to_owned(),
        ..HTTPRequest::default()
    }
}

fn with_headers(url: &str, headers: &[(&str, &str)]) -> HTTPRequest {
    let headers = headers
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    HTTPRequest {
        headers,
        ..get(url)
    }
}

#[track_caller]
fn refused(result: Result<HTTPResponse, ServiceError>, parts: &[&str]) {
    let error = result
        .map(|answer| format!("{answer:?}"))
        .expect_err("a refusal")
        .to_string();
    for part in parts {
        assert!(error.contains(part), "expected {part:?} in {error:?}");
    }
}

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
fn a_body_that_ends_early_is_an_error() {
    let server = Server::start(|_| {
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort".to_vec()
    });
    let service = service(&["127.0.0.1"]);
    let request = HTTPRequest {
        timeout_ms: 200,
        ..get(&server.url("/"))
    };
    refused(
        send(&service, request),
        &["reading response body", "deadline exceeded"],
    );
}

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

#[test]
fn a_name_that_leads_to_a_private_address_needs_an_address_entry() {
    let server = Server::echo();
    let url = format!("http://nas.lan:{}/", server.address.port());
    let quoted = format!("\"127.0.0.1:{}\"", server.address.port());
    for hosts in [
        &[][..],
        &["nas.lan"],
        &["*.lan"],
        &["nas.lan", "10.0.0.0/8"],
    ] {
        refused(
            send(&service(hosts), get(&url)),
            &[
                "dial to private/loopback address",
                &quoted,
                "requires an explicit IP or CIDR in requiredHosts",
                "add \"127.0.0.1\"",
            ],
        );
    }
    assert!(server.seen().is_empty());
    for hosts in [
        &["*"][..],
        &["nas.lan", "127.0.0.1"],
        &["nas.lan", "127.0.0.0/8"],
    ] {
        assert!(send(&service(hosts), get(&url)).is_ok(), "{hosts:?}");
    }
    let hosts = ["nas.lan".to_owned()];
    let old = HttpSettings {
        rules: HttpRules::release_0_63(),
        ..settings()
    };
    assert!(
        send(
            &HttpService::new(&hosts, &old).expect("a service"),
            get(&url)
        )
        .is_ok()
    );
}

#[test]
fn refused_addresses_of_a_name_are_skipped() {
    let server = Server::echo();
    let url = format!("http://two.lan:{}/", server.address.port());
    assert!(send(&service(&["two.lan", "127.0.0.1"]), get(&url)).is_ok());
}

#[test]
fn private_literals_need_an_entry_even_without_a_list() {
    let server = Server::echo();
    refused(
        send(&service(&[]), get(&server.url("/"))),
        &["host \"127.0.0.1:", "is not allowed", "private/loopback"],
    );
    refused(
        send(&service(&[]), get("http://LOCALHOST:1/")),
        &["private/loopback"],
    );
    refused(
        send(&service(&[]), get("http://[::ffff:10.0.0.1]/")),
        &["private/loopback"],
    );
    assert!(send(&service(&["127.0.0.1"]), get(&server.url("/"))).is_ok());
}

#[test]
fn a_refusal_can_be_told_from_other_failures_without_reading_its_text() {
    let ctx = CallContext::detached("p");
    let refusal = |url: &str| {
        service(&["nas.lan"])
            .request(&ctx, &get(url))
            .err()
            .and_then(|error| error.refusal().cloned())
    };
    assert!(matches!(
        refusal("http://a.example/"),
        Some(Refusal::NotListed { .. })
    ));
    assert!(matches!(
        refusal("http://nas.lan/"),
        Some(Refusal::PrivateDial { .. })
    ));
    assert!(refusal("nonsense").is_none());
}

#[test]
fn an_unknown_name_and_a_closed_port_are_plain_failures() {
    refused(
        send(&service(&["*"]), get("http://unknown.example/")),
        &["Get \"http://unknown.example/\"", "no such host"],
    );
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let request = HTTPRequest {
        method: "POST".into(),
        ..get(&format!("http://u:secret@{free}/"))
    };
    let error = send(&service(&["*"]), request)
        .expect_err("nobody listens")
        .to_string();
    assert!(
        error.starts_with("Post \"http://u:***@127.0.0.1:"),
        "{error}"
    );
    assert!(error.to_lowercase().contains("refused"), "{error}");
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
    assert!(started.elapsed() < Duration::from_secs(5));
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
