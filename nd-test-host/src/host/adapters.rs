//! The loaded plugins as the server's own parts use them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Host, State};
use crate::plugin::Plugin;
use crate::server::agents::Stored;
use crate::server::metrics::Metrics;
use crate::server::scrobbling::{ScrobbleTarget, Scrobbling, Targets};
use crate::services::ServiceSettings;

impl Host {
    /// Returns what happens when somebody listens: playbacks, plays, scrobbles.
    pub fn scrobbling(&self) -> &Scrobbling {
        &self.scrobbling
    }

    /// Returns the counts of plugin calls.
    pub fn metrics(&self) -> &Metrics {
        &self.surroundings.metrics
    }

    /// Returns where what is known of artists and albums is kept.
    pub(crate) fn stored_information(&self) -> Arc<Stored> {
        Arc::clone(&self.information)
    }

    /// Returns what the services of all plugins have in common.
    pub(crate) fn service_settings(&self) -> &ServiceSettings {
        &self.surroundings.service_settings
    }

    /// Lets the server's own parts take up what they have for a plugin that was just loaded.
    pub(super) fn welcome(&self, plugin: &Plugin) {
        if is_scrobbler(plugin) {
            self.scrobbling.resume(plugin.id());
        }
    }
}

/// The loaded scrobblers. None once the host is gone.
pub(super) struct LoadedScrobblers(pub(super) Weak<Mutex<State>>);

impl Targets for LoadedScrobblers {
    fn all(&self) -> Vec<Arc<dyn ScrobbleTarget>> {
        let Some(state) = self.0.upgrade() else {
            return Vec::new();
        };
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let scrobblers = state.plugins.values().filter(|plugin| is_scrobbler(plugin));
        scrobblers
            .map(|plugin| Arc::new(plugin.clone()) as Arc<dyn ScrobbleTarget>)
            .collect()
    }
}

fn is_scrobbler(plugin: &Plugin) -> bool {
    plugin.has_capability("Scrobbler")
}
