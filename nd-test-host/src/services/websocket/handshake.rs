//! The opening handshake: a request made from the plugin's headers, and an answer that may say anything.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use ureq::http::Uri;
use ureq::http::header::{HeaderName, HeaderValue};

use crate::services::http::Target;
use crate::services::id;

/// Longest head of an answer.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 256;
/// Headers the handshake itself sets.
const RESERVED: [&str; 5] = [
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
];
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// A handshake that is ready to be sent, with everything checked that can be checked without a network.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) secure: bool,
    /// The host to resolve, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    request: Vec<u8>,
    accept: String,
}

impl Handshake {
    /// Makes a handshake for a URL whose scheme was checked.
    ///
    /// # Errors
    ///
    /// A text that says which part of the URL or which header cannot be used.
    pub(crate) fn new(target: &Target, headers: &HashMap<String, String>) -> Result<Self, String> {
        if target.user_info.is_some() {
            return Err("malformed ws or wss URL: it has a user name".to_owned());
        }
        let uri: Uri = target.to_uri()?;
        let key = BASE64_STANDARD.encode(id::random_bits().to_be_bytes());
        let mut fields: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        let lower: Vec<_> = headers
            .keys()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        for ((name, value), lower) in headers.iter().zip(&lower) {
            if RESERVED.contains(&lower.as_str()) {
                return Err(format!("websocket: duplicate header not allowed: {name}"));
            }
            name.parse::<HeaderName>()
                .map_err(|_| format!("invalid header field name \"{name}\""))?;
            HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| format!("invalid header field value for \"{name}\""))?;
            fields.insert(lower, (name, value));
        }
        let host = fields.remove("host").map(|(_, value)| value);
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let host = host.filter(|host| !host.is_empty()).unwrap_or(authority);
        fields
            .entry("user-agent")
            .or_insert(("User-Agent", USER_AGENT));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        );
        for (name, value) in fields.values() {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let secure = target.scheme == "wss";
        Ok(Self {
            secure,
            host: uri
                .host()
                .unwrap_or_default()
                .trim_matches(['[', ']'])
                .to_owned(),
            port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            request: request.into_bytes(),
            accept: derive_accept_key(key.as_bytes()),
        })
    }

    /// Sends the request and reads the answer's head, and nothing behind it. Returns the answer's headers.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the answer.
    pub(crate) async fn perform(
        &self,
        source: &mut (impl AsyncBufRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Vec<(String, String)>, String> {
        let sent = async {
            sink.write_all(&self.request).await?;
            sink.flush().await
        };
        sent.await.map_err(|error| format!("write: {error}"))?;
        let head = read_head(source).await?;
        self.check(&head)
    }

    fn check(&self, head: &[u8]) -> Result<Vec<(String, String)>, String> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer.parse(head);
        if !parsed.as_ref().is_ok_and(httparse::Status::is_complete) {
            let problem = parsed.map_or_else(|error| error.to_string(), |_| "cut off".to_owned());
            return Err(format!("malformed HTTP response: {problem}"));
        }
        let bad = |problem: String| Err(format!("websocket: bad handshake: {problem}"));
        if answer.code != Some(101) {
            let code = answer.code.unwrap_or_default();
            let reason = answer.reason.unwrap_or_default();
            return bad(format!("the server answered {code} {reason}")
                .trim_end()
                .to_owned());
        }
        let all = |name: &'static str| {
            let headers = answer.headers.iter();
            headers
                .filter(move |header| header.name.eq_ignore_ascii_case(name))
                .map(|header| String::from_utf8_lossy(header.value))
        };
        for (name, token) in [("Upgrade", "websocket"), ("Connection", "upgrade")] {
            let listed = all(name).any(|value| {
                value
                    .split(',')
                    .any(|part| part.trim().eq_ignore_ascii_case(token))
            });
            if !listed {
                return bad(format!("the answer has no \"{name}: {token}\""));
            }
        }
        if all("Sec-WebSocket-Accept").next().as_deref() != Some(self.accept.as_str()) {
            return bad("the key in Sec-WebSocket-Accept is wrong".to_owned());
        }
        if all("Sec-WebSocket-Extensions").any(|value| value.contains("permessage-deflate")) {
            return bad("the server wants to compress, which was not offered".to_owned());
        }
        let headers = answer.headers.iter().map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_owned(), value)
        });
        Ok(headers.collect())
    }
}

/// Reads up to and with the first empty line.
async fn read_head(source: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>, String> {
    let mut head = Vec::new();
    loop {
        let chunk = source
            .fill_buf()
            .await
            .map_err(|error| format!("read: {error}"))?;
        if chunk.is_empty() {
            return Err("unexpected EOF".to_owned());
        }
        let mut taken = 0;
        let mut done = false;
        for &byte in chunk {
            head.push(byte);
            taken += 1;
            if byte == b'\n' && (head.ends_with(b"\n\n") || head.ends_with(b"\r\n\r\n")) {
                done = true;
                break;
            }
        }
        source.consume(taken);
        if done {
            return Ok(head);
        }
        if head.len() > MAX_HEAD {
            return Err("the head of the answer is too long".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_ascii_are_asked_for_in_their_ascii_form() {
        let host = |url: &str| {
            let target = Target::parse(url).expect(url);
            let handshake = Handshake::new(&target, &HashMap::new()).expect(url);
            let request = String::from_utf8_lossy(&handshake.request).into_owned();
            let line = request.lines().find_map(|line| line.strip_prefix("Host: "));
            (handshake.host, line.unwrap_or_default().to_owned())
        };
        for (url, name, header) in [
            (
                "ws://żółw.pl:80/x",
                "xn--w-uga1v8h.pl",
                "xn--w-uga1v8h.pl:80",
            ),
            ("ws://Example.com:/", "Example.com", "Example.com"),
            ("wss://[::1]:8080", "::1", "[::1]:8080"),
        ] {
            assert_eq!(host(url), (name.to_owned(), header.to_owned()), "{url}");
        }
    }
}
