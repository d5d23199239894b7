//! The queues created in this load, and what their workers share.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nd_types::task::QueueConfig;

use super::store::{Store, StoredTask};
use super::{TaskSetup, wire_error, worker};
use crate::context::{Callback, CancelToken};
use crate::error::ServiceError;
use crate::journal::{Journal, LogLevel};
use crate::services::clock::{Clock, Sleeper};

/// Time that closing waits for running callbacks.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);
/// How often finished tasks are cleaned away.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(5 * 60);
/// Threads of one queue.
const MAX_WORKERS: usize = 128;

/// All queues of one load.
pub(super) struct Pool {
    plugin: String,
    max_concurrency: i64,
    callback: Weak<dyn Callback>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    store: Store,
    /// Ends the callbacks that run when the service closes.
    pub(super) cancel: CancelToken,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queues: HashMap<String, Queue>,
    /// Ids of the tasks that workers have.
    running: HashSet<String>,
    /// Counts everything a sleeping worker must look at.
    news: u64,
    closing: bool,
    /// When finished tasks were last cleaned away.
    cleaned: Option<SystemTime>,
}

struct Queue {
    config: QueueConfig,
    workers: usize,
    idle: usize,
    /// When the next task may start.
    next_start: Option<SystemTime>,
}

impl Pool {
    pub(super) fn new(setup: TaskSetup, store: Store) -> Self {
        Self {
            plugin: setup.plugin,
            max_concurrency: setup.max_concurrency,
            callback: setup.callback,
            journal: setup.journal,
            clock: setup.clock,
            store,
            cancel: CancelToken::new(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn plugin(&self) -> &str {
        &self.plugin
    }

    pub(super) fn callback(&self) -> Option<Arc<dyn Callback>> {
        self.callback.upgrade()
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn now_ms(&self) -> i64 {
        let since = self.clock.now().duration_since(UNIX_EPOCH);
        i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
    }

    pub(super) fn log(&self, message: &str) {
        self.journal.log(&self.plugin, LogLevel::Error, message);
    }

    /// Creates a queue, with as much of the concurrency it asks for as is left.
    pub(super) fn create(
        self: &Arc<Self>,
        name: &str,
        mut config: QueueConfig,
    ) -> Result<(), ServiceError> {
        let mut state = self.lock();
        if state.closing {
            return Err("the plugin is unloaded".into());
        }
        let used: i64 = state
            .queues
            .values()
            .map(|queue| i64::from(queue.config.concurrency))
            .sum();
        let left = self.max_concurrency - used;
        if left <= 0 {
            let max = self.max_concurrency;
            return Err(format!("concurrency budget exhausted ({used}/{max} allocated)").into());
        }
        if state.queues.contains_key(name) {
            return Err(format!("queue \"{name}\" already exists").into());
        }
        config.concurrency = config
            .concurrency
            .min(i32::try_from(left).unwrap_or(i32::MAX));
        let stored = self.store.open_queue(name, &config, self.now_ms());
        stored.map_err(wire_error)?;
        state.cleaned.get_or_insert(self.clock.now());
        state.queues.insert(
            name.to_owned(),
            Queue {
                config,
                workers: 0,
                idle: 0,
                next_start: None,
            },
        );
        drop(state);
        self.work_came(name);
        Ok(())
    }

    /// Returns the number of retries tasks of a queue get now.
    pub(super) fn max_retries(&self, name: &str) -> Result<i32, ServiceError> {
        match self.lock().queues.get(name) {
            Some(queue) => Ok(queue.config.max_retries),
            None => Err(format!("queue \"{name}\" does not exist").into()),
        }
    }

    /// Wakes a worker, or starts one if all are busy and there may be more.
    pub(super) fn work_came(self: &Arc<Self>, name: &str) {
        let mut state = self.lock();
        state.news += 1;
        self.changed.notify_all();
        let closing = state.closing;
        let Some(queue) = state.queues.get_mut(name) else {
            return;
        };
        let allowed = usize::try_from(queue.config.concurrency).unwrap_or(1);
        if closing || queue.idle > 0 || queue.workers >= allowed.min(MAX_WORKERS) {
            return;
        }
        queue.workers += 1;
        let first = queue.workers == 1;
        drop(state);
        if let Err(error) = worker::start(Arc::clone(self), name.to_owned()) {
            // Without its first worker a queue would stand still; the others are a matter of speed.
            if first {
                self.log(&format!("queue {name}: no thread for a worker: {error}"));
            }
            if let Some(queue) = self.lock().queues.get_mut(name) {
                queue.workers -= 1;
            }
        }
    }

    /// Tells whoever waits that tasks have changed.
    pub(super) fn changed(&self) {
        self.lock().news += 1;
        self.changed.notify_all();
    }

    /// Returns the number of changes so far, to be given to [`Pool::sleep`]; none once the workers have to end.
    pub(super) fn news(&self) -> Option<u64> {
        let state = self.lock();
        (!state.closing).then_some(state.news)
    }

    /// Sleeps until a time, a change after `seen`, or the end.
    pub(super) fn sleep(&self, queue: &str, seen: u64, until: SystemTime) {
        let mut state = self.lock();
        if let Some(queue) = state.queues.get_mut(queue) {
            queue.idle += 1;
        }
        self.changed.notify_all();
        state = self.wait(state, until, |state| state.news != seen);
        if let Some(queue) = state.queues.get_mut(queue) {
            queue.idle -= 1;
        }
    }

    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        until: SystemTime,
        done: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        while !state.closing && !done(&state) && self.clock.now() < until {
            state = match self.clock.sleep_for(until) {
                Some(limit) => {
                    let waited = self.changed.wait_timeout(state, limit);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
        state
    }

    /// Takes the next task of a queue that is due.
    pub(super) fn take(&self, queue: &str) -> rusqlite::Result<Option<StoredTask>> {
        // With the lock, so that whoever closes knows of every task that was taken.
        let mut state = self.lock();
        if state.closing {
            return Ok(None);
        }
        let task = self.store.take(queue, self.now_ms())?;
        if let Some(task) = &task {
            state.running.insert(task.id.clone());
        }
        Ok(task)
    }

    /// Notes that a worker is done with a task.
    pub(super) fn end(&self, task: &str) {
        self.lock().running.remove(task);
        self.changed();
    }

    /// Puts a task back as if it had not been tried, unless that was done while its worker was waited for in vain.
    pub(super) fn put_back(&self, task: &str) {
        let mut state = self.lock();
        if state.running.contains(task)
            && let Err(error) = self.store.put_back(task, false, self.now_ms())
        {
            self.log(&format!("task {task}: putting it back: {error}"));
        }
        state.running.remove(task);
        self.changed.notify_all();
    }

    /// Waits until the next task of a queue may start; false if the workers have to end before.
    pub(super) fn wait_for_slot(&self, name: &str) -> bool {
        let mut state = self.lock();
        let now = self.clock.now();
        let Some(queue) = state.queues.get_mut(name) else {
            return false;
        };
        let delay = Duration::from_millis(queue.config.delay_ms.unsigned_abs());
        let start = queue.next_start.map_or(now, |next| next.max(now));
        queue.next_start = start.checked_add(delay);
        state = self.wait(state, start, |_| false);
        !state.closing
    }

    /// Returns the settings of a queue.
    pub(super) fn config(&self, name: &str) -> Option<QueueConfig> {
        let state = self.lock();
        state.queues.get(name).map(|queue| queue.config.clone())
    }

    pub(super) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    /// Deletes finished tasks whose time is over, if that was not done for a while.
    pub(super) fn clean_up(&self) {
        let now = self.clock.now();
        let queues: Vec<(String, i64)> = {
            let mut state = self.lock();
            let due = state.cleaned.is_some_and(|cleaned| {
                now.duration_since(cleaned)
                    .is_ok_and(|age| age >= CLEAN_UP_EVERY)
            });
            if !due {
                return;
            }
            state.cleaned = Some(now);
            let queues = state.queues.iter();
            queues
                .map(|(name, queue)| (name.clone(), queue.config.retention_ms))
                .collect()
        };
        for (name, retention) in queues {
            let before = self.now_ms().saturating_sub(retention);
            if let Err(error) = self.store.clean_up(&name, before) {
                self.log(&format!("queue {name}: cleaning up: {error}"));
            }
        }
    }

    pub(super) fn wait_idle(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            let now = self.now_ms();
            let due = |name: &String| {
                let next = self.store.next_due(name).ok().flatten();
                next.is_some_and(|next| next <= now)
            };
            if state.running.is_empty() && !state.queues.keys().any(due) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        if state.closing {
            return;
        }
        state.closing = true;
        self.changed.notify_all();
        self.cancel.cancel();
        let until = Instant::now() + CLOSE_LIMIT;
        while !state.running.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        for task in std::mem::take(&mut state.running) {
            if let Err(error) = self.store.put_back(&task, true, self.now_ms()) {
                self.log(&format!("task {task}: putting it back: {error}"));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleeper for Pool {
    fn wake(&self) {
        self.changed();
    }
}
