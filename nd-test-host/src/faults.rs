//! Faults on purpose: errors, delays, corrupt answers and a full disk, per host function.
//!
//! ```
//! use std::time::Duration;
//! use nd_test_host::Host;
//! use nd_test_host::faults::Fault;
//!
//! let host = Host::builder().build()?;
//! // The first two writes fail, whichever plugin makes them.
//! host.faults().add(Fault::error("disk I/O error").function("kvstore_set").times(2));
//! // Every request of one plugin answers late.
//! host.faults().add(Fault::delay(Duration::from_secs(5)).service("HTTP").plugin("webhook"));
//! // No file and no database takes anything any more.
//! host.faults().fill_disk(true);
//! # Ok::<(), nd_test_host::BuildError>(())
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::context::CallContext;
use crate::services::Clock;
use crate::until::until;

/// How long a delay goes without looking whether the call is over.
const DELAY_STEP: Duration = Duration::from_millis(5);

/// Something that goes wrong on purpose, and where.
///
/// Without [`Fault::service`], [`Fault::function`] and [`Fault::plugin`] it hits every host function of every plugin.
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is added to the host's"]
pub struct Fault {
    kind: Kind,
    service: Option<String>,
    function: Option<String>,
    plugin: Option<String>,
    skip: usize,
    left: Option<usize>,
}

#[derive(Debug, Clone)]
enum Kind {
    Error(String),
    Delay(Duration),
    Answer(Vec<u8>),
    Cut,
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            service: None,
            function: None,
            plugin: None,
            skip: 0,
            left: None,
        }
    }

    /// The function is not run; the guest reads this error.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Kind::Error(message.into()))
    }

    /// The function is run after this much of the host's time, which a manual clock lets pass at once. The delay
    /// counts towards the limit of the plugin call.
    pub fn delay(by: Duration) -> Self {
        Self::new(Kind::Delay(by))
    }

    /// The function is not run; the guest reads these bytes, JSON or not.
    pub fn answer(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Kind::Answer(bytes.into()))
    }

    /// The function is run, but only the first half of its answer reaches the guest.
    pub fn cut() -> Self {
        Self::new(Kind::Cut)
    }

    /// Hits the functions of one service only, named as in `KVStore`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Hits one function only, named as it is imported: `kvstore_set`.
    pub fn function(mut self, import: impl Into<String>) -> Self {
        self.function = Some(import.into());
        self
    }

    /// Hits one plugin only.
    pub fn plugin(mut self, id: impl Into<String>) -> Self {
        self.plugin = Some(id.into());
        self
    }

    /// Lets the first calls that it would hit pass.
    pub fn after(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }

    /// Ends after it has hit this often. Default: never.
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    fn aims_at(&self, plugin: &str, (service, import): (&str, &str)) -> bool {
        let fits = |wanted: &Option<String>, actual: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == actual)
        };
        fits(&self.plugin, plugin) && fits(&self.service, service) && fits(&self.function, import)
    }

    /// Counts a call it aims at; tells whether it hits.
    fn hits(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// The faults of one host. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether there is any fault at all, so that calls of a sound host do not wait for a lock.
    armed: AtomicBool,
    list: Mutex<Vec<Fault>>,
    disk_full: AtomicBool,
}

impl Faults {
    /// Adds a fault. Of several that hit the same call, the one added first counts.
    pub fn add(&self, fault: Fault) {
        self.list().push(fault);
        self.shared.armed.store(true, Ordering::Release);
    }

    /// Removes all faults, and frees the disk.
    pub fn clear(&self) {
        self.list().clear();
        self.shared.armed.store(false, Ordering::Release);
        self.fill_disk(false);
    }

    /// Fills the disk, or frees it again: the databases of KVStore and Task and the files of `/storage` and writable
    /// libraries take nothing new while it is full. What is there can be read.
    pub fn fill_disk(&self, full: bool) {
        self.shared.disk_full.store(full, Ordering::Release);
    }

    /// Tells whether the disk counts as full.
    pub fn disk_is_full(&self) -> bool {
        self.shared.disk_full.load(Ordering::Acquire)
    }

    /// Fails as SQLite does when the disk is full, if it is.
    pub(crate) fn check_disk(&self) -> rusqlite::Result<()> {
        match self.disk_is_full() {
            false => Ok(()),
            true => Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
                Some("database or disk is full".to_owned()),
            )),
        }
    }

    /// Answers a call of a host function, named by service and import, unless a fault hits it.
    pub(crate) fn around(
        &self,
        ctx: &CallContext,
        clock: &dyn Clock,
        function: (&str, &str),
        run: impl FnOnce() -> Vec<u8>,
    ) -> Vec<u8> {
        let kind = match self.shared.armed.load(Ordering::Acquire) {
            true => self.next(ctx.plugin(), function),
            false => None,
        };
        match kind {
            None => run(),
            Some(Kind::Error(message)) => serde_json::json!({ "error": message })
                .to_string()
                .into_bytes(),
            Some(Kind::Answer(bytes)) => bytes,
            Some(Kind::Delay(by)) => {
                pass(ctx, clock, by);
                run()
            }
            Some(Kind::Cut) => {
                let mut answer = run();
                answer.truncate(answer.len() / 2);
                answer
            }
        }
    }

    fn next(&self, plugin: &str, function: (&str, &str)) -> Option<Kind> {
        let mut list = self.list();
        let mut aimed = list
            .iter_mut()
            .filter(|fault| fault.aims_at(plugin, function));
        aimed.find_map(|fault| fault.hits().then(|| fault.kind.clone()))
    }

    fn list(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.shared
            .list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets time pass on the host's clock, at most until the call is over.
fn pass(ctx: &CallContext, clock: &dyn Clock, by: Duration) {
    if clock.pass(by) {
        return;
    }
    let end = until(by);
    while let left = end.saturating_duration_since(Instant::now())
        && !left.is_zero()
        && !ctx.remaining().is_zero()
    {
        std::thread::sleep(left.min(DELAY_STEP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::FUNCTIONS;
    use crate::services::{ManualClock, SystemClock};

    fn function(import: &str) -> (&'static str, &'static str) {
        let mut functions = FUNCTIONS.iter();
        let found = functions.find(|function| function.import == import);
        let found = found.expect("a host function");
        (found.service, found.import)
    }

    fn ask(faults: &Faults, plugin: &str, import: &str) -> String {
        let ctx = CallContext::detached(plugin);
        let answer = faults.around(&ctx, &SystemClock, function(import), || b"{}!".to_vec());
        String::from_utf8(answer).expect("text")
    }

    #[test]
    fn the_longest_delay_ends_with_the_call() {
        let ctx = CallContext::detached("p");
        ctx.cancel_token().cancel();
        pass(&ctx, &SystemClock, Duration::MAX);
    }

    #[test]
    fn a_fault_hits_where_it_aims_and_as_often_as_it_says() {
        let faults = Faults::default();
        faults.add(
            Fault::error("a \"b\"")
                .function("kvstore_set")
                .plugin("p")
                .after(1)
                .times(2),
        );
        faults.add(Fault::answer("lies").service("Cache"));
        let answers: Vec<_> = (0..4).map(|_| ask(&faults, "p", "kvstore_set")).collect();
        let error = r#"{"error":"a \"b\""}"#;
        assert_eq!(answers, ["{}!", error, error, "{}!"]);
        assert_eq!(ask(&faults, "q", "kvstore_set"), "{}!");
        assert_eq!(ask(&faults, "q", "cache_has"), "lies");
        faults.clear();
        assert_eq!(ask(&faults, "q", "cache_has"), "{}!");
    }

    #[test]
    fn an_answer_can_be_cut_and_a_disk_be_full() {
        let faults = Faults::default();
        faults.add(Fault::cut());
        assert_eq!(ask(&faults, "p", "cache_has"), "{");
        assert!(faults.check_disk().is_ok());
        faults.fill_disk(true);
        let error = faults.check_disk().expect_err("no room").to_string();
        assert_eq!(error, "database or disk is full");
    }

    #[test]
    fn a_manual_clock_lets_a_delay_pass_at_once() {
        let (faults, clock) = (Faults::default(), ManualClock::default());
        let before = clock.now();
        faults.add(Fault::delay(Duration::from_secs(3_600)));
        let ctx = CallContext::detached("p");
        faults.around(&ctx, &clock, function("cache_has"), Vec::new);
        assert_eq!(clock.now(), before + Duration::from_secs(3_600));
    }
}
