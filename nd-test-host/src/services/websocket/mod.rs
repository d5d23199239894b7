//! WebSocket: connections a plugin opens through the server, whose events come back through its exports.
//!
//! | module | holds |
//! | --- | --- |
//! | `dial` | from a host name to a stream, past the allow-list |
//! | `handshake` | the opening handshake |
//! | `frame` | messages in frames, and how a connection ends |
//! | `connection` | one connection: its writer and its reader |
//! | `registry` | the ids in use, and the way into the plugin |
//! | `engine` | the thread below, and waiting for it |

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::io::BufReader;
use tokio::time::Instant;

use self::connection::{CLOSE_LIMIT, Connection, Sink, Source};
use self::engine::Engine;
pub use self::error::WebSocketError;
use self::frame::Kind;
pub use self::frame::MAX_MESSAGE;
use self::handshake::Handshake;
use self::registry::{Delivery, Registry};
use super::clock::Clock;
use super::http::{AllowList, Cause, Resolve, Target};
use super::id;
use crate::context::{CallContext, Callback};
use crate::error::ServiceError;
use crate::generated::WebSocket;
use crate::journal::Journal;
use crate::server::Rules;

mod connection;
mod dial;
mod engine;
mod error;
mod frame;
mod handshake;
mod registry;
#[cfg(test)]
mod tests;

/// The client's side of the protocol by itself, for those who pass connections on.
pub(crate) mod client {
    pub(crate) use super::connection::Sink;
    pub(crate) use super::dial::{browser_roots, connect, lookup};
    pub(crate) use super::frame::{End, Event, Kind, MAX_MESSAGE, Reader, close_payload, encode};
    pub(crate) use super::handshake::Handshake;
}

/// How long a connection may take to come about, lookup and handshake included.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);

/// The WebSocket service of one loaded plugin.
///
/// One thread serves all connections; callbacks run on threads of their own. Both begin with the first connection and
/// end when the service is closed. There are no proxies, no redirects and no compression, and no pings of the host's own.
pub struct WebSocketService {
    allow: AllowList,
    resolver: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    registry: Arc<Registry>,
    engine: Engine,
    message_limit: usize,
}

/// What the service is made from.
pub struct WebSocketSetup<'a> {
    /// Plugin id.
    pub plugin: &'a str,
    /// The manifest's `websocket.requiredHosts`.
    pub required_hosts: &'a [String],
    /// The rules of the server release.
    pub rules: &'a Rules,
    /// What names are looked up with.
    pub resolver: Arc<dyn Resolve>,
    /// The way back into the plugin.
    pub callback: Weak<dyn Callback>,
    /// The host's journal.
    pub journal: Journal,
    /// A clock that, moved by hand past a limit, ends what the limit is for.
    pub clock: Arc<dyn Clock>,
}

/// A connection, for tests and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The id, given or generated.
    pub id: String,
    /// Where it leads.
    pub url: String,
}

impl WebSocketService {
    /// Makes a service without connections.
    ///
    /// # Errors
    ///
    /// When there is no cryptography for `wss`.
    pub fn new(setup: WebSocketSetup<'_>) -> Result<Self, String> {
        Ok(Self {
            allow: AllowList::websocket(setup.required_hosts, setup.rules),
            resolver: setup.resolver,
            tls: dial::browser_roots()?,
            registry: Registry::new(setup.plugin, setup.callback, setup.journal),
            engine: Engine::new(setup.plugin, setup.clock),
            message_limit: MAX_MESSAGE,
        })
    }

    /// Takes leave of every peer with code 1001 and the reason `plugin unloaded`. The plugin is told nothing.
    ///
    /// A peer that does not listen is waited for, 5 s at most. Closing again does nothing.
    pub fn close(&self) {
        self.engine.stop(self.registry.close());
    }

    /// Returns the open connections, sorted by id.
    ///
    /// One that the other side has closed counts until the plugin has been told.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.registry.infos()
    }

    /// Returns how many events have been delivered, and how many of them the plugin was done with, whatever the outcome.
    /// Events the plugin has no export for count.
    pub fn handled(&self) -> usize {
        self.registry.handled()
    }

    /// Waits until that many events have been delivered in all; tells whether they were within `limit` of real time.
    pub fn wait_handled(&self, count: usize, limit: Duration) -> bool {
        self.registry.wait_handled(count, limit)
    }

    /// Waits until an id is free; tells whether it was within `limit` of real time.
    pub fn wait_free(&self, id: &str, limit: Duration) -> bool {
        self.registry.wait_free(id, limit)
    }

    /// Opens a connection and returns its id.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the order of the variants of [`WebSocketError`].
    pub fn open(
        &self,
        ctx: &CallContext,
        url: &str,
        headers: &HashMap<String, String>,
        id: String,
    ) -> Result<String, WebSocketError> {
        let target = Target::parse(url).map_err(WebSocketError::Url)?;
        if !matches!(target.scheme.as_str(), "ws" | "wss") {
            return Err(WebSocketError::Scheme);
        }
        let checked = self.allow.check_host(&target.authority, target.host());
        checked.map_err(WebSocketError::Host)?;
        let id = if id.is_empty() { id::random() } else { id };
        let reservation = self.registry.reserve(&id)?;
        let connected = self.connect_to(ctx, &target, headers);
        let (source, sink) = connected.map_err(WebSocketError::Connect)?;
        let engine = self.engine.handle().map_err(WebSocketError::Connect)?;
        let connection = Connection::new(id.clone(), reservation.serial, target.to_string(), sink);
        if !reservation.fill(connection.clone()) {
            return Err(WebSocketError::Connect(Cause::Cancelled));
        }
        engine.spawn(connection.read(source, self.message_limit, self.registry.clone()));
        Ok(id)
    }

    /// Does the work of [`WebSocketService::open`] that needs a network, and the checks right before it.
    fn connect_to(
        &self,
        ctx: &CallContext,
        target: &Target,
        headers: &HashMap<String, String>,
    ) -> Result<(Source, Sink), Cause> {
        let handshake = Handshake::new(target, headers).map_err(Cause::Other)?;
        let started = Instant::now();
        let left = || HANDSHAKE_LIMIT.saturating_sub(started.elapsed());
        let (resolver, host) = (self.resolver.clone(), handshake.host.clone());
        let lookup = async move {
            let found = tokio::task::spawn_blocking(move || dial::lookup(&*resolver, &host)).await;
            found.unwrap_or_else(|error| Err(Cause::Other(error.to_string())))
        };
        let found = self.engine.run(ctx, left(), lookup)??;
        // Judged on this thread, which knows the plugin call, and on the very addresses that are connected to.
        let addresses = dial::accepted(&self.allow, found, handshake.port)?;
        let tls = handshake.secure.then(|| self.tls.clone());
        let due = started + HANDSHAKE_LIMIT;
        let connect = async move {
            let stream = dial::connect(&addresses, &handshake.host, tls, due).await?;
            let (source, mut sink) = tokio::io::split(stream);
            let mut source = BufReader::new(source);
            let agreed = handshake.perform(&mut source, &mut sink).await;
            agreed.map_err(Cause::Other)?;
            Ok((source, sink))
        };
        self.engine.run(ctx, left(), connect)?
    }

    /// Sends a message and returns when it is on its way.
    fn send(
        &self,
        ctx: &CallContext,
        id: &str,
        (kind, name): (Kind, &'static str),
        payload: Vec<u8>,
    ) -> Result<(), WebSocketError> {
        let connection = self.registry.find(id)?;
        let send = async move { connection.send(kind, &payload).await };
        let limit = ctx.remaining();
        let sent = self.engine.run(ctx, limit, send);
        let sent = sent.and_then(|sent| sent.map_err(Cause::Other));
        sent.map_err(|cause| WebSocketError::Send { kind: name, cause })
    }

    /// Closes a connection and tells the plugin before it returns.
    fn hang_up(
        &self,
        ctx: &CallContext,
        id: &str,
        code: i32,
        reason: String,
    ) -> Result<(), WebSocketError> {
        let connection = self.registry.take(id)?;
        // A code beyond 16 bits loses its upper ones on the wire, as on the server.
        let payload = frame::close_payload(code as u16, &reason);
        let close = async move { connection.close(payload, CLOSE_LIMIT).await };
        // Whether the other side hears of it makes no difference here.
        let _ = self.engine.run(ctx, CLOSE_LIMIT, close);
        self.registry.deliver(Delivery::closed(id, code, reason));
        Ok(())
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
        self.open(ctx, &url, &headers, connection_id)
            .map_err(wire_error)
    }

    fn send_text(
        &self,
        ctx: &CallContext,
        connection_id: String,
        message: String,
    ) -> Result<(), ServiceError> {
        let kind = (Kind::Text, "text");
        self.send(ctx, &connection_id, kind, message.into_bytes())
            .map_err(wire_error)
    }

    fn send_binary(
        &self,
        ctx: &CallContext,
        connection_id: String,
        data: Vec<u8>,
    ) -> Result<(), ServiceError> {
        let kind = (Kind::Binary, "binary");
        self.send(ctx, &connection_id, kind, data)
            .map_err(wire_error)
    }

    fn close_connection(
        &self,
        ctx: &CallContext,
        connection_id: String,
        code: i32,
        reason: String,
    ) -> Result<(), ServiceError> {
        self.hang_up(ctx, &connection_id, code, reason)
            .map_err(wire_error)
    }
}

impl Drop for WebSocketService {
    fn drop(&mut self) {
        self.close();
    }
}

fn wire_error(error: WebSocketError) -> ServiceError {
    ServiceError::new(error.to_string())
}
