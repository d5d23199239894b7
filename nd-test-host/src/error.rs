//! The two errors everything else speaks of: what a host service answers, and how a plugin call fails.

use std::time::Duration;

/// Why a host service could not do what the plugin asked.
///
/// Its `Display` text is what the guest reads in the `error` field of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The service refused or failed. The text is part of the contract with the guest, so each service chooses it.
    #[error("{0}")]
    Message(String),
    /// This host has no implementation of the function. Hand one in with `HostBuilder::services`, or leave the call out.
    #[error("{function} is not available in this host yet")]
    Unavailable {
        /// Import name of the function, for instance `task_enqueue`.
        function: &'static str,
    },
}

impl ServiceError {
    /// Makes an error with the given wire text.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }

    /// Makes the error of a function this host does not implement.
    pub fn unavailable(function: &'static str) -> Self {
        Self::Unavailable { function }
    }
}

impl From<String> for ServiceError {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<&str> for ServiceError {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}

/// How a call into a plugin failed.
///
/// The variants follow the ten rules a server reads results by, and `Display` gives the server's text.
/// Tell failures apart by variant; the texts are for people and for the places where the server itself looks
/// into the text (scrobbler outcomes).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The plugin is not loaded, or was unloaded before the call began. Load it first.
    #[error("plugin not loaded: {plugin}")]
    NotLoaded {
        /// Plugin id.
        plugin: String,
    },
    /// No instance could be made, for instance because the module needs more memory than the host allows.
    #[error("failed to create plugin {plugin}: {detail}")]
    Instance {
        /// Plugin id.
        plugin: String,
        /// What the runtime said.
        detail: String,
    },
    /// The module has no such export. Export it, or ask `Plugin::exports` first.
    #[error("function not found: {export}")]
    MissingExport {
        /// Plugin id.
        plugin: String,
        /// The export asked for.
        export: String,
    },
    /// The caller gave up while the call ran.
    #[error("context canceled")]
    Cancelled {
        /// Plugin id.
        plugin: String,
        /// The export that was running.
        export: String,
    },
    /// The call this one was made inside of ran out of time.
    #[error("context deadline exceeded")]
    CallerTimeout {
        /// Plugin id.
        plugin: String,
        /// The export that was running.
        export: String,
    },
    /// The plugin was unloaded while the call ran. Call the next load.
    #[error("plugin call failed: the plugin was unloaded")]
    Unloaded {
        /// Plugin id.
        plugin: String,
        /// The export that was running.
        export: String,
    },
    /// The call ran longer than the host allows. Do less per call, or raise `HostBuilder::call_timeout` in a test.
    #[error("plugin call failed: module closed with context deadline exceeded (limit {limit:?})")]
    Timeout {
        /// Plugin id.
        plugin: String,
        /// The export that was running.
        export: String,
        /// The limit that was reached.
        limit: Duration,
    },
    /// The guest trapped: a panic without message, an out-of-bounds access, or a refused runtime function.
    #[error("plugin call failed: {detail}")]
    Trap {
        /// Plugin id.
        plugin: String,
        /// The export that was running.
        export: String,
        /// What the runtime said.
        detail: String,
    },
    /// The guest ended itself with a non-zero WASI exit code. Return an error instead.
    #[error("plugin call failed: module closed with exit_code({code})")]
    Exited {
        /// Plugin id.
        plugin: String,
        /// The export that was running.
        export: String,
        /// The code given to `proc_exit`.
        code: u32,
    },
    /// The plugin returned an error: it set an error message, whatever its return code.
    #[error("plugin call failed: {message}")]
    Failed {
        /// Plugin id.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The plugin's own message.
        message: String,
    },
    /// The export exists but says that it is not implemented (return code −2 without a message).
    #[error("function not implemented: {export}")]
    NotImplemented {
        /// Plugin id.
        plugin: String,
        /// The export that was called.
        export: String,
    },
    /// The export returned another non-zero code and no message.
    #[error("plugin call exited with code {code}")]
    ExitCode {
        /// Plugin id.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The code, read as an unsigned number.
        code: u32,
    },
    /// The output is not JSON of the expected type. Compare it with the export's response type.
    #[error("{detail}")]
    Decode {
        /// Plugin id.
        plugin: String,
        /// The export that was called.
        export: String,
        /// What is wrong with the output.
        detail: String,
    },
    /// The request could not be written as JSON.
    #[error("encoding the request of {export}: {detail}")]
    Encode {
        /// Plugin id.
        plugin: String,
        /// The export that was to be called.
        export: String,
        /// What the encoder said.
        detail: String,
    },
}

impl CallError {
    /// Returns the message the plugin itself set, when that is why the call failed.
    pub fn plugin_message(&self) -> Option<&str> {
        match self {
            Self::Failed { message, .. } => Some(message),
            _ => None,
        }
    }

    /// Tells whether the server reads this as "the plugin does not offer that": the export is missing or not implemented.
    pub fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::MissingExport { .. } | Self::NotImplemented { .. }
        )
    }
}
