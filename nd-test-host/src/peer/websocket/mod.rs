//! A WebSocket server on loopback for plugins to talk to: scripted, recorded, or replayed from a recording.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use self::log::Book;
pub use self::log::{WsEvent, WsSession};
use self::proxy::Proxy;
pub use self::script::{WsScript, WsStep};
use self::session::Arrival;
use super::Answer;
use super::recording::{LeaveOut, Recording, Replay};

mod log;
mod proxy;
mod script;
mod session;
#[cfg(test)]
mod tests;

/// A WebSocket server on loopback. Dropping it stops it.
///
/// ```
/// use std::time::Duration;
/// use nd_test_host::peer::{WsPeer, WsScript};
///
/// let peer = WsPeer::start()?;
/// peer.on("/gateway", WsScript::new().text("hello").expect_text("hi"));
/// // … load a plugin that connects to peer.url("/gateway"), then:
/// # let _ = || {
/// assert!(peer.wait_for_messages(0, 1, Duration::from_secs(30)));
/// assert_eq!(peer.sessions()[0].texts(), ["hi"]);
/// assert_eq!(peer.unexpected(), [""; 0]);
/// # };
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct WsPeer {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    book: Arc<Book>,
    mode: Mode,
    state: Mutex<State>,
}

enum Mode {
    Scripted,
    Recording(Proxy),
    Replaying(Mutex<Replay>),
}

#[derive(Default)]
struct State {
    scripts: HashMap<String, VecDeque<WsScript>>,
    otherwise: Option<WsScript>,
    /// The way into each session, in the order of the sessions.
    commands: Vec<UnboundedSender<WsStep>>,
}

impl WsPeer {
    /// Starts a server on a free port. Until told otherwise it answers every handshake by 404.
    ///
    /// # Errors
    ///
    /// When loopback is out of reach.
    pub fn start() -> io::Result<Self> {
        Self::with(Mode::Scripted)
    }

    /// Starts a server that passes everything on to another one, and keeps what passes.
    ///
    /// `upstream` is the beginning of a URL, as in `wss://gateway.example.com`; the path comes from the client.
    ///
    /// # Errors
    ///
    /// When loopback is out of reach, or there is no cryptography for `wss`.
    pub fn recording(upstream: &str, leave_out: LeaveOut) -> io::Result<Self> {
        let proxy = Proxy::new(upstream, leave_out).map_err(io::Error::other)?;
        Self::with(Mode::Recording(proxy))
    }

    /// Starts a server that plays the server's part of a recording, in step with the client's messages.
    ///
    /// A connection gets the next recorded session of its target. What the recording does not have is refused, and
    /// listed by [`WsPeer::unexpected`].
    ///
    /// # Errors
    ///
    /// When loopback is out of reach.
    pub fn replaying(recording: &Recording) -> io::Result<Self> {
        let replay = Replay::new(recording.clone());
        Self::with(Mode::Replaying(Mutex::new(replay)))
    }

    fn with(mode: Mode) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            book: Arc::default(),
            mode,
            state: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("nd-websocket-peer".into())
            .spawn({
                let shared = shared.clone();
                move || {
                    runtime.block_on(async {
                        tokio::select! {
                            _ = stopped => {}
                            _ = shared.accept(listener) => {}
                        }
                    });
                    // A lookup of the recording's upstream may still run; nobody waits for it.
                    runtime.shutdown_background();
                }
            })?;
        Ok(Self {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Runs this script on every connection to a path, whatever its query.
    pub fn on(&self, path: &str, script: WsScript) {
        self.on_each(path, [script]);
    }

    /// Runs these scripts on the connections to a path one after the other; the last script stays.
    pub fn on_each(&self, path: &str, scripts: impl IntoIterator<Item = WsScript>) {
        let scripts = scripts.into_iter().collect();
        self.shared.state().scripts.insert(path.to_owned(), scripts);
    }

    /// Runs this script on the connections to all other paths.
    pub fn otherwise(&self, script: WsScript) {
        self.shared.state().otherwise = Some(script);
    }

    /// Adds a step to the script of a session that is running; `false` if there is no such session any more.
    pub fn push(&self, session: usize, step: WsStep) -> bool {
        let state = self.shared.state();
        let commands = state.commands.get(session);
        commands.is_some_and(|commands| commands.send(step).is_ok())
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Returns the connections so far, refused ones included, in order.
    pub fn sessions(&self) -> Vec<WsSession> {
        self.shared.book.sessions()
    }

    /// Returns what did not go as scripted or recorded, in words.
    pub fn unexpected(&self) -> Vec<String> {
        self.shared.book.unexpected()
    }

    /// Returns what passed so far; empty unless the peer is recording.
    pub fn recorded(&self) -> Recording {
        match &self.shared.mode {
            Mode::Recording(proxy) => proxy.recorded(),
            _ => Recording::default(),
        }
    }

    /// Waits until that many connections have arrived in all; tells whether they did in time.
    pub fn wait_for_sessions(&self, count: usize, limit: Duration) -> bool {
        self.wait_for(limit, |sessions| sessions.len() >= count)
    }

    /// Waits until a session has received that many messages; tells whether it did in time.
    pub fn wait_for_messages(&self, session: usize, count: usize, limit: Duration) -> bool {
        self.wait_for(limit, |sessions| {
            let session = sessions.get(session);
            session.is_some_and(|session| session.messages().len() >= count)
        })
    }

    /// Waits until the connection of a session is gone; tells whether it was in time.
    pub fn wait_for_end(&self, session: usize, limit: Duration) -> bool {
        self.wait_for(limit, |sessions| {
            sessions.get(session).is_some_and(|session| session.ended)
        })
    }

    /// Waits until the sessions are as wanted; tells whether they were in time.
    pub fn wait_for(&self, limit: Duration, wanted: impl Fn(&[WsSession]) -> bool) -> bool {
        self.shared.book.wait(limit, wanted)
    }
}

impl Drop for WsPeer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It fails if the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for WsPeer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WsPeer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Shared {
    async fn accept(self: &Arc<Self>, listener: TcpListener) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, most likely; not a reason to spin.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let shared = self.clone();
            tokio::spawn(async move {
                // A client that goes away or talks nonsense is its own problem.
                let _ = shared.serve(stream).await;
            });
        }
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let arrival = Arrival::read(stream).await?;
        let (log, commands) = self.open(&arrival);
        let script = match &self.mode {
            Mode::Scripted => self.script(arrival.request.path()),
            Mode::Recording(proxy) => return proxy.run(arrival, log).await,
            Mode::Replaying(replay) => {
                let found = replay
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .session(&arrival.request.target);
                found.unwrap_or_else(|problem| {
                    log.unexpected(&problem);
                    WsScript::answer(Answer::status(501).body(problem))
                })
            }
        };
        session::run(arrival, script, log, commands).await
    }

    /// Gives a session its number, in its record and in the list of ways to it.
    fn open(&self, arrival: &Arrival) -> (log::Log, UnboundedReceiver<WsStep>) {
        let (sender, commands) = unbounded_channel();
        let mut state = self.state();
        state.commands.push(sender);
        (self.book.open(arrival.request.clone()), commands)
    }

    fn script(&self, path: &str) -> WsScript {
        let mut state = self.state();
        let script = match state.scripts.get_mut(path) {
            Some(scripts) if scripts.len() > 1 => scripts.pop_front(),
            Some(scripts) => scripts.front().cloned(),
            None => state.otherwise.clone(),
        };
        script.unwrap_or_else(|| WsScript::answer(Answer::status(404)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
