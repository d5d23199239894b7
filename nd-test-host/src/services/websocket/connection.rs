//! One open connection: what is sent over it, and what arrives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use nd_types::websocket::{
    OnBinaryMessageRequest, OnCloseRequest, OnErrorRequest, OnTextMessageRequest,
};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Shared;
use super::close::{ABNORMAL, NO_STATUS, describe, is_normal};
use super::dial::Stream;

/// The sending side, and what others know of the connection.
pub(super) struct Connection {
    id: String,
    sink: Mutex<SplitSink<Stream, Message>>,
    /// The plugin or its unloading has ended the connection: nothing that arrives is told any more.
    stopped: AtomicBool,
    reader: StdMutex<Option<AbortHandle>>,
}

impl Connection {
    pub(super) fn new(id: &str, stream: Stream) -> (Arc<Self>, Reader) {
        let (sink, stream) = stream.split();
        let connection = Arc::new(Self {
            id: id.to_owned(),
            sink: Mutex::new(sink),
            stopped: AtomicBool::new(false),
            reader: StdMutex::new(None),
        });
        let reader = Reader {
            connection: connection.clone(),
            stream,
        };
        (connection, reader)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Remembers what reads, so that it can be stopped.
    pub(super) fn reads_with(&self, task: AbortHandle) {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        match self.stopped.load(Ordering::Acquire) {
            true => task.abort(),
            false => *reader = Some(task),
        }
    }

    /// Sends one message; calls at the same time are sent one after the other.
    pub(super) async fn send(&self, message: Message) -> Result<(), Error> {
        self.sink.lock().await.send(message).await
    }

    /// Ends the reading. A callback that runs is not cut off, but no other follows.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = reader.take() {
            task.abort();
        }
    }

    /// Sends a close frame and closes the socket.
    pub(super) async fn say_goodbye(&self, code: u16, reason: &str) {
        let frame = (code != NO_STATUS).then(|| CloseFrame {
            code: code.into(),
            reason: reason.into(),
        });
        let mut sink = self.sink.lock().await;
        // A peer that is gone already need not be told.
        let _ = sink.send(Message::Close(frame)).await;
        let _ = sink.close().await;
    }
}

/// The receiving side.
pub(super) struct Reader {
    connection: Arc<Connection>,
    stream: SplitStream<Stream>,
}

/// Something a plugin is told.
enum Event {
    Text(OnTextMessageRequest),
    Binary(OnBinaryMessageRequest),
    Error(OnErrorRequest),
    Close(OnCloseRequest),
}

impl Reader {
    /// Tells the plugin of everything that arrives, one after the other, until the connection ends. The next message is
    /// read only after the callback has returned.
    pub(super) async fn run(mut self, shared: Arc<Shared>) {
        loop {
            let (event, last) = self.next().await;
            if let Some(event) = event {
                let (plugin, connection) = (shared.clone(), self.connection.clone());
                let told = tokio::task::spawn_blocking(move || {
                    if !connection.stopped.load(Ordering::Acquire) {
                        plugin.deliver(&event);
                    }
                });
                if told.await.is_err() {
                    // Only a panic of the host's own gets here; the connection is of no use without its reader.
                    shared.release(&self.connection);
                    return;
                }
            }
            if last {
                // The id is free only now: from inside the last callback it is still taken.
                shared.release(&self.connection);
                let _ = self.connection.sink.lock().await.close().await;
                return;
            }
        }
    }

    /// Returns what to tell the plugin, and whether it is the last.
    async fn next(&mut self) -> (Option<Event>, bool) {
        let connection_id = self.connection.id.clone();
        let failed = |error: String| {
            let connection_id = self.connection.id.clone();
            (
                Some(Event::Error(OnErrorRequest {
                    connection_id,
                    error,
                })),
                true,
            )
        };
        match self.stream.next().await {
            Some(Ok(Message::Text(message))) => {
                let message = message.as_str().to_owned();
                let request = OnTextMessageRequest {
                    connection_id,
                    message,
                };
                (Some(Event::Text(request)), false)
            }
            Some(Ok(Message::Binary(data))) => {
                let data = data.to_vec();
                let request = OnBinaryMessageRequest {
                    connection_id,
                    data,
                };
                (Some(Event::Binary(request)), false)
            }
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) = match frame {
                    Some(frame) => (u16::from(frame.code), frame.reason.as_str().to_owned()),
                    None => (NO_STATUS, String::new()),
                };
                match is_normal(code) {
                    true => {
                        let request = OnCloseRequest {
                            connection_id,
                            code: code.into(),
                            reason,
                        };
                        (Some(Event::Close(request)), true)
                    }
                    false => failed(describe(code, &reason)),
                }
            }
            // Pings are answered by the library with the next read.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => (None, false),
            Some(Err(
                Error::ConnectionClosed
                | Error::AlreadyClosed
                | Error::Io(_)
                | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            ))
            | None => failed(describe(ABNORMAL, "unexpected EOF")),
            Some(Err(error)) => failed(format!("websocket: {error}")),
        }
    }
}

impl Shared {
    fn deliver(&self, event: &Event) {
        match event {
            Event::Text(request) => self.tell("nd_websocket_on_text_message", request),
            Event::Binary(request) => self.tell("nd_websocket_on_binary_message", request),
            Event::Error(request) => self.tell("nd_websocket_on_error", request),
            Event::Close(request) => self.tell("nd_websocket_on_close", request),
        }
    }
}
