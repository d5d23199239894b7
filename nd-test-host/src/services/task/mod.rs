//! Task: queues of work that survive restarts, in one SQLite file per plugin.
//!
//! | module | what it does |
//! | --- | --- |
//! | `settings` | defaults, limits and back-off |
//! | `store` | the tables, in the layout of the server |
//! | `stored` | their rows |
//! | `db` | the open file of a load |
//! | `state` | what the threads share, and how they wait |
//! | `worker` | runs the tasks, and deletes finished ones |

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use nd_types::task::{QueueConfig, TaskInfo};

use self::db::Db;
pub use self::db::TASK_FILE;
pub use self::settings::QueueSettings;
use self::state::{Refused, Shared};
use self::store::{Cancelled, Verdict};
pub use self::stored::{Status, StoredTask};
use super::clock::Clock;
use super::id;
use crate::context::{CallContext, Callback};
use crate::error::ServiceError;
use crate::faults::Faults;
use crate::generated::Task;
use crate::journal::Journal;

mod db;
mod settings;
mod state;
mod store;
mod stored;
mod worker;

/// Longest name of a queue, in bytes.
pub const MAX_NAME: usize = 128;
/// Longest payload of a task, in bytes.
pub const MAX_PAYLOAD: usize = 1_048_576;
/// How long closing waits for tasks that run.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// The Task service.
///
/// Tasks run on threads of their own, at most 256 at once per queue. Messages longer than 1 MiB are cut.
pub struct TaskService {
    shared: Arc<Shared>,
    max_concurrency: i64,
    /// Held while a queue is made: two of one name must not both find it free.
    creating: Mutex<()>,
    closed: AtomicBool,
}

/// What the service is made from.
pub struct TaskSetup {
    /// Plugin id.
    pub plugin: String,
    /// The manifest's `taskqueue.maxConcurrency`: what all queues together may have.
    pub max_concurrency: i64,
    /// The way back into the plugin.
    pub callback: Weak<dyn Callback>,
    /// The host's journal.
    pub journal: Journal,
    /// Where due times come from.
    pub clock: Arc<dyn Clock>,
    /// What goes wrong on purpose.
    pub faults: Faults,
}

impl TaskService {
    /// Opens the plugin's file, creating it and its folder if needed. No task runs before its queue is created.
    ///
    /// # Errors
    ///
    /// Any failure to create or open the file; the text names it.
    pub fn open(data_dir: &Path, setup: TaskSetup) -> Result<Self, String> {
        let db = Db::open(data_dir, setup.faults.clone())?;
        Ok(Self {
            max_concurrency: setup.max_concurrency,
            shared: Shared::new(setup, db),
            creating: Mutex::default(),
            closed: AtomicBool::new(false),
        })
    }

    /// Lets no task start any more and cancels the callbacks that run; their tasks go back to pending.
    ///
    /// The first half of [`TaskService::close`]. Tasks can be enqueued until that.
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// Stops the queues, waits at most 10 s for the tasks that run, and closes the file.
    ///
    /// What runs still goes back to pending with its try counted. A task that unloads its plugin is not waited for.
    pub fn close(&self) {
        self.close_within(CLOSE_WITHIN);
    }

    fn close_within(&self, limit: Duration) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.shared.stop();
        let running = self.shared.wait_for_threads(limit);
        let now = self.shared.now();
        for task in running {
            // If it cannot be written, the task is revived when its queue is made again.
            let _ = self
                .shared
                .db
                .write(|store| store.settle(&task, &Verdict::Interrupted, now));
        }
        self.shared.db.close();
    }

    /// Returns the queues of this load with the settings they work with, sorted by name.
    pub fn queues(&self) -> Vec<(String, QueueSettings)> {
        let queues = self.shared.queues().into_iter();
        queues
            .map(|(name, settings)| (name, QueueSettings::clone(&settings)))
            .collect()
    }

    /// Returns the stored tasks of a queue, oldest first, also if the queue was not created in this load.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or was closed.
    pub fn tasks(&self, queue: &str) -> Result<Vec<StoredTask>, ServiceError> {
        Ok(self.shared.db.read(|store| store.tasks(queue))?)
    }

    /// Waits until nothing more happens unless time goes on: no task runs but those that wait for their delay.
    ///
    /// Returns `false` if that takes longer than `limit` (of real time). To be called after moving a manual clock.
    /// A retry that is due is taken up when a worker looks next, which idle ones do every 5 s.
    pub fn wait_idle(&self, limit: Duration) -> bool {
        self.shared.wait_idle(limit)
    }
}

fn unknown_queue(name: &str) -> ServiceError {
    format!("queue \"{name}\" does not exist").into()
}

fn unknown_task(id: &str) -> ServiceError {
    format!("task \"{id}\" not found").into()
}

impl Task for TaskService {
    fn create_queue(
        &self,
        _ctx: &CallContext,
        name: String,
        config: QueueConfig,
    ) -> Result<(), ServiceError> {
        if name.is_empty() {
            return Err("queue name cannot be empty".into());
        }
        if name.len() > MAX_NAME {
            let text = format!("queue name exceeds maximum length of {MAX_NAME} bytes");
            return Err(text.into());
        }
        let _creating = self.creating.lock().unwrap_or_else(PoisonError::into_inner);
        let max = self.max_concurrency;
        let budget = self.shared.budget(&name, max);
        let budget = budget.map_err(|refused| match refused {
            Refused::NoBudget { used } => {
                format!("concurrency budget exhausted ({used}/{max} allocated)")
            }
            Refused::Exists => format!("queue \"{name}\" already exists"),
            Refused::Closing => "the plugin is unloaded".to_owned(),
        })?;
        let settings = QueueSettings::new(&config, budget);
        let now = self.shared.now();
        let save = |store: &mut store::Store| store.save_queue(&name, &settings, now);
        self.shared.db.write(save)?;
        let started = self.shared.start_queue(&name, settings);
        started.map_err(|error| format!("starting a worker: {error}").into())
    }

    fn enqueue(
        &self,
        _ctx: &CallContext,
        queue_name: String,
        payload: Option<Vec<u8>>,
    ) -> Result<String, ServiceError> {
        let settings = self.shared.queue(&queue_name);
        let settings = settings.ok_or_else(|| unknown_queue(&queue_name))?;
        let size = payload.as_ref().map_or(0, Vec::len);
        if size > MAX_PAYLOAD {
            let text = format!("payload size {size} exceeds maximum of {MAX_PAYLOAD} bytes");
            return Err(text.into());
        }
        let (id, now) = (id::random(), self.shared.now());
        self.shared.db.write(|store| {
            let retries = settings.max_retries;
            store.add(&id, &queue_name, payload.as_deref(), retries, now)
        })?;
        self.shared.signal(&queue_name);
        Ok(id)
    }

    fn get(&self, _ctx: &CallContext, task_id: String) -> Result<Option<TaskInfo>, ServiceError> {
        let info = self.shared.db.read(|store| store.info(&task_id))?;
        match info {
            Some(info) => Ok(Some(info)),
            None => Err(unknown_task(&task_id)),
        }
    }

    fn cancel(&self, _ctx: &CallContext, task_id: String) -> Result<(), ServiceError> {
        let now = self.shared.now();
        let cancelled = self.shared.db.write(|store| store.cancel(&task_id, now))?;
        match cancelled {
            Cancelled::Done => Ok(()),
            Cancelled::NotFound => Err(unknown_task(&task_id)),
            Cancelled::Not(status) => {
                let text = format!("task \"{task_id}\" cannot be cancelled (status: {status})");
                Err(text.into())
            }
        }
    }

    fn clear_queue(&self, _ctx: &CallContext, queue_name: String) -> Result<i64, ServiceError> {
        let known = self.shared.queue(&queue_name);
        known.ok_or_else(|| unknown_queue(&queue_name))?;
        let now = self.shared.now();
        let cleared = self
            .shared
            .db
            .write(|store| store.clear(&queue_name, now))?;
        Ok(i64::try_from(cleared).unwrap_or(i64::MAX))
    }
}

impl Drop for TaskService {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
