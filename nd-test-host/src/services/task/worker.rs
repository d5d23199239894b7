//! The threads: workers that run the tasks of a queue, and the keeper that deletes finished ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use nd_types::taskworker::TaskExecuteRequest;

use super::state::{LOOK_EVERY, Shared, Wake};
use super::store::{Taken, Verdict};
use crate::context::CancelToken;
use crate::error::CallError;
use crate::journal::LogLevel;
use crate::runtime::panic_text;
use crate::wire;

const EXPORT: &str = "nd_task_execute";
/// Longest message that is kept of a task, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// Starts a worker, which counts as idle already.
pub(super) fn start(shared: &Arc<Shared>, queue: &str) -> std::io::Result<()> {
    let (shared, queue) = (shared.clone(), queue.to_owned());
    let thread = std::thread::Builder::new().name("nd-task-worker".to_owned());
    thread.spawn(move || work(&shared, &queue)).map(drop)
}

/// Starts the keeper.
pub(super) fn start_keeper(shared: &Arc<Shared>) -> std::io::Result<()> {
    let shared = shared.clone();
    let thread = std::thread::Builder::new().name("nd-task-keeper".to_owned());
    thread.spawn(move || keep(&shared)).map(drop)
}

fn work(shared: &Arc<Shared>, queue: &str) {
    // Whether the last attempt to use the file failed, so that a lasting fault is logged once.
    let mut file_failed = false;
    while let Some(wake) = shared.wait_for_work(queue) {
        let mut others_look = wake == Wake::Look;
        while let Some(task) = take(shared, queue, &mut file_failed) {
            let token = shared.began(&task.id);
            if std::mem::take(&mut others_look) {
                shared.look_too(queue);
            }
            shared.keep_a_spare(queue);
            run(shared, queue, &task, &token);
            shared.ended(&task.id);
        }
        shared.becomes_idle(queue);
    }
    shared.thread_ends(Some(queue));
}

fn take(shared: &Shared, queue: &str, file_failed: &mut bool) -> Option<Taken> {
    if shared.is_closing() {
        return None;
    }
    let now = shared.now();
    let taken = shared.db.write(|store| store.take(queue, now));
    let failed_before = std::mem::replace(file_failed, taken.is_err());
    taken.unwrap_or_else(|error| {
        if !failed_before && !shared.is_closing() {
            let text = format!("queue {queue}: taking a task: {error}");
            shared.log(LogLevel::Error, text);
        }
        // The next look tries again.
        None
    })
}

/// Runs a task that was taken and writes down what became of it.
fn run(shared: &Shared, queue: &str, task: &Taken, token: &CancelToken) {
    let verdict = match shared.wait_for_slot(queue, &task.id) {
        true => judge(shared, queue, task, call(shared, queue, task, token)),
        false => Verdict::Release,
    };
    settle(shared, queue, task, verdict);
}

/// Calls the plugin. No lock is held meanwhile: it may enqueue, cancel and be unloaded from inside the callback.
fn call(shared: &Shared, queue: &str, task: &Taken, token: &CancelToken) -> Result<String, String> {
    let request = TaskExecuteRequest {
        queue_name: queue.to_owned(),
        task_id: task.id.clone(),
        payload: task.payload.clone(),
        attempt: i32::try_from(task.attempt).unwrap_or(i32::MAX),
    };
    let input = wire::encode(&request).map_err(|error| error.to_string())?;
    let not_loaded = || format!("plugin {} not loaded", shared.plugin);
    let plugin = shared.callback.upgrade().ok_or_else(not_loaded)?;
    let called = catch_unwind(AssertUnwindSafe(|| {
        plugin.call_cancellable(EXPORT, input, token)
    }));
    match called {
        Ok(Ok(output)) => wire::read(&output).map_err(|error| error.to_string()),
        Ok(Err(CallError::NotLoaded { .. })) => Err(not_loaded()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(format!("host panicked: {}", panic_text(&*panic))),
    }
}

fn judge(shared: &Shared, queue: &str, task: &Taken, result: Result<String, String>) -> Verdict {
    if shared.is_closing() {
        // Even if it has just succeeded: a task may be run twice, but never lost.
        return Verdict::Release;
    }
    let error = match result {
        Ok(message) => {
            return Verdict::Completed {
                message: shorten(message),
            };
        }
        Err(error) => error,
    };
    let (id, attempt) = (&task.id, task.attempt);
    if attempt > task.max_retries {
        let text = format!("task {id} of queue {queue} failed: {error}");
        shared.log(LogLevel::Error, text);
        return Verdict::Failed {
            message: shorten(error),
        };
    }
    let wait = match shared.queue(queue) {
        Some(settings) => settings.backoff(attempt),
        None => return Verdict::Release,
    };
    let text =
        format!("task {id} of queue {queue}: try {attempt} failed, next in {wait} ms: {error}");
    shared.log(LogLevel::Warn, text);
    Verdict::Retry {
        at: shared.now().saturating_add(wait),
    }
}

/// Writes down what became of a task, again and again if the file cannot be written.
fn settle(shared: &Shared, queue: &str, task: &Taken, mut verdict: Verdict) {
    let mut failed_before = false;
    loop {
        let now = shared.now();
        let settled = shared
            .db
            .write(|store| store.settle(&task.id, &verdict, now));
        let Err(error) = settled else {
            return;
        };
        if verdict == Verdict::Release {
            // It is left running in the file, and revived when its queue is made again.
            return;
        }
        if !std::mem::replace(&mut failed_before, true) {
            let text = format!("task {} of queue {queue}: {error}", task.id);
            shared.log(LogLevel::Error, text);
        }
        if !shared.wait(&task.id, LOOK_EVERY) {
            verdict = Verdict::Release;
        }
    }
}

fn shorten(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(MAX_MESSAGE));
    message
}

fn keep(shared: &Shared) {
    while shared.wait_for_clean_up() {
        for (queue, settings) in shared.queues() {
            let before = shared.now().saturating_sub(settings.retention_ms);
            let cleaned = shared.db.write(|store| store.clean_up(&queue, before));
            if let Err(error) = cleaned
                && !shared.is_closing()
            {
                let text = format!("queue {queue}: deleting finished tasks: {error}");
                shared.log(LogLevel::Error, text);
            }
        }
        shared.cleaned_up();
    }
    shared.thread_ends(None);
}
