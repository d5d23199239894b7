//! The lines of a journal.

use std::fmt;
use std::time::Duration;

/// Arguments and results are kept up to this many bytes.
pub const MAX_PAYLOAD: usize = 64 * 1024;

/// The number of a call within its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(super) u64);

impl CallId {
    /// Stands for "not inside any call".
    pub const NONE: Self = Self(0);
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Entry {
    /// A call in either direction.
    Call(CallRecord),
    /// A log line of a plugin, or of the host about a plugin.
    Log(LogRecord),
    /// A line a plugin printed, which the server would discard.
    Printed(PrintedRecord),
}

/// Which way a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The host called an export of the plugin.
    Export,
    /// The plugin called a host function.
    Import,
}

/// A call in either direction.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRecord {
    /// Number of the call.
    pub id: CallId,
    /// The call this one was made from, or [`CallId::NONE`].
    pub parent: CallId,
    /// Which way it went.
    pub direction: Direction,
    /// Id of the plugin.
    pub plugin: String,
    /// Name of the export or import.
    pub name: String,
    /// The request.
    pub input: Payload,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took; zero while it runs.
    pub duration: Duration,
    /// Wasm fuel the call used, about one unit per instruction; only for exports, and only if the host counts it.
    pub fuel: Option<u64>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has not.
    Running,
    /// It answered.
    Answered(Payload),
    /// It failed, with this error text. The answer of a host function that carries an `error` counts as failed.
    Failed(String),
}

/// Bytes that went over the boundary, cut at [`MAX_PAYLOAD`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    bytes: Vec<u8>,
    length: usize,
}

impl Payload {
    /// Keeps the bytes, or the first [`MAX_PAYLOAD`] of them.
    pub fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes[..bytes.len().min(MAX_PAYLOAD)].to_vec(),
            length: bytes.len(),
        }
    }

    /// Returns the bytes that were kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how many bytes there were.
    pub fn full_length(&self) -> usize {
        self.length
    }

    /// Returns the kept bytes as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the document, if it is one and was kept in full.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.bytes).ok()
    }
}

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Step by step.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// Normal course of events.
    #[default]
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

impl LogLevel {
    /// Reads a level as the server's settings do: `fatal` is `error`, and an unknown word is `info`.
    pub fn from_setting(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "warn" | "warning" => Self::Warn,
            "error" | "fatal" => Self::Error,
            _ => Self::Info,
        }
    }

    /// Returns the number the runtime's `get_log_level` answers.
    pub fn number(self) -> i32 {
        match self {
            Self::Trace => 0,
            Self::Debug => 1,
            Self::Info => 2,
            Self::Warn => 3,
            Self::Error => 4,
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// The call it was written in, or [`CallId::NONE`].
    pub call: CallId,
    /// Id of the plugin.
    pub plugin: String,
    /// How serious it is.
    pub level: LogLevel,
    /// The text.
    pub message: String,
}

/// A line a guest printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedRecord {
    /// The call it was printed in.
    pub call: CallId,
    /// Id of the plugin.
    pub plugin: String,
    /// `stdout` or `stderr`.
    pub stream: &'static str,
    /// The line.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_the_server_reads_them() {
        assert_eq!(LogLevel::from_setting("fatal"), LogLevel::Error);
        assert_eq!(LogLevel::from_setting("TRACE"), LogLevel::Trace);
        assert_eq!(LogLevel::from_setting("chatty"), LogLevel::Info);
    }

    #[test]
    fn a_large_payload_is_cut_but_its_length_is_known() {
        let payload = Payload::new(&vec![b'x'; MAX_PAYLOAD + 1]);
        assert_eq!(payload.bytes().len(), MAX_PAYLOAD);
        assert_eq!(payload.full_length(), MAX_PAYLOAD + 1);
    }
}
