//! What ends a call from outside: time, cancellation, and memory.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wasmtime::{Engine, EngineWeak, ResourceLimiter, Result};

use crate::context::CallContext;

/// How often running guests are looked at, so how late a stop may come.
const TICK: Duration = Duration::from_millis(5);

/// Ticks the ticker stays awake after the last call: waking it up costs a call more than a few idle ticks cost the host.
const LINGER: u32 = 200;
/// Entries a table may have. One takes a machine word or two; nobody needs a million functions.
pub(super) const MAX_TABLE: usize = 10_000_000;

/// Why the host ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stop {
    #[error("module closed with context deadline exceeded")]
    Deadline,
    #[error("module closed with context canceled")]
    Cancelled,
}

impl Stop {
    /// Tells whether the call has to end now.
    fn due(context: &CallContext) -> Option<Self> {
        let expired = context.cancel_token().is_expired();
        if !expired && context.is_cancelled() {
            Some(Self::Cancelled)
        } else if expired || Instant::now() >= context.deadline() {
            Some(Self::Deadline)
        } else {
            None
        }
    }
}

/// Ends the call if it has to end now.
pub(super) fn check_stop(context: &CallContext) -> Result<()> {
    match Stop::due(context) {
        Some(stop) => Err(wasmtime::Error::new(stop)),
        None => Ok(()),
    }
}

/// A cap on the linear memories and the tables of an instance together.
pub(super) struct MemoryCap {
    limit: usize,
    used: usize,
    /// What was granted last: the engine may still find that it cannot be had.
    last: usize,
}

impl MemoryCap {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            last: 0,
        }
    }
}

impl ResourceLimiter for MemoryCap {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        let more = desired.saturating_sub(current);
        let used = self.used.saturating_add(more);
        self.last = 0;
        if used > self.limit {
            // The guest sees a failed `memory.grow`, as it would at the end of the machine's memory.
            return Ok(false);
        }
        self.used = used;
        self.last = more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.used -= std::mem::take(&mut self.last);
        Ok(())
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.memory_grow_failed(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        // An entry takes a machine word or two, and a module may have a hundred tables.
        const ENTRY: usize = 2 * size_of::<usize>();
        // The pool has no room for more.
        if desired > MAX_TABLE {
            return Ok(false);
        }
        let bytes = |entries: usize| entries.saturating_mul(ENTRY);
        self.memory_growing(bytes(current), bytes(desired), maximum)
    }
}

/// Moves the engines' clocks while guests run, so that they look up and see whether they have to stop.
pub(super) struct Ticker {
    shared: Arc<TickerShared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct TickerShared {
    /// Calls under way.
    running: AtomicUsize,
    /// Whether the thread sleeps until it is woken up.
    parked: AtomicBool,
    ended: AtomicBool,
    engines: Mutex<Vec<EngineWeak>>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(TickerShared::default());
        shared.engines().push(engine.weak());
        let thread = thread::Builder::new()
            .name("nd-host-ticker".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.run()
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Moves the clock of one more engine.
    pub(super) fn add(&self, engine: &Engine) {
        self.shared.engines().push(engine.weak());
    }

    /// Keeps the clocks moving for as long as the guard lives.
    pub(super) fn guard(&self) -> TickGuard<'_> {
        // Together with `park` below: of "a call has begun" and "the thread is parked", whoever looks last sees the
        // other. So it takes the strict order of both.
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.parked.load(Ordering::SeqCst) {
            self.wake();
        }
        TickGuard {
            shared: &self.shared,
        }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It only fails if the thread panicked, and then there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl TickerShared {
    fn run(&self) {
        let mut idle = 0;
        while !self.ended.load(Ordering::SeqCst) {
            if idle >= LINGER {
                self.park();
                idle = 0;
            }
            // Not a sleep, so that the end of the host need not wait for it.
            thread::park_timeout(TICK);
            for engine in &*self.engines() {
                if let Some(engine) = engine.upgrade() {
                    engine.increment_epoch();
                }
            }
            idle = match self.running.load(Ordering::SeqCst) {
                0 => idle + 1,
                _ => 0,
            };
        }
    }

    /// Waits for a call to begin, or for the end.
    fn park(&self) {
        self.parked.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 && !self.ended.load(Ordering::SeqCst) {
            thread::park();
        }
        self.parked.store(false, Ordering::SeqCst);
    }

    fn engines(&self) -> MutexGuard<'_, Vec<EngineWeak>> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the clocks moving.
pub(super) struct TickGuard<'a> {
    shared: &'a TickerShared,
}

impl Drop for TickGuard<'_> {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_refuses_is_not_used_up() {
        let mut cap = MemoryCap::new(100);
        let grow = |cap: &mut MemoryCap, from, to| cap.memory_growing(from, to, None).ok();
        assert_eq!(grow(&mut cap, 0, 40), Some(true));
        assert_eq!(grow(&mut cap, 40, 100), Some(true));
        assert!(
            cap.memory_grow_failed(wasmtime::Error::msg("beyond the maximum"))
                .is_ok()
        );
        assert_eq!(grow(&mut cap, 40, 101), Some(false));
        assert!(
            cap.memory_grow_failed(wasmtime::Error::msg("as was said"))
                .is_ok()
        );
        assert_eq!(grow(&mut cap, 40, 100), Some(true));
    }
}
