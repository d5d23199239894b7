//! What ends a call from outside: time, cancellation, and memory.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wasmtime::{Engine, EngineWeak, ResourceLimiter, Result};

use crate::context::CallContext;

/// How often running guests are looked at, so how late a stop may come.
const TICK: Duration = Duration::from_millis(5);

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
}

impl MemoryCap {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: 0 }
    }
}

impl ResourceLimiter for MemoryCap {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            // The guest sees a failed `memory.grow`, as it would at the end of the machine's memory.
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        // An entry takes a machine word or two, and a module may have a hundred tables.
        const ENTRY: usize = 2 * size_of::<usize>();
        let bytes = |entries: usize| entries.saturating_mul(ENTRY);
        self.memory_growing(bytes(current), bytes(desired), maximum)
    }
}

/// Moves the engine's clock while guests run, so that they look up and see whether they have to stop.
pub(super) struct Ticker {
    shared: Arc<TickerShared>,
    thread: Option<JoinHandle<()>>,
}

struct TickerShared {
    state: Mutex<TickerState>,
    changed: Condvar,
}

#[derive(Default)]
struct TickerState {
    running: usize,
    ended: bool,
}

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(TickerShared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let thread = std::thread::Builder::new()
            .name("nd-host-ticker".into())
            .spawn({
                let shared = Arc::clone(&shared);
                let engine = engine.weak();
                move || shared.run(&engine)
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Keeps the clock moving for as long as the guard lives.
    pub(super) fn guard(&self) -> TickGuard<'_> {
        self.shared.lock().running += 1;
        self.shared.changed.notify_all();
        TickGuard { ticker: self }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It only fails if the thread panicked, and then there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl TickerShared {
    fn run(&self, engine: &EngineWeak) {
        let mut state = self.lock();
        while !state.ended {
            state = if state.running == 0 {
                self.changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            } else {
                drop(state);
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
                self.lock()
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, TickerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the clock moving.
pub(super) struct TickGuard<'a> {
    ticker: &'a Ticker,
}

impl Drop for TickGuard<'_> {
    fn drop(&mut self) {
        self.ticker.shared.lock().running -= 1;
    }
}
