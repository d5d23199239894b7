//! Time inside the guest: the monotonic clock starts at 0 and moves 1 ms per reading, and waiting takes no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::time::{Duration, Instant};
use wasi_common::clocks::WasiMonotonicOffsetClock;
use wasi_common::sched::subscription::{RwEventFlags, Subscription};
use wasi_common::{Error, Poll, WasiMonotonicClock, WasiSched};

/// How far a reading moves the clock.
const STEP: Duration = Duration::from_millis(1);

/// The clock of one instance. Clones share it.
#[derive(Clone)]
pub(super) struct CountingClock {
    start: Instant,
    nanoseconds: Arc<AtomicU64>,
}

impl CountingClock {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::from_std(std::time::Instant::now()),
            nanoseconds: Arc::default(),
        }
    }

    /// Returns the clock in the form in which the guest sees time since its start.
    pub(super) fn as_offset_clock(&self) -> WasiMonotonicOffsetClock {
        WasiMonotonicOffsetClock {
            creation_time: self.start,
            abs_clock: Box::new(self.clone()),
        }
    }

    /// Moves the clock to a moment, never back.
    fn advance_to(&self, moment: Instant) {
        if let Some(elapsed) = moment.checked_duration_since(self.start) {
            let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
            self.nanoseconds.fetch_max(nanoseconds, Ordering::Relaxed);
        }
    }
}

impl WasiMonotonicClock for CountingClock {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self, _precision: Duration) -> Instant {
        let step = STEP.as_nanos() as u64;
        let reading = self.nanoseconds.fetch_add(step, Ordering::Relaxed);
        // A guest that waits for centuries makes no sense of its clock anyway.
        self.start
            .checked_add(Duration::from_nanos(reading))
            .unwrap_or(self.start)
    }
}

/// Waits for nothing: what a guest waits for has happened when it asks.
pub(super) struct NoWaiting {
    clock: CountingClock,
}

impl NoWaiting {
    pub(super) fn new(clock: CountingClock) -> Self {
        Self { clock }
    }
}

#[async_trait::async_trait]
impl WasiSched for NoWaiting {
    async fn poll_oneoff<'a>(&self, poll: &mut Poll<'a>) -> Result<(), Error> {
        if let Some(deadline) = poll.earliest_clock_deadline().map(|clock| clock.deadline) {
            self.clock.advance_to(deadline);
        }
        for subscription in poll.rw_subscriptions() {
            match subscription {
                Subscription::Read(read) => {
                    let ready = read.file.num_ready_bytes().unwrap_or(0);
                    read.complete(ready, RwEventFlags::empty());
                }
                Subscription::Write(write) => write.complete(0, RwEventFlags::empty()),
                Subscription::MonotonicClock(_) => {}
            }
        }
        Ok(())
    }

    async fn sched_yield(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn sleep(&self, _duration: Duration) -> Result<(), Error> {
        Ok(())
    }
}
