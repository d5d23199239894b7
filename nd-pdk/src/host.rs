//! Host services: what a plugin may call, one module each.
//!
//! Each service but [`config`] needs its permission in the manifest; a plugin that imports a function of a service it did
//! not ask for is not loaded. All functions block, within the 30 seconds of the plugin call they are made from.
//!
//! Errors are [`Error`]s holding a [`HostError`]: `?` takes them into the error of every capability.

// A glob, because the list of services is the generator's.
pub use crate::generated::host::*;

use crate::{buffer, text};
use std::borrow::Cow;
use std::fmt;

/// The error of host functions: the very type that `extism_pdk::Error` is, so that plugins can mix the two.
#[cfg(feature = "extism-pdk")]
pub use anyhow::Error;

#[cfg(not(feature = "extism-pdk"))]
pub use crate::any_error::{Chain, Error};

/// A host function failed; found in an [`Error`] with [`Error::downcast_ref`].
///
/// It displays the host's message as it came.
///
/// ```
/// use nd_pdk::host::{self, HostError, HostErrorKind};
///
/// fn refused(error: &host::Error) -> bool {
///     error.downcast_ref::<HostError>().is_some_and(|e| e.kind() == HostErrorKind::NotAllowed)
/// }
/// # let error = HostError::new("http_send", r#"host "example.org:443" is not allowed"#);
/// # assert!(refused(&error.into()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HostError {
    function: Cow<'static, str>,
    message: String,
}

/// What went wrong in a host function, as far as its message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostErrorKind {
    /// The host is not in the manifest's `requiredHosts`: add it there.
    NotAllowed,
    /// The address is private or the loopback: list it in the manifest's `requiredHosts`.
    PrivateAddress,
    /// The deadline passed: a slow server, or the end of the call's own 30 seconds.
    Timeout,
    /// The request could not be made as asked, whatever the network: wrong URL, scheme, method or header.
    InvalidRequest,
    /// The connection failed or broke.
    Network,
    /// Anything else: read the message.
    Other,
}

impl HostError {
    /// Makes the error of a host function, named as on the wire (`kvstore_set`).
    pub fn new(function: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            function: function.into(),
            message: message.into(),
        }
    }

    /// Makes the error of a function that a native test host does not have.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn unavailable(function: &'static str) -> Self {
        let advice =
            " is not available in the native test host yet; script it with `FakeHost::answer`";
        Self::new(function, buffer::concat(&[function, advice]))
    }

    /// Returns the wire name of the function that failed.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns the host's message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Tells what went wrong, for `http_send` and `websocket_connect`; [`HostErrorKind::Other`] for other functions.
    pub fn kind(&self) -> HostErrorKind {
        match &*self.function {
            "http_send" | "websocket_connect" => classify(&self.message),
            _ => HostErrorKind::Other,
        }
    }

    /// Tells whether the same call may well succeed later: the network failed or the deadline passed.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind(), HostErrorKind::Timeout | HostErrorKind::Network)
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The function and the message, without quotes: the derived form would bring the tables of escapes into every plugin.
impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.function)?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}

impl std::error::Error for HostError {}

/// For test hosts, which need not say again which function they answer.
impl From<&str> for HostError {
    fn from(message: &str) -> Self {
        Self::new("", message)
    }
}

/// For test hosts, which need not say again which function they answer.
impl From<String> for HostError {
    fn from(message: String) -> Self {
        Self::new("", message)
    }
}

/// Classifies the failure of a network function by the stable parts of its message, of all server releases.
///
/// URLs and addresses stand in quotes in these messages; what is quoted does not count, for it is not the host's word.
fn classify(message: &str) -> HostErrorKind {
    const KINDS: [(&str, HostErrorKind); 7] = [
        ("private/loopback", HostErrorKind::PrivateAddress),
        ("is not allowed", HostErrorKind::NotAllowed),
        ("not allowed", HostErrorKind::NotAllowed),
        ("invalid URL", HostErrorKind::InvalidRequest),
        ("creating request", HostErrorKind::InvalidRequest),
        ("deadline exceeded", HostErrorKind::Timeout),
        ("already exists", HostErrorKind::InvalidRequest),
    ];
    let own = without_quoted(message);
    KINDS
        .iter()
        .find(|(part, _)| text::contains(&own, part))
        .map_or(HostErrorKind::Network, |(_, kind)| *kind)
}

/// Drops what stands between double quotes; a quote without partner is left alone.
fn without_quoted(message: &str) -> String {
    let mut own = String::new();
    let mut rest = message;
    while let Some((before, quoted)) =
        text::find(rest, "\"").and_then(|at| rest.split_at_checked(at + 1))
    {
        buffer::append_text(&mut own, before);
        rest = match closing_quote(quoted).and_then(|end| quoted.get(end + 1..)) {
            Some(after) => after,
            None => quoted,
        };
    }
    buffer::append_text(&mut own, rest);
    own
}

/// Finds the quote that ends a text in quotes, which has others behind backslashes.
fn closing_quote(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::{HostError, HostErrorKind, without_quoted};

    #[test]
    fn failures_of_http_send_are_told_apart() {
        for (message, kind) in [
            (
                r#"host "api.example.com:443" is not allowed"#,
                HostErrorKind::NotAllowed,
            ),
            (
                r#"Get "https://b.example/": redirect to host "b.example" is not allowed"#,
                HostErrorKind::NotAllowed,
            ),
            (
                r#"host "localhost:80" is not allowed: private/loopback address"#,
                HostErrorKind::PrivateAddress,
            ),
            (
                r#"Get "http://nas.lan/": dial tcp: blocked dial to private/loopback address "192.168.1.10:80": requires an explicit IP or CIDR in requiredHosts"#,
                HostErrorKind::PrivateAddress,
            ),
            (
                r#"Get "https://a.example/": context deadline exceeded (Client.Timeout exceeded)"#,
                HostErrorKind::Timeout,
            ),
            (
                r#"invalid URL scheme "ftp": must be http or https"#,
                HostErrorKind::InvalidRequest,
            ),
            ("invalid URL: parse error", HostErrorKind::InvalidRequest),
            (
                r#"creating request: net/http: invalid method "G E T""#,
                HostErrorKind::InvalidRequest,
            ),
            (
                r#"Get "https://a.example/": dial tcp 1.2.3.4:443: connect: connection refused"#,
                HostErrorKind::Network,
            ),
            (
                "reading response body: unexpected EOF",
                HostErrorKind::Network,
            ),
            ("context canceled", HostErrorKind::Network),
            (
                r#"Get "https://a.example/?q=is not allowed private/loopback": EOF"#,
                HostErrorKind::Network,
            ),
            (
                r#"Get "https://a.example/\"is not allowed\"": EOF"#,
                HostErrorKind::Network,
            ),
        ] {
            assert_eq!(
                HostError::new("http_send", message).kind(),
                kind,
                "{message}"
            );
        }
    }

    #[test]
    fn only_network_functions_are_classified() {
        let error = HostError::new(
            "kvstore_set",
            r#"the key "deadline exceeded" is not allowed"#,
        );
        assert_eq!(error.kind(), HostErrorKind::Other);
        assert!(!error.is_transient());
        assert!(HostError::new("websocket_connect", "failed to connect: timed out").is_transient());
    }

    #[test]
    fn quoted_parts_are_dropped() {
        for (message, own) in [
            ("plain", "plain"),
            (r#"a "b" c"#, r#"a " c"#),
            (r#"a "b\"c" d"#, r#"a " d"#),
            (r#"a " b"#, r#"a " b"#),
            (r#""a""b""#, r#""""#),
        ] {
            assert_eq!(without_quoted(message), own);
        }
    }
}
