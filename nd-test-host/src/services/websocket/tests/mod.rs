//! Statement by statement what the contract says of WebSocket connections, over loopback.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::context::CancelToken;
use crate::error::CallError;
use crate::journal::CallId;
use crate::peer::{WsPeer, WsScript};
use crate::services::http::StaticResolver;
use crate::services::{ManualClock, SystemClock};

mod closing;
mod connecting;
mod events;
mod frames;
mod hostile;
mod tls;

/// As long as a busy machine may need.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// What a plugin does when it is told of something: `(export, request)` to its output.
type Reaction = Box<dyn Fn(&str, &Value) -> Result<Vec<u8>, CallError> + Send + Sync>;

/// A plugin that notes what it is told.
struct Listener {
    told: Mutex<Vec<(String, Value)>>,
    exports: Vec<&'static str>,
    react: Reaction,
}

const EXPORTS: [&str; 4] = ["text_message", "binary_message", "error", "close"];

impl Callback for Listener {
    fn call(&self, export: &str, input: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let request: Value = serde_json::from_slice(&input).expect("JSON");
        let told = (export.to_owned(), request.clone());
        self.told.lock().expect("the list").push(told);
        (self.react)(export, &request)
    }

    fn has_export(&self, export: &str) -> bool {
        self.exports
            .iter()
            .any(|name| export == format!("nd_websocket_on_{name}"))
    }
}

/// A service, and the plugin behind it.
struct Fixture {
    service: Arc<WebSocketService>,
    listener: Arc<Listener>,
    journal: Journal,
}

struct Options {
    hosts: Vec<String>,
    rules: Rules,
    clock: Arc<dyn Clock>,
    exports: Vec<&'static str>,
    react: Reaction,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hosts: vec!["127.0.0.1".to_owned()],
            rules: Rules::default(),
            clock: Arc::new(SystemClock),
            exports: EXPORTS.to_vec(),
            react: Box::new(|_, _| Ok(Vec::new())),
        }
    }
}

impl Fixture {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with_hosts(hosts: &[&str], rules: Rules) -> Self {
        Self::with(Options {
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            rules,
            ..Options::default()
        })
    }

    fn with(options: Options) -> Self {
        let listener = Arc::new(Listener {
            told: Mutex::default(),
            exports: options.exports,
            react: options.react,
        });
        let callback: Weak<Listener> = Arc::downgrade(&listener);
        let journal = Journal::new();
        let resolver = StaticResolver::new()
            .with("peer.test", Ipv4Addr::LOCALHOST)
            .with("other.test", Ipv4Addr::LOCALHOST)
            .with("two.test", Ipv4Addr::new(10, 255, 255, 1))
            .with("two.test", Ipv4Addr::LOCALHOST);
        let service = WebSocketService::new(WebSocketSetup {
            plugin: "p",
            required_hosts: &options.hosts,
            rules: &options.rules,
            resolver: Arc::new(resolver),
            callback,
            journal: journal.clone(),
            clock: options.clock,
        });
        Self {
            service: Arc::new(service.expect("a service")),
            listener,
            journal,
        }
    }

    fn connect(&self, url: &str, id: &str) -> Result<String, String> {
        self.connect_with(url, id, &[])
    }

    fn connect_with(
        &self,
        url: &str,
        id: &str,
        headers: &[(&str, &str)],
    ) -> Result<String, String> {
        let headers: HashMap<_, _> = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let ctx = CallContext::detached("p");
        let connected = self
            .service
            .connect(&ctx, url.to_owned(), headers, id.to_owned());
        connected.map_err(|error| error.to_string())
    }

    /// Connects to a peer that runs this script.
    fn meet(&self, script: WsScript) -> WsPeer {
        let peer = WsPeer::start().expect("a peer");
        peer.on("/", script);
        self.connect(&peer.url("/"), "c").expect("a connection");
        peer
    }

    fn send(&self, id: &str, text: &str) -> Result<(), String> {
        let ctx = CallContext::detached("p");
        let sent = self.service.send_text(&ctx, id.to_owned(), text.to_owned());
        sent.map_err(|error| error.to_string())
    }

    fn close(&self, id: &str, code: i32, reason: &str) -> Result<(), String> {
        let ctx = CallContext::detached("p");
        let closed = self
            .service
            .close_connection(&ctx, id.to_owned(), code, reason.to_owned());
        closed.map_err(|error| error.to_string())
    }

    /// Waits for that many events and returns them, the names of the exports shortened.
    fn told(&self, count: usize) -> Vec<(String, Value)> {
        assert!(self.service.wait_handled(count, LIMIT), "{:?}", self.list());
        self.list()
    }

    fn list(&self) -> Vec<(String, Value)> {
        let told = self.listener.told.lock().expect("the list").clone();
        let short = |(export, request): (String, Value)| {
            let name = export.strip_prefix("nd_websocket_on_");
            (name.unwrap_or(&export).to_owned(), request)
        };
        told.into_iter().map(short).collect()
    }

    #[track_caller]
    fn refused(&self, url: &str, parts: &[&str]) {
        self.refused_with(url, &[], parts);
    }

    #[track_caller]
    fn refused_with(&self, url: &str, headers: &[(&str, &str)], parts: &[&str]) {
        let error = self.connect_with(url, "c", headers).expect_err(url);
        for part in parts {
            assert!(error.contains(part), "expected {part:?} in {error:?}");
        }
        assert_eq!(self.service.connections(), [], "{url}");
    }
}

fn event(name: &str, request: Value) -> (String, Value) {
    (name.to_owned(), request)
}

fn closed(code: i32, reason: &str) -> (String, Value) {
    let request = json!({ "connectionId": "c", "code": code, "reason": reason });
    event("close", request)
}

fn failed(error: &str) -> (String, Value) {
    event("error", json!({ "connectionId": "c", "error": error }))
}

fn text(message: &str) -> (String, Value) {
    let request = json!({ "connectionId": "c", "message": message });
    event("text_message", request)
}
