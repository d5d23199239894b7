//! One worker: takes tasks until none is due, runs them, and notes what came of them.

use std::sync::Arc;
use std::time::Duration;

use nd_types::taskworker::TaskExecuteRequest;

use super::backoff_ms;
use super::pool::Pool;
use super::store::{Status, StoredTask};
use crate::error::CallError;
use crate::wire;

const EXPORT: &str = "nd_task_execute";
/// An idle worker looks at the queue at least this often.
const IDLE_LOOK: Duration = Duration::from_secs(5);
/// How long a worker waits that cannot reach the file.
const STORE_WAIT: Duration = Duration::from_secs(1);

/// Starts a worker of a queue. It ends when the pool closes.
pub(super) fn start(pool: Arc<Pool>, queue: String) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("nd-task-worker".to_owned())
        .spawn(move || run(&pool, &queue))
        .map(drop)
}

fn run(pool: &Arc<Pool>, queue: &str) {
    let mut complained = false;
    while let Some(seen) = pool.news() {
        pool.clean_up();
        match pool.take(queue) {
            Ok(Some(task)) => {
                complained = false;
                // Somebody else may take what is due besides.
                pool.work_came(queue);
                handle(pool, queue, &task);
            }
            Ok(None) => {
                let due = pool.store().next_due(queue).ok().flatten();
                let wait = due.map_or(IDLE_LOOK, |due| {
                    let wait = due.saturating_sub(pool.now_ms()).max(0);
                    Duration::from_millis(wait.unsigned_abs()).min(IDLE_LOOK)
                });
                pool.sleep(queue, seen, pool.clock().now() + wait);
            }
            Err(error) => {
                if !complained {
                    pool.log(&format!("queue {queue}: taking a task: {error}"));
                }
                complained = true;
                pool.sleep(queue, seen, pool.clock().now() + STORE_WAIT);
            }
        }
    }
}

fn handle(pool: &Arc<Pool>, queue: &str, task: &StoredTask) {
    let outcome = match pool.wait_for_slot(queue) {
        true => Some(execute(pool, queue, task)),
        false => None,
    };
    if pool.is_closing() {
        // The server cannot tell either whether the plugin got to the end, so the task runs once more.
        return pool.put_back(&task.id);
    }
    if let Some(outcome) = outcome {
        note(pool, queue, task, &outcome);
    }
    pool.end(&task.id);
}

fn execute(pool: &Pool, queue: &str, task: &StoredTask) -> Result<String, String> {
    let request = TaskExecuteRequest {
        queue_name: queue.to_owned(),
        task_id: task.id.clone(),
        payload: task.payload.clone(),
        attempt: task.attempt,
    };
    let not_loaded = || format!("plugin {} not loaded", pool.plugin());
    let plugin = pool.callback().ok_or_else(not_loaded)?;
    let input = wire::encode(&request).map_err(|error| error.to_string())?;
    let output = plugin.call_cancellable(EXPORT, input, &pool.cancel);
    let output = output.map_err(|error| match error {
        CallError::NotLoaded { .. } => not_loaded(),
        other => other.to_string(),
    })?;
    wire::read(&output).map_err(|error| error.to_string())
}

/// Writes down what came of a try. If the file takes nothing, the worker keeps at it: a task that is done must not be
/// forgotten while the process lives.
fn note(pool: &Pool, queue: &str, task: &StoredTask, outcome: &Result<String, String>) {
    let mut complained = false;
    loop {
        let now = pool.now_ms();
        let written = match outcome {
            Ok(message) => pool
                .store()
                .finish(&task.id, Status::Completed, message, now),
            Err(message) if task.attempt > task.max_retries => {
                pool.store().finish(&task.id, Status::Failed, message, now)
            }
            Err(_) => {
                let backoff = pool.config(queue).map_or(0, |config| config.backoff_ms);
                let wait = backoff_ms(backoff, task.attempt);
                pool.store().retry(&task.id, now.saturating_add(wait), now)
            }
        };
        let Err(error) = written else {
            return;
        };
        if !complained {
            pool.log(&format!("task {}: noting its end: {error}", task.id));
        }
        complained = true;
        let Some(seen) = pool.news() else {
            return;
        };
        pool.sleep(queue, seen, pool.clock().now() + STORE_WAIT);
    }
}
