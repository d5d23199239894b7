//! Why a call of the service failed: typed for the host, with the texts plugins read.

use crate::services::http::{Cause, Refusal};

/// Why a call of the WebSocket service failed. `Display` gives the text the plugin reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The URL cannot be read. Write an absolute one.
    #[error("invalid URL: {0}")]
    Url(String),
    /// The URL has another scheme. Use `ws` or `wss`.
    #[error("invalid URL scheme: must be ws:// or wss://")]
    Scheme,
    /// The manifest does not allow that host. The refusal says which entry is missing.
    #[error(transparent)]
    Host(Refusal),
    /// The id is taken. Close that connection first, or let the host choose an id.
    #[error("connection ID \"{0}\" already exists")]
    InUse(String),
    /// There was no handshake: a header or the URL cannot be used, or the other side could not be reached or did not agree.
    #[error("failed to connect: {0}")]
    Connect(#[source] Cause),
    /// There is no such connection.
    #[error("connection ID \"{0}\" not found")]
    NotFound(String),
    /// The message was not sent. The connection stays until its reader notices, too.
    #[error("failed to send {kind} message: {cause}")]
    Send {
        /// `text` or `binary`.
        kind: &'static str,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
}

impl WebSocketError {
    /// Returns the refusal, if the manifest is why there is no connection.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Host(refusal) | Self::Connect(Cause::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }
}
