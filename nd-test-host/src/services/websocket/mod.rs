//! WebSocket: connections a plugin holds to the hosts its manifest names, and the callbacks they lead to.
//!
//! | module | holds |
//! | --- | --- |
//! | `target` | what a URL says, and whether the plugin may go there |
//! | `dial` | from a URL to an open connection |
//! | `driver` | the thread all connections live on |
//! | `connection` | one open connection: what is sent, what arrives |
//! | `close` | close codes, and the words for them |

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use nd_types::websocket::OnCloseRequest;
use serde::Serialize;
use tokio_tungstenite::tungstenite::Message;

use self::connection::Connection;
use self::dial::Dialer;
use self::driver::Driver;
use super::http::{AllowList, HttpSettings};
use super::id;
use crate::context::{CallContext, Callback};
use crate::error::ServiceError;
use crate::generated::WebSocket;
use crate::journal::{Journal, LogLevel};
use crate::server::Rules;
use crate::wire;

mod close;
mod connection;
mod dial;
mod driver;
mod target;
#[cfg(test)]
mod tests;

/// Time a handshake may take, name look-up included.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// Time the end of a connection may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How often a handshake looks whether the plugin call has ended.
const CANCEL_POLL: Duration = Duration::from_millis(20);

/// The WebSocket service of one loaded plugin.
///
/// The server sets no limit on messages; this host ends a connection whose peer sends more than 128 MiB in one.
pub struct WebSocketService {
    shared: Arc<Shared>,
    driver: Mutex<Option<Driver>>,
}

/// What the service and the readers of its connections share.
struct Shared {
    plugin: String,
    callback: Weak<dyn Callback>,
    journal: Journal,
    connections: Mutex<HashMap<String, Slot>>,
    closed: AtomicBool,
    dialer: Dialer,
}

/// What an id stands for.
enum Slot {
    /// A handshake is going on.
    Connecting,
    /// A connection is open, or its last callback is still running.
    Open(Arc<Connection>),
}

impl WebSocketService {
    /// Makes the service for the manifest's `requiredHosts`; names are looked up as for HTTP.
    ///
    /// # Errors
    ///
    /// When no thread can be made for the connections.
    pub fn new(
        plugin: &str,
        required_hosts: &[String],
        rules: &Rules,
        settings: &HttpSettings,
        callback: Weak<dyn Callback>,
        journal: Journal,
    ) -> Result<Self, String> {
        let driver = Driver::start().map_err(|error| format!("starting its thread: {error}"))?;
        let allow = AllowList::new(required_hosts, rules.http.clone()).comparing(rules);
        Ok(Self {
            shared: Arc::new(Shared {
                plugin: plugin.to_owned(),
                callback,
                journal,
                connections: Mutex::default(),
                closed: AtomicBool::new(false),
                dialer: Dialer {
                    allow: Arc::new(allow),
                    unlisted: required_hosts.is_empty(),
                    checks_dial: rules.websocket_dial_check,
                    resolver: settings.resolver.clone(),
                },
            }),
            driver: Mutex::new(Some(driver)),
        })
    }

    /// Returns the ids in use, sorted.
    pub fn connections(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.shared.lock().keys().cloned().collect();
        ids.sort();
        ids
    }

    /// Closes all connections with code 1001; the plugin does not hear of it. Closing again does nothing.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        let connections = std::mem::take(&mut *self.shared.lock());
        let Some(driver) = self.lock_driver().take() else {
            return;
        };
        let open = connections.into_values().filter_map(|slot| match slot {
            Slot::Open(connection) => Some(connection),
            Slot::Connecting => None,
        });
        let goodbyes = open.map(|connection| {
            connection.stop();
            async move { connection.say_goodbye(1001, "plugin unloaded").await }
        });
        let all = futures_util::future::join_all(goodbyes.collect::<Vec<_>>());
        // Whether they all went out in time or not, the connections end with the driver.
        let _ = driver.spawn(all).recv_timeout(CLOSE_LIMIT);
    }

    /// Runs something on the service's thread and waits for it, for as long as the plugin call has time.
    fn run<T: Send + 'static>(
        &self,
        ctx: &CallContext,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let unloaded = || ServiceError::new("the plugin is unloaded");
        let waiting = match &*self.lock_driver() {
            Some(driver) => driver.spawn(work),
            None => return Err(unloaded()),
        };
        loop {
            match waiting.recv_timeout(CANCEL_POLL) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(unloaded()),
                Err(RecvTimeoutError::Timeout) if ctx.remaining().is_zero() => {
                    return Err("context deadline exceeded".into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn send(
        &self,
        ctx: &CallContext,
        id: &str,
        message: Message,
        kind: &str,
    ) -> Result<(), ServiceError> {
        let connection = self.shared.find(id)?;
        let sent = self.run(ctx, async move { connection.send(message).await })?;
        sent.map_err(|error| ServiceError::new(format!("failed to send {kind} message: {error}")))
    }

    fn lock_driver(&self) -> MutexGuard<'_, Option<Driver>> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WebSocketService {
    fn drop(&mut self) {
        self.close();
    }
}

impl WebSocket for WebSocketService {
    fn connect(
        &self,
        ctx: &CallContext,
        url: String,
        headers: HashMap<String, String>,
        connection_id: String,
    ) -> Result<String, ServiceError> {
        let target = self.shared.dialer.check(&url)?;
        let id = match connection_id.is_empty() {
            true => id::random(),
            false => connection_id,
        };
        self.shared.reserve(&id)?;
        let (shared, call, name) = (self.shared.clone(), ctx.clone(), id.clone());
        let opened = self.run(ctx, async move {
            let limit = HANDSHAKE_LIMIT.min(call.remaining());
            let ended = async {
                while !call.is_cancelled() {
                    tokio::time::sleep(CANCEL_POLL).await;
                }
            };
            let opened = tokio::select! {
                opened = tokio::time::timeout(limit, shared.dialer.open(&target, &headers)) => {
                    opened.unwrap_or_else(|_| Err("the handshake took too long".to_owned()))
                }
                () = ended => Err("context canceled".to_owned()),
            };
            let stream = opened?;
            let (connection, reader) = Connection::new(&name, stream);
            if !shared.open(&name, &connection) {
                return Err("the plugin is unloaded".to_owned());
            }
            let task = tokio::spawn(reader.run(shared));
            connection.reads_with(task.abort_handle());
            Ok(())
        });
        match opened.and_then(|opened| {
            opened.map_err(|error| ServiceError::new(format!("failed to connect: {error}")))
        }) {
            Ok(()) => Ok(id),
            Err(error) => {
                self.shared.release_reserved(&id);
                Err(error)
            }
        }
    }

    fn send_text(
        &self,
        ctx: &CallContext,
        connection_id: String,
        message: String,
    ) -> Result<(), ServiceError> {
        self.send(ctx, &connection_id, Message::text(message), "text")
    }

    fn send_binary(
        &self,
        ctx: &CallContext,
        connection_id: String,
        data: Vec<u8>,
    ) -> Result<(), ServiceError> {
        self.send(ctx, &connection_id, Message::binary(data), "binary")
    }

    fn close_connection(
        &self,
        ctx: &CallContext,
        connection_id: String,
        code: i32,
        reason: String,
    ) -> Result<(), ServiceError> {
        let connection = self.shared.take(&connection_id)?;
        connection.stop();
        let (word, text) = (code as u16, reason.clone());
        self.run(ctx, async move {
            // The peer may be gone or not listen; the connection ends all the same.
            let goodbye = connection.say_goodbye(word, &text);
            let _ = tokio::time::timeout(CLOSE_LIMIT, goodbye).await;
        })?;
        let request = OnCloseRequest {
            connection_id,
            code,
            reason,
        };
        self.shared.tell("nd_websocket_on_close", &request);
        Ok(())
    }
}

impl Shared {
    fn reserve(&self, id: &str) -> Result<(), ServiceError> {
        let mut connections = self.lock();
        if connections.contains_key(id) {
            return Err(format!("connection ID \"{id}\" already exists").into());
        }
        connections.insert(id.to_owned(), Slot::Connecting);
        Ok(())
    }

    fn release_reserved(&self, id: &str) {
        let mut connections = self.lock();
        if matches!(connections.get(id), Some(Slot::Connecting)) {
            connections.remove(id);
        }
    }

    /// Puts an open connection in the place of its handshake, unless the service was closed meanwhile.
    fn open(&self, id: &str, connection: &Arc<Connection>) -> bool {
        let mut connections = self.lock();
        if self.closed.load(Ordering::Acquire) {
            return false;
        }
        connections.insert(id.to_owned(), Slot::Open(connection.clone()));
        true
    }

    fn find(&self, id: &str) -> Result<Arc<Connection>, ServiceError> {
        match self.lock().get(id) {
            Some(Slot::Open(connection)) => Ok(connection.clone()),
            _ => Err(unknown(id)),
        }
    }

    fn take(&self, id: &str) -> Result<Arc<Connection>, ServiceError> {
        let mut connections = self.lock();
        match connections.remove(id) {
            Some(Slot::Open(connection)) => Ok(connection),
            Some(connecting) => {
                connections.insert(id.to_owned(), connecting);
                Err(unknown(id))
            }
            None => Err(unknown(id)),
        }
    }

    /// Frees the id of a connection, if it still stands for that one.
    fn release(&self, connection: &Arc<Connection>) {
        let mut connections = self.lock();
        let id = connection.id();
        if let Some(Slot::Open(known)) = connections.get(id)
            && Arc::ptr_eq(known, connection)
        {
            connections.remove(id);
        }
    }

    /// Calls the plugin back. A plugin without the export does not want to know; a failure is only logged.
    fn tell<T: Serialize>(&self, export: &str, request: &T) {
        let Some(plugin) = self.callback.upgrade() else {
            return;
        };
        if !plugin.has_export(export) {
            return;
        }
        let called = wire::encode(request)
            .map_err(|error| error.to_string())
            .and_then(|input| {
                plugin
                    .call(export, input)
                    .map_err(|error| error.to_string())
            })
            .and_then(|output| wire::read_nothing(&output).map_err(|error| error.to_string()));
        if let Err(error) = called {
            let message = format!("{export} failed: {error}");
            self.journal.log(&self.plugin, LogLevel::Error, message);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(id: &str) -> ServiceError {
    ServiceError::new(format!("connection ID \"{id}\" not found"))
}
