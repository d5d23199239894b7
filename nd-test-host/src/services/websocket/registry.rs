//! Which ids stand for which connections, and the way of events into the plugin.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use nd_types::websocket::{
    OnBinaryMessageRequest, OnCloseRequest, OnErrorRequest, OnTextMessageRequest,
};
use serde::Serialize;

use super::ConnectionInfo;
use super::connection::Connection;
use super::error::WebSocketError;
use super::frame::{End, GOING_AWAY, NO_STATUS, NORMAL};
use crate::context::Callback;
use crate::journal::{Journal, LogLevel};
use crate::services::http::Cause;
use crate::until::until;
use crate::wire;

/// The connections of a load.
pub(super) struct Registry {
    plugin: String,
    callback: Weak<dyn Callback>,
    journal: Journal,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    slots: HashMap<String, Slot>,
    last_serial: u64,
    /// Events the plugin was told of, or would have been with the export for them.
    handled: usize,
    closed: bool,
}

enum Slot {
    /// The handshake is under way.
    Reserved(u64),
    Open(Arc<Connection>),
}

/// One event on its way into the plugin.
pub(super) struct Delivery {
    id: String,
    export: &'static str,
    input: Result<Vec<u8>, String>,
}

impl Delivery {
    fn new(id: &str, export: &'static str, request: &impl Serialize) -> Self {
        Self {
            id: id.to_owned(),
            export,
            input: wire::encode(request).map_err(|error| error.to_string()),
        }
    }

    pub(super) fn text(id: &str, message: String) -> Self {
        let request = OnTextMessageRequest {
            connection_id: id.to_owned(),
            message,
        };
        Self::new(id, "nd_websocket_on_text_message", &request)
    }

    pub(super) fn binary(id: &str, data: Vec<u8>) -> Self {
        let request = OnBinaryMessageRequest {
            connection_id: id.to_owned(),
            data,
        };
        Self::new(id, "nd_websocket_on_binary_message", &request)
    }

    pub(super) fn closed(id: &str, code: i32, reason: String) -> Self {
        let request = OnCloseRequest {
            connection_id: id.to_owned(),
            code,
            reason,
        };
        Self::new(id, "nd_websocket_on_close", &request)
    }

    /// An end that is none of our doing: only codes that mean "as planned" are a close, all others an error.
    pub(super) fn of_end(id: &str, end: End) -> Self {
        match end {
            End::Closed { code, reason } if matches!(code, NORMAL | GOING_AWAY | NO_STATUS) => {
                Self::closed(id, code.into(), reason)
            }
            end => {
                let request = OnErrorRequest {
                    connection_id: id.to_owned(),
                    error: end.message(),
                };
                Self::new(id, "nd_websocket_on_error", &request)
            }
        }
    }
}

impl Registry {
    pub(super) fn new(plugin: &str, callback: Weak<dyn Callback>, journal: Journal) -> Arc<Self> {
        Arc::new(Self {
            plugin: plugin.to_owned(),
            callback,
            journal,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Takes an id for a connection that is about to be made.
    pub(super) fn reserve(self: &Arc<Self>, id: &str) -> Result<Reservation, WebSocketError> {
        let mut state = self.lock();
        if state.closed {
            return Err(WebSocketError::Connect(Cause::Cancelled));
        }
        if state.slots.contains_key(id) {
            return Err(WebSocketError::InUse(id.to_owned()));
        }
        state.last_serial += 1;
        let serial = state.last_serial;
        state.slots.insert(id.to_owned(), Slot::Reserved(serial));
        Ok(Reservation {
            registry: self.clone(),
            id: id.to_owned(),
            serial,
        })
    }

    /// Returns an open connection.
    pub(super) fn find(&self, id: &str) -> Result<Arc<Connection>, WebSocketError> {
        match self.lock().slots.get(id) {
            Some(Slot::Open(connection)) => Ok(connection.clone()),
            _ => Err(WebSocketError::NotFound(id.to_owned())),
        }
    }

    /// Takes a connection out and ends its deliveries; its id is free at once.
    pub(super) fn take(&self, id: &str) -> Result<Arc<Connection>, WebSocketError> {
        let mut state = self.lock();
        match state.slots.get(id) {
            Some(Slot::Open(connection)) => {
                let connection = connection.clone();
                connection.silence();
                state.slots.remove(id);
                self.changed.notify_all();
                Ok(connection)
            }
            _ => Err(WebSocketError::NotFound(id.to_owned())),
        }
    }

    /// Frees the id of a connection that has ended, unless it stands for another one by now.
    pub(super) fn release(&self, connection: &Connection) {
        self.remove(&connection.id, connection.serial);
    }

    fn remove(&self, id: &str, serial: u64) {
        let mut state = self.lock();
        let found = state.slots.get(id).is_some_and(|slot| match slot {
            Slot::Reserved(other) => *other == serial,
            Slot::Open(connection) => connection.serial == serial,
        });
        if found {
            state.slots.remove(id);
            self.changed.notify_all();
        }
    }

    /// Takes no more connections and returns those there are; nothing is delivered any more.
    pub(super) fn close(&self) -> Vec<Arc<Connection>> {
        let mut state = self.lock();
        state.closed = true;
        let slots = std::mem::take(&mut state.slots);
        self.changed.notify_all();
        let open = slots.into_values().filter_map(|slot| match slot {
            Slot::Open(connection) => Some(connection),
            Slot::Reserved(_) => None,
        });
        open.inspect(|connection| connection.silence()).collect()
    }

    /// Tells the plugin of an event, on this thread and without any lock: it may call this very service.
    pub(super) fn deliver(&self, delivery: Delivery) {
        let Delivery { id, export, input } = delivery;
        if let Err(error) = self.call(export, input) {
            let text = format!("connection {id}: {export} failed: {error}");
            self.journal.log(&self.plugin, LogLevel::Error, text);
        }
        self.lock().handled += 1;
        self.changed.notify_all();
    }

    fn call(&self, export: &str, input: Result<Vec<u8>, String>) -> Result<(), String> {
        let plugin = self.callback.upgrade().ok_or("the plugin is unloaded")?;
        if !plugin.has_export(export) {
            return Ok(());
        }
        let output = plugin.call(export, input?);
        let output = output.map_err(|error| error.to_string())?;
        wire::read_nothing(&output).map_err(|error| error.to_string())
    }

    pub(super) fn infos(&self) -> Vec<ConnectionInfo> {
        let state = self.lock();
        let open = state.slots.values().filter_map(|slot| match slot {
            Slot::Open(connection) => Some(ConnectionInfo {
                id: connection.id.clone(),
                url: connection.url.clone(),
            }),
            Slot::Reserved(_) => None,
        });
        let mut infos: Vec<_> = open.collect();
        infos.sort_by(|a, b| a.id.cmp(&b.id));
        infos
    }

    pub(super) fn handled(&self) -> usize {
        self.lock().handled
    }

    pub(super) fn wait_handled(&self, count: usize, limit: Duration) -> bool {
        self.wait(limit, |state| state.handled >= count)
    }

    pub(super) fn wait_free(&self, id: &str, limit: Duration) -> bool {
        self.wait(limit, |state| !state.slots.contains_key(id))
    }

    fn wait(&self, limit: Duration, fulfilled: impl Fn(&State) -> bool) -> bool {
        let until = until(limit);
        let mut state = self.lock();
        loop {
            if fulfilled(&state) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id that is taken while its connection is being made; dropping it frees the id.
pub(super) struct Reservation {
    registry: Arc<Registry>,
    pub(super) id: String,
    pub(super) serial: u64,
}

impl Reservation {
    /// Puts the connection in its place; `false` if the service was closed meanwhile.
    pub(super) fn fill(self, connection: Arc<Connection>) -> bool {
        let mut state = self.registry.lock();
        if state.closed {
            return false;
        }
        state.slots.insert(self.id.clone(), Slot::Open(connection));
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        if matches!(state.slots.get(&self.id), Some(Slot::Reserved(serial)) if *serial == self.serial)
        {
            state.slots.remove(&self.id);
        }
    }
}
