//! The embedded responder over HTTP on loopback, for clients and tests. Here users need passwords.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::fault::Fault;
use super::params::Params;
use super::{EmbeddedSubsonic, text};
use crate::peer::http::{read_request, write_answer};
use crate::services::subsonic::{SubsonicAnswer, SubsonicRequest, token};

/// An HTTP server that answers the Subsonic API. Dropping it stops it.
pub struct SubsonicServer {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    responder: EmbeddedSubsonic,
    passwords: HashMap<String, String>,
    stopped: Arc<AtomicBool>,
}

impl EmbeddedSubsonic {
    /// Serves the API on a free port of loopback. Users log in with these passwords, by user name; others cannot log in.
    ///
    /// # Errors
    ///
    /// When loopback is out of reach.
    pub fn serve<'a>(
        &self,
        passwords: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> io::Result<SubsonicServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::<AtomicBool>::default();
        let passwords = passwords.into_iter();
        let shared = Arc::new(Shared {
            responder: self.clone(),
            passwords: passwords
                .map(|(user, password)| (user.to_lowercase(), password.to_owned()))
                .collect(),
            stopped: Arc::clone(&stopped),
        });
        let thread = std::thread::Builder::new()
            .name("nd-subsonic".into())
            .spawn(move || shared.accept(&listener))?;
        Ok(SubsonicServer {
            address,
            stopped,
            thread: Some(thread),
        })
    }
}

impl SubsonicServer {
    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address to give to a client: the part before `/rest`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for SubsonicServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the listener; if nobody listens any more there is nothing to wake.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for SubsonicServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubsonicServer")
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
        let request = read_request(&mut stream)?;
        let answer = match (request.method.as_str(), request.path()) {
            ("GET" | "POST", path) if path.starts_with("/rest/") => {
                self.answer(&request.target, &request.text())
            }
            _ => text(404, "404 page not found"),
        };
        let headers = [("Content-Type".to_owned(), answer.content_type)];
        write_answer(&mut stream, answer.status, &headers, &answer.body)
    }

    /// Answers a request whose parameters may also be in a form.
    fn answer(&self, target: &str, form: &str) -> SubsonicAnswer {
        let mut request = match SubsonicRequest::parse(target) {
            Ok(request) => request,
            Err(error) => return text(400, &error),
        };
        request.extend(form);
        let public = match Endpoint::find(request.endpoint()) {
            Ok(endpoint) => endpoint.public,
            Err(refusal) => return refusal,
        };
        let params = Params(request.query());
        match self.authenticate(params) {
            Err(fault) if !public => self.responder.render(params, Err(fault)),
            user => self.responder.respond(&request, user.unwrap_or_default()),
        }
    }

    /// Returns the name of the user who has shown a password or a token made of it.
    fn authenticate<'a>(&self, params: Params<'a>) -> Result<&'a str, Fault> {
        let user = params.required("u")?;
        params.required("v")?;
        params.required("c")?;
        let password = self.passwords.get(&user.to_lowercase());
        let password = password.ok_or_else(Fault::credentials)?;
        let right = match (params.text("p"), params.text("t"), params.text("s")) {
            (Some(given), ..) => *given_password(given) == **password,
            (None, Some(given), Some(salt)) => given.eq_ignore_ascii_case(&token(password, salt)),
            _ => false,
        };
        match right {
            true => Ok(user),
            false => Err(Fault::credentials()),
        }
    }
}

/// Reads a password, which may be written as `enc:` and the hex of its bytes.
fn given_password(text: &str) -> std::borrow::Cow<'_, str> {
    let bytes = text.strip_prefix("enc:").and_then(|hex| {
        let pairs = hex.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.collect::<Option<Vec<u8>>>()
    });
    let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or(text.into(), Into::into)
}
