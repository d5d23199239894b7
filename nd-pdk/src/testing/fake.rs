//! The fake host: its settings, its state, and the handle tests hold on it.

use super::allow::Release;
use super::backend::{Backend, Installed, install};
use super::http::{Reply, Route};
use super::services;
use super::{cache, kvstore};
use crate::host::HostError;
use crate::host::http::HTTPRequest;
use crate::host::users::User;
use crate::log::Level;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

/// What the clock of a fake host shows at first: 2026-01-01, in seconds since 1970.
const START: Duration = Duration::from_secs(1_767_225_600);

/// A host in memory, on this thread, until it is dropped.
///
/// Config, Cache, KVStore, Users, HTTP and the log work; other functions fail until [`answer`](Self::answer) scripts them.
#[derive(Debug)]
pub struct FakeHost {
    state: Rc<RefCell<State>>,
    _installed: Installed,
}

/// Collects what a fake host starts with.
#[derive(Debug, Default)]
pub struct Builder {
    state: State,
}

/// A message in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// How important the plugin thinks it is.
    pub level: Level,
    /// What it says.
    pub message: String,
}

/// A host function that the plugin called.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its wire name, like `kvstore_set`.
    pub function: String,
    /// The request document; bytes are base64 text.
    pub request: Value,
}

/// Everything inside a fake host.
#[derive(Debug)]
pub(super) struct State {
    pub(super) now: Duration,
    pub(super) config: BTreeMap<String, String>,
    pub(super) cache: HashMap<String, cache::Entry>,
    pub(super) kv: BTreeMap<String, kvstore::Entry>,
    pub(super) kv_max: i64,
    pub(super) users: Vec<(User, bool)>,
    pub(super) release: Release,
    pub(super) required_hosts: Vec<String>,
    pub(super) routes: Vec<Route>,
    pub(super) requests: Vec<HTTPRequest>,
    scripts: HashMap<String, Result<Value, String>>,
    failures: HashMap<String, Vec<String>>,
    calls: Vec<Call>,
    logs: Vec<LogEntry>,
    log_level: Level,
    vars: HashMap<String, Vec<u8>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            now: START,
            config: BTreeMap::new(),
            cache: HashMap::new(),
            kv: BTreeMap::new(),
            kv_max: 1 << 20,
            users: Vec::new(),
            release: Release::default(),
            required_hosts: Vec::new(),
            routes: Vec::new(),
            requests: Vec::new(),
            scripts: HashMap::new(),
            failures: HashMap::new(),
            calls: Vec::new(),
            logs: Vec::new(),
            log_level: Level::Trace,
            vars: HashMap::new(),
        }
    }
}

impl Builder {
    /// Sets a value of the plugin's configuration. The server keeps strings only: numbers and booleans as their text.
    #[must_use]
    pub fn config(mut self, key: &str, value: impl ToString) -> Self {
        self.state.config.insert(key.to_owned(), value.to_string());
        self
    }

    /// Adds a user that the plugin was granted.
    #[must_use]
    pub fn user(self, user_name: &str) -> Self {
        self.add_user(user_name, false, true)
    }

    /// Adds an administrator that the plugin was granted.
    #[must_use]
    pub fn admin(self, user_name: &str) -> Self {
        self.add_user(user_name, true, true)
    }

    /// Adds a user of the server that the plugin was not granted and cannot see.
    #[must_use]
    pub fn ungranted_user(self, user_name: &str) -> Self {
        self.add_user(user_name, false, false)
    }

    /// Adds an entry to the manifest's `requiredHosts`. Without any, every host but private ones is allowed.
    #[must_use]
    pub fn required_host(mut self, pattern: &str) -> Self {
        self.state.required_hosts.push(pattern.to_owned());
        self
    }

    /// Sets the server release whose rules hold for HTTP; [`Release::Both`] if not set.
    #[must_use]
    pub fn release(mut self, release: Release) -> Self {
        self.state.release = release;
        self
    }

    /// Sets the manifest's `maxSize` of the KVStore, in bytes; 1 MiB if not set.
    #[must_use]
    pub fn kvstore_max_size(mut self, bytes: u32) -> Self {
        self.state.kv_max = bytes.into();
        self
    }

    /// Sets the clock, in seconds since 1970.
    #[must_use]
    pub fn now(mut self, unix_seconds: u64) -> Self {
        self.state.now = Duration::from_secs(unix_seconds);
        self
    }

    /// Sets the least important level that is logged; everything if not set.
    #[must_use]
    pub fn log_level(mut self, level: Level) -> Self {
        self.state.log_level = level;
        self
    }

    /// Scripts an HTTP reply, see [`FakeHost::reply`].
    #[must_use]
    pub fn reply(mut self, method: &str, url: &str, reply: Reply) -> Self {
        self.state.script(method, url, reply);
        self
    }

    /// Makes the host answer this thread's host functions until the returned handle is dropped.
    #[must_use = "the host is gone when the handle is dropped"]
    pub fn install(self) -> FakeHost {
        let state = Rc::new(RefCell::new(self.state));
        FakeHost {
            _installed: install(state.clone()),
            state,
        }
    }

    fn add_user(mut self, user_name: &str, is_admin: bool, granted: bool) -> Self {
        let user = User {
            user_name: user_name.to_owned(),
            name: user_name.to_owned(),
            is_admin,
        };
        self.state.users.push((user, granted));
        self
    }
}

impl FakeHost {
    /// Starts to describe a host.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.state.borrow_mut().now += by;
    }

    /// Returns what the clock shows, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.state.borrow().now.as_secs()
    }

    /// Changes a value of the plugin's configuration.
    pub fn set_config(&self, key: &str, value: impl ToString) {
        self.state
            .borrow_mut()
            .config
            .insert(key.to_owned(), value.to_string());
    }

    /// Scripts the reply to requests of this method and URL. A `*` at the end of the URL stands for anything.
    ///
    /// Several replies to the same request are given in turn, and the last one stays. Redirects are not followed: the
    /// plugin gets the reply as it is.
    pub fn reply(&self, method: &str, url: &str, reply: Reply) {
        self.state.borrow_mut().script(method, url, reply);
    }

    /// Returns the HTTP requests that passed the host check, oldest first, with the method in capitals.
    pub fn requests(&self) -> Vec<HTTPRequest> {
        self.state.borrow().requests.clone()
    }

    /// Makes a host function, named as on the wire (`artwork_gettrackurl`), answer with this object until told otherwise.
    pub fn answer(&self, function: &str, answer: Value) {
        self.state
            .borrow_mut()
            .scripts
            .insert(function.to_owned(), Ok(answer));
    }

    /// Makes a host function, named as on the wire, fail until told otherwise.
    pub fn fail(&self, function: &str, message: &str) {
        self.state
            .borrow_mut()
            .scripts
            .insert(function.to_owned(), Err(message.to_owned()));
    }

    /// Makes the next call of a host function fail; several failures are used up in turn.
    pub fn fail_once(&self, function: &str, message: &str) {
        self.state
            .borrow_mut()
            .failures
            .entry(function.to_owned())
            .or_default()
            .push(message.to_owned());
    }

    /// Forgets what [`answer`](Self::answer), [`fail`](Self::fail) and [`fail_once`](Self::fail_once) said of a function.
    pub fn restore(&self, function: &str) {
        let mut state = self.state.borrow_mut();
        state.scripts.remove(function);
        state.failures.remove(function);
    }

    /// Returns the host functions called, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.state.borrow().calls.clone()
    }

    /// Returns what the plugin logged, oldest first, and among it the warnings of [`Release::Both`], at any log level.
    pub fn logs(&self) -> Vec<LogEntry> {
        self.state.borrow().logs.clone()
    }

    /// Returns a value of the KVStore.
    pub fn kvstore_value(&self, key: &str) -> Option<Vec<u8>> {
        self.state.borrow().kv_get(key).cloned()
    }

    /// Returns the keys of the KVStore, sorted.
    pub fn kvstore_keys(&self) -> Vec<String> {
        self.state.borrow().kv_keys().cloned().collect()
    }

    /// Puts a value into the KVStore, as if an earlier call had.
    ///
    /// # Errors
    ///
    /// When the key or the size is not acceptable.
    pub fn set_kvstore_value(&self, key: &str, value: impl Into<Vec<u8>>) -> Result<(), HostError> {
        self.state
            .borrow_mut()
            .kv_set(key.to_owned(), Some(value.into()), None)
    }
}

impl State {
    /// Notes what the author of the plugin has to know.
    pub(super) fn warn(&mut self, message: String) {
        self.logs.push(LogEntry {
            level: Level::Warn,
            message,
        });
    }
}

impl Backend for State {
    fn intercept(&mut self, import: &str, request: &[u8]) -> Option<Result<Vec<u8>, HostError>> {
        let request = serde_json::from_slice(request).unwrap_or_default();
        self.calls.push(Call {
            function: import.to_owned(),
            request,
        });
        if let Some(failures) = self
            .failures
            .get_mut(import)
            .filter(|failures| !failures.is_empty())
        {
            return Some(Err(failures.remove(0).into()));
        }
        match self.scripts.get(import)? {
            Ok(answer) => Some(Ok(answer.to_string().into_bytes())),
            Err(message) => Some(Err(message.as_str().into())),
        }
    }

    fn log(&mut self, level: Level, message: &str) {
        self.logs.push(LogEntry {
            level,
            message: message.to_owned(),
        });
    }

    fn log_level(&self) -> Level {
        self.log_level
    }

    fn var(&self, key: &str) -> Option<Vec<u8>> {
        self.vars.get(key).cloned()
    }

    fn set_var(&mut self, key: &str, value: Option<&[u8]>) {
        match value {
            Some(value) => self.vars.insert(key.to_owned(), value.to_vec()),
            None => self.vars.remove(key),
        };
    }
}

// Without a fake of their own: their defaults name the function and tell how to script it.
impl services::Artwork for State {}
impl services::Libraries for State {}
impl services::Matcher for State {}
impl services::Scheduler for State {}
impl services::ScrobbleRetriever for State {}
impl services::Storage for State {}
impl services::SubsonicApi for State {}
impl services::Task for State {}
impl services::WebSocket for State {}
