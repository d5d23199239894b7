//! Time as a parameter: services ask a clock, and a test moves it by hand instead of sleeping.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::until::FOREVER;

/// What services take the time from: expiry, schedules, time stamps in files.
///
/// The limit of a plugin call is real time; a clock that is moved by hand past it ends the call as well.
pub trait Clock: Send + Sync {
    /// Returns the present time.
    fn now(&self) -> SystemTime;

    /// Returns how long somebody who waits for `due` may really sleep.
    ///
    /// `None` means until woken: a clock that only moves by hand wakes its sleepers itself.
    fn sleep_for(&self, due: SystemTime) -> Option<Duration>;

    /// Lets time pass without waiting for it. Only a clock that is moved by hand can; others answer false.
    fn pass(&self, by: Duration) -> bool {
        let _ = by;
        false
    }

    /// Registers something to wake when time jumps. Clocks that never jump forget it.
    fn wake_on_jump(&self, sleeper: Weak<dyn Sleeper>) {
        drop(sleeper);
    }
}

/// Somebody who waits for a time to come.
pub trait Sleeper: Send + Sync {
    /// Looks at the clock again.
    fn wake(&self);
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_for(&self, due: SystemTime) -> Option<Duration> {
        Some(due.duration_since(SystemTime::now()).unwrap_or_default())
    }
}

/// A clock that stands still until a test moves it. Clones share it.
///
/// ```
/// use std::time::Duration;
/// use nd_test_host::services::{Clock, ManualClock};
///
/// let clock = ManualClock::at_unix(1_000);
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), before + Duration::from_secs(60));
/// ```
#[derive(Clone)]
pub struct ManualClock {
    shared: Arc<Mutex<Manual>>,
}

struct Manual {
    now: SystemTime,
    sleepers: Vec<Weak<dyn Sleeper>>,
}

impl ManualClock {
    /// Makes a clock that shows the given number of seconds since 1970.
    pub fn at_unix(seconds: u64) -> Self {
        let manual = Manual {
            now: UNIX_EPOCH + Duration::from_secs(seconds),
            sleepers: Vec::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(manual)),
        }
    }

    /// Moves the clock forward, a hundred years at most, and wakes everybody who waits for a time.
    pub fn advance(&self, by: Duration) {
        let sleepers: Vec<_> = {
            let mut manual = self.lock();
            let then = manual.now.checked_add(by.min(FOREVER));
            manual.now = then.unwrap_or(manual.now);
            manual.sleepers.retain(|sleeper| sleeper.strong_count() > 0);
            manual.sleepers.iter().filter_map(Weak::upgrade).collect()
        };
        // Woken without the lock: a sleeper's first act is to ask for the time.
        for sleeper in sleepers {
            sleeper.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Manual> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    /// Shows the morning of 1 January 2026, 10:00:00 UTC.
    fn default() -> Self {
        Self::at_unix(1_767_261_600)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.lock().now
    }

    fn sleep_for(&self, _due: SystemTime) -> Option<Duration> {
        None
    }

    fn pass(&self, by: Duration) -> bool {
        self.advance(by);
        true
    }

    fn wake_on_jump(&self, sleeper: Weak<dyn Sleeper>) {
        let sleepers = &mut self.lock().sleepers;
        if sleepers.len() == sleepers.capacity() {
            // Calls come and go much more often than the clock is moved.
            sleepers.retain(|sleeper| sleeper.strong_count() > 0);
        }
        sleepers.push(sleeper);
    }
}

impl std::fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

/// Returns whole seconds since 1970, rounded down; times before 1970 count as 0.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Returns nanoseconds since 1970, which are negative before it.
pub(crate) fn unix_nanos(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(error) => i64::try_from(error.duration().as_nanos()).map_or(i64::MIN, |before| -before),
    }
}

/// Returns the time that is so many nanoseconds after 1970.
pub(crate) fn from_unix_nanos(nanos: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanos.unsigned_abs());
    let time = match nanos < 0 {
        true => UNIX_EPOCH.checked_sub(distance),
        false => UNIX_EPOCH.checked_add(distance),
    };
    time.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Sleeper for Counter {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_jump_wakes_whoever_still_waits() {
        let clock = ManualClock::default();
        let counter = Arc::new(Counter::default());
        let gone: Arc<dyn Sleeper> = Arc::new(Counter::default());
        let kept: Arc<dyn Sleeper> = counter.clone();
        clock.wake_on_jump(Arc::downgrade(&gone));
        clock.wake_on_jump(Arc::downgrade(&kept));
        drop(gone);
        clock.advance(Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(counter.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn the_system_clock_says_how_long_to_sleep() {
        let past = SystemTime::now() - Duration::from_secs(5);
        assert_eq!(SystemClock.sleep_for(past), Some(Duration::ZERO));
        let future = SystemTime::now() + Duration::from_secs(50);
        let sleep = SystemClock.sleep_for(future).unwrap_or_default();
        assert!(sleep > Duration::from_secs(40) && sleep <= Duration::from_secs(50));
    }
}
