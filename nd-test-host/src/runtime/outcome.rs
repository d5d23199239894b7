//! From what the runtime reports to the error a caller sees.

use std::time::Duration;

use wasi_common::I32Exit;
use wasmtime::{Trap, WasmBacktrace};

use super::limits::Stop;
use crate::context::CallContext;
use crate::error::CallError;

/// Names a call in the errors it ends with.
pub(super) struct Call<'a> {
    pub(super) context: &'a CallContext,
    pub(super) limit: Duration,
}

impl Call<'_> {
    pub(super) fn missing(&self) -> CallError {
        CallError::MissingExport {
            plugin: self.context.plugin().to_owned(),
            export: self.context.export().to_owned(),
        }
    }

    pub(super) fn input_too_large(&self) -> CallError {
        CallError::Instance {
            plugin: self.context.plugin().to_owned(),
            detail: "the input is larger than the memory the host allows".to_owned(),
        }
    }

    pub(super) fn no_instance(&self, error: &wasmtime::Error) -> CallError {
        match error.downcast_ref::<Stop>() {
            Some(_) => self.failed(error),
            None => CallError::Instance {
                plugin: self.context.plugin().to_owned(),
                detail: detail(error),
            },
        }
    }

    /// Reads a failure of the runtime: the caller gave up, time is over, the guest ended itself, or it trapped.
    pub(super) fn failed(&self, error: &wasmtime::Error) -> CallError {
        let (plugin, export) = (
            self.context.plugin().to_owned(),
            self.context.export().to_owned(),
        );
        let stop = error.downcast_ref::<Stop>();
        let expired = self.context.cancel_token().is_expired();
        if self.context.is_cancelled() && !expired || stop == Some(&Stop::Cancelled) {
            return CallError::Cancelled { plugin, export };
        }
        if stop == Some(&Stop::Deadline) {
            let limit = self.limit;
            return CallError::Timeout {
                plugin,
                export,
                limit,
            };
        }
        if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
            let code = *code as u32;
            return CallError::Exited {
                plugin,
                export,
                code,
            };
        }
        CallError::Trap {
            plugin,
            export,
            detail: detail(error),
        }
    }

    pub(super) fn plugin_error(&self, message: String) -> CallError {
        CallError::Failed {
            plugin: self.context.plugin().to_owned(),
            export: self.context.export().to_owned(),
            message,
        }
    }

    pub(super) fn not_implemented(&self) -> CallError {
        CallError::NotImplemented {
            plugin: self.context.plugin().to_owned(),
            export: self.context.export().to_owned(),
        }
    }

    pub(super) fn exit_code(&self, code: u32) -> CallError {
        CallError::ExitCode {
            plugin: self.context.plugin().to_owned(),
            export: self.context.export().to_owned(),
            code,
        }
    }
}

/// Puts an error of the runtime into one line: what happened, and in which function of the guest.
pub(super) fn detail(error: &wasmtime::Error) -> String {
    let cause = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let frame = error
        .downcast_ref::<WasmBacktrace>()
        .and_then(|trace| trace.frames().iter().find_map(|frame| frame.func_name()));
    match frame {
        Some(function) => format!("{cause} (in {function})"),
        None => cause,
    }
}
