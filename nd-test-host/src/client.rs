//! Typed clients: one per capability, reading answers as the server does.
//!
//! ```no_run
//! use nd_test_host::{Host, PluginSettings};
//! use nd_types::scrobbler::{ScrobbleRequest, TrackInfo};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::builder()
//!     .user("u1", "ann")
//!     .every_plugin(PluginSettings::all())
//!     .build()?;
//! let plugin = host.load("webhook.ndp")?;
//! plugin.scrobbler().scrobble(&ScrobbleRequest {
//!     username: "ann".into(),
//!     track: TrackInfo { title: "Song".into(), ..TrackInfo::default() },
//!     timestamp: 1_700_000_000,
//! })?;
//! println!("{}", host.journal());
//! # Ok(())
//! # }
//! ```

mod callbacks;
mod lyrics;
mod metadata;
mod scrobbler;
mod sonic;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use callbacks::{Lifecycle, Scheduler, TaskWorker, WebSocket};
pub use lyrics::Lyrics;
pub use metadata::Metadata;
pub use scrobbler::{ScrobbleError, ScrobbleErrorKind, Scrobbler};
pub use sonic::SonicSimilarity;

use crate::plugin::Plugin;
use crate::server::Rules;

impl Plugin {
    /// Asks the plugin as a scrobbler.
    pub fn scrobbler(&self) -> Scrobbler<'_> {
        Scrobbler::new(self)
    }

    /// Asks the plugin as a source of metadata.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata::new(self)
    }

    /// Asks the plugin as a source of lyrics.
    pub fn lyrics(&self) -> Lyrics<'_> {
        Lyrics::new(self)
    }

    /// Asks the plugin for songs that sound alike.
    pub fn sonic_similarity(&self) -> SonicSimilarity<'_> {
        SonicSimilarity::new(self)
    }

    /// Gives the plugin tasks to work on, as its queue would.
    pub fn task_worker(&self) -> TaskWorker<'_> {
        TaskWorker::new(self)
    }

    /// Runs the plugin's initialisation once more.
    pub fn lifecycle(&self) -> Lifecycle<'_> {
        Lifecycle::new(self)
    }

    /// Fires schedules by hand.
    pub fn scheduler(&self) -> Scheduler<'_> {
        Scheduler::new(self)
    }

    /// Delivers WebSocket events by hand.
    pub fn websocket(&self) -> WebSocket<'_> {
        WebSocket::new(self)
    }
}

/// How long somebody who waits for a slot goes without looking whether the request has ended.
const GIVE_UP_CHECK: Duration = Duration::from_millis(20);

/// Lets a number of calls run at once, as the rules say; others wait.
pub(crate) struct Slots {
    rules: Arc<Rules>,
    taken: Mutex<usize>,
    changed: Condvar,
}

impl Slots {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        Self {
            rules,
            taken: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// Waits for a slot and holds it for as long as the guard lives; gives up when told so.
    fn take(&self, plugin: &Plugin, give_up: impl Fn() -> bool) -> Option<Slot<'_>> {
        let limit = |rules: &Rules| rules.lyrics_at_once.unwrap_or(usize::MAX);
        let (journal, id) = (plugin.journal(), plugin.id());
        let running = *self.lock();
        if running >= limit(&self.rules) {
            self.rules.compare(journal, id, |other| {
                let waits = running >= limit(other);
                (!waits).then(|| "this lyrics call would not wait for others".to_owned())
            });
        }
        let mut taken = self.lock();
        while *taken >= limit(&self.rules) {
            if give_up() {
                return None;
            }
            // A cancelled request does not wake anybody, so it is looked at now and then.
            let wait = self.changed.wait_timeout(taken, GIVE_UP_CHECK);
            taken = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        let running = *taken;
        *taken += 1;
        drop(taken);
        self.rules.compare(journal, id, |other| {
            let (waits, at_once) = (running >= limit(other), limit(other));
            waits.then(|| {
                format!("this lyrics call would wait: {at_once} of the plugin's run at once")
            })
        });
        Some(Slot { slots: self })
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot that is taken.
struct Slot<'a> {
    slots: &'a Slots,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.slots.lock() -= 1;
        self.slots.changed.notify_one();
    }
}
