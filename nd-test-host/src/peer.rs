//! Servers on loopback for plugins to talk to: [`HttpPeer`] and [`WsPeer`].
//!
//! Both can be scripted, can record what passes between a plugin and a real server, and can replay a [`Recording`]
//! without that server. Both note what arrives.
//!
//! The HTTP server speaks plain HTTP/1.1, one request per connection. Requests are parsed with `httparse`, the parser
//! below hyper; the rest is a listener and a thread per connection, which lets a script also answer slowly, wrongly, or
//! not at all.

mod forward;
pub(crate) mod http;
mod recording;
mod websocket;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::forward::Forward;
use self::recording::Replay;
pub use self::recording::{LeaveOut, Recording};
pub use self::websocket::{WsEvent, WsPeer, WsScript, WsSession, WsStep};
use crate::until::until;

/// An HTTP server on loopback. Dropping it stops it.
pub struct HttpPeer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    mode: Mode,
    stopped: AtomicBool,
    state: Mutex<State>,
    arrived: Condvar,
}

/// Where answers come from.
enum Mode {
    Scripted,
    Recording(Forward),
    Replaying(Mutex<Replay>),
}

#[derive(Default)]
struct State {
    scripts: HashMap<String, VecDeque<Answer>>,
    otherwise: Option<Answer>,
    requests: Vec<Request>,
    unexpected: Vec<String>,
}

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Method in upper case.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Headers in order, names as sent.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Returns the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON, if it is.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    hang_up: bool,
}

impl Answer {
    /// Answers with a status and no body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            delay: Duration::ZERO,
            hang_up: false,
        }
    }

    /// Answers 200 with a text.
    pub fn text(body: impl Into<String>) -> Self {
        Self::status(200)
            .header("Content-Type", "text/plain; charset=utf-8")
            .body(body.into())
    }

    /// Answers 200 with a JSON document.
    pub fn json(body: &serde_json::Value) -> Self {
        Self::status(200)
            .header("Content-Type", "application/json")
            .body(body.to_string())
    }

    /// Sends the client elsewhere with a 302.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::status(302).header("Location", location)
    }

    /// Closes the connection without a word.
    pub fn hang_up() -> Self {
        Self {
            hang_up: true,
            ..Self::status(0)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Waits before answering.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl HttpPeer {
    /// Starts a server on a free port. Until told otherwise it answers 404.
    ///
    /// # Errors
    ///
    /// When loopback is out of reach.
    pub fn start() -> io::Result<Self> {
        Self::with(Mode::Scripted)
    }

    /// Starts a server that passes requests on to another one, and keeps them with their answers.
    ///
    /// `upstream` is the beginning of a URL, as in `https://api.example.com`; path and query come from the client.
    /// Redirects are handed on; those to the same server lead back here.
    ///
    /// # Errors
    ///
    /// When loopback is out of reach.
    pub fn recording(upstream: &str, leave_out: LeaveOut) -> io::Result<Self> {
        Self::with(Mode::Recording(Forward::new(upstream, leave_out)))
    }

    /// Starts a server that answers from a recording: requests with the same method, target and body get their answers
    /// in the order they were recorded, each once.
    ///
    /// A request the recording does not have is answered by 501 and a text that names it, and listed by
    /// [`HttpPeer::unexpected`].
    ///
    /// # Errors
    ///
    /// When loopback is out of reach.
    pub fn replaying(recording: &Recording) -> io::Result<Self> {
        let replay = Replay::new(recording.clone());
        Self::with(Mode::Replaying(Mutex::new(replay)))
    }

    fn with(mode: Mode) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            mode,
            stopped: AtomicBool::new(false),
            state: Mutex::default(),
            arrived: Condvar::new(),
        });
        let thread = std::thread::Builder::new()
            .name("nd-http-peer".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.accept(&listener)
            })?;
        Ok(Self {
            address,
            shared,
            thread: Some(thread),
        })
    }

    /// Answers every request for a path, whatever its method and query, in this way.
    pub fn on(&self, path: &str, answer: Answer) {
        self.on_each(path, [answer]);
    }

    /// Answers the requests for a path one after the other; the last answer stays.
    pub fn on_each(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        self.shared.state().scripts.insert(path.to_owned(), answers);
    }

    /// Answers requests for all other paths in this way.
    pub fn otherwise(&self, answer: Answer) {
        self.shared.state().otherwise = Some(answer);
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the requests that arrived so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Returns the requests for one path, in order.
    pub fn requests_for(&self, path: &str) -> Vec<Request> {
        let state = self.shared.state();
        let requests = state.requests.iter();
        requests
            .filter(|request| request.path() == path)
            .cloned()
            .collect()
    }

    /// Returns the exchanges so far; empty unless the peer is recording.
    pub fn recorded(&self) -> Recording {
        match &self.shared.mode {
            Mode::Recording(forward) => forward.recorded(),
            _ => Recording::default(),
        }
    }

    /// Returns what the recording did not have, or could not be recorded, in words.
    pub fn unexpected(&self) -> Vec<String> {
        self.shared.state().unexpected.clone()
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.shared.state().requests.clear();
    }

    /// Waits until that many requests have arrived in all; tells whether they did in time.
    pub fn wait_for(&self, count: usize, limit: Duration) -> bool {
        let deadline = until(limit);
        let mut state = self.shared.state();
        while state.requests.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = match self.shared.arrived.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        true
    }
}

impl Drop for HttpPeer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // Wakes the listener; if nobody listens any more there is nothing to wake.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for HttpPeer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpPeer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.stopped.load(Ordering::Acquire) {
                return;
            }
            let Ok(stream) = stream else { continue };
            let shared = Arc::clone(self);
            std::thread::spawn(move || {
                // A client that goes away or talks nonsense is its own problem.
                let _ = shared.serve(stream);
            });
        }
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let request = http::read_request(&mut stream)?;
        let answer = self.note(request);
        std::thread::sleep(answer.delay);
        if answer.hang_up {
            return Ok(());
        }
        http::write_answer(&mut stream, answer.status, &answer.headers, &answer.body)
    }

    /// Notes a request and finds the answer.
    fn note(&self, request: Request) -> Answer {
        let mut state = self.state();
        state.requests.push(request.clone());
        self.arrived.notify_all();
        let (found, failure) = match &self.mode {
            Mode::Scripted => return state.scripted(&request),
            Mode::Recording(forward) => {
                drop(state);
                (forward.pass_on(&request), 502)
            }
            Mode::Replaying(replay) => {
                drop(state);
                let mut replay = replay.lock().unwrap_or_else(PoisonError::into_inner);
                (replay.answer(&request), 501)
            }
        };
        found.unwrap_or_else(|problem| {
            self.state().unexpected.push(problem.clone());
            Answer::status(failure).body(problem)
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn scripted(&mut self, request: &Request) -> Answer {
        let answer = match self.scripts.get_mut(request.path()) {
            Some(script) if script.len() > 1 => script.pop_front(),
            Some(script) => script.front().cloned(),
            None => self.otherwise.clone(),
        };
        answer.unwrap_or_else(|| Answer::status(404))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into()
    }

    #[test]
    fn requests_are_recorded_and_answered_as_scripted() {
        let peer = HttpPeer::start().unwrap();
        peer.on("/hook", Answer::text("got it").header("X-Test", "yes"));
        let mut response = agent()
            .post(peer.url("/hook?a=1"))
            .header("Content-Type", "application/json")
            .send(r#"{"b":2}"#)
            .unwrap();
        assert!(peer.wait_for(1, Duration::MAX));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-test"], "yes");
        assert_eq!(response.body_mut().read_to_string().unwrap(), "got it");
        let requests = peer.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].method, "POST");
        assert_eq!(requests[0].target, "/hook?a=1");
        assert_eq!(requests[0].header("content-type"), Some("application/json"));
        assert_eq!(requests[0].json(), Some(serde_json::json!({"b": 2})));
        assert_eq!(peer.requests_for("/hook").len(), 1);
    }

    #[test]
    fn answers_of_a_sequence_come_in_order_and_the_last_stays() {
        let peer = HttpPeer::start().unwrap();
        peer.on_each("/flaky", [Answer::status(500), Answer::status(204)]);
        let statuses: Vec<_> = (0..3)
            .map(|_| {
                agent()
                    .get(peer.url("/flaky"))
                    .call()
                    .unwrap()
                    .status()
                    .as_u16()
            })
            .collect();
        assert_eq!(statuses, [500, 204, 204]);
        assert_eq!(agent().get(peer.url("/")).call().unwrap().status(), 404);
        assert!(peer.wait_for(4, Duration::ZERO));
        assert!(!peer.wait_for(5, Duration::from_millis(1)));
    }

    #[test]
    fn a_hung_up_call_fails_but_is_recorded() {
        let peer = HttpPeer::start().unwrap();
        peer.otherwise(Answer::hang_up());
        assert!(agent().get(peer.url("/x")).call().is_err());
        assert_eq!(peer.requests()[0].path(), "/x");
    }
}
