//! Delivery of buffered plays: a thread per scrobbler goes through its users' queues, round after round.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use nd_types::scrobbler::{ScrobbleRequest, TrackInfo};

use super::{Inner, State};
use crate::client::ScrobbleErrorKind;
use crate::error::CallError;
use crate::journal::LogLevel;
use crate::server::Rules;
use crate::store::StoreError;
use crate::store::scrobble_buffer::BufferedScrobble;

const FIRST_DELAY: Duration = Duration::from_secs(5);
const LONGEST_DELAY: Duration = Duration::from_secs(240);

/// The state of one scrobbler's thread.
#[derive(Default)]
pub(super) struct Delivery {
    /// A round was asked for.
    woken: bool,
    running: bool,
    /// Rounds that failed since the last one that did not.
    failures: u32,
    /// When the next round comes without being asked for.
    due: Option<SystemTime>,
}

impl Delivery {
    pub(super) fn is_idle(&self, now: SystemTime) -> bool {
        !self.woken && !self.running && self.due.is_none_or(|due| due > now)
    }
}

/// What became of one play.
enum Outcome {
    Gone,
    Kept,
}

impl Inner {
    /// Starts a round for a scrobbler, without waiting for it. `afresh` forgets earlier failures.
    pub(super) fn start_round(self: &Arc<Self>, scrobbler: &str, afresh: bool) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if !state.deliveries.contains_key(scrobbler) {
            let (inner, id) = (Arc::clone(self), scrobbler.to_owned());
            let name = format!("nd-scrobbles-{scrobbler}");
            if !self.spawn(&mut state, name, move || inner.deliver(&id)) {
                return;
            }
        }
        let delivery = state.deliveries.entry(scrobbler.to_owned()).or_default();
        delivery.woken = true;
        if afresh {
            delivery.failures = 0;
        }
        self.changed.notify_all();
    }

    fn deliver(&self, scrobbler: &str) {
        while self.wait_for_round(scrobbler) {
            let complete = self.round(scrobbler).unwrap_or_else(|error| {
                self.log(scrobbler, LogLevel::Error, &format!("scrobbles: {error}"));
                false
            });
            if !complete {
                self.compare_delays(scrobbler);
            }
            let mut state = self.lock();
            let Some(delivery) = state.deliveries.get_mut(scrobbler) else {
                return;
            };
            delivery.running = false;
            if complete {
                delivery.failures = 0;
                delivery.due = None;
            } else {
                delivery.due = Some(self.clock.now() + delay(&self.rules, delivery.failures));
                delivery.failures = delivery.failures.saturating_add(1);
            }
            self.changed.notify_all();
        }
    }

    /// Waits until a round is due or asked for; false once there will be none.
    fn wait_for_round(&self, scrobbler: &str) -> bool {
        let mut state = self.lock();
        loop {
            if state.closed {
                return false;
            }
            let now = self.clock.now();
            let Some(delivery) = state.deliveries.get_mut(scrobbler) else {
                return false;
            };
            if delivery.woken || delivery.due.is_some_and(|due| due <= now) {
                delivery.woken = false;
                delivery.due = None;
                delivery.running = true;
                return true;
            }
            let due = delivery.due;
            state = self.sleep(state, due);
        }
    }

    /// Goes through all queues once; tells whether nothing is left to be tried again.
    fn round(&self, scrobbler: &str) -> Result<bool, StoreError> {
        let mut complete = true;
        for user in self.store.buffered_users(scrobbler)? {
            while let Some(entry) = self.store.next_buffered(scrobbler, &user)? {
                match self.hand_over(scrobbler, &user, &entry) {
                    Outcome::Gone => self.store.remove_buffered(entry.id)?,
                    Outcome::Kept => {
                        complete = false;
                        break;
                    }
                }
            }
        }
        Ok(complete)
    }

    fn hand_over(&self, scrobbler: &str, user_id: &str, entry: &BufferedScrobble) -> Outcome {
        if self.lock().closed {
            return Outcome::Kept;
        }
        let Some(target) = self.target(scrobbler) else {
            return Outcome::Kept;
        };
        let mut track: TrackInfo = match serde_json::from_str(&entry.track) {
            Ok(track) => track,
            Err(error) => {
                let text = format!("scrobble discarded: its track cannot be read: {error}");
                self.log(scrobbler, LogLevel::Error, &text);
                return Outcome::Gone;
            }
        };
        if !target.sees_paths_of(track.library_id) {
            track.library_id = 0;
            track.path.clear();
        }
        let title = track.title.clone();
        // Looked up again: the user may have another name by now, or be gone.
        let user = self.users.iter().find(|user| user.id == user_id);
        let request = ScrobbleRequest {
            username: user.map(|user| user.name.clone()).unwrap_or_default(),
            track,
            timestamp: entry.play_time,
        };
        let Err(error) = target.scrobble(&request) else {
            return Outcome::Gone;
        };
        match (&error.source, error.kind) {
            // Unloaded before or during the call: the next load takes up where this one stopped.
            (CallError::NotLoaded { .. } | CallError::Unloaded { .. }, _) => Outcome::Kept,
            (_, ScrobbleErrorKind::RetryLater) => {
                let text = format!("scrobble of \"{title}\" kept for later: {error}");
                self.log(scrobbler, LogLevel::Warn, &text);
                Outcome::Kept
            }
            _ => {
                let text = format!("scrobble of \"{title}\" discarded: {error}");
                self.log(scrobbler, LogLevel::Error, &text);
                Outcome::Gone
            }
        }
    }

    /// Notes how long the rules compared with would wait after a round that has failed.
    fn compare_delays(&self, scrobbler: &str) {
        let failures = match &*self.lock() {
            // What is kept now is kept because nothing is delivered any more.
            state if state.closed => return,
            state => state.deliveries.get(scrobbler).map(|known| known.failures),
        };
        let failures = failures.unwrap_or_default();
        self.rules.compare(&self.journal, scrobbler, |other| {
            let (own, other) = (delay(&self.rules, failures), delay(other, failures));
            (own != other).then(|| {
                let [own, other] = [own, other].map(|delay| delay.as_secs());
                format!("would try again in {other} s instead of {own} s")
            })
        });
    }
}

/// Returns how long to wait after a round that has failed when that many before it had failed.
fn delay(rules: &Rules, failures: u32) -> Duration {
    match rules.scrobble_backoff {
        true => FIRST_DELAY
            .saturating_mul(1 << failures.min(6))
            .min(LONGEST_DELAY),
        false => FIRST_DELAY,
    }
}

impl State {
    pub(super) fn deliveries_idle(&self, now: SystemTime) -> bool {
        self.deliveries
            .values()
            .all(|delivery| delivery.is_idle(now))
    }
}
