//! What is announced to web clients.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Events a receiver may be behind before it misses some.
const BACKLOG: usize = 1024;

/// A refresh event: clients that show this should ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PluginEvent {
    /// The kind of thing, always `plugin`.
    pub resource: &'static str,
    /// Plugin id, or `*` when plugins came or went.
    pub id: String,
}

impl PluginEvent {
    /// One plugin changed.
    pub(super) fn changed(id: &str) -> Self {
        Self {
            resource: "plugin",
            id: id.to_owned(),
        }
    }

    /// A plugin came or went.
    pub(super) fn list_changed() -> Self {
        Self::changed("*")
    }
}

/// Whoever wants to know.
#[derive(Default)]
pub(super) struct Events {
    receivers: Mutex<Vec<SyncSender<PluginEvent>>>,
}

impl Events {
    pub(super) fn subscribe(&self) -> Receiver<PluginEvent> {
        let (sender, receiver) = sync_channel(BACKLOG);
        let mut receivers = self
            .receivers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        receivers.push(sender);
        receiver
    }

    pub(super) fn send(&self, event: &PluginEvent) {
        let mut receivers = self
            .receivers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        receivers.retain(|receiver| {
            !matches!(
                receiver.try_send(event.clone()),
                Err(TrySendError::Disconnected(_))
            )
        });
    }
}
