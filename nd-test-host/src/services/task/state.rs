//! What service, workers and keeper share, and how they wait for work and for time.
//!
//! One lock guards it all; it is never held while the file is used or the plugin is called.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::db::Db;
use super::settings::QueueSettings;
use super::{TaskSetup, worker};
use crate::context::{CallContext, Callback, CancelToken};
use crate::journal::{Journal, LogLevel};
use crate::services::clock::{Clock, Sleeper};
use crate::until::until;

/// How often idle workers look for tasks of their own accord.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often finished tasks are cleaned up.
pub(super) const CLEAN_UP_EVERY: Duration = Duration::from_secs(5 * 60);
/// Threads one queue may have, whatever a manifest asks for.
const MOST_THREADS: usize = 256;
/// Threads all queues of a load may have together, each queue having one at least.
const MOST_THREADS_IN_ALL: usize = 1024;
/// Idle threads one queue keeps.
const IDLE_THREADS: usize = 4;
/// Sleepers look at the clock at least this often, so that a change of the machine's time is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Stands for times that are too far away to be written.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What the threads of one load share.
pub(super) struct Shared {
    pub(super) plugin: String,
    pub(super) callback: Weak<dyn Callback>,
    pub(super) journal: Journal,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) db: Db,
    /// Ends the callbacks that run when the plugin is unloaded.
    stop: CancelToken,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queues: HashMap<String, Queue>,
    /// Concurrency given to queues.
    used: i64,
    closing: bool,
    /// Threads there are, of all queues, and the keeper.
    threads: usize,
    /// Threads that neither wait for work nor for a time.
    busy: usize,
    /// Tasks that were taken and are not settled, with what ends their callback.
    running: HashMap<String, CancelToken>,
    /// Running tasks that wait for a time.
    waiting: HashMap<String, SystemTime>,
    next_clean_up: Option<SystemTime>,
}

/// A queue of this load.
///
/// It behaves as if there were as many workers as its concurrency. A thread is only made once it is needed: one more
/// than there are tasks running, up to the concurrency, so that one is idle as long as the queue could do more.
struct Queue {
    settings: Arc<QueueSettings>,
    threads: usize,
    idle: usize,
    /// Enqueued tasks that no worker has been woken for.
    signals: usize,
    /// Another worker shall look, because one that looked found something.
    look_too: bool,
    next_look: SystemTime,
    /// When the next task may start.
    next_start: Option<SystemTime>,
}

impl Queue {
    fn most_threads(&self) -> usize {
        usize::try_from(self.settings.concurrency)
            .unwrap_or(1)
            .min(MOST_THREADS)
    }

    fn has_work(&self, now: SystemTime) -> bool {
        self.signals > 0 || self.look_too || self.next_look <= now
    }
}

/// Why a worker looks for tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// One was enqueued, which is a matter for one worker.
    Enqueued,
    /// It is time to look, for all idle workers.
    Look,
}

/// Why a queue cannot be made.
pub(super) enum Refused {
    NoBudget { used: i64 },
    Exists,
    Closing,
}

impl Shared {
    pub(super) fn new(setup: TaskSetup, db: Db) -> Arc<Self> {
        let clock = setup.clock.clone();
        let shared = Arc::new(Self {
            plugin: setup.plugin,
            callback: setup.callback,
            journal: setup.journal,
            clock: setup.clock,
            db,
            stop: CancelToken::new(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let sleeper: Arc<dyn Sleeper> = shared.clone();
        clock.wake_on_jump(Arc::downgrade(&sleeper));
        shared
    }

    /// Returns the present time in Unix milliseconds.
    pub(super) fn now(&self) -> i64 {
        let since = self.clock.now().duration_since(UNIX_EPOCH);
        i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
    }

    /// Returns the settings of the queues of this load, sorted by name.
    pub(super) fn queues(&self) -> Vec<(String, Arc<QueueSettings>)> {
        let state = self.lock();
        let queues = state.queues.iter();
        let mut queues: Vec<_> = queues
            .map(|(name, queue)| (name.clone(), queue.settings.clone()))
            .collect();
        queues.sort_by(|a, b| a.0.cmp(&b.0));
        queues
    }

    /// Returns the settings of a queue of this load.
    pub(super) fn queue(&self, name: &str) -> Option<Arc<QueueSettings>> {
        let state = self.lock();
        state.queues.get(name).map(|queue| queue.settings.clone())
    }

    /// Returns how much of `max` is left for a queue of that name.
    pub(super) fn budget(&self, name: &str, max: i64) -> Result<i64, Refused> {
        let state = self.lock();
        let left = max - state.used;
        if state.closing {
            Err(Refused::Closing)
        } else if left <= 0 {
            Err(Refused::NoBudget { used: state.used })
        } else if state.queues.contains_key(name) {
            Err(Refused::Exists)
        } else {
            Ok(left)
        }
    }

    /// Starts the work on a queue.
    pub(super) fn start_queue(
        self: &Arc<Self>,
        name: &str,
        settings: QueueSettings,
    ) -> std::io::Result<()> {
        let concurrency = i64::from(settings.concurrency);
        let needs_keeper = {
            let now = self.clock.now();
            let mut state = self.lock();
            state.used += concurrency;
            let queue = Queue {
                settings: Arc::new(settings),
                threads: 0,
                idle: 0,
                signals: 0,
                look_too: false,
                next_look: now,
                next_start: None,
            };
            state.queues.insert(name.to_owned(), queue);
            let needs_keeper = state.next_clean_up.is_none() && !state.closing;
            if needs_keeper {
                state.next_clean_up = Some(later(now, CLEAN_UP_EVERY));
                state.threads += 1;
            }
            needs_keeper
        };
        if needs_keeper && let Err(error) = worker::start_keeper(self) {
            let mut state = self.lock();
            state.threads -= 1;
            state.next_clean_up = None;
            state.forget(name, concurrency);
            return Err(error);
        }
        self.add_thread(name)
            .inspect_err(|_| self.lock().forget(name, concurrency))
    }

    /// Makes sure that a queue has an idle thread, if it may have one more.
    pub(super) fn keep_a_spare(self: &Arc<Self>, name: &str) {
        if let Err(error) = self.add_thread(name) {
            // The tasks are done all the same, by fewer workers.
            let text = format!("queue {name}: starting a worker: {error}");
            self.log(LogLevel::Warn, text);
        }
    }

    fn add_thread(self: &Arc<Self>, name: &str) -> std::io::Result<()> {
        {
            let mut state = self.lock();
            let (closing, all) = (state.closing, state.threads);
            let Some(queue) = state.queues.get_mut(name) else {
                return Ok(());
            };
            if closing || queue.idle > 0 || queue.threads >= queue.most_threads() {
                return Ok(());
            }
            if all >= MOST_THREADS_IN_ALL {
                return match queue.threads {
                    0 => Err(std::io::Error::other(format!(
                        "a plugin can have {MOST_THREADS_IN_ALL} workers at most"
                    ))),
                    // The tasks are done all the same, by fewer workers.
                    _ => Ok(()),
                };
            }
            queue.threads += 1;
            queue.idle += 1;
            state.threads += 1;
        }
        worker::start(self, name).inspect_err(|_| {
            let mut state = self.lock();
            state.threads -= 1;
            if let Some(queue) = state.queues.get_mut(name) {
                queue.threads -= 1;
                queue.idle -= 1;
            }
        })
    }

    /// Wakes one idle worker of a queue, for a task that was enqueued.
    pub(super) fn signal(&self, name: &str) {
        if let Some(queue) = self.lock().queues.get_mut(name) {
            queue.signals = (queue.signals + 1).min(queue.most_threads());
        }
        self.changed.notify_all();
    }

    /// Lets another idle worker look for tasks too.
    pub(super) fn look_too(&self, name: &str) {
        if let Some(queue) = self.lock().queues.get_mut(name) {
            queue.look_too = true;
        }
        self.changed.notify_all();
    }

    /// Waits until an idle worker shall look for tasks; nothing if it shall end.
    pub(super) fn wait_for_work(&self, name: &str) -> Option<Wake> {
        let mut state = self.lock();
        loop {
            let now = self.clock.now();
            let closing = state.closing;
            let queue = state.queues.get_mut(name)?;
            // A clock that was set back must not put the look off.
            queue.next_look = queue.next_look.min(later(now, LOOK_EVERY));
            let wake = if closing || !queue.has_work(now) && queue.idle > IDLE_THREADS {
                None
            } else if queue.next_look <= now {
                queue.next_look = later(now, LOOK_EVERY);
                Some(Wake::Look)
            } else if std::mem::take(&mut queue.look_too) {
                Some(Wake::Look)
            } else if queue.signals > 0 {
                queue.signals -= 1;
                Some(Wake::Enqueued)
            } else {
                let due = queue.next_look;
                state = self.sleep(state, due);
                continue;
            };
            queue.idle -= 1;
            state.busy += 1;
            return wake;
        }
    }

    /// Says that a worker has nothing left to do.
    pub(super) fn becomes_idle(&self, name: &str) {
        let mut state = self.lock();
        state.busy -= 1;
        if let Some(queue) = state.queues.get_mut(name) {
            queue.idle += 1;
        }
        self.changed.notify_all();
    }

    /// Waits until the next task of the queue may start. Answers false if it shall not start any more.
    pub(super) fn wait_for_slot(&self, name: &str, task: &str) -> bool {
        let (now, slot) = {
            let mut state = self.lock();
            let now = self.clock.now();
            let Some(queue) = state.queues.get_mut(name) else {
                return false;
            };
            let delay =
                Duration::from_millis(u64::try_from(queue.settings.delay_ms).unwrap_or_default());
            let slot = queue.next_start.map_or(now, |next| next.max(now));
            queue.next_start = Some(later(slot, delay));
            (now, slot)
        };
        self.wait(task, slot.duration_since(now).unwrap_or_default())
    }

    /// Keeps a running task waiting. Answers false if the queues are closed meanwhile.
    pub(super) fn wait(&self, task: &str, time: Duration) -> bool {
        let mut state = self.lock();
        let mut due = later(self.clock.now(), time);
        loop {
            let now = self.clock.now();
            // A clock that was set back must not lengthen the wait.
            due = due.min(later(now, time));
            if state.closing || due <= now {
                return !state.closing;
            }
            state.waiting.insert(task.to_owned(), due);
            state.busy -= 1;
            self.changed.notify_all();
            state = self.sleep(state, due);
            state.waiting.remove(task);
            state.busy += 1;
        }
    }

    /// Waits until finished tasks are to be cleaned up. Answers false when the keeper shall end.
    pub(super) fn wait_for_clean_up(&self) -> bool {
        let mut state = self.lock();
        loop {
            if state.closing {
                return false;
            }
            let now = self.clock.now();
            let next = later(now, CLEAN_UP_EVERY);
            let due = state.next_clean_up.map_or(next, |due| due.min(next));
            if due <= now {
                state.next_clean_up = Some(next);
                state.busy += 1;
                return true;
            }
            state.next_clean_up = Some(due);
            state = self.sleep(state, due);
        }
    }

    /// Says that the keeper is done for now.
    pub(super) fn cleaned_up(&self) {
        self.lock().busy -= 1;
        self.changed.notify_all();
    }

    /// Notes that a task was taken, and returns what ends its callback.
    pub(super) fn began(&self, task: &str) -> CancelToken {
        let token = CancelToken::child_of([self.stop.clone()]);
        self.lock().running.insert(task.to_owned(), token.clone());
        token
    }

    /// Notes that a task was settled.
    pub(super) fn ended(&self, task: &str) {
        self.lock().running.remove(task);
    }

    /// Notes that a thread ends. It must be idle.
    pub(super) fn thread_ends(&self, name: Option<&str>) {
        let mut state = self.lock();
        state.threads -= 1;
        if let Some(name) = name {
            state.busy -= 1;
            if let Some(queue) = state.queues.get_mut(name) {
                queue.threads -= 1;
            }
        }
        self.changed.notify_all();
    }

    /// Tells whether the queues are being closed.
    pub(super) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    /// Lets no task start any more and cancels the callbacks that run.
    pub(super) fn stop(&self) {
        // Under the lock, so that a callback that was cancelled sees why.
        let mut state = self.lock();
        state.closing = true;
        self.stop.cancel();
        self.changed.notify_all();
    }

    /// Waits until the threads have ended and returns the tasks that are running still.
    ///
    /// If this is called from inside callbacks of tasks, those are not waited for.
    pub(super) fn wait_for_threads(&self, limit: Duration) -> Vec<String> {
        let until = until(limit);
        let current = CallContext::current();
        let is_own = |token: &&CancelToken| {
            let current = current.as_ref().map(CallContext::cancel_token);
            current.is_some_and(|current| current.descends_from(token))
        };
        let mut state = self.lock();
        loop {
            let own = state.running.values().filter(is_own).count();
            let left = until.saturating_duration_since(Instant::now());
            if state.threads <= own || left.is_zero() {
                return state.running.keys().cloned().collect();
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until nothing happens any more before time goes on.
    pub(super) fn wait_idle(&self, limit: Duration) -> bool {
        let until = until(limit);
        let mut state = self.lock();
        loop {
            if state.is_idle(self.clock.now()) {
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

    pub(super) fn log(&self, level: LogLevel, text: String) {
        self.journal.log(&self.plugin, level, text);
    }

    fn sleep<'a>(&self, state: MutexGuard<'a, State>, due: SystemTime) -> MutexGuard<'a, State> {
        match self.clock.sleep_for(due) {
            Some(sleep) => {
                let waited = self.changed.wait_timeout(state, sleep.min(LONGEST_SLEEP));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleeper for Shared {
    fn wake(&self) {
        // The lock makes sure that nobody is between reading the clock and going to sleep.
        let _state = self.lock();
        self.changed.notify_all();
    }
}

impl State {
    fn forget(&mut self, queue: &str, concurrency: i64) {
        self.queues.remove(queue);
        self.used -= concurrency;
    }

    fn is_idle(&self, now: SystemTime) -> bool {
        let later = |due: &SystemTime| *due > now;
        let mut queues = self.queues.values();
        let rests = self.busy == 0
            && self.waiting.values().all(later)
            && queues.all(|queue| queue.idle == 0 || !queue.has_work(now))
            && self.next_clean_up.as_ref().is_none_or(later);
        if self.closing {
            self.threads == 0
        } else {
            rests
        }
    }
}

/// Adds to a time; what is too far away becomes a hundred years.
fn later(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_add(by.min(FAR)).unwrap_or(time)
}
