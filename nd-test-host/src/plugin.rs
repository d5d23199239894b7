//! A loaded plugin: how it comes to be, and the calls it takes.

mod callback;
mod load;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use load::LoadError;
pub(crate) use load::{ServiceHook, Surroundings, check_settings, load};

use crate::context::{Budget, CallContext, CancelToken};
use crate::error::CallError;
use crate::generated::Capability;
use crate::host::PluginSettings;
use crate::journal::{CallId, Direction, Journal, LogLevel, Outcome, Payload};
use crate::manifest::Manifest;
use crate::package::Package;
use crate::runtime::{Compiled, Finished, Shared};
use crate::server::metrics::Metrics;
use crate::services::ServiceSet;
use crate::until::until;
use crate::wire;
use callback::Gate;

/// Stack of the thread that runs a call made from inside another one.
const INNER_STACK: usize = 4 << 20;

/// A loaded plugin. Clones are the same load.
///
/// Calls may come from any thread and run in parallel; each has an instance of its own.
#[derive(Clone)]
pub struct Plugin {
    loaded: Arc<Loaded>,
}

struct Loaded {
    package: Arc<Package>,
    manifest: Arc<Manifest>,
    settings: PluginSettings,
    compiled: Compiled,
    shared: Arc<Shared>,
    services: ServiceSet,
    capabilities: Vec<&'static Capability>,
    journal: Journal,
    metrics: Metrics,
    timeout: Duration,
    cancel: CancelToken,
    gate: Arc<Gate>,
    unloaded: AtomicBool,
    lyrics: crate::client::Slots,
}

/// What a caller may say about a single call.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// Ends the call when cancelled.
    pub cancel: Option<CancelToken>,
    /// A limit for this call alone, instead of the host's.
    pub timeout: Option<Duration>,
    /// Address of the client request that causes the call: scheme and host as the client sees them, without a path.
    /// Calls made from inside this one inherit it.
    pub request_base: Option<Arc<str>>,
}

impl CallOptions {
    /// Ends the call when the token is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Sets a limit for this call alone.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Tells whether the call was given up already.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Sets the address of the client request that causes the call, as in `https://music.example.org`.
    #[must_use]
    pub fn request_base(mut self, address: impl Into<Arc<str>>) -> Self {
        self.request_base = Some(address.into());
        self
    }
}

impl Plugin {
    /// Returns the plugin id.
    pub fn id(&self) -> &str {
        &self.loaded.package.id
    }

    /// Returns the checked manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.loaded.manifest
    }

    /// Returns what the plugin was granted and configured with when it was loaded.
    pub fn settings(&self) -> &PluginSettings {
        &self.loaded.settings
    }

    /// Tells whether requests show the plugin where this library keeps its files: the manifest asks for
    /// `library.filesystem`, and the library is granted.
    pub fn sees_paths_of(&self, library_id: i32) -> bool {
        self.manifest().permissions.mounts_libraries()
            && self.settings().library_grant().allows(&library_id)
    }

    /// Returns the lower-case hex SHA-256 of the package.
    pub fn sha256(&self) -> &str {
        &self.loaded.package.sha256
    }

    /// Returns the names of all functions the module exports, sorted.
    pub fn exports(&self) -> impl Iterator<Item = &str> {
        self.loaded.compiled.exports().map(String::as_str)
    }

    /// Tells whether the module exports a function of that name.
    pub fn has_export(&self, name: &str) -> bool {
        self.loaded.compiled.has_export(name)
    }

    /// Returns the capabilities found: any one export of a capability makes it present.
    pub fn capabilities(&self) -> &[&'static Capability] {
        &self.loaded.capabilities
    }

    /// Tells whether a capability was found, by the server's name for it, such as `MetadataAgent`.
    pub fn has_capability(&self, name: &str) -> bool {
        self.capabilities()
            .iter()
            .any(|capability| capability.name == name)
    }

    /// Returns the host's journal.
    pub fn journal(&self) -> &Journal {
        &self.loaded.journal
    }

    /// Returns the services of this load, for tests that look behind them or fire schedules by hand.
    pub fn services(&self) -> &ServiceSet {
        &self.loaded.services
    }

    /// Tells whether the plugin still takes calls.
    pub fn is_loaded(&self) -> bool {
        !self.loaded.unloaded.load(Ordering::Acquire)
    }

    /// Calls an export that answers something.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub fn call<Req, Res>(&self, export: &str, request: &Req) -> Result<Res, CallError>
    where
        Req: Serialize + ?Sized,
        Res: DeserializeOwned + Default,
    {
        self.ask(export, request, &CallOptions::default())
    }

    /// Like [`Plugin::call`], with a cancel token or a limit of its own.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub fn ask<Req, Res>(
        &self,
        export: &str,
        request: &Req,
        options: &CallOptions,
    ) -> Result<Res, CallError>
    where
        Req: Serialize + ?Sized,
        Res: DeserializeOwned + Default,
    {
        let input = self.encode(export, request)?;
        self.measured(export, || {
            let output = self.run(export, &input, options)?;
            wire::read(&output).map_err(|error| self.undecodable(export, &error))
        })
    }

    /// Calls an export that answers nothing.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub fn call_unit<Req>(&self, export: &str, request: &Req) -> Result<(), CallError>
    where
        Req: Serialize + ?Sized,
    {
        self.ask_unit(export, request, &CallOptions::default())
    }

    /// Like [`Plugin::call_unit`], with a cancel token or a limit of its own.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub fn ask_unit<Req>(
        &self,
        export: &str,
        request: &Req,
        options: &CallOptions,
    ) -> Result<(), CallError>
    where
        Req: Serialize + ?Sized,
    {
        let input = self.encode(export, request)?;
        self.measured(export, || {
            let output = self.run(export, &input, options)?;
            wire::read_nothing(&output).map_err(|error| self.undecodable(export, &error))
        })
    }

    /// Calls an export with raw input and returns its raw output, which may be empty.
    ///
    /// # Errors
    ///
    /// Any [`CallError`] but `Decode` and `Encode`.
    pub fn call_raw(&self, export: &str, input: &[u8]) -> Result<Vec<u8>, CallError> {
        self.call_with(export, input, &CallOptions::default())
    }

    /// Like [`Plugin::call_raw`], with a cancel token or a limit of its own.
    ///
    /// # Errors
    ///
    /// Any [`CallError`] but `Decode` and `Encode`.
    pub fn call_with(
        &self,
        export: &str,
        input: &[u8],
        options: &CallOptions,
    ) -> Result<Vec<u8>, CallError> {
        self.measured(export, || self.run(export, input, options))
    }

    /// Counts a call once its result is known, decoding included.
    fn measured<T>(
        &self,
        export: &str,
        call: impl FnOnce() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let started = Instant::now();
        let result = call();
        let metrics = &self.loaded.metrics;
        metrics.note(self.id(), export, started.elapsed(), &result);
        result
    }

    fn run(&self, export: &str, input: &[u8], options: &CallOptions) -> Result<Vec<u8>, CallError> {
        if !self.is_loaded() {
            return Err(CallError::NotLoaded {
                plugin: self.id().to_owned(),
            });
        }
        let loaded = &self.loaded;
        let outer = CallContext::current();
        let limit = options.timeout.unwrap_or(loaded.timeout);
        let mut deadline = until(limit);
        let mut callers: Vec<_> = options.cancel.clone().into_iter().collect();
        let mut request_base = options.request_base.clone();
        let mut parent = CallId::NONE;
        if let Some(outer) = &outer {
            if outer.depth() >= DEEPEST {
                return Err(CallError::Instance {
                    plugin: self.id().to_owned(),
                    detail: format!("calls inside calls are {DEEPEST} deep already"),
                });
            }
            deadline = deadline.min(outer.deadline());
            callers.push(outer.cancel_token().clone());
            parent = outer.call();
            request_base = request_base.or_else(|| outer.request_base().map(Arc::from));
        }
        let open = loaded
            .journal
            .begin(parent, Direction::Export, self.id(), export, input);
        let callers = CancelToken::child_of(callers);
        let token = CancelToken::child_of([loaded.cancel.clone(), callers.clone()]);
        let _budget = Budget::start(&loaded.shared.clock, limit, &token);
        let context = CallContext::new(
            self.id(),
            export,
            deadline,
            token,
            loaded.journal.clone(),
            open.id(),
        )
        .caused_by(request_base)
        .inside(outer.as_ref());
        let run = || loaded.compiled.call(&loaded.shared, &context, limit, input);
        let mut finished = match outer {
            None => run(),
            Some(_) => on_own_stack(&context, run),
        };
        let outer_late =
            callers.is_expired() || outer.is_some_and(|outer| outer.deadline() <= Instant::now());
        finished.result = finished
            .result
            .map_err(|error| self.cut_short(error, &callers, outer_late));
        if let Ok(output) = &finished.result {
            loaded.shared.legacy.output(&context, output);
        }
        let outcome = match &finished.result {
            Ok(output) => Outcome::Answered(Payload::new(output)),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        open.end(outcome, finished.fuel);
        finished.result
    }

    /// Says of a call that ended early why: whoever gave up hears that, whatever the guest made of it.
    fn cut_short(&self, error: CallError, callers: &CancelToken, outer_late: bool) -> CallError {
        let (CallError::Cancelled { plugin, export }
        | CallError::Timeout { plugin, export, .. }
        | CallError::Failed { plugin, export, .. }
        | CallError::Trap { plugin, export, .. }
        | CallError::Exited { plugin, export, .. }) = &error
        else {
            return error;
        };
        let (plugin, export) = (plugin.clone(), export.clone());
        if callers.is_cancelled() && !callers.is_expired() {
            CallError::Cancelled { plugin, export }
        } else if outer_late {
            CallError::CallerTimeout { plugin, export }
        } else if matches!(error, CallError::Timeout { .. }) {
            error
        } else if !self.is_loaded() {
            CallError::Unloaded { plugin, export }
        } else {
            error
        }
    }

    fn encode<Req>(&self, export: &str, request: &Req) -> Result<Vec<u8>, CallError>
    where
        Req: Serialize + ?Sized,
    {
        wire::encode(request).map_err(|error| CallError::Encode {
            plugin: self.id().to_owned(),
            export: export.to_owned(),
            detail: error.to_string(),
        })
    }

    fn undecodable(&self, export: &str, error: &wire::DecodeError) -> CallError {
        CallError::Decode {
            plugin: self.id().to_owned(),
            export: export.to_owned(),
            detail: error.to_string(),
        }
    }

    pub(crate) fn package(&self) -> &Arc<Package> {
        &self.loaded.package
    }

    pub(crate) fn lyrics_slots(&self) -> &crate::client::Slots {
        &self.loaded.lyrics
    }

    /// Runs `nd_on_init` if the plugin has it; a failure is only logged.
    pub(crate) fn initialise(&self) {
        if self.has_export(ON_INIT)
            && let Err(error) = self.lifecycle().on_init()
        {
            let message = format!("{ON_INIT} failed: {error}");
            self.journal().log(self.id(), LogLevel::Error, message);
        }
    }

    /// Takes no more calls, closes the services, and cuts off what still runs. Doing it twice is doing it once.
    pub(crate) fn unload(&self) {
        // First of all: a task that finds its plugin gone has failed a try.
        self.loaded.services.stop_tasks();
        if self.loaded.unloaded.swap(true, Ordering::AcqRel) {
            return;
        }
        self.loaded.gate.close();
        self.loaded.services.close();
        self.loaded.shared.http.close();
        self.loaded.cancel.cancel();
    }
}

/// Calls inside each other, the outermost not counted. Each has a thread and an instance; the server knows no bound.
const DEEPEST: usize = 16;

/// Export that is called after every load.
pub(crate) const ON_INIT: &str = "nd_on_init";

/// Runs an inner call on a thread of its own: the outer guest has already used up much of this thread's stack.
fn on_own_stack(context: &CallContext, run: impl FnOnce() -> Finished + Send) -> Finished {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("nd-inner-call".into())
            .stack_size(INNER_STACK)
            .spawn_scoped(scope, run);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(finished)) => finished,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => Finished::no_thread(context, &error),
        }
    })
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("id", &self.id())
            .field("loaded", &self.is_loaded())
            .finish_non_exhaustive()
    }
}
