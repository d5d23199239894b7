//! Scheduler: calls the plugin back later, once or again and again. Schedules live in memory, as on the server.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use self::expression::Expression;
use self::timer::{Kind, Shared};
use super::clock::Clock;
use super::id;
use crate::context::{CallContext, Callback};
use crate::error::ServiceError;
use crate::generated::Scheduler;
use crate::journal::Journal;

mod duration;
mod expression;
mod field;
mod timer;

/// The Scheduler service.
///
/// Callbacks run on threads of their own, so runs of one recurring schedule may overlap. If time jumps over several
/// runs of it (the machine slept, a test moved the clock), they become one. At most 256 callbacks of a plugin run at
/// once; the server knows no such bound.
pub struct SchedulerService {
    shared: Arc<Shared>,
    timer: Mutex<Option<JoinHandle<()>>>,
}

/// A schedule, for tests and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleInfo {
    /// The id, given or generated.
    pub id: String,
    /// What the callback gets.
    pub payload: String,
    /// Whether it fires again and again.
    pub recurring: bool,
    /// When it fires next; nothing while a one-time callback runs, or if no matching time comes.
    pub due: Option<SystemTime>,
}

impl SchedulerService {
    /// Makes a service without schedules.
    pub fn new(
        plugin: &str,
        callback: Weak<dyn Callback>,
        journal: Journal,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            shared: Shared::new(plugin, callback, journal, clock),
            timer: Mutex::new(None),
        }
    }

    /// Cancels all schedules. A callback that is running is not waited for; none begins afterwards.
    pub fn close(&self) {
        self.shared.close();
        let timer = self
            .timer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A callback may be what unloads the plugin, and for want of threads it may run on the timer's own.
        if let Some(timer) =
            timer.filter(|timer| timer.thread().id() != std::thread::current().id())
        {
            // It panics never, and if it did there would be nothing left to do.
            let _ = timer.join();
        }
    }

    /// Returns the schedules, sorted by id.
    pub fn schedules(&self) -> Vec<ScheduleInfo> {
        self.shared.schedules()
    }

    /// Runs the callback of a schedule on this thread, whatever the time, and returns when it is done.
    ///
    /// A one-time schedule has then fired and is gone; a recurring one keeps its next time.
    /// Returns `false` if there is no such schedule, or if it is a one-time one that is firing already.
    pub fn fire_now(&self, id: &str) -> bool {
        self.shared.fire_now(id)
    }

    /// Waits until every schedule that is due has fired and its callback has returned.
    ///
    /// Returns `false` if that takes longer than `limit` (of real time). To be called after moving a manual clock.
    pub fn wait_idle(&self, limit: Duration) -> bool {
        self.shared.wait_idle(limit)
    }

    fn add(
        &self,
        id: String,
        payload: String,
        kind: impl FnOnce(SystemTime) -> Result<Kind, ServiceError>,
    ) -> Result<String, ServiceError> {
        let id = if id.is_empty() { id::random() } else { id };
        let mut timer = self.timer.lock().unwrap_or_else(PoisonError::into_inner);
        if timer.is_none() {
            let started = timer::start(&self.shared);
            *timer = Some(started.map_err(|error| format!("failed to schedule task: {error}"))?);
        }
        self.shared.add(&id, payload, kind)?;
        Ok(id)
    }
}

impl Scheduler for SchedulerService {
    fn schedule_one_time(
        &self,
        _ctx: &CallContext,
        delay_seconds: i32,
        payload: String,
        schedule_id: String,
    ) -> Result<String, ServiceError> {
        let delay = Duration::from_secs(u64::try_from(delay_seconds).unwrap_or(0));
        self.add(schedule_id, payload, |now| {
            Ok(Kind::Once {
                due: Some(now + delay),
            })
        })
    }

    fn schedule_recurring(
        &self,
        _ctx: &CallContext,
        cron_expression: String,
        payload: String,
        schedule_id: String,
    ) -> Result<String, ServiceError> {
        let mut draw = |bound: u32| (id::random_bits() % u128::from(bound)) as u32;
        self.add(schedule_id, payload, |now| {
            let expression = Expression::parse(&cron_expression, &mut draw);
            let expression =
                expression.map_err(|error| format!("failed to schedule task: {error}"))?;
            Ok(Kind::Recurring {
                due: expression.next_after(now),
                expression,
            })
        })
    }

    fn cancel_schedule(&self, _ctx: &CallContext, schedule_id: String) -> Result<(), ServiceError> {
        self.shared.cancel(&schedule_id)
    }
}

impl Drop for SchedulerService {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
