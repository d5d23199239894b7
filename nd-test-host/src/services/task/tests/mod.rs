//! Statement by statement what the contract says of the task queues, on a clock that the tests move.

use std::sync::Condvar;
use std::time::Instant;

use nd_types::taskworker::TaskExecuteRequest;

use super::*;
use crate::context::CancelToken;
use crate::error::CallError;
use crate::services::clock::ManualClock;
use crate::wire;

mod closing;
mod faults;
mod queues;
mod running;

/// How long anything may take in real time.
const LIMIT: Duration = Duration::from_secs(60);

type Answer = Result<Vec<u8>, CallError>;
type Script = dyn Fn(&TaskExecuteRequest, &CancelToken) -> Answer + Send + Sync;

/// A plugin that notes its tasks and does with them what a test wants.
struct Plugin {
    script: Box<Script>,
    calls: Mutex<Vec<TaskExecuteRequest>>,
    called: Condvar,
}

impl Callback for Plugin {
    fn call(&self, _export: &str, _input: Vec<u8>) -> Answer {
        panic!("tasks can be cancelled")
    }

    fn call_cancellable(&self, export: &str, input: Vec<u8>, cancel: &CancelToken) -> Answer {
        assert_eq!(export, "nd_task_execute");
        let request: TaskExecuteRequest = wire::decode(&input).expect("a request");
        self.calls.lock().expect("calls").push(request.clone());
        self.called.notify_all();
        (self.script)(&request, cancel)
    }

    fn has_export(&self, _export: &str) -> bool {
        true
    }
}

impl Plugin {
    fn new(
        script: impl Fn(&TaskExecuteRequest, &CancelToken) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            calls: Mutex::default(),
            called: Condvar::new(),
        })
    }

    /// A plugin whose tasks answer their payload.
    fn echo() -> Arc<Self> {
        Self::new(|request, _| {
            let text = String::from_utf8_lossy(&request.payload);
            Ok(wire::encode(&*text).expect("JSON"))
        })
    }

    /// A plugin whose tasks fail.
    fn failing() -> Arc<Self> {
        Self::new(|_, _| Err(failure("no luck")))
    }

    /// A plugin whose tasks run until they are cancelled.
    fn endless() -> Arc<Self> {
        Self::new(|_, cancel| {
            wait_until(|| cancel.is_cancelled());
            Err(CallError::Cancelled {
                plugin: "p".to_owned(),
                export: "nd_task_execute".to_owned(),
            })
        })
    }

    /// The payloads of the tasks begun so far.
    fn payloads(&self) -> Vec<String> {
        let calls = self.calls.lock().expect("calls");
        let payloads = calls.iter().map(|call| &call.payload);
        payloads
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .collect()
    }

    fn attempts(&self) -> Vec<i32> {
        let calls = self.calls.lock().expect("calls");
        calls.iter().map(|call| call.attempt).collect()
    }

    /// Waits until so many tasks have begun.
    fn wait_for_calls(&self, count: usize) {
        let calls = self.calls.lock().expect("calls");
        let waited = self
            .called
            .wait_timeout_while(calls, LIMIT, |calls| calls.len() < count);
        assert!(!waited.expect("calls").1.timed_out(), "no {count} tasks");
    }
}

fn failure(message: &str) -> CallError {
    CallError::Failed {
        plugin: "p".to_owned(),
        export: "nd_task_execute".to_owned(),
        message: message.to_owned(),
    }
}

fn wait_until(condition: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < end, "waited too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

struct Fixture {
    folder: Arc<tempfile::TempDir>,
    clock: ManualClock,
    journal: Journal,
    faults: Faults,
    ctx: CallContext,
    plugin: Arc<Plugin>,
    tasks: Arc<TaskService>,
}

/// A load of a plugin that may have `max` tasks running at once.
fn fixture(plugin: Arc<Plugin>, max: i64) -> Fixture {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    load(folder, ManualClock::default(), plugin, max)
}

fn load(
    folder: Arc<tempfile::TempDir>,
    clock: ManualClock,
    plugin: Arc<Plugin>,
    max: i64,
) -> Fixture {
    let (journal, faults) = (Journal::new(), Faults::default());
    let callback: Arc<dyn Callback> = plugin.clone();
    let setup = TaskSetup {
        plugin: "p".to_owned(),
        max_concurrency: max,
        callback: Arc::downgrade(&callback),
        journal: journal.clone(),
        clock: Arc::new(clock.clone()),
        faults: faults.clone(),
    };
    let tasks = TaskService::open(&folder.path().join("plugins/p"), setup);
    Fixture {
        folder,
        clock,
        journal,
        faults,
        ctx: CallContext::detached("p"),
        plugin,
        tasks: Arc::new(tasks.expect("a file")),
    }
}

impl Fixture {
    /// Unloads the plugin and loads another one over the same file.
    fn reload(self, plugin: Arc<Plugin>, max: i64) -> Self {
        self.tasks.close();
        load(self.folder.clone(), self.clock.clone(), plugin, max)
    }

    fn create(&self, name: &str, edit: impl FnOnce(&mut QueueConfig)) {
        self.try_create(name, edit).expect("a queue");
    }

    fn try_create(
        &self,
        name: &str,
        edit: impl FnOnce(&mut QueueConfig),
    ) -> Result<(), ServiceError> {
        let mut config = QueueConfig::default();
        edit(&mut config);
        self.tasks.create_queue(&self.ctx, name.to_owned(), config)
    }

    fn enqueue(&self, queue: &str, payload: &str) -> String {
        self.try_enqueue(queue, payload).expect("a task")
    }

    fn try_enqueue(&self, queue: &str, payload: &str) -> Result<String, ServiceError> {
        let payload = Some(payload.as_bytes().to_vec());
        self.tasks.enqueue(&self.ctx, queue.to_owned(), payload)
    }

    fn info(&self, id: &str) -> (String, String, i32) {
        let info = self.tasks.get(&self.ctx, id.to_owned()).expect("a task");
        let info = info.expect("a task");
        (info.status, info.message, info.attempt)
    }

    fn cancel(&self, id: &str) -> Result<(), ServiceError> {
        self.tasks.cancel(&self.ctx, id.to_owned())
    }

    fn settle(&self) {
        assert!(self.tasks.wait_idle(LIMIT), "{}", self.journal);
    }

    /// Moves the clock and waits for what comes of it.
    fn pass(&self, milliseconds: u64) {
        self.clock.advance(Duration::from_millis(milliseconds));
        self.settle();
    }

    /// The file, as another program reads it.
    fn raw(&self) -> rusqlite::Connection {
        let path = self.folder.path().join("plugins/p").join(TASK_FILE);
        rusqlite::Connection::open(path).expect("a file")
    }

    fn logged(&self, text: &str) -> usize {
        let logs = self.journal.logs();
        logs.iter().filter(|log| log.message.contains(text)).count()
    }
}

fn state(status: &str, message: &str, attempt: i32) -> (String, String, i32) {
    (status.to_owned(), message.to_owned(), attempt)
}

fn refused<T>(result: Result<T, ServiceError>, text: &str) {
    let error = result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(error.contains(text), "expected {text:?} in {error:?}");
}
