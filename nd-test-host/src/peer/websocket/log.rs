//! What a peer has seen: its sessions, what they received, and what did not go as planned.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::Message;

use crate::peer::Request;
use crate::until::until;

/// One connection to a peer, from its handshake on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WsSession {
    /// The handshake.
    pub request: Request,
    /// What arrived, in order.
    pub received: Vec<WsEvent>,
    /// Whether the connection is gone.
    pub ended: bool,
}

/// Something that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WsEvent {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping; it was answered.
    Ping(Vec<u8>),
    /// An answer to a ping, or a sign of life.
    Pong(Vec<u8>),
    /// A close frame.
    Close {
        /// Its code; 1005 when it had none.
        code: u16,
        /// Its reason.
        reason: String,
    },
    /// The connection broke.
    Lost(String),
}

impl WsEvent {
    pub(super) fn of(message: Message) -> Option<Self> {
        Some(match message {
            Message::Text(text) => Self::Text(text.to_string()),
            Message::Binary(data) => Self::Binary(data.to_vec()),
            Message::Ping(payload) => Self::Ping(payload.to_vec()),
            Message::Pong(payload) => Self::Pong(payload.to_vec()),
            Message::Close(None) => Self::Close {
                code: 1005,
                reason: String::new(),
            },
            Message::Close(Some(close)) => Self::Close {
                code: close.code.into(),
                reason: close.reason.to_string(),
            },
            Message::Frame(_) => return None,
        })
    }
}

impl fmt::Display for WsEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text {text:?}"),
            Self::Binary(data) => write!(f, "{} bytes {data:02x?}", data.len()),
            Self::Ping(payload) => write!(f, "ping {payload:02x?}"),
            Self::Pong(payload) => write!(f, "pong {payload:02x?}"),
            Self::Close { code, reason } => write!(f, "close {code} {reason:?}"),
            Self::Lost(error) => write!(f, "lost connection: {error}"),
        }
    }
}

impl WsSession {
    /// Returns the text messages, in order.
    pub fn texts(&self) -> Vec<&str> {
        let texts = self.received.iter().filter_map(|event| match event {
            WsEvent::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the messages without pings, pongs and close frames, in order.
    pub fn messages(&self) -> Vec<&WsEvent> {
        let events = self.received.iter();
        events
            .filter(|event| matches!(event, WsEvent::Text(_) | WsEvent::Binary(_)))
            .collect()
    }

    /// Returns code and reason of the close frame, if one arrived; the code is 1005 when it had none.
    pub fn close(&self) -> Option<(u16, &str)> {
        self.received.iter().find_map(|event| match event {
            WsEvent::Close { code, reason } => Some((*code, reason.as_str())),
            _ => None,
        })
    }
}

/// What peer and sessions share.
#[derive(Default)]
pub(super) struct Book {
    pages: Mutex<Pages>,
    changed: Condvar,
}

#[derive(Default)]
struct Pages {
    sessions: Vec<WsSession>,
    unexpected: Vec<String>,
}

impl Book {
    /// Begins the record of a session.
    pub(super) fn open(self: &Arc<Self>, request: Request) -> Log {
        let mut pages = self.lock();
        let target = request.target.clone();
        pages.sessions.push(WsSession {
            request,
            received: Vec::new(),
            ended: false,
        });
        self.changed.notify_all();
        Log {
            book: self.clone(),
            number: pages.sessions.len() - 1,
            target,
        }
    }

    pub(super) fn sessions(&self) -> Vec<WsSession> {
        self.lock().sessions.clone()
    }

    pub(super) fn unexpected(&self) -> Vec<String> {
        self.lock().unexpected.clone()
    }

    pub(super) fn wait(&self, limit: Duration, seen: impl Fn(&[WsSession]) -> bool) -> bool {
        let deadline = until(limit);
        let mut pages = self.lock();
        loop {
            if seen(&pages.sessions) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(pages, left);
            pages = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record of one session. Dropping it notes the end.
pub(super) struct Log {
    book: Arc<Book>,
    pub(super) number: usize,
    target: String,
}

impl Log {
    pub(super) fn received(&self, event: WsEvent) {
        self.session(|session| session.received.push(event));
    }

    pub(super) fn unexpected(&self, problem: &str) {
        let line = format!("session {} ({}): {problem}", self.number, self.target);
        self.book.lock().unexpected.push(line);
        self.book.changed.notify_all();
    }

    fn session(&self, note: impl FnOnce(&mut WsSession)) {
        if let Some(session) = self.book.lock().sessions.get_mut(self.number) {
            note(session);
        }
        self.book.changed.notify_all();
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.session(|session| session.ended = true);
    }
}
