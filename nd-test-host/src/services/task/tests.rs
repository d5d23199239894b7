//! Statement by statement what the contract says of task queues.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::time::{Instant, SystemTime};

use nd_types::taskworker::TaskExecuteRequest;

use super::*;
use crate::context::CancelToken;
use crate::error::CallError;
use crate::services::ManualClock;
use crate::wire;

const LIMIT: Duration = Duration::from_secs(30);

/// What a fake plugin does with one task.
enum Act {
    Answer(&'static str),
    Fail(&'static str),
    /// Runs until it is cancelled.
    Hang,
    /// Hangs, and does not care about being cancelled for as long as the flag is set.
    Deaf(Arc<Mutex<bool>>),
}

/// A plugin whose callback follows a script, and then answers nothing.
#[derive(Default)]
struct FakePlugin {
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<(TaskExecuteRequest, SystemTime)>>,
    arrived: Condvar,
    clock: Option<ManualClock>,
    gone: bool,
}

impl FakePlugin {
    fn requests(&self) -> Vec<TaskExecuteRequest> {
        let seen = self.seen.lock().expect("the list");
        seen.iter().map(|(request, _)| request.clone()).collect()
    }

    /// Waits until so many callbacks have begun.
    fn wait_for(&self, count: usize) {
        let seen = self.seen.lock().expect("the list");
        let (seen, timeout) = self
            .arrived
            .wait_timeout_while(seen, LIMIT, |seen| seen.len() < count)
            .expect("the list");
        assert!(!timeout.timed_out(), "{} of {count} came", seen.len());
    }
}

impl Callback for FakePlugin {
    fn call(&self, export: &str, input: Vec<u8>) -> Result<Vec<u8>, CallError> {
        self.call_cancellable(export, input, &CancelToken::new())
    }

    fn call_cancellable(
        &self,
        export: &str,
        input: Vec<u8>,
        cancel: &CancelToken,
    ) -> Result<Vec<u8>, CallError> {
        assert_eq!(export, "nd_task_execute");
        let plugin = "p".to_owned();
        if self.gone {
            return Err(CallError::NotLoaded { plugin });
        }
        let request = wire::decode(&input).expect("a request");
        let now = self.clock.as_ref().map_or(SystemTime::now(), Clock::now);
        let act = self.script.lock().expect("the script").pop_front();
        self.seen.lock().expect("the list").push((request, now));
        self.arrived.notify_all();
        let export = export.to_owned();
        let cancelled = CallError::Cancelled {
            plugin: plugin.clone(),
            export: export.clone(),
        };
        match act {
            None => Ok(Vec::new()),
            Some(Act::Answer(output)) => Ok(output.into()),
            Some(Act::Fail(message)) => Err(CallError::Failed {
                plugin,
                export,
                message: message.to_owned(),
            }),
            Some(Act::Hang) => {
                while !cancel.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(cancelled)
            }
            Some(Act::Deaf(flag)) => {
                while *flag.lock().expect("the flag") {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(cancelled)
            }
        }
    }

    fn has_export(&self, _export: &str) -> bool {
        true
    }
}

struct Fixture {
    folder: tempfile::TempDir,
    clock: ManualClock,
    plugin: Arc<FakePlugin>,
    faults: Faults,
    journal: Journal,
    max_concurrency: i64,
    ctx: CallContext,
}

impl Fixture {
    fn new(script: impl IntoIterator<Item = Act>) -> Self {
        let clock = ManualClock::default();
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            plugin: Arc::new(FakePlugin {
                script: Mutex::new(script.into_iter().collect()),
                clock: Some(clock.clone()),
                ..FakePlugin::default()
            }),
            clock,
            faults: Faults::default(),
            journal: Journal::new(),
            max_concurrency: 1,
            ctx: CallContext::detached("p"),
        }
    }

    fn open(&self) -> TaskService {
        let plugin: Arc<dyn Callback> = self.plugin.clone();
        let setup = TaskSetup {
            plugin: "p".to_owned(),
            max_concurrency: self.max_concurrency,
            callback: Arc::downgrade(&plugin),
            journal: self.journal.clone(),
            clock: Arc::new(self.clock.clone()),
            faults: self.faults.clone(),
        };
        TaskService::open(&self.folder.path().join("plugins/p"), setup).expect("the file opens")
    }

    fn create(&self, service: &TaskService, name: &str, config: QueueConfig) {
        let created = service.create_queue(&self.ctx, name.to_owned(), config);
        created.expect("a queue");
    }

    fn add(&self, service: &TaskService, queue: &str, payload: &str) -> String {
        let payload = Some(payload.as_bytes().to_vec());
        let added = service.enqueue(&self.ctx, queue.to_owned(), payload);
        added.expect("a task")
    }

    fn info(&self, service: &TaskService, id: &str) -> (String, String, i32) {
        let info = service.get(&self.ctx, id.to_owned());
        let info = info.expect("an answer").expect("a task");
        (info.status, info.message, info.attempt)
    }

    fn settle(&self, service: &TaskService) {
        assert!(service.wait_idle(LIMIT), "{}", self.journal);
    }
}

fn info(status: &str, message: &str, attempt: i32) -> (String, String, i32) {
    (status.to_owned(), message.to_owned(), attempt)
}

fn queue() -> QueueConfig {
    QueueConfig::default()
}

fn text<T>(result: Result<T, ServiceError>) -> String {
    result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn what_is_not_set_gets_the_servers_defaults() {
    let defaults = with_defaults(QueueConfig {
        concurrency: -1,
        max_retries: -1,
        backoff_ms: 0,
        delay_ms: -5,
        retention_ms: 0,
    });
    assert_eq!(
        defaults,
        QueueConfig {
            concurrency: 1,
            max_retries: 0,
            backoff_ms: 1_000,
            delay_ms: 0,
            retention_ms: 3_600_000,
        }
    );
    let retention = |retention_ms| {
        with_defaults(QueueConfig {
            retention_ms,
            ..queue()
        })
        .retention_ms
    };
    assert_eq!(retention(1), 60_000);
    assert_eq!(retention(i64::MAX), 604_800_000);
    assert_eq!(retention(90_000), 90_000);
}

#[test]
fn the_wait_doubles_up_to_an_hour_without_overflow() {
    for (backoff, attempt, expected) in [
        (1_000, 1, 1_000),
        (1_000, 2, 2_000),
        (1_000, 3, 4_000),
        (1_000, 12, 2_048_000),
        (1_000, 13, 3_600_000),
        (1_000, 64, 3_600_000),
        (1_000, i32::MAX, 3_600_000),
        (i64::MAX, 1, 3_600_000),
        (i64::MAX, 2, 3_600_000),
        (500, 0, 500),
    ] {
        assert_eq!(
            backoff_ms(backoff, attempt),
            expected,
            "{backoff} {attempt}"
        );
    }
}

#[test]
fn queues_are_checked_in_the_servers_order() {
    let mut host = Fixture::new([]);
    host.max_concurrency = 3;
    let service = host.open();
    let create = |name: &str, concurrency| {
        let config = QueueConfig {
            concurrency,
            ..queue()
        };
        text(service.create_queue(&host.ctx, name.to_owned(), config))
    };
    assert_eq!(create("", 1), "queue name cannot be empty");
    assert_eq!(
        create(&"é".repeat(65), 1),
        "queue name exceeds maximum length of 128 bytes"
    );
    assert_eq!(create(&"é".repeat(64), 2), "");
    assert_eq!(
        create(&"é".repeat(64), 1),
        format!("queue \"{}\" already exists", "é".repeat(64))
    );
    assert_eq!(create("rest", 5), "", "a larger request is reduced");
    // Budget before name.
    assert_eq!(
        create("rest", 1),
        "concurrency budget exhausted (3/3 allocated)"
    );
}

#[test]
fn tasks_are_checked_in_the_servers_order() {
    let host = Fixture::new([]);
    let service = host.open();
    let add = |queue: &str, payload: Option<usize>| {
        let payload = payload.map(|length| vec![0; length]);
        text(service.enqueue(&host.ctx, queue.to_owned(), payload))
    };
    assert_eq!(
        add("q", Some(MAX_PAYLOAD + 1)),
        "queue \"q\" does not exist"
    );
    assert_eq!(
        text(service.clear_queue(&host.ctx, "q".into())),
        "queue \"q\" does not exist"
    );
    host.create(&service, "q", queue());
    assert_eq!(
        add("q", Some(MAX_PAYLOAD + 1)),
        "payload size 1048577 exceeds maximum of 1048576 bytes"
    );
    assert!(add("q", None).contains("NOT NULL constraint failed"));
    assert_eq!(add("q", Some(MAX_PAYLOAD)), "");
    assert_eq!(add("q", Some(0)), "");
    assert_eq!(
        text(service.get(&host.ctx, "x".into())),
        "task \"x\" not found"
    );
    assert_eq!(
        text(service.cancel(&host.ctx, "x".into())),
        "task \"x\" not found"
    );
    host.settle(&service);
}

#[test]
fn a_task_runs_once_and_keeps_what_it_returned() {
    let host = Fixture::new([Act::Answer("\"done\""), Act::Answer("")]);
    let service = host.open();
    host.create(&service, "q", queue());
    let first = host.add(&service, "q", "a\u{0}b");
    assert!(first.len() == 22 && first.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    host.settle(&service);
    let second = host.add(&service, "q", "");
    host.settle(&service);
    assert_eq!(host.info(&service, &first), info("completed", "done", 1));
    assert_eq!(host.info(&service, &second), info("completed", "", 1));
    let requests = host.plugin.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0],
        TaskExecuteRequest {
            queue_name: "q".into(),
            task_id: first.clone(),
            payload: b"a\0b".to_vec(),
            attempt: 1,
        }
    );
    let error = text(service.cancel(&host.ctx, first.clone()));
    assert_eq!(
        error,
        format!("task \"{first}\" cannot be cancelled (status: completed)")
    );
}

#[test]
fn failures_are_tried_again_with_growing_waits_until_none_is_left() {
    let host = Fixture::new([Act::Fail("one"), Act::Answer("17"), Act::Fail("three")]);
    let service = host.open();
    let config = QueueConfig {
        max_retries: 2,
        backoff_ms: 10_000,
        ..queue()
    };
    host.create(&service, "q", config);
    let id = host.add(&service, "q", "x");
    host.settle(&service);
    assert_eq!(host.info(&service, &id), info("pending", "", 1));
    host.clock.advance(Duration::from_millis(9_999));
    host.settle(&service);
    assert_eq!(host.plugin.requests().len(), 1);
    host.clock.advance(Duration::from_millis(1));
    host.settle(&service);
    // An answer that is no text is a failed try as well.
    assert_eq!(host.info(&service, &id), info("pending", "", 2));
    host.clock.advance(Duration::from_millis(20_000));
    host.settle(&service);
    let (status, message, attempt) = host.info(&service, &id);
    assert_eq!((status.as_str(), attempt), ("failed", 3));
    assert_eq!(message, "plugin call failed: three");
    host.clock.advance(Duration::from_secs(1_000));
    host.settle(&service);
    assert_eq!(host.plugin.requests().len(), 3);
}

#[test]
fn a_plugin_that_is_gone_is_a_failed_try() {
    let mut host = Fixture::new([]);
    host.plugin = Arc::new(FakePlugin {
        gone: true,
        ..FakePlugin::default()
    });
    let service = host.open();
    host.create(&service, "q", queue());
    let id = host.add(&service, "q", "x");
    host.settle(&service);
    assert_eq!(
        host.info(&service, &id),
        info("failed", "plugin p not loaded", 1)
    );
}

#[test]
fn the_number_of_retries_is_fixed_when_a_task_is_added() {
    let host = Fixture::new([Act::Fail("one"), Act::Fail("two")]);
    {
        let service = host.open();
        host.create(
            &service,
            "q",
            QueueConfig {
                max_retries: 1,
                backoff_ms: 1,
                ..queue()
            },
        );
        host.add(&service, "q", "x");
        host.settle(&service);
    }
    let service = host.open();
    host.create(&service, "q", queue());
    host.clock.advance(Duration::from_secs(1));
    host.settle(&service);
    let tasks = service.tasks("q").expect("the tasks");
    assert_eq!((tasks[0].status, tasks[0].attempt), (Status::Failed, 2));
}

#[test]
fn starts_are_a_delay_apart_over_all_workers() {
    let mut host = Fixture::new([]);
    host.max_concurrency = 3;
    let service = host.open();
    let config = QueueConfig {
        concurrency: 3,
        delay_ms: 1_000,
        ..queue()
    };
    host.create(&service, "q", config);
    let began = host.clock.now();
    let ids: Vec<_> = (0..3)
        .map(|n| host.add(&service, "q", &n.to_string()))
        .collect();
    host.plugin.wait_for(1);
    // Those that wait for their turn count as running already.
    let until = Instant::now() + LIMIT;
    while ids.iter().any(|id| host.info(&service, id).0 == "pending") && Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(host.plugin.requests().len(), 1);
    for count in 2..=3 {
        host.clock.advance(Duration::from_secs(1));
        host.plugin.wait_for(count);
    }
    host.settle(&service);
    let seen = host.plugin.seen.lock().expect("the list");
    let starts: Vec<_> = seen
        .iter()
        .map(|(_, at)| at.duration_since(began).expect("later").as_secs())
        .collect();
    assert_eq!(starts, [0, 1, 2]);
}

#[test]
fn as_many_run_at_once_as_the_queue_may() {
    let mut host = Fixture::new([Act::Hang, Act::Hang, Act::Hang]);
    host.max_concurrency = 2;
    let service = host.open();
    host.create(
        &service,
        "q",
        QueueConfig {
            concurrency: 9,
            ..queue()
        },
    );
    let ids: Vec<_> = (0..3)
        .map(|n| host.add(&service, "q", &n.to_string()))
        .collect();
    host.plugin.wait_for(2);
    assert_eq!(host.info(&service, &ids[2]), info("pending", "", 0));
    service.close();
    assert_eq!(host.plugin.requests().len(), 2);
}

#[test]
fn pending_tasks_are_cancelled_and_running_ones_are_not() {
    let host = Fixture::new([Act::Hang]);
    let service = host.open();
    host.create(&service, "q", queue());
    let running = host.add(&service, "q", "runs");
    host.plugin.wait_for(1);
    let [one, two, three] = ["1", "2", "3"].map(|n| host.add(&service, "q", n));
    service.cancel(&host.ctx, one.clone()).expect("cancelled");
    assert_eq!(host.info(&service, &one), info("cancelled", "", 0));
    let error = text(service.cancel(&host.ctx, running.clone()));
    assert_eq!(
        error,
        format!("task \"{running}\" cannot be cancelled (status: running)")
    );
    assert_eq!(service.clear_queue(&host.ctx, "q".into()), Ok(2));
    assert_eq!(service.clear_queue(&host.ctx, "q".into()), Ok(0));
    for id in [&two, &three] {
        assert_eq!(host.info(&service, id).0, "cancelled");
    }
    assert_eq!(host.info(&service, &running).0, "running");
    service.close();
    assert_eq!(host.plugin.requests().len(), 1);
}

#[test]
fn finished_tasks_go_when_their_time_is_over() {
    let host = Fixture::new([]);
    let service = host.open();
    host.create(
        &service,
        "q",
        QueueConfig {
            retention_ms: 60_000,
            ..queue()
        },
    );
    let id = host.add(&service, "q", "x");
    host.settle(&service);
    let gone = || service.get(&host.ctx, id.clone()).is_err();
    host.clock.advance(Duration::from_secs(299));
    host.settle(&service);
    assert!(!gone(), "the clean-up comes every five minutes");
    host.clock.advance(Duration::from_secs(1));
    let until = Instant::now() + LIMIT;
    while !gone() && Instant::now() < until {
        std::thread::yield_now();
    }
    assert!(gone());
}

#[test]
fn closing_puts_running_tasks_back_uncounted() {
    let host = Fixture::new([Act::Hang, Act::Answer("\"second time\"")]);
    let id = {
        let service = host.open();
        host.create(&service, "q", queue());
        let id = host.add(&service, "q", "x");
        host.plugin.wait_for(1);
        service.close();
        assert_eq!(host.info(&service, &id), info("pending", "", 0));
        assert_ne!(
            text(service.create_queue(&host.ctx, "late".into(), queue())),
            ""
        );
        id
    };
    let service = host.open();
    assert_eq!(
        text(service.clear_queue(&host.ctx, "q".into())),
        "queue \"q\" does not exist"
    );
    assert_eq!(
        host.info(&service, &id),
        info("pending", "", 0),
        "stored tasks can be asked for"
    );
    host.create(&service, "q", queue());
    host.settle(&service);
    assert_eq!(
        host.info(&service, &id),
        info("completed", "second time", 1)
    );
}

#[test]
fn tasks_of_a_process_that_crashed_run_again_once_their_queue_is_created() {
    let host = Fixture::new([Act::Answer("\"done\"")]);
    let id = {
        let service = host.open();
        host.create(&service, "q", queue());
        service.close();
        // The file as a crash leaves it.
        let store = service.pool.store();
        store.add("crashed", "q", Some(b"x"), 0, 0).expect("stored");
        store.take("q", 1).expect("taken").expect("a task").id
    };
    let service = host.open();
    assert_eq!(host.info(&service, &id), info("running", "", 1));
    host.create(&service, "q", queue());
    host.settle(&service);
    assert_eq!(host.info(&service, &id), info("completed", "done", 2));
}

#[test]
fn due_time_then_age_decide_the_order() {
    let host = Fixture::new([Act::Fail("later")]);
    let service = host.open();
    host.create(
        &service,
        "q",
        QueueConfig {
            max_retries: 1,
            backoff_ms: 60_000,
            ..queue()
        },
    );
    host.add(&service, "q", "retried");
    host.settle(&service);
    service.close();
    let service = host.open();
    let store = service.pool.store();
    let now = service.pool.now_ms();
    for (id, at) in [
        ("c", now + 3),
        ("a", now + 1),
        ("b", now + 2),
        ("b2", now + 2),
    ] {
        store
            .add(id, "q", Some(id.as_bytes()), 0, at)
            .expect("stored");
    }
    host.clock.advance(Duration::from_secs(60));
    host.create(&service, "q", queue());
    host.settle(&service);
    let payloads: Vec<_> = host
        .plugin
        .requests()
        .into_iter()
        .map(|request| String::from_utf8(request.payload).expect("text"))
        .collect();
    assert_eq!(payloads, ["retried", "a", "b", "b2", "c", "retried"]);
}

#[test]
fn a_full_disk_loses_nothing() {
    let deaf = Arc::new(Mutex::new(true));
    let host = Fixture::new([Act::Deaf(deaf.clone())]);
    let service = host.open();
    host.create(&service, "q", queue());
    let id = host.add(&service, "q", "x");
    host.plugin.wait_for(1);
    host.faults.fill_disk(true);
    let error = text(service.enqueue(&host.ctx, "q".into(), Some(Vec::new())));
    assert_eq!(error, "database or disk is full");
    *deaf.lock().expect("the flag") = false;
    let until = Instant::now() + LIMIT;
    while host.journal.logs().is_empty() && Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(host.info(&service, &id), info("running", "", 1));
    host.faults.fill_disk(false);
    host.clock.advance(Duration::from_secs(1));
    host.settle(&service);
    assert_eq!(host.info(&service, &id).0, "failed");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let host = Fixture::new([]);
    let folder = host.folder.path().join("plugins/p");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(TASK_FILE), "x".repeat(5_000)).expect("a file");
    let plugin: Arc<dyn Callback> = host.plugin.clone();
    let setup = TaskSetup {
        plugin: "p".to_owned(),
        max_concurrency: 1,
        callback: Arc::downgrade(&plugin),
        journal: Journal::new(),
        clock: Arc::new(ManualClock::default()),
        faults: Faults::default(),
    };
    let error = TaskService::open(&folder, setup).err().expect("an error");
    assert!(
        error.contains("taskqueue.db") && error.contains("not a database"),
        "{error}"
    );
}

#[test]
fn many_callers_at_once_lose_nothing() {
    let mut host = Fixture::new([]);
    host.max_concurrency = 8;
    let service = host.open();
    host.create(
        &service,
        "q",
        QueueConfig {
            concurrency: 8,
            ..queue()
        },
    );
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|n| drop(host.add(&service, "q", &n.to_string()))));
        }
    });
    host.settle(&service);
    let tasks = service.tasks("q").expect("the tasks");
    assert_eq!(tasks.len(), 200);
    assert!(
        tasks
            .iter()
            .all(|task| task.status == Status::Completed && task.attempt == 1)
    );
    assert_eq!(host.plugin.requests().len(), 200);
}
