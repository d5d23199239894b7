//! Queues of background work that survive restarts.

/// Runs tasks in the background through the plugin's `nd_task_execute` export.
///
/// A plugin that declares the `taskqueue` permission must have that export, or it is not loaded.
///
/// Tasks are stored in a database file and outlive restarts, but a queue does its work only after it was created in the
/// current load; until then its stored tasks wait.
/// So create every queue in `nd_on_init`.
///
/// Delivery is at least once: a task that had just finished when the plugin was unloaded may run again.
/// A task runs without a user and within the 30 seconds of a plugin call, and exceeding them is a failed try.
/// Tasks are taken by due time, then by creation time; with several workers there is no stronger order.
#[host_service(name = "Task", permission = "taskqueue", since = "0.61.0")]
pub trait Task {
    /// Creates a queue, or brings one of an earlier load back to life, and starts its workers.
    ///
    /// The settings replace those of the earlier load, tasks that were left running become pending again, and pending tasks
    /// are taken up at once.
    /// Queues cannot be removed.
    ///
    /// The concurrency of all queues together may reach `maxConcurrency` of the manifest's `taskqueue` permission (default
    /// 1); a queue that asks for more than is left gets what is left.
    /// With the default there is room for one queue only.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `queue name cannot be empty`: the name is empty.
    /// - `queue name exceeds maximum length of 128 bytes`: the name is longer than that.
    /// - `concurrency budget exhausted`: earlier queues have taken all of `maxConcurrency`.
    /// - `queue "<name>" already exists`: the queue was created before in this load.
    #[host_fn]
    fn create_queue(name: String, config: QueueConfig) -> Result<()>;

    /// Adds a task to a queue and returns the task's id.
    ///
    /// `payload` is handed to the callback as it is; at most 1 048 576 bytes, and it may be empty.
    /// The number of retries is fixed now, from the queue's present settings.
    /// The id has 22 letters and digits.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `queue "<name>" does not exist`: the queue was not created in this load.
    /// - `exceeds maximum of 1048576 bytes`: the payload is too long.
    /// - `NOT NULL constraint failed`: the payload is null or missing.
    #[host_fn]
    fn enqueue(queue_name: String, #[distinguish_null] payload: Bytes) -> Result<String>;

    /// Returns the state of a task.
    ///
    /// It works for every stored task, also when its queue was not created in this load.
    /// Finished tasks are deleted some time after the queue's `retention_ms`.
    /// Existing servers always fill the result of a successful call.
    ///
    /// # Errors
    ///
    /// - `task "<id>" not found`: there is no such task, or not any more.
    #[host_fn]
    fn get(task_id: String) -> Result<Option<TaskInfo>>;

    /// Cancels a task that is still pending, which includes one that waits for a retry.
    ///
    /// # Errors
    ///
    /// - `task "<id>" not found`: there is no such task.
    /// - `cannot be cancelled (status: <status>)`: the task is running or finished.
    #[host_fn]
    fn cancel(task_id: String) -> Result<()>;

    /// Cancels all pending tasks of a queue and returns how many there were.
    ///
    /// Running tasks go on, and no row is deleted before its retention ends.
    ///
    /// # Errors
    ///
    /// - `queue "<name>" does not exist`: the queue was not created in this load.
    #[host_fn]
    fn clear_queue(queue_name: String) -> Result<i64>;
}

/// Sets how a queue works off its tasks.
///
/// Every field may be 0 and then has the default stated with it.
#[since("0.61.0")]
pub struct QueueConfig {
    /// How many tasks run at the same time; 0 or less means 1, and the rest of the manifest's `maxConcurrency` is the most.
    pub concurrency: i32,
    /// How often a failed task is tried again; 0 means never.
    pub max_retries: i32,
    /// The wait before the first retry in milliseconds; 0 or less means 1000.
    ///
    /// It doubles with every further retry, up to one hour.
    pub backoff_ms: i64,
    /// The least time between the starts of two tasks of the queue in milliseconds, over all its workers; 0 or less means
    /// none.
    ///
    /// A task that waits for its turn already counts as running.
    pub delay_ms: i64,
    /// How long finished tasks are kept in milliseconds; 0 or less means one hour.
    ///
    /// The value is then held between one minute and seven days.
    pub retention_ms: i64,
}

/// Describes the state of a task.
#[since("0.61.0")]
pub struct TaskInfo {
    /// The status: `pending`, `running`, `completed`, `failed` or `cancelled`.
    pub status: String,
    /// The text that the callback returned, or the error of the last try once the task has failed for good; otherwise empty.
    pub message: String,
    /// How many tries were started so far; 1 during the first.
    pub attempt: i32,
}
