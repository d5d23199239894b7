//! Task: queues of background work, kept in a SQLite file so that they outlive restarts and crashes.
//!
//! | module | holds |
//! | --- | --- |
//! | `store` | the file |
//! | `pool` | the queues of a load, and what their workers share |
//! | `worker` | one worker: takes tasks, runs them, notes what came of them |

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use nd_types::task::{QueueConfig, TaskInfo};

use self::pool::Pool;
use self::store::Store;
pub use self::store::{Status, StoredTask};
use super::clock::{Clock, Sleeper};
use super::id;
use super::storage::private_dir;
use crate::context::{CallContext, Callback};
use crate::error::ServiceError;
use crate::faults::Faults;
use crate::generated::Task;
use crate::journal::Journal;

mod pool;
mod store;
#[cfg(test)]
mod tests;
mod worker;

/// Name of the file in the plugin's data folder.
pub const TASK_FILE: &str = "taskqueue.db";
/// Bytes a queue's name may have.
pub const MAX_NAME: usize = 128;
/// Bytes a payload may have.
pub const MAX_PAYLOAD: usize = 1 << 20;
const MAX_BACKOFF_MS: i64 = 3_600_000;
const DEFAULT_BACKOFF_MS: i64 = 1_000;
const DEFAULT_RETENTION_MS: i64 = 3_600_000;
const RETENTION_MS: std::ops::RangeInclusive<i64> = 60_000..=604_800_000;

/// The Task service of one loaded plugin.
///
/// Workers are threads that are started as tasks come in, up to the queue's concurrency and at most 128 to a queue.
pub struct TaskService {
    pool: Arc<Pool>,
}

/// What the service is made from.
pub struct TaskSetup {
    /// Plugin id.
    pub plugin: String,
    /// The manifest's `taskqueue.maxConcurrency`.
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
    /// Opens the plugin's file, creating it and its folder if needed. Stored tasks wait until their queue is created.
    ///
    /// # Errors
    ///
    /// When the file cannot be created, opened or upgraded.
    pub fn open(data_dir: &Path, setup: TaskSetup) -> Result<Self, String> {
        private_dir(data_dir)?;
        let path = data_dir.join(TASK_FILE);
        let store = Store::open(&path, setup.faults.clone())
            .map_err(|error| format!("opening {}: {error}", path.display()))?;
        let pool = Arc::new(Pool::new(setup, store));
        let sleeper: Weak<Pool> = Arc::downgrade(&pool);
        let sleeper: Weak<dyn Sleeper> = sleeper;
        pool.clock().wake_on_jump(sleeper);
        Ok(Self { pool })
    }

    /// Returns the stored tasks of a queue, oldest first.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn tasks(&self, queue: &str) -> Result<Vec<StoredTask>, ServiceError> {
        self.pool.store().tasks(queue).map_err(wire_error)
    }

    /// Waits, at most for `limit` of real time, until nothing runs and nothing is due; tells whether that came true.
    pub fn wait_idle(&self, limit: Duration) -> bool {
        self.pool.wait_idle(limit)
    }

    /// Ends the workers: running callbacks are cancelled, and their tasks go back to `pending` without counting the try.
    ///
    /// Waits at most 10 s; whatever still runs then goes back with its try counted. Closing again does nothing.
    pub fn close(&self) {
        self.pool.close();
    }
}

impl Drop for TaskService {
    fn drop(&mut self) {
        self.close();
    }
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
            return Err(format!("queue name exceeds maximum length of {MAX_NAME} bytes").into());
        }
        self.pool.create(&name, with_defaults(config))
    }

    fn enqueue(
        &self,
        _ctx: &CallContext,
        queue_name: String,
        payload: Option<Vec<u8>>,
    ) -> Result<String, ServiceError> {
        let max_retries = self.pool.max_retries(&queue_name)?;
        let length = payload.as_ref().map_or(0, Vec::len);
        if length > MAX_PAYLOAD {
            return Err(
                format!("payload size {length} exceeds maximum of {MAX_PAYLOAD} bytes").into(),
            );
        }
        let id = id::random();
        let now = self.pool.now_ms();
        let stored = self
            .pool
            .store()
            .add(&id, &queue_name, payload.as_deref(), max_retries, now);
        stored.map_err(wire_error)?;
        self.pool.work_came(&queue_name);
        Ok(id)
    }

    fn get(&self, _ctx: &CallContext, task_id: String) -> Result<Option<TaskInfo>, ServiceError> {
        let task = self.pool.store().get(&task_id).map_err(wire_error)?;
        let task = task.ok_or_else(|| not_found(&task_id))?;
        Ok(Some(TaskInfo {
            status: task.status.as_str().to_owned(),
            message: task.message,
            attempt: task.attempt,
        }))
    }

    fn cancel(&self, _ctx: &CallContext, task_id: String) -> Result<(), ServiceError> {
        let store = self.pool.store();
        if store
            .cancel(&task_id, self.pool.now_ms())
            .map_err(wire_error)?
        {
            self.pool.changed();
            return Ok(());
        }
        let task = store.get(&task_id).map_err(wire_error)?;
        let task = task.ok_or_else(|| not_found(&task_id))?;
        Err(format!(
            "task \"{task_id}\" cannot be cancelled (status: {})",
            task.status.as_str()
        )
        .into())
    }

    fn clear_queue(&self, _ctx: &CallContext, queue_name: String) -> Result<i64, ServiceError> {
        self.pool.max_retries(&queue_name)?;
        let store = self.pool.store();
        let cleared = store.clear(&queue_name, self.pool.now_ms());
        let cleared = cleared.map_err(wire_error)?;
        self.pool.changed();
        Ok(i64::try_from(cleared).unwrap_or(i64::MAX))
    }
}

/// Replaces what is not set, and holds the retention within its bounds.
fn with_defaults(config: QueueConfig) -> QueueConfig {
    let or = |value: i64, default| if value <= 0 { default } else { value };
    QueueConfig {
        concurrency: config.concurrency.max(1),
        max_retries: config.max_retries.max(0),
        backoff_ms: or(config.backoff_ms, DEFAULT_BACKOFF_MS),
        delay_ms: config.delay_ms.max(0),
        retention_ms: or(config.retention_ms, DEFAULT_RETENTION_MS)
            .clamp(*RETENTION_MS.start(), *RETENTION_MS.end()),
    }
}

/// Returns how long a task waits after a failed try.
fn backoff_ms(backoff_ms: i64, attempt: i32) -> i64 {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0);
    let factor = 1_i64.checked_shl(doublings).filter(|factor| *factor > 0);
    factor
        .and_then(|factor| backoff_ms.checked_mul(factor))
        .map_or(MAX_BACKOFF_MS, |wait| wait.min(MAX_BACKOFF_MS))
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::new(format!("task \"{id}\" not found"))
}

fn wire_error(error: rusqlite::Error) -> ServiceError {
    ServiceError::new(error.to_string())
}
