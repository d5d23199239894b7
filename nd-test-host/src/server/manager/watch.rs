//! Noticing that a package changed: the folder is watched, and after two seconds of quiet the file is looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use notify::event::{EventKind, Flag};
use notify::{Config, Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use super::Inner;
use super::sync::id_in_folder;
use crate::journal::LogLevel;
use crate::services::{Clock, clock::Sleeper};

/// How long a package must lie still before it is looked at.
const QUIET: Duration = Duration::from_secs(2);
/// How often the folder is looked through where the system does not tell of changes.
const POLL: Duration = Duration::from_secs(1);
/// The clock is looked at at least this often, so that a change of the machine's time is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// The watching of one folder; it ends when dropped.
pub(super) struct Watch {
    quiet: Arc<Quiet>,
    thread: Option<JoinHandle<()>>,
    _watcher: Box<dyn Watcher + Send>,
}

impl Watch {
    pub(super) fn start(inner: &Arc<Inner>) -> Result<Self, String> {
        let clock = inner.host.surroundings.service_settings.clock.clone();
        let quiet = Quiet::new(clock);
        let watcher = watcher(inner, &quiet)?;
        let (own, manager) = (quiet.clone(), Arc::downgrade(inner));
        let thread = std::thread::Builder::new()
            .name("nd-plugins-watch".to_owned())
            .spawn(move || run(&own, &manager))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            quiet,
            thread: Some(thread),
            _watcher: watcher,
        })
    }

    /// Returns the ids of packages that are not quiet yet.
    pub(super) fn pending(&self) -> Vec<String> {
        self.quiet.lock().due.keys().cloned().collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.quiet.close();
        // The thread itself may be what drops the last manager.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// Watches with what the system offers, and by looking again and again where that does not work.
fn watcher(inner: &Arc<Inner>, quiet: &Arc<Quiet>) -> Result<Box<dyn Watcher + Send>, String> {
    let folder = inner.folder.as_path();
    let handler = || {
        let (quiet, manager) = (quiet.clone(), Arc::downgrade(inner));
        move |event: notify::Result<Event>| noticed(&quiet, &manager, event)
    };
    let watch = |mut watcher: Box<dyn Watcher + Send>| {
        watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .map(|()| watcher)
    };
    if !inner.options.poll {
        let system = RecommendedWatcher::new(handler(), Config::default())
            .and_then(|watcher| watch(Box::new(watcher)));
        match system {
            Ok(watcher) => return Ok(watcher),
            Err(error) => inner.log(
                "",
                LogLevel::Warn,
                &format!(
                    "the system does not tell of changes in {}: {error}",
                    folder.display()
                ),
            ),
        }
    }
    let config = Config::default()
        .with_poll_interval(POLL)
        // Times are compared in whole seconds, in which a file may change twice.
        .with_compare_contents(true);
    PollWatcher::new(handler(), config)
        .and_then(|watcher| watch(Box::new(watcher)))
        .map_err(|error| error.to_string())
}

/// Takes a message of the watcher.
fn noticed(quiet: &Quiet, manager: &Weak<Inner>, event: notify::Result<Event>) {
    match event {
        // Some messages were lost: anything may have changed.
        Ok(event) if event.attrs.flag() == Some(Flag::Rescan) => everything(quiet, manager),
        Ok(event) if matters(event.kind) => {
            for path in &event.paths {
                if let Some(id) = id_of(path) {
                    quiet.note(&id);
                }
            }
        }
        Ok(_) => {}
        Err(_) => everything(quiet, manager),
    }
}

/// Reading a package is no change of it.
fn matters(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_))
}

fn id_of(path: &Path) -> Option<String> {
    let id = id_in_folder(path.file_name()?.to_str()?)?;
    crate::package::check_id(id).is_ok().then(|| id.to_owned())
}

fn everything(quiet: &Quiet, manager: &Weak<Inner>) {
    let Some(manager) = manager.upgrade() else {
        return;
    };
    for row in manager.store().plugin_rows().unwrap_or_default() {
        quiet.note(&row.id);
    }
    for entry in std::fs::read_dir(&manager.folder)
        .into_iter()
        .flatten()
        .flatten()
    {
        if let Some(id) = id_of(&entry.path()) {
            quiet.note(&id);
        }
    }
}

fn run(quiet: &Quiet, manager: &Weak<Inner>) {
    while let Some(id) = quiet.next() {
        let Some(manager) = manager.upgrade() else {
            return;
        };
        if let Err(error) = manager.file_changed(&id) {
            manager.log(&id, LogLevel::Error, &format!("package changed: {error}"));
        }
    }
}

/// Packages that changed, and when they will have been quiet for long enough.
struct Quiet {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    due: BTreeMap<String, SystemTime>,
    closed: bool,
}

impl Quiet {
    fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let quiet = Arc::new(Self {
            clock: clock.clone(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let sleeper: Arc<dyn Sleeper> = quiet.clone();
        clock.wake_on_jump(Arc::downgrade(&sleeper));
        quiet
    }

    /// Notes a change; the quiet begins again.
    fn note(&self, id: &str) {
        let mut state = self.lock();
        state.due.insert(id.to_owned(), self.clock.now() + QUIET);
        self.changed.notify_all();
    }

    /// Waits for a package that has been quiet for long enough; nothing once closed.
    fn next(&self) -> Option<String> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let now = self.clock.now();
            let first = state.due.iter().min_by_key(|(_, due)| **due);
            let first = first.map(|(id, due)| (id.clone(), *due));
            let sleep = match first {
                Some((id, due)) if due <= now => {
                    state.due.remove(&id);
                    return Some(id);
                }
                Some((_, due)) => self.clock.sleep_for(due),
                None => None,
            };
            state = match sleep {
                Some(sleep) => {
                    let waited = self.changed.wait_timeout(state, sleep.min(LONGEST_SLEEP));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleeper for Quiet {
    fn wake(&self) {
        // The lock makes sure that nobody is between reading the clock and going to sleep.
        let _state = self.lock();
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ManualClock;

    #[test]
    fn a_package_is_due_after_two_seconds_without_a_change() {
        let clock = ManualClock::default();
        let quiet = Quiet::new(Arc::new(clock.clone()));
        quiet.note("a");
        clock.advance(Duration::from_millis(1_500));
        quiet.note("a");
        quiet.note("b");
        clock.advance(Duration::from_millis(1_999));
        let due = |id: &str| quiet.lock().due[id];
        assert!(due("a") > clock.now() && due("b") > clock.now());
        clock.advance(Duration::from_millis(1));
        let mut both = [quiet.next(), quiet.next()];
        both.sort_unstable();
        assert_eq!(both, [Some("a".to_owned()), Some("b".to_owned())]);
        quiet.close();
        assert_eq!(quiet.next(), None);
    }

    #[test]
    fn moving_the_clock_wakes_whoever_waits() {
        let clock = ManualClock::default();
        let quiet = Quiet::new(Arc::new(clock.clone()));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| quiet.next());
            quiet.note("a");
            clock.advance(QUIET);
            assert_eq!(waiting.join().ok().flatten().as_deref(), Some("a"));
            let waiting = scope.spawn(|| quiet.next());
            quiet.close();
            assert_eq!(waiting.join().ok().flatten(), None);
        });
    }

    #[test]
    fn only_packages_with_usable_ids_are_noticed() {
        let id = |name: &str| id_of(Path::new(name));
        assert_eq!(id("/p/a.ndp").as_deref(), Some("a"));
        for other in [
            "/p/a.NDP",
            "/p/a.ndp.tmp",
            "/p/..ndp",
            "/p/a..ndp",
            "/p/a.wasm",
        ] {
            assert_eq!(id(other), None, "{other}");
        }
    }
}
