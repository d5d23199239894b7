//! Statement by statement what the contract says of `http_send`, over loopback.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;

mod addresses;
mod endings;
mod exchange;
mod redirects;

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

/// An answer with this header is the connection's last.
const CLOSES: &[u8] = b"Connection: close";

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
        if answer.windows(CLOSES.len()).any(|part| part == CLOSES) {
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
    HttpService::new(&hosts, &settings(), &HttpRules::default()).expect("a service")
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
