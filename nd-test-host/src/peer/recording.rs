//! Recordings of what passed between a plugin and a real server, as one readable file.

use std::io;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::{Answer, Request, WsScript, WsStep};

const VERSION: u32 = 1;
/// What stands in place of a parameter's value.
const REDACTED: &str = "REDACTED";

/// What passed between a plugin and real servers.
///
/// It is kept in one JSON file made to be read, compared and corrected by hand. What a peer records first is made with
/// [`HttpPeer::recording`](super::HttpPeer::recording) or [`WsPeer::recording`](super::WsPeer::recording).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recording {
    version: u32,
    /// Query parameters whose values were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out_parameters: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    http: Vec<Exchange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    websocket: Vec<Session>,
}

/// An HTTP request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    method: String,
    target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Data::is_empty")]
    body: Data,
    answer: Recorded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Data::is_empty")]
    body: Data,
}

/// A WebSocket connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Session {
    pub(super) target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) answer_headers: Vec<(String, String)>,
    pub(super) events: Vec<Passed>,
}

/// Something that passed on a WebSocket connection, and who sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Passed {
    pub(super) from: Side,
    #[serde(flatten)]
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Side {
    Client,
    Server,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum What {
    Text(String),
    Base64(Bytes),
    /// Code and reason; nothing for a close frame without.
    Close(Option<(u16, String)>),
    /// The connection broke.
    Lost(String),
}

/// A body: a text if it can be read as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Data {
    Text(String),
    Base64(Bytes),
}

/// Bytes that are written as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        BASE64_STANDARD.decode(text).map(Self)
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        BASE64_STANDARD.encode(bytes.0)
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Data {
    fn new(bytes: &[u8]) -> Self {
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(odd) => Self::Text(text.to_owned()),
            _ => Self::Base64(Bytes(bytes.to_vec())),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Base64(bytes) => &bytes.0,
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }
}

impl Recording {
    /// Adds what another recording holds, so that both kinds of peers share a file.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.version = VERSION;
        self.left_out_parameters.extend(other.left_out_parameters);
        self.left_out_parameters.sort();
        self.left_out_parameters.dedup();
        self.http.extend(other.http);
        self.websocket.extend(other.websocket);
        self
    }

    /// Returns how many HTTP exchanges it holds.
    pub fn exchanges(&self) -> usize {
        self.http.len()
    }

    /// Returns how many WebSocket connections it holds.
    pub fn sessions(&self) -> usize {
        self.websocket.len()
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the message names it.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let mut text = serde_json::to_string_pretty(&Self::default().with(self.clone()))?;
        text.push('\n');
        std::fs::write(path, text).map_err(|error| about(path, error.kind(), &error))
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no recording of this version; the message names it.
    pub fn load(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(|error| about(path, error.kind(), &error))?;
        let invalid =
            |problem: &dyn std::fmt::Display| about(path, io::ErrorKind::InvalidData, problem);
        let recording: Self = serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
        match recording.version {
            VERSION => Ok(recording),
            other => Err(invalid(&format!(
                "a recording of version {other}; this is version {VERSION}"
            ))),
        }
    }

    pub(super) fn of_nothing(leave_out: &LeaveOut) -> Self {
        Self {
            version: VERSION,
            left_out_parameters: leave_out.parameters.clone(),
            ..Self::default()
        }
    }

    pub(super) fn add_exchange(
        &mut self,
        leave_out: &LeaveOut,
        request: &Request,
        answer: &Answer,
    ) {
        self.http.push(Exchange {
            method: request.method.clone(),
            target: redact(&request.target, &leave_out.parameters),
            headers: leave_out.filter(&request.headers),
            body: Data::new(&request.body),
            answer: Recorded {
                status: answer.status,
                headers: leave_out.filter(&answer.headers),
                body: Data::new(&answer.body),
            },
        });
    }

    pub(super) fn add_session(&mut self, leave_out: &LeaveOut, mut session: Session) {
        session.target = redact(&session.target, &leave_out.parameters);
        session.headers = leave_out.filter(&session.headers);
        session.answer_headers = leave_out.filter(&session.answer_headers);
        self.websocket.push(session);
    }
}

fn about(path: &Path, kind: io::ErrorKind, problem: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(kind, format!("{}: {problem}", path.display()))
}

/// What a recording must not show: headers, and the values of query parameters.
///
/// By default the headers that carry passwords and sessions are left out. Bodies and messages are kept as they are: look
/// through a recording before you publish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveOut {
    headers: Vec<String>,
    parameters: Vec<String>,
}

impl Default for LeaveOut {
    /// Leaves out `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie`.
    fn default() -> Self {
        [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
        ]
        .into_iter()
        .fold(Self::nothing(), Self::header)
    }
}

impl LeaveOut {
    /// Leaves out nothing.
    pub fn nothing() -> Self {
        Self {
            headers: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Leaves out a header, in any case, of requests and answers.
    #[must_use]
    pub fn header(mut self, name: &str) -> Self {
        self.headers.push(name.to_ascii_lowercase());
        self
    }

    /// Leaves out the value of a query parameter. It makes no difference when replaying.
    #[must_use]
    pub fn parameter(mut self, name: &str) -> Self {
        self.parameters.push(name.to_owned());
        self
    }

    fn filter(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        let kept = headers.iter().filter(|(name, _)| {
            let left_out = |other: &String| name.eq_ignore_ascii_case(other);
            !self.headers.iter().any(left_out)
        });
        kept.cloned().collect()
    }
}

/// Replaces the values of query parameters.
fn redact(target: &str, parameters: &[String]) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let parts: Vec<_> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((name, _)) if parameters.iter().any(|other| other == name) => {
                format!("{name}={REDACTED}")
            }
            _ => part.to_owned(),
        })
        .collect();
    format!("{path}?{}", parts.join("&"))
}

/// A recording that is being played: what was asked for is used up.
pub(super) struct Replay {
    recording: Recording,
    used_http: Vec<bool>,
    used_websocket: Vec<bool>,
}

impl Replay {
    pub(super) fn new(recording: Recording) -> Self {
        Self {
            used_http: vec![false; recording.http.len()],
            used_websocket: vec![false; recording.websocket.len()],
            recording,
        }
    }

    /// Returns the next answer to a request, or what is wrong with asking.
    pub(super) fn answer(&mut self, request: &Request) -> Result<Answer, String> {
        let target = redact(&request.target, &self.recording.left_out_parameters);
        let fits = |exchange: &Exchange| {
            exchange.method == request.method
                && exchange.target == target
                && exchange.body.bytes() == request.body
        };
        let name = format!("{} {target}", request.method);
        let exchange = next(&self.recording.http, &mut self.used_http, fits);
        let Exchange { answer, .. } = exchange.map_err(|seen| match seen {
            true => format!("the recording has {name} with this body, but less often"),
            false => {
                let other = |exchange: &Exchange| {
                    exchange.method == request.method && exchange.target == target
                };
                match self.recording.http.iter().any(other) {
                    true => format!(
                        "the recording has {name}, but not with the body {:?}",
                        shortened(&request.text())
                    ),
                    false => format!("the recording has no {name}"),
                }
            }
        })?;
        let answer_to = Answer::status(answer.status).body(answer.body.bytes());
        Ok(answer
            .headers
            .iter()
            .fold(answer_to, |made, (name, value)| made.header(name, value)))
    }

    /// Returns the server's part of the next session of a target, or what is wrong with asking.
    pub(super) fn session(&mut self, target: &str) -> Result<WsScript, String> {
        let target = redact(target, &self.recording.left_out_parameters);
        let fits = |session: &Session| session.target == target;
        let session = next(&self.recording.websocket, &mut self.used_websocket, fits);
        let session = session.map_err(|seen| match seen {
            true => format!("the recording has the WebSocket {target}, but less often"),
            false => format!("the recording has no WebSocket {target}"),
        })?;
        let script = session
            .answer_headers
            .iter()
            .fold(WsScript::new(), |made, (name, value)| {
                made.header(name, value)
            });
        let steps = session.events.iter().filter_map(|passed| {
            Some(match (passed.from, passed.what.clone()) {
                (Side::Client, What::Text(text)) => WsStep::ExpectText(text),
                (Side::Client, What::Base64(data)) => WsStep::ExpectBinary(data.0),
                // How the client leaves is its own decision; the peer is there to the end.
                (Side::Client, What::Close(_) | What::Lost(_)) => return None,
                (Side::Server, What::Text(text)) => WsStep::Text(text),
                (Side::Server, What::Base64(data)) => WsStep::Binary(data.0),
                (Side::Server, What::Close(close)) => WsStep::Close(close),
                (Side::Server, What::Lost(_)) => WsStep::HangUp,
            })
        });
        Ok(steps.fold(script, WsScript::step))
    }
}

/// Returns the first unused item that fits and uses it up; the error tells whether there is a used one.
fn next<'a, T>(
    items: &'a [T],
    used: &mut [bool],
    fits: impl Fn(&T) -> bool,
) -> Result<&'a T, bool> {
    let mut seen = false;
    for (item, used) in items.iter().zip(used) {
        if fits(item) {
            if !*used {
                *used = true;
                return Ok(item);
            }
            seen = true;
        }
    }
    Err(seen)
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests;
