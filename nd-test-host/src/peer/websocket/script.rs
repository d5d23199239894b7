//! What a peer does with a connection, step by step.

use std::collections::VecDeque;
use std::time::Duration;

use crate::peer::Answer;

/// What a [`WsPeer`](super::WsPeer) does with one connection: how it answers the handshake, and its steps after that.
///
/// When the steps are done the connection stays open; everything that arrives is still recorded, pings and a close are
/// answered.
///
/// ```
/// use nd_test_host::peer::WsScript;
///
/// let script = WsScript::new()
///     .text(r#"{"op":"hello"}"#)
///     .expect_text(r#"{"op":"identify"}"#)
///     .close(4004, "authentication failed");
/// # let _ = script;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WsScript {
    pub(super) opening: Opening,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) steps: VecDeque<WsStep>,
}

/// How the handshake is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Opening {
    /// As it should be.
    #[default]
    Accept,
    /// By an ordinary HTTP answer.
    Answer(Answer),
    /// By these bytes.
    Raw(Vec<u8>),
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WsStep {
    /// Waits for the next message, which has to be this text.
    ExpectText(String),
    /// Waits for the next message, which has to be these bytes.
    ExpectBinary(Vec<u8>),
    /// Waits for the next message, whatever it is.
    ExpectAny,
    /// Sends a text message.
    Text(String),
    /// Sends a binary message.
    Binary(Vec<u8>),
    /// Sends a ping. The answer is recorded.
    Ping(Vec<u8>),
    /// Sends a close frame, with or without code and reason.
    Close(Option<(u16, String)>),
    /// Sends bytes as they are, frames or not.
    Raw(Vec<u8>),
    /// Waits; what arrives meanwhile is recorded.
    Wait(Duration),
    /// Reads nothing any more, and stays.
    GoDeaf,
    /// Drops the connection without a word.
    HangUp,
}

impl WsScript {
    /// Accepts the handshake and does nothing else.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers the handshake by an ordinary HTTP answer, such as a 403.
    pub fn answer(answer: Answer) -> Self {
        Self {
            opening: Opening::Answer(answer),
            ..Self::default()
        }
    }

    /// Answers the handshake by bytes of any kind, or by none; the steps follow.
    pub fn handshake(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            opening: Opening::Raw(bytes.into()),
            ..Self::default()
        }
    }

    /// Adds a header to the answer that accepts the handshake, such as `Sec-WebSocket-Protocol`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Waits before answering the handshake.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: WsStep) -> Self {
        self.steps.push_back(step);
        self
    }

    /// Waits for a text message and checks it.
    #[must_use]
    pub fn expect_text(self, text: impl Into<String>) -> Self {
        self.step(WsStep::ExpectText(text.into()))
    }

    /// Waits for a binary message and checks it.
    #[must_use]
    pub fn expect_binary(self, data: impl Into<Vec<u8>>) -> Self {
        self.step(WsStep::ExpectBinary(data.into()))
    }

    /// Waits for any message.
    #[must_use]
    pub fn expect_any(self) -> Self {
        self.step(WsStep::ExpectAny)
    }

    /// Sends a text message.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.step(WsStep::Text(text.into()))
    }

    /// Sends a binary message.
    #[must_use]
    pub fn binary(self, data: impl Into<Vec<u8>>) -> Self {
        self.step(WsStep::Binary(data.into()))
    }

    /// Sends a ping.
    #[must_use]
    pub fn ping(self, payload: impl Into<Vec<u8>>) -> Self {
        self.step(WsStep::Ping(payload.into()))
    }

    /// Closes with a code and a reason.
    #[must_use]
    pub fn close(self, code: u16, reason: impl Into<String>) -> Self {
        self.step(WsStep::Close(Some((code, reason.into()))))
    }

    /// Closes without a code.
    #[must_use]
    pub fn close_without_code(self) -> Self {
        self.step(WsStep::Close(None))
    }

    /// Sends bytes as they are.
    #[must_use]
    pub fn raw(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(WsStep::Raw(bytes.into()))
    }

    /// Waits.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.step(WsStep::Wait(time))
    }

    /// Reads nothing any more.
    #[must_use]
    pub fn go_deaf(self) -> Self {
        self.step(WsStep::GoDeaf)
    }

    /// Drops the connection.
    #[must_use]
    pub fn hang_up(self) -> Self {
        self.step(WsStep::HangUp)
    }
}
