//! One connection: a writer that calls share, and a reader that hands events to the plugin one at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use super::dial::Stream;
use super::frame::{self, End, Event, Kind, Reader};
use super::registry::{Delivery, Registry};

/// How long a close frame may take.
pub(super) const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How long the answer to a close frame may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// How long what still arrives is read after a close, so that the other side gets to read the close frame.
const LINGER: Duration = Duration::from_secs(2);
/// The same when the plugin is unloaded and everybody waits.
const LAST_LINGER: Duration = Duration::from_millis(500);

pub(crate) type Source = BufReader<ReadHalf<Box<dyn Stream>>>;
pub(crate) type Sink = WriteHalf<Box<dyn Stream>>;

/// One connection.
pub(super) struct Connection {
    pub(super) id: String,
    /// Tells the connection from a later one with the same id.
    pub(super) serial: u64,
    pub(super) url: String,
    writer: Mutex<Writer>,
    /// Whether our side has closed it, so that nothing is delivered any more.
    closing: watch::Sender<bool>,
    /// Whether the reader is through with it.
    done: watch::Sender<bool>,
}

struct Writer {
    sink: Sink,
    /// A frame was begun and not finished; whatever came next would be read as its rest.
    torn: bool,
    closed: bool,
}

impl Connection {
    pub(super) fn new(id: String, serial: u64, url: String, sink: Sink) -> Arc<Self> {
        Arc::new(Self {
            id,
            serial,
            url,
            writer: Mutex::new(Writer {
                sink,
                torn: false,
                closed: false,
            }),
            closing: watch::Sender::new(false),
            done: watch::Sender::new(false),
        })
    }

    /// Sends one frame behind those that are on their way. Dropping this while it writes makes later sends fail.
    pub(super) async fn send(&self, kind: Kind, payload: &[u8]) -> Result<(), String> {
        let mut writer = self.writer.lock().await;
        writer.send(kind, payload).await
    }

    /// Ends delivery; what the plugin does not know yet it never gets to know.
    pub(super) fn silence(&self) {
        self.closing.send_replace(true);
    }

    /// Sends a close frame and ends our side, within the limit. Failures mean that there is nobody to tell.
    pub(super) async fn close(&self, payload: Vec<u8>, limit: Duration) {
        let close = async {
            let mut writer = self.writer.lock().await;
            // A reason that is too long for a control frame: as on the server, the connection ends without a word.
            if payload.len() <= frame::MAX_CONTROL {
                let _ = writer.send(Kind::Close, &payload).await;
            }
            writer.closed = true;
            let _ = writer.sink.shutdown().await;
        };
        let _ = timeout(limit, close).await;
    }

    /// Takes leave because the plugin is unloaded.
    pub(super) async fn go_away(&self) {
        self.silence();
        let payload = frame::close_payload(frame::GOING_AWAY, "plugin unloaded");
        self.close(payload, CLOSE_LIMIT).await;
        let mut done = self.done.subscribe();
        let _ = timeout(LAST_LINGER, done.wait_for(|done| *done)).await;
    }

    /// Reads until the connection ends, and tells the plugin of everything.
    pub(super) async fn read(self: Arc<Self>, source: Source, limit: usize, owner: Arc<Registry>) {
        let mut reader = Reader::new(source, limit);
        let mut closing = self.closing.subscribe();
        let silenced = async {
            // Fails only if the sender is gone, which lives as long as this connection.
            let _ = closing.wait_for(|closing| *closing).await;
        };
        let ended = tokio::select! {
            biased;
            () = silenced => None,
            end = self.serve(&mut reader, &owner) => Some(end),
        };
        if let Some(end) = ended {
            if let Some(answer) = end.answer() {
                self.close(answer, ANSWER_LIMIT).await;
            }
            let drained = tokio::spawn(async move {
                let _ = timeout(LINGER, reader.drain()).await;
            });
            self.deliver(&owner, Delivery::of_end(&self.id, end)).await;
            owner.release(&self);
            let _ = drained.await;
        } else {
            let _ = timeout(LINGER, reader.drain()).await;
        }
        self.done.send_replace(true);
    }

    /// Delivers messages and answers pings; the next frame is read when the plugin is done with the last.
    async fn serve(self: &Arc<Self>, reader: &mut Reader<Source>, owner: &Arc<Registry>) -> End {
        loop {
            let delivery = match reader.next().await {
                Event::Text(text) => Delivery::text(&self.id, text),
                Event::Binary(data) => Delivery::binary(&self.id, data),
                Event::Ping(payload) => {
                    // A failed write is noticed by the reader, or by whoever sends next.
                    let _ = self.send(Kind::Pong, &payload).await;
                    continue;
                }
                Event::End(end) => return end,
            };
            self.deliver(owner, delivery).await;
        }
    }

    async fn deliver(self: &Arc<Self>, owner: &Arc<Registry>, delivery: Delivery) {
        let (connection, owner) = (self.clone(), owner.clone());
        let called = tokio::task::spawn_blocking(move || {
            if !*connection.closing.borrow() {
                owner.deliver(delivery);
            }
        });
        // It fails if the call panicked, which is the runtime's own affair, or at the end of everything.
        let _ = called.await;
    }
}

impl Writer {
    async fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<(), String> {
        if self.closed {
            return Err("websocket: close sent".to_owned());
        }
        if self.torn {
            return Err("write: an earlier message was cut off".to_owned());
        }
        let frame = frame::encode(kind, payload, mask()?);
        self.torn = true;
        let written = async {
            self.sink.write_all(&frame).await?;
            self.sink.flush().await
        };
        written.await.map_err(|error| format!("write: {error}"))?;
        self.torn = false;
        Ok(())
    }
}

/// Four bytes nobody can foresee.
fn mask() -> Result<[u8; 4], String> {
    let mut mask = [0; 4];
    getrandom::fill(&mut mask).map_err(|error| error.to_string())?;
    Ok(mask)
}
