//! The way services call back into the plugin they belong to.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use super::{CallOptions, Loaded, Plugin};
use crate::context::{Callback, CancelToken};
use crate::error::CallError;
use crate::wire::{self, DecodeError};

/// Leads to the loaded plugin: opened at the end of the load, closed as the first step of unloading.
pub(super) struct Gate {
    id: String,
    plugin: RwLock<Weak<Loaded>>,
}

impl Gate {
    pub(super) fn new(id: &str) -> Arc<Self> {
        Arc::new(Self {
            id: id.to_owned(),
            plugin: RwLock::new(Weak::new()),
        })
    }

    pub(super) fn open(&self, loaded: &Arc<Loaded>) {
        self.set(Arc::downgrade(loaded));
    }

    pub(super) fn close(&self) {
        self.set(Weak::new());
    }

    fn set(&self, plugin: Weak<Loaded>) {
        *self.plugin.write().unwrap_or_else(PoisonError::into_inner) = plugin;
    }

    fn plugin(&self) -> Result<Plugin, CallError> {
        let plugin = self.plugin.read().unwrap_or_else(PoisonError::into_inner);
        match plugin.upgrade() {
            Some(loaded) => Ok(Plugin { loaded }),
            None => Err(CallError::NotLoaded {
                plugin: self.id.clone(),
            }),
        }
    }
}

impl Plugin {
    /// Makes a call whose output the service reads; one that it will not understand counts as a failure.
    fn call_back(
        &self,
        export: &str,
        input: &[u8],
        options: &CallOptions,
    ) -> Result<Vec<u8>, CallError> {
        let mut answer = Vec::new();
        let counted = self.measured(export, || {
            answer = self.run(export, input, options)?;
            understood(export, &answer).map_err(|error| self.undecodable(export, &error))
        });
        match counted {
            Ok(()) | Err(CallError::Decode { .. }) => Ok(answer),
            Err(error) => Err(error),
        }
    }
}

/// Reads an output by the server's rules. What services of somebody's own call may answer anything.
fn understood(export: &str, output: &[u8]) -> Result<(), DecodeError> {
    match export {
        "nd_task_execute" => wire::read::<String>(output).map(drop),
        _ if export == "nd_scheduler_callback" || export.starts_with("nd_websocket_on_") => {
            wire::read_nothing(output)
        }
        _ => Ok(()),
    }
}

impl Callback for Gate {
    fn call(&self, export: &str, input: Vec<u8>) -> Result<Vec<u8>, CallError> {
        self.plugin()?
            .call_back(export, &input, &CallOptions::default())
    }

    fn call_cancellable(
        &self,
        export: &str,
        input: Vec<u8>,
        cancel: &CancelToken,
    ) -> Result<Vec<u8>, CallError> {
        let options = CallOptions::default().cancelled_by(cancel);
        self.plugin()?.call_back(export, &input, &options)
    }

    fn has_export(&self, export: &str) -> bool {
        self.plugin().is_ok_and(|plugin| plugin.has_export(export))
    }
}
