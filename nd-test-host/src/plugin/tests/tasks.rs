//! Tasks of a plugin that is unloaded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use nd_types::task::QueueConfig;

use super::{answering, load};
use crate::context::CallContext;
use crate::services::task::Status;
use crate::services::{Clock, ServiceSettings, SystemClock};
use crate::{Host, PluginSettings};

const LIMIT: Duration = Duration::from_secs(60);

/// A clock that the thread of the scheduler waits at, so that the scheduler is slow to close.
#[derive(Default)]
struct SlowForScheduler {
    holds: Mutex<()>,
    held: AtomicBool,
}

impl Clock for SlowForScheduler {
    fn now(&self) -> SystemTime {
        let thread = std::thread::current();
        if thread
            .name()
            .is_some_and(|name| name.starts_with("nd-scheduler"))
        {
            self.held.store(true, Ordering::SeqCst);
            drop(self.holds.lock());
        }
        SystemClock.now()
    }

    fn sleep_for(&self, due: SystemTime) -> Option<Duration> {
        SystemClock.sleep_for(due)
    }
}

fn wait_until(condition: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < end, "waited too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn no_task_finds_its_plugin_gone() {
    let clock = Arc::new(SlowForScheduler::default());
    let settings = ServiceSettings {
        clock: clock.clone(),
        ..ServiceSettings::default()
    };
    let host = Host::builder()
        .every_plugin(PluginSettings::all())
        .service_settings(settings);
    let host = host.build().expect("a host");
    let worker =
        answering("nd_task_execute", r#""done""#) + r#"(func (export "nd_scheduler_callback"))"#;
    let permissions = r#"{"scheduler":{},"taskqueue":{}}"#;
    let ctx = CallContext::detached("test");
    let create = |plugin: &crate::Plugin| {
        let task = plugin.services().services().task.clone();
        let created = task.create_queue(&ctx, "q".to_owned(), QueueConfig::default());
        created.expect("a queue");
        task
    };

    let plugin = load(&host, permissions, &worker);
    let task = create(&plugin);
    let queues = plugin.services().task().expect("the queues");
    assert!(queues.wait_idle(LIMIT));
    std::thread::scope(|scope| {
        let hold = clock.holds.lock();
        let scheduler = &plugin.services().services().scheduler;
        let scheduled = scheduler.schedule_one_time(&ctx, 600, String::new(), String::new());
        scheduled.expect("a schedule");
        wait_until(|| clock.held.load(Ordering::SeqCst));
        let unloading = scope.spawn(|| host.unload("test"));
        wait_until(|| !plugin.is_loaded());
        // The plugin takes no calls any more, and its queues are not closed yet.
        let id = task.enqueue(&ctx, "q".to_owned(), Some(Vec::new()));
        id.expect("a task");
        assert!(queues.wait_idle(LIMIT));
        drop(hold);
        assert!(unloading.join().expect("no panic"));
    });

    // Without retries a task that had been tried would have failed for good.
    let plugin = load(&host, permissions, &worker);
    create(&plugin);
    let queues = plugin.services().task().expect("the queues");
    assert!(queues.wait_idle(LIMIT));
    let tasks = queues.tasks("q").expect("tasks");
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].status, Status::Completed, "{tasks:?}");
    assert_eq!((tasks[0].attempt, &*tasks[0].message), (1, "done"));
}
