//! The schedules of one plugin and the thread that fires them.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use nd_types::scheduler::SchedulerCallbackRequest;

use super::ScheduleInfo;
use super::expression::Expression;
use crate::context::Callback;
use crate::error::ServiceError;
use crate::journal::{Journal, LogLevel};
use crate::services::clock::{Clock, Sleeper};
use crate::until::until;
use crate::wire;

const EXPORT: &str = "nd_scheduler_callback";
/// The timer looks at the clock at least this often, so that a change of the machine's time is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Callbacks of one plugin that run at once, each on a thread; what is due beyond that waits for one to return.
pub(super) const MAX_RUNNING: usize = 256;

/// What service, timer and callback threads share.
pub(super) struct Shared {
    plugin: String,
    callback: Weak<dyn Callback>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    schedules: HashMap<String, Schedule>,
    /// Callbacks that have begun, or are about to, and have not returned.
    running: usize,
    /// Tells a schedule from a later one with the same id.
    last_serial: u64,
    closed: bool,
}

struct Schedule {
    serial: u64,
    payload: String,
    kind: Kind,
}

/// How often a schedule fires, and when next.
pub(super) enum Kind {
    /// Once; without a time while its callback runs.
    Once { due: Option<SystemTime> },
    /// At every time of an expression.
    Recurring {
        expression: Expression,
        due: Option<SystemTime>,
    },
}

/// One run of a callback.
struct Firing {
    serial: u64,
    request: SchedulerCallbackRequest,
}

impl Shared {
    pub(super) fn new(
        plugin: &str,
        callback: Weak<dyn Callback>,
        journal: Journal,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let shared = Arc::new(Self {
            plugin: plugin.to_owned(),
            callback,
            journal,
            clock: clock.clone(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let sleeper: Arc<dyn Sleeper> = shared.clone();
        clock.wake_on_jump(Arc::downgrade(&sleeper));
        shared
    }

    pub(super) fn add(
        &self,
        id: &str,
        payload: String,
        kind: impl FnOnce(SystemTime) -> Result<Kind, ServiceError>,
    ) -> Result<(), ServiceError> {
        let mut state = self.lock();
        if state.closed {
            return Err("failed to schedule task: the plugin is unloaded".into());
        }
        if state.schedules.contains_key(id) {
            return Err(format!("schedule ID \"{id}\" already exists").into());
        }
        let kind = kind(self.clock.now())?;
        state.last_serial += 1;
        let serial = state.last_serial;
        state.schedules.insert(
            id.to_owned(),
            Schedule {
                serial,
                payload,
                kind,
            },
        );
        self.changed.notify_all();
        Ok(())
    }

    pub(super) fn cancel(&self, id: &str) -> Result<(), ServiceError> {
        match self.lock().schedules.remove(id) {
            Some(_) => Ok(()),
            None => Err(format!("schedule ID \"{id}\" not found").into()),
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.schedules.clear();
        self.changed.notify_all();
    }

    pub(super) fn schedules(&self) -> Vec<ScheduleInfo> {
        let state = self.lock();
        let infos = state.schedules.iter().map(|(id, schedule)| ScheduleInfo {
            id: id.clone(),
            payload: schedule.payload.clone(),
            recurring: matches!(schedule.kind, Kind::Recurring { .. }),
            due: schedule.due(),
        });
        let mut infos: Vec<_> = infos.collect();
        infos.sort_by(|a, b| a.id.cmp(&b.id));
        infos
    }

    pub(super) fn fire_now(&self, id: &str) -> bool {
        let firing = {
            let mut state = self.lock();
            let Some(schedule) = state.schedules.get_mut(id) else {
                return false;
            };
            if matches!(schedule.kind, Kind::Once { due: None }) {
                return false;
            }
            if let Kind::Once { due } = &mut schedule.kind {
                *due = None;
            }
            let firing = schedule.firing(id);
            state.running += 1;
            firing
        };
        self.fire(firing);
        true
    }

    pub(super) fn wait_idle(&self, limit: Duration) -> bool {
        let until = until(limit);
        let mut state = self.lock();
        loop {
            let now = self.clock.now();
            if state.running == 0 && state.next_due().is_none_or(|due| due > now) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Runs one callback. No lock is held meanwhile: the plugin may schedule and cancel from inside it.
    fn fire(&self, firing: Firing) {
        if !self.lock().closed
            && let Err(error) = self.call_plugin(&firing.request)
        {
            let text = format!(
                "schedule {}: callback failed: {error}",
                firing.request.schedule_id
            );
            self.journal.log(&self.plugin, LogLevel::Error, text);
        }
        let mut state = self.lock();
        state.running -= 1;
        // A one-time id is free once its callback has returned, unless it stands for a newer schedule by now.
        let id = &firing.request.schedule_id;
        let done =
            |schedule: &Schedule| schedule.serial == firing.serial && !firing.request.is_recurring;
        if state.schedules.get(id).is_some_and(done) {
            state.schedules.remove(id);
        }
        self.changed.notify_all();
    }

    fn call_plugin(&self, request: &SchedulerCallbackRequest) -> Result<(), String> {
        let plugin = self.callback.upgrade().ok_or("the plugin is unloaded")?;
        let input = wire::encode(request).map_err(|error| error.to_string())?;
        let output = plugin
            .call(EXPORT, input)
            .map_err(|error| error.to_string())?;
        wire::read_nothing(&output).map_err(|error| error.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleeper for Shared {
    fn wake(&self) {
        // The lock makes sure that the timer is not between reading the clock and going to sleep.
        let _state = self.lock();
        self.changed.notify_all();
    }
}

impl State {
    /// Takes the schedules that are due, as far as there is room, and sets the next time of recurring ones.
    fn take_due(&mut self, now: SystemTime) -> Vec<Firing> {
        let room = MAX_RUNNING.saturating_sub(self.running);
        let mut firings = Vec::new();
        for (id, schedule) in &mut self.schedules {
            if firings.len() == room {
                break;
            }
            if schedule.due().is_none_or(|due| due > now) {
                continue;
            }
            firings.push(schedule.firing(id));
            match &mut schedule.kind {
                Kind::Once { due } => *due = None,
                Kind::Recurring { expression, due } => *due = expression.next_after(now),
            }
        }
        self.running += firings.len();
        firings
    }

    fn next_due(&self) -> Option<SystemTime> {
        self.schedules.values().filter_map(Schedule::due).min()
    }
}

impl Schedule {
    fn due(&self) -> Option<SystemTime> {
        match self.kind {
            Kind::Once { due } | Kind::Recurring { due, .. } => due,
        }
    }

    fn firing(&self, id: &str) -> Firing {
        Firing {
            serial: self.serial,
            request: SchedulerCallbackRequest {
                schedule_id: id.to_owned(),
                payload: self.payload.clone(),
                is_recurring: matches!(self.kind, Kind::Recurring { .. }),
            },
        }
    }
}

/// Starts the thread that fires what is due until the schedules are closed.
pub(super) fn start(shared: &Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let shared = shared.clone();
    let name = format!("nd-scheduler-{}", shared.plugin);
    std::thread::Builder::new()
        .name(name)
        .spawn(move || run(&shared))
}

fn run(shared: &Arc<Shared>) {
    let mut state = shared.lock();
    while !state.closed {
        let firings = state.take_due(shared.clock.now());
        if !firings.is_empty() {
            drop(state);
            for firing in firings {
                start_firing(shared, firing);
            }
            state = shared.lock();
            continue;
        }
        let sleep = match state.running < MAX_RUNNING {
            true => state.next_due().map(|due| shared.clock.sleep_for(due)),
            // The next callback that returns makes room, and wakes.
            false => None,
        };
        state = match sleep {
            Some(Some(sleep)) => {
                let waited = shared.changed.wait_timeout(state, sleep.min(LONGEST_SLEEP));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            _ => shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
        };
    }
}

fn start_firing(shared: &Arc<Shared>, firing: Firing) {
    let own = shared.clone();
    // Kept outside the thread, so that the run is accounted for even if no thread can be made.
    let firing = Arc::new(Mutex::new(Some(firing)));
    let taken = firing.clone();
    let take =
        |slot: &Mutex<Option<Firing>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let started = std::thread::Builder::new()
        .name("nd-schedule".to_owned())
        .spawn(move || {
            if let Some(firing) = take(&taken) {
                own.fire(firing);
            }
        });
    if started.is_err()
        && let Some(firing) = take(&firing)
    {
        shared.fire(firing);
    }
}
