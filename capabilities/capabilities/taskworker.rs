//! Runs the tasks of the plugin's own queues.

/// Works off the tasks that the plugin put in its queues.
///
/// The other half is the Task service.
/// A plugin whose manifest declares the `taskqueue` permission must have the export, or it is not loaded.
#[capability(name = "taskworker", since = "0.61.0")]
pub trait TaskWorker {
    /// Runs one task and returns a text that is stored as the task's message.
    ///
    /// Called by a worker of the queue, as often at the same time as the queue's concurrency allows.
    /// There is no user, and the call has 30 seconds.
    /// A task may be delivered more than once, so its work should bear repeating.
    /// An empty answer stores an empty message.
    ///
    /// # Errors
    ///
    /// A failure counts as a failed try: the task runs again after the queue's back-off while tries are left, and is marked
    /// failed with the error as its message when none is.
    #[export(
        name = "nd_task_execute",
        provider = "TaskExecuteProvider",
        register = "task_execute"
    )]
    fn on_task_execute(req: TaskExecuteRequest) -> String;
}

/// Describes the task to run.
#[since("0.61.0")]
pub struct TaskExecuteRequest {
    /// The name of the queue.
    pub queue_name: String,
    /// The task's id.
    pub task_id: String,
    /// The bytes given when the task was added.
    pub payload: Bytes,
    /// The number of this try, 1 for the first.
    pub attempt: i32,
}
