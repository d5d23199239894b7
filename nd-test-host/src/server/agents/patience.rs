//! How the artwork worker spares sources: a rate per source, a pause for those that fail, longer and longer retries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::services::Clock;

/// Faults in a row after which a source is skipped.
const FAULTS: u32 = 5;
/// How long it is skipped, and how long a probe may go unanswered.
const PAUSE: Duration = Duration::from_secs(60);
/// Answers in a row after which it is trusted again.
const ANSWERS: u32 = 3;
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(12 * 3600);
/// An item is given up this long after it was queued.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(12 * 3600);
/// How much a retry may be early or late, as a part of its delay.
const JITTER: f64 = 0.4;

/// What the artwork worker knows of its sources.
pub struct Patience {
    clock: Arc<dyn Clock>,
    /// Time between two requests to one source; none for no limit.
    spacing: Option<Duration>,
    random: Box<dyn Fn() -> f64 + Send + Sync>,
    sources: Mutex<HashMap<String, Source>>,
}

#[derive(Default)]
struct Source {
    /// The earliest time of the next request.
    next: Option<SystemTime>,
    trust: Trust,
}

enum Trust {
    /// Trusted, with that many faults in a row.
    Full { faults: u32 },
    /// Skipped until then.
    None { until: SystemTime },
    /// On probation: that many answers in a row, and when the probe that is under way was let through.
    Probation {
        answers: u32,
        probe: Option<SystemTime>,
    },
}

impl Default for Trust {
    fn default() -> Self {
        Self::Full { faults: 0 }
    }
}

/// Whether a source may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permit {
    /// Now.
    Granted,
    /// After this time, which is reserved for the one who asked.
    Wait(Duration),
    /// It has failed too often; another source comes first.
    Skip,
}

impl Patience {
    /// Makes the rules for `per_second` requests per source; 0 or less is no limit.
    ///
    /// `random` answers numbers from 0 up to 1, which say how far a retry is moved.
    pub fn new(
        clock: Arc<dyn Clock>,
        per_second: f64,
        random: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        let spacing = (per_second > 0.0).then(|| Duration::try_from_secs_f64(1.0 / per_second));
        Self {
            clock,
            spacing: spacing.and_then(Result::ok),
            random: Box::new(random),
            sources: Mutex::default(),
        }
    }

    /// Asks whether a source may be asked; what it answers is to be told with [`Patience::answered`] or
    /// [`Patience::failed`].
    pub fn permit(&self, source: &str) -> Permit {
        let now = self.clock.now();
        self.with(source, |state| {
            match &mut state.trust {
                Trust::Full { .. } => {}
                Trust::None { until } if now < *until => return Permit::Skip,
                trust @ Trust::None { .. } => {
                    *trust = Trust::Probation {
                        answers: 0,
                        probe: Some(now),
                    };
                }
                Trust::Probation { probe, .. } => {
                    // One at a time; a probe nobody reports back is not waited for for ever.
                    if probe.is_some_and(|since| now < since + PAUSE) {
                        return Permit::Skip;
                    }
                    *probe = Some(now);
                }
            }
            let Some(spacing) = self.spacing else {
                return Permit::Granted;
            };
            let slot = state.next.map_or(now, |next| next.max(now));
            state.next = slot.checked_add(spacing);
            match slot.duration_since(now) {
                Ok(wait) if !wait.is_zero() => Permit::Wait(wait),
                _ => Permit::Granted,
            }
        })
    }

    /// Waits until a source may be asked; false if it is to be skipped. A clock that is moved by hand is moved.
    pub(super) fn wait_for_permit(&self, source: &str) -> bool {
        match self.permit(source) {
            Permit::Granted => true,
            Permit::Skip => false,
            Permit::Wait(time) => {
                if !self.clock.pass(time) {
                    std::thread::sleep(time);
                }
                true
            }
        }
    }

    /// Notes that a source answered; "no data" is an answer.
    pub fn answered(&self, source: &str) {
        self.with(source, |state| {
            state.trust = match state.trust {
                Trust::Probation { answers, .. } if answers + 1 < ANSWERS => Trust::Probation {
                    answers: answers + 1,
                    probe: None,
                },
                Trust::None { until } => Trust::None { until },
                _ => Trust::default(),
            };
        });
    }

    /// Notes a fault of a source.
    pub fn failed(&self, source: &str) {
        let until = self.clock.now() + PAUSE;
        self.with(source, |state| {
            state.trust = match state.trust {
                Trust::Full { faults } if faults + 1 < FAULTS => Trust::Full { faults: faults + 1 },
                Trust::None { until } => Trust::None { until },
                _ => Trust::None { until },
            };
        });
    }

    /// Returns when an item is tried again that has failed that many times before and was queued at that time; none
    /// if it is given up.
    pub fn retry_at(&self, queued: SystemTime, retries: u32) -> Option<SystemTime> {
        let now = self.clock.now();
        if now.duration_since(queued).unwrap_or_default() >= GIVEN_UP_AFTER {
            return None;
        }
        let delay = 4_u32
            .checked_pow(retries)
            .and_then(|factor| FIRST_RETRY.checked_mul(factor))
            .map_or(LONGEST_RETRY, |delay| delay.min(LONGEST_RETRY));
        let moved = 1.0 + JITTER * (2.0 * (self.random)().clamp(0.0, 1.0) - 1.0);
        Some(now + delay.mul_f64(moved))
    }

    fn with<T>(&self, source: &str, run: impl FnOnce(&mut Source) -> T) -> T {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        run(sources.entry(source.to_owned()).or_default())
    }
}

impl std::fmt::Debug for Patience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patience")
            .field("spacing", &self.spacing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ManualClock;

    fn patience(per_second: f64, random: f64) -> (ManualClock, Patience) {
        let clock = ManualClock::default();
        let patience = Patience::new(Arc::new(clock.clone()), per_second, move || random);
        (clock, patience)
    }

    #[test]
    fn each_source_has_its_own_two_requests_per_second() {
        let (clock, patience) = patience(2.0, 0.5);
        assert_eq!(patience.permit("a"), Permit::Granted);
        assert_eq!(
            patience.permit("a"),
            Permit::Wait(Duration::from_millis(500))
        );
        assert_eq!(patience.permit("a"), Permit::Wait(Duration::from_secs(1)));
        assert_eq!(patience.permit("b"), Permit::Granted);
        clock.advance(Duration::from_secs(2));
        assert_eq!(patience.permit("a"), Permit::Granted);
    }

    #[test]
    fn five_faults_in_a_row_make_a_source_skipped_and_three_answers_trusted() {
        let (clock, patience) = patience(0.0, 0.5);
        for _ in 0..4 {
            patience.failed("a");
        }
        patience.answered("a");
        for _ in 0..4 {
            patience.failed("a");
        }
        assert_eq!(patience.permit("a"), Permit::Granted, "never five in a row");
        patience.failed("a");
        assert_eq!(patience.permit("a"), Permit::Skip);
        assert_eq!(patience.permit("b"), Permit::Granted);
        clock.advance(Duration::from_secs(59));
        assert_eq!(patience.permit("a"), Permit::Skip);
        clock.advance(Duration::from_secs(1));
        assert_eq!(patience.permit("a"), Permit::Granted, "the probe");
        assert_eq!(patience.permit("a"), Permit::Skip, "one at a time");
        patience.answered("a");
        assert_eq!(patience.permit("a"), Permit::Granted);
        patience.failed("a");
        assert_eq!(
            patience.permit("a"),
            Permit::Skip,
            "one fault on probation is enough"
        );
        clock.advance(Duration::from_secs(60));
        for _ in 0..3 {
            assert_eq!(patience.permit("a"), Permit::Granted);
            patience.answered("a");
        }
        patience.failed("a");
        assert_eq!(
            patience.permit("a"),
            Permit::Granted,
            "trusted: one fault is nothing"
        );
    }

    #[test]
    fn retries_come_later_and_later_until_the_item_is_given_up() {
        let delays = |random: f64| {
            let (clock, patience) = patience(2.0, random);
            let now = clock.now();
            [0, 1, 2, 7, 40].map(|retries| {
                let at = patience.retry_at(now, retries).expect("a retry");
                at.duration_since(now).expect("later").as_secs()
            })
        };
        assert_eq!(delays(0.5), [5, 20, 80, 43_200, 43_200]);
        assert_eq!(delays(0.0), [3, 12, 48, 25_920, 25_920]);
        assert_eq!(delays(1.0), [7, 28, 112, 60_480, 60_480]);
        let (clock, patience) = patience(2.0, 0.5);
        let queued = clock.now();
        clock.advance(GIVEN_UP_AFTER - Duration::from_secs(1));
        assert!(patience.retry_at(queued, 3).is_some());
        clock.advance(Duration::from_secs(1));
        assert_eq!(patience.retry_at(queued, 3), None);
    }
}
