//! A WebSocket server on loopback for plugins to talk to: scripted answers, recorded messages.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocket};
use tokio_tungstenite::tungstenite::{Error, Message, accept_hdr};

/// How long a connection waits for its client before it looks whether there is something to send.
const TURN: Duration = Duration::from_millis(2);
/// Time a client has for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A WebSocket server on loopback. Dropping it drops its connections.
///
/// ```
/// use nd_test_host::peer::{WsEvent, WsPeer, WsSend};
///
/// let peer = WsPeer::start()?;
/// // Greets whoever comes, and says everything back.
/// peer.on_open([WsSend::text("hello")]);
/// peer.on_message(|message| match message {
///     WsEvent::Text(text) => vec![WsSend::text(text.clone())],
///     _ => Vec::new(),
/// });
/// assert!(peer.url("/gateway").starts_with("ws://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct WsPeer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Something the server does on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WsSend {
    /// Sends a text message.
    Text(String),
    /// Sends a binary message.
    Binary(Vec<u8>),
    /// Sends a ping.
    Ping(Vec<u8>),
    /// Closes with a code and a reason; without a code if it is none.
    Close(Option<u16>, String),
    /// Sends bytes that are no frame a client may expect.
    Raw(Vec<u8>),
    /// Drops the connection without a word.
    Drop,
}

impl WsSend {
    /// Sends a text message.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Closes with a code and a reason.
    pub fn close(code: u16, reason: impl Into<String>) -> Self {
        Self::Close(Some(code), reason.into())
    }
}

/// Something that arrived at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WsEvent {
    /// A client came: path with query, and headers as they were sent.
    Open {
        /// Path and query.
        target: String,
        /// Names in lower case, and values.
        headers: Vec<(String, String)>,
    },
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The client closed, with this code and reason; without a code if it is none.
    Close(Option<u16>, String),
    /// The connection is gone.
    Gone,
}

type Script = Box<dyn Fn(&WsEvent) -> Vec<WsSend> + Send + Sync>;

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    on_open: Vec<WsSend>,
    on_message: Option<Arc<Script>>,
    events: Vec<WsEvent>,
    clients: Vec<Sender<WsSend>>,
}

impl WsPeer {
    /// Starts a server on a free port. It records what arrives and says nothing until told to.
    ///
    /// # Errors
    ///
    /// When no port or no thread can be had.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("nd-ws-peer".to_owned())
            .spawn({
                let shared = shared.clone();
                move || listen(&listener, &shared)
            })?;
        Ok(Self {
            address,
            shared,
            thread: Some(thread),
        })
    }

    /// Returns the address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Sets what every client gets as soon as it has come.
    pub fn on_open(&self, sends: impl IntoIterator<Item = WsSend>) {
        self.shared.lock().on_open = sends.into_iter().collect();
    }

    /// Sets how messages, pongs and close frames are answered.
    pub fn on_message(&self, script: impl Fn(&WsEvent) -> Vec<WsSend> + Send + Sync + 'static) {
        self.shared.lock().on_message = Some(Arc::new(Box::new(script)));
    }

    /// Does something on every connection there is.
    pub fn send(&self, send: &WsSend) {
        let mut state = self.shared.lock();
        state
            .clients
            .retain(|client| client.send(send.clone()).is_ok());
    }

    /// Returns everything that arrived so far.
    pub fn events(&self) -> Vec<WsEvent> {
        self.shared.lock().events.clone()
    }

    /// Waits until what arrived satisfies a condition, at most for `limit`; returns everything that arrived.
    ///
    /// # Errors
    ///
    /// What arrived until the time was over.
    pub fn wait_for(
        &self,
        limit: Duration,
        done: impl Fn(&[WsEvent]) -> bool,
    ) -> Result<Vec<WsEvent>, Vec<WsEvent>> {
        let until = Instant::now() + limit;
        let mut state = self.shared.lock();
        while !done(&state.events) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(state.events.clone());
            }
            let waited = self.shared.arrived.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state.events.clone())
    }
}

impl Drop for WsPeer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // Wakes the listener; if nobody can connect any more it has ended.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, event: WsEvent) {
        self.lock().events.push(event);
        self.arrived.notify_all();
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let own = shared.clone();
        // Without a thread the client finds nobody, which is what a busy machine does.
        let _ = std::thread::Builder::new()
            .name("nd-ws-peer-client".to_owned())
            .spawn(move || serve(stream, &own));
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut opened = None;
    let limits = stream
        .set_read_timeout(Some(HANDSHAKE))
        .and_then(|()| stream.set_nodelay(true));
    #[allow(clippy::result_large_err, reason = "the library's own signature")]
    let greet = |request: &Request, response: Response| {
        let headers = request.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        opened = Some(WsEvent::Open {
            target: request.uri().to_string(),
            headers: headers.collect(),
        });
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr(stream, greet) else {
        return;
    };
    if limits.is_err() || socket.get_ref().set_read_timeout(Some(TURN)).is_err() {
        return;
    }
    let (client, sends) = channel();
    {
        let mut state = shared.lock();
        for send in state.on_open.clone() {
            // The receiving end is in this very function.
            let _ = client.send(send);
        }
        state.clients.push(client.clone());
        state.events.extend(opened);
    }
    shared.arrived.notify_all();
    converse(&mut socket, shared, &client, &sends);
    shared.note(WsEvent::Gone);
}

/// Sends and receives in turns until the connection ends.
fn converse(
    socket: &mut WebSocket<TcpStream>,
    shared: &Shared,
    client: &Sender<WsSend>,
    sends: &Receiver<WsSend>,
) {
    while !shared.stopped.load(Ordering::Acquire) {
        while let Ok(send) = sends.try_recv() {
            if !perform(socket, send) {
                return;
            }
        }
        let event = match socket.read() {
            Ok(Message::Text(text)) => WsEvent::Text(text.as_str().to_owned()),
            Ok(Message::Binary(data)) => WsEvent::Binary(data.to_vec()),
            Ok(Message::Pong(data)) => WsEvent::Pong(data.to_vec()),
            Ok(Message::Close(frame)) => match frame {
                Some(CloseFrame { code, reason }) => {
                    WsEvent::Close(Some(code.into()), reason.as_str().to_owned())
                }
                None => WsEvent::Close(None, String::new()),
            },
            Ok(Message::Ping(_) | Message::Frame(_)) => continue,
            Err(Error::Io(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                continue;
            }
            Err(_) => return,
        };
        let script = shared.lock().on_message.clone();
        for send in script.iter().flat_map(|script| script(&event)) {
            // The receiving end is held by the caller.
            let _ = client.send(send);
        }
        shared.note(event);
    }
}

/// Does one thing; false when the connection is over.
fn perform(socket: &mut WebSocket<TcpStream>, send: WsSend) -> bool {
    let sent = match send {
        WsSend::Text(text) => socket.send(Message::text(text)),
        WsSend::Binary(data) => socket.send(Message::binary(data)),
        WsSend::Ping(data) => socket.send(Message::Ping(data.into())),
        WsSend::Close(code, reason) => {
            let frame = code.map(|code| CloseFrame {
                code: code.into(),
                reason: reason.into(),
            });
            socket.close(frame).and_then(|()| socket.flush())
        }
        WsSend::Raw(bytes) => {
            use io::Write;
            socket.get_mut().write_all(&bytes).map_err(Error::Io)
        }
        WsSend::Drop => return false,
    };
    sent.is_ok()
}
