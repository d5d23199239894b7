//! Frames of RFC 6455 as a client reads and writes them, with the error texts plugins know.
//!
//! Written here and not taken from a library because the server's rules are looser in places (text need not be UTF-8,
//! any close code can be sent) and stricter in one: memory grows with what has arrived, not with what a peer announces.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::wire;

/// Bytes a message may have. The server knows no limit; a host that takes its peers for hostile needs one.
pub const MAX_MESSAGE: usize = 256 << 20;
/// Bytes the payload of a control frame may have.
pub(crate) const MAX_CONTROL: usize = 125;

pub(crate) const NORMAL: u16 = 1000;
pub(crate) const GOING_AWAY: u16 = 1001;
pub(crate) const PROTOCOL_ERROR: u16 = 1002;
/// Stands for a close frame without code; never sent.
pub(crate) const NO_STATUS: u16 = 1005;
const TOO_BIG: u16 = 1009;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A text message; what is not UTF-8 is replaced.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping, to be answered with the same payload.
    Ping(Vec<u8>),
    /// Nothing more will arrive.
    End(End),
}

/// How a connection ends from the other side.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By a close frame.
    Closed { code: u16, reason: String },
    /// By a frame that breaks the rules; it is answered with this code.
    Broken { code: u16, problem: String },
    /// Without a word.
    Lost(String),
}

impl End {
    /// Returns the text of the error callback.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Closed { code, reason } => {
                let name = match *code {
                    NORMAL => " (normal)",
                    GOING_AWAY => " (going away)",
                    PROTOCOL_ERROR => " (protocol error)",
                    1003 => " (unsupported data)",
                    NO_STATUS => " (no status)",
                    1007 => " (invalid payload data)",
                    1008 => " (policy violation)",
                    TOO_BIG => " (message too big)",
                    1010 => " (mandatory extension missing)",
                    1011 => " (internal server error)",
                    _ => "",
                };
                match reason.as_str() {
                    "" => format!("websocket: close {code}{name}"),
                    reason => format!("websocket: close {code}{name}: {reason}"),
                }
            }
            Self::Broken { problem, .. } => format!("websocket: {problem}"),
            Self::Lost(text) => text.clone(),
        }
    }

    /// Returns the payload of the close frame that answers this end; none if nobody listens any more.
    pub(crate) fn answer(&self) -> Option<Vec<u8>> {
        match self {
            Self::Closed { code, .. } => Some(close_payload(*code, "")),
            Self::Broken { code, problem } => {
                let mut payload = close_payload(*code, problem);
                payload.truncate(MAX_CONTROL);
                Some(payload)
            }
            Self::Lost(_) => None,
        }
    }
}

/// The first bytes of a frame.
struct Header {
    last: bool,
    opcode: u8,
    length: u64,
}

/// Why a frame could not be read.
enum Problem {
    Io(std::io::Error),
    Broken(u16, String),
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Lost("websocket: close 1006 (abnormal closure): unexpected EOF".to_owned())
            }
            Problem::Io(error) => Self::Lost(format!("read: {error}")),
            Problem::Broken(code, problem) => Self::Broken { code, problem },
        }
    }
}

fn broken<T>(problem: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::Broken(PROTOCOL_ERROR, problem.into()))
}

/// Reads messages from a peer, and no further than the one asked for.
pub(crate) struct Reader<R> {
    source: R,
    /// Opcode and payload of a message whose last frame is still to come.
    begun: Option<(u8, Vec<u8>)>,
    limit: usize,
}

impl<R: AsyncBufRead + Unpin> Reader<R> {
    pub(crate) fn new(source: R, limit: usize) -> Self {
        Self {
            source,
            begun: None,
            limit,
        }
    }

    /// Waits for the next event.
    pub(crate) async fn next(&mut self) -> Event {
        match self.read().await {
            Ok(event) => event,
            Err(problem) => Event::End(problem.into()),
        }
    }

    /// Drops whatever arrives until the other side has finished.
    pub(crate) async fn drain(&mut self) {
        while let Ok(chunk) = self.source.fill_buf().await
            && !chunk.is_empty()
        {
            let length = chunk.len();
            self.source.consume(length);
        }
    }

    async fn read(&mut self) -> Result<Event, Problem> {
        loop {
            let header = self.header().await?;
            match header.opcode {
                CONTINUATION | TEXT | BINARY => {
                    let (opcode, mut payload) = match self.begun.take() {
                        Some(begun) => begun,
                        None => (header.opcode, Vec::new()),
                    };
                    self.payload(&mut payload, header.length).await?;
                    if !header.last {
                        self.begun = Some((opcode, payload));
                        continue;
                    }
                    return Ok(match opcode {
                        TEXT => Event::Text(into_text(payload)),
                        _ => Event::Binary(payload),
                    });
                }
                opcode => {
                    let mut payload = Vec::new();
                    self.payload(&mut payload, header.length).await?;
                    match opcode {
                        PING => return Ok(Event::Ping(payload)),
                        CLOSE => return Ok(Event::End(read_close(&payload)?)),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Reads the beginning of a frame and checks what the server checks, all problems in one text.
    async fn header(&mut self) -> Result<Header, Problem> {
        let first = self.source.read_u8().await?;
        let second = self.source.read_u8().await?;
        let (last, opcode) = (first & 0x80 != 0, first & 0x0f);
        let short = u64::from(second & 0x7f);
        let mut problems = Vec::new();
        for (bit, name) in [(0x40, "RSV1 set"), (0x20, "RSV2 set"), (0x10, "RSV3 set")] {
            if first & bit != 0 {
                problems.push(name.to_owned());
            }
        }
        match opcode {
            CLOSE | PING | PONG => {
                if short > MAX_CONTROL as u64 {
                    problems.push("len > 125 for control".to_owned());
                }
                if !last {
                    problems.push("FIN not set on control".to_owned());
                }
            }
            TEXT | BINARY if self.begun.is_some() => problems.push("data before FIN".to_owned()),
            CONTINUATION if self.begun.is_none() => {
                problems.push("continuation after FIN".to_owned());
            }
            CONTINUATION | TEXT | BINARY => {}
            other => problems.push(format!("bad opcode {other}")),
        }
        if second & 0x80 != 0 {
            problems.push("bad MASK".to_owned());
        }
        if !problems.is_empty() {
            return broken(problems.join(", "));
        }
        let length = match short {
            126 => u64::from(self.source.read_u16().await?),
            127 => self.source.read_u64().await?,
            short => short,
        };
        Ok(Header {
            last,
            opcode,
            length,
        })
    }

    /// Adds a frame's payload to what is there, chunk by chunk as it arrives.
    async fn payload(&mut self, into: &mut Vec<u8>, length: u64) -> Result<(), Problem> {
        let room = self.limit.saturating_sub(into.len());
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        if left > room {
            return Err(Problem::Broken(TOO_BIG, "read limit exceeded".to_owned()));
        }
        while left > 0 {
            let chunk = self.source.fill_buf().await?;
            if chunk.is_empty() {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            let taken = chunk.len().min(left);
            into.extend_from_slice(&chunk[..taken]);
            self.source.consume(taken);
            left -= taken;
        }
        Ok(())
    }
}

fn into_text(payload: Vec<u8>) -> String {
    String::from_utf8(payload).unwrap_or_else(|error| wire::lossy(error.as_bytes()))
}

fn read_close(payload: &[u8]) -> Result<End, Problem> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Ok(End::Closed {
            code: NO_STATUS,
            reason: String::new(),
        });
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1013 | 3000..=4999) {
        return broken(format!("bad close code {code}"));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(End::Closed {
            code,
            reason: reason.to_owned(),
        }),
        Err(_) => broken("invalid utf8 payload in close frame"),
    }
}

/// A frame to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Binary,
    Close,
    Pong,
}

/// Writes a close frame's payload. Any code goes, 1005 for none.
pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    match code {
        NO_STATUS => Vec::new(),
        code => [&code.to_be_bytes(), reason.as_bytes()].concat(),
    }
}

/// Writes one frame, masked as a client has to.
pub(crate) fn encode(kind: Kind, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let opcode = match kind {
        Kind::Text => TEXT,
        Kind::Binary => BINARY,
        Kind::Close => CLOSE,
        Kind::Pong => PONG,
    };
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(0x80 | opcode);
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask);
    let begin = frame.len();
    frame.extend_from_slice(payload);
    for (at, byte) in frame[begin..].iter_mut().enumerate() {
        *byte ^= mask[at % 4];
    }
    frame
}
