//! What a host function knows about the plugin call it runs in, and the way back into the plugin.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use crate::error::CallError;
use crate::journal::{CallId, Journal};
use crate::services::{Clock, Sleeper};
use crate::until::until;

/// The plugin call a host function is made from.
#[derive(Debug, Clone)]
pub struct CallContext {
    plugin: Arc<str>,
    export: Arc<str>,
    deadline: Instant,
    cancel: CancelToken,
    journal: Journal,
    call: CallId,
    request_base: Option<Arc<str>>,
    /// Calls this one is inside of.
    depth: usize,
}

impl CallContext {
    /// Makes the context of one call.
    pub fn new(
        plugin: impl Into<Arc<str>>,
        export: impl Into<Arc<str>>,
        deadline: Instant,
        cancel: CancelToken,
        journal: Journal,
        call: CallId,
    ) -> Self {
        Self {
            plugin: plugin.into(),
            export: export.into(),
            deadline,
            cancel,
            journal,
            call,
            request_base: None,
            depth: 0,
        }
    }

    /// Notes the call whose host function makes this one.
    #[must_use]
    pub(crate) fn inside(mut self, outer: Option<&Self>) -> Self {
        self.depth = outer.map_or(0, |outer| outer.depth + 1);
        self
    }

    /// Returns how many calls this one is inside of.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Notes the address of the client request that caused the call, scheme and host as the client saw them.
    #[must_use]
    pub fn caused_by(mut self, request_base: Option<Arc<str>>) -> Self {
        self.request_base = request_base;
        self
    }

    /// Makes a context for unit tests of services: 30 s from now, never cancelled, a journal of its own.
    pub fn detached(plugin: &str) -> Self {
        Self::new(
            plugin,
            "test",
            Instant::now() + Duration::from_secs(30),
            CancelToken::new(),
            Journal::new(),
            CallId::NONE,
        )
    }

    /// Returns the id of the plugin that calls.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Returns the export that is running.
    pub fn export(&self) -> &str {
        &self.export
    }

    /// Returns when the call must be over, host functions included.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns how much of the call's time is left; zero once it is over or cancelled.
    ///
    /// Real time: a clock that is moved by hand past the limit counts as the end of the call.
    pub fn remaining(&self) -> Duration {
        if self.cancel.is_cancelled() {
            return Duration::ZERO;
        }
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Tells whether the caller has given up.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Returns the token that cancels this call.
    pub fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    /// Returns the host's journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Returns the address of the client request that caused the call, as in `https://music.example.org`, if one did.
    pub fn request_base(&self) -> Option<&str> {
        self.request_base.as_deref()
    }

    /// Returns the journal's number of this call.
    pub fn call(&self) -> CallId {
        self.call
    }
}

thread_local! {
    /// The plugin calls whose host functions run on this thread, innermost last.
    static RUNNING: RefCell<Vec<CallContext>> = const { RefCell::new(Vec::new()) };
}

impl CallContext {
    /// Marks this call as the one whose host function runs on this thread, for as long as the guard lives.
    pub(crate) fn enter(&self) -> Entered {
        RUNNING.with_borrow_mut(|running| running.push(self.clone()));
        Entered(())
    }

    /// Marks this call as the cause of those made on this thread, which have their own time all the same and end
    /// neither with it nor when it is cancelled, for as long as the guard lives.
    pub(crate) fn enter_apart(&self) -> Entered {
        let apart = Self {
            deadline: until(Duration::MAX),
            cancel: CancelToken::new(),
            ..self.clone()
        };
        apart.enter()
    }

    /// Returns the plugin call whose host function runs on this thread, if any.
    ///
    /// A call made from inside it belongs to it: it is cancelled with it and written below it in the journal.
    pub(crate) fn current() -> Option<Self> {
        RUNNING.with_borrow(|running| running.last().cloned())
    }
}

/// Marks a call as running on this thread.
pub(crate) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(|running| {
            running.pop();
        });
    }
}

/// A flag that ends calls early; clones share it.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    shared: Arc<Flag>,
}

#[derive(Debug, Default)]
struct Flag {
    state: AtomicU8,
    parents: Vec<CancelToken>,
}

/// States of a token of its own; the higher one wins.
const LIVE: u8 = 0;
const EXPIRED: u8 = 1;
const CANCELLED: u8 = 2;

impl CancelToken {
    /// Makes a token that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a token that is cancelled on its own or together with any of these.
    pub fn child_of(parents: impl IntoIterator<Item = CancelToken>) -> Self {
        Self {
            shared: Arc::new(Flag {
                state: AtomicU8::new(LIVE),
                parents: parents.into_iter().collect(),
            }),
        }
    }

    /// Ends every call that carries this token or a child of it.
    pub fn cancel(&self) {
        self.shared.state.store(CANCELLED, Ordering::Release);
    }

    /// Ends the calls like [`CancelToken::cancel`], for want of time.
    fn expire(&self) {
        self.shared.state.fetch_max(EXPIRED, Ordering::AcqRel);
    }

    /// Tells whether this is that token, or one that was made from it.
    pub(crate) fn descends_from(&self, other: &Self) -> bool {
        let mut parents = self.shared.parents.iter();
        Arc::ptr_eq(&self.shared, &other.shared)
            || parents.any(|parent| parent.descends_from(other))
    }

    /// Tells whether time ran out, and nobody cancelled.
    pub(crate) fn is_expired(&self) -> bool {
        let state = self.state();
        state == EXPIRED
    }

    fn state(&self) -> u8 {
        let parents = self.shared.parents.iter().map(Self::state);
        parents.fold(self.shared.state.load(Ordering::Acquire), u8::max)
    }

    /// Tells whether the token or one it was made from is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.state() != LIVE
    }
}

/// The limit of one call on a clock that is moved by hand.
pub(crate) struct Budget {
    clock: Arc<dyn Clock>,
    due: SystemTime,
    token: CancelToken,
}

impl Budget {
    /// Expires the token once the clock is moved past the limit; none if the clock moves by itself, for then it shows
    /// real time, which has a limit of its own.
    pub(crate) fn start(
        clock: &Arc<dyn Clock>,
        limit: Duration,
        token: &CancelToken,
    ) -> Option<Arc<Self>> {
        // A limit beyond all times is none.
        let due = clock.now().checked_add(limit)?;
        if clock.sleep_for(due).is_some() {
            return None;
        }
        let budget = Arc::new(Self {
            clock: Arc::clone(clock),
            due,
            token: token.clone(),
        });
        let sleeper: Weak<Self> = Arc::downgrade(&budget);
        clock.wake_on_jump(sleeper);
        Some(budget)
    }
}

impl Sleeper for Budget {
    fn wake(&self) {
        if self.clock.now() >= self.due {
            self.token.expire();
        }
    }
}

/// The way a service calls exports of its own plugin: scheduler, socket and task callbacks.
///
/// Each call has an instance and 30 s of its own. It is an error, not a panic, once the plugin is unloaded.
pub trait Callback: Send + Sync {
    /// Calls an export with a JSON document and returns its raw output, which may be empty.
    ///
    /// Rules 1 to 8 of reading a result are done; what is left is decoding the output, see [`crate::wire::read`].
    ///
    /// # Errors
    ///
    /// Any [`CallError`] but `Decode`.
    fn call(&self, export: &str, input: Vec<u8>) -> Result<Vec<u8>, CallError>;

    /// Like [`Callback::call`], and ends with an error when the token is cancelled.
    ///
    /// # Errors
    ///
    /// Any [`CallError`] but `Decode`.
    fn call_cancellable(
        &self,
        export: &str,
        input: Vec<u8>,
        cancel: &CancelToken,
    ) -> Result<Vec<u8>, CallError> {
        let _ = cancel;
        self.call(export, input)
    }

    /// Tells whether the plugin has that export.
    fn has_export(&self, export: &str) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{ManualClock, SystemClock};

    #[test]
    fn a_child_token_ends_with_its_parent_but_not_the_other_way_round() {
        let parent = CancelToken::new();
        let other = CancelToken::new();
        let first = CancelToken::child_of([parent.clone()]);
        let second = CancelToken::child_of([other, parent.clone()]);
        first.cancel();
        assert!(first.is_cancelled() && !parent.is_cancelled() && !second.is_cancelled());
        parent.cancel();
        assert!(second.is_cancelled());
        assert!(CancelToken::child_of([second.clone()]).descends_from(&parent));
        assert!(!second.descends_from(&first) && !parent.descends_from(&second));
    }

    #[test]
    fn a_clock_moved_past_the_limit_ends_the_call() {
        let clock = ManualClock::default();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let token = CancelToken::new();
        let budget = Budget::start(&shared, Duration::from_secs(30), &token);
        let child = CancelToken::child_of([token.clone()]);
        clock.advance(Duration::from_secs(29));
        assert!(!child.is_cancelled());
        clock.advance(Duration::from_secs(1));
        assert!(child.is_cancelled() && child.is_expired());
        child.cancel();
        assert!(!child.is_expired(), "cancelled is the stronger reason");
        drop(budget);
        assert!(Budget::start(&shared, Duration::MAX, &token).is_none());
        let real: Arc<dyn Clock> = Arc::new(SystemClock);
        assert!(Budget::start(&real, Duration::ZERO, &token).is_none());
    }

    #[test]
    fn what_is_set_apart_does_not_end_with_the_call() {
        let call = CallContext::detached("p");
        let _apart = call.enter_apart();
        call.cancel_token().cancel();
        let current = CallContext::current().unwrap_or_else(|| panic!("nothing runs"));
        assert!(call.is_cancelled() && !current.is_cancelled());
        assert!(current.deadline() > call.deadline());
        assert_eq!(current.plugin(), "p");
    }

    #[test]
    fn the_innermost_running_call_is_the_current_one() {
        assert!(CallContext::current().is_none());
        let (outer, inner) = (
            CallContext::detached("outer"),
            CallContext::detached("inner"),
        );
        let guard = outer.enter();
        {
            let _guard = inner.enter();
            assert_eq!(
                CallContext::current()
                    .map(|c| c.plugin().to_owned())
                    .as_deref(),
                Some("inner")
            );
        }
        assert_eq!(
            CallContext::current()
                .map(|c| c.plugin().to_owned())
                .as_deref(),
            Some("outer")
        );
        drop(guard);
        assert!(CallContext::current().is_none());
    }
}
