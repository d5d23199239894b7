//! Asking again in the background: one thread, and each artist or album once at a time.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::store::information::Subject;
use crate::until::until;

/// Refreshes that wait at once. One that finds no room is begun by a later request.
const MAX_WAITING: usize = 1_000;

/// Whom a refresh is about.
pub(super) type Name = (Subject, String);

type Job = Box<dyn FnOnce() + Send>;

/// The refreshes of one host.
#[derive(Default)]
pub(super) struct Refreshes {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Name, Job)>,
    running: Option<Name>,
    thread: Option<JoinHandle<()>>,
    closed: bool,
}

impl Refreshes {
    /// Does something in the background, unless it is about to be done already.
    pub(super) fn begin(self: &Arc<Self>, name: Name, job: Job) {
        let mut state = self.lock();
        let known = state.running.as_ref() == Some(&name)
            || state.waiting.iter().any(|(waiting, _)| *waiting == name);
        if known || state.closed || state.waiting.len() >= MAX_WAITING {
            return;
        }
        if state.thread.is_none() {
            let refreshes = Arc::clone(self);
            let thread = std::thread::Builder::new().name("nd-information".to_owned());
            // With no thread to be had, a later request begins it.
            let Ok(thread) = thread.spawn(move || refreshes.run()) else {
                return;
            };
            state.thread = Some(thread);
        }
        state.waiting.push_back((name, job));
        self.changed.notify_all();
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some((name, job)) = state.waiting.pop_front() else {
                let waited = self.changed.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.running = Some(name);
            drop(state);
            // A built-in source is code of the host's owner; its panic ends this refresh and no other.
            let _ = catch_unwind(AssertUnwindSafe(job));
            state = self.lock();
            state.running = None;
            self.changed.notify_all();
        }
    }

    /// Waits until nothing waits or runs; false if that takes longer than `limit` (of real time).
    pub(super) fn wait_idle(&self, limit: Duration) -> bool {
        let until = until(limit);
        let mut state = self.lock();
        while !state.closed && (state.running.is_some() || !state.waiting.is_empty()) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Begins nothing new. What runs is not ended by this.
    pub(super) fn close(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        self.changed.notify_all();
        // Without the lock: what a job holds may be the last of its kind.
        drop(dropped);
    }

    /// Waits for the thread, after [`Refreshes::close`].
    pub(super) fn join(&self) {
        let thread = self.lock().thread.take();
        if let Some(thread) = thread
            // A log hook may own the host, and then this is that thread.
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    fn name(id: &str) -> Name {
        (Subject::Artist, id.to_owned())
    }

    #[test]
    fn each_name_is_refreshed_once_at_a_time_and_a_panic_stops_no_other() {
        let refreshes = Arc::new(Refreshes::default());
        let done = Arc::new(Mutex::new(Vec::new()));
        let (go, gate) = mpsc::channel::<()>();
        let note = |id: &'static str| {
            let done = Arc::clone(&done);
            Box::new(move || done.lock().expect("done").push(id)) as Job
        };
        refreshes.begin(
            name("a"),
            Box::new(move || gate.recv().expect("the word to go")),
        );
        refreshes.begin(name("a"), note("a"));
        refreshes.begin(name("b"), Box::new(|| panic!("on purpose")));
        refreshes.begin(name("c"), note("c"));
        refreshes.begin(name("c"), note("c again"));
        go.send(()).expect("the first still waits");
        assert!(refreshes.wait_idle(LIMIT));
        assert_eq!(*done.lock().expect("done"), ["c"]);
        refreshes.begin(name("c"), note("c later"));
        assert!(refreshes.wait_idle(Duration::MAX));
        assert_eq!(*done.lock().expect("done"), ["c", "c later"]);
        refreshes.close();
        refreshes.begin(name("d"), note("d"));
        refreshes.join();
        assert_eq!(done.lock().expect("done").len(), 2);
    }
}
