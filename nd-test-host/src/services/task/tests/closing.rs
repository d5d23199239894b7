//! Unloading with tasks in every state.

use super::*;

#[test]
fn what_runs_is_cancelled_and_goes_back_without_counting_the_try() {
    let f = fixture(Plugin::endless(), 2);
    f.create("q", |config| config.concurrency = 2);
    let ids = [
        f.enqueue("q", "a"),
        f.enqueue("q", "b"),
        f.enqueue("q", "c"),
    ];
    f.plugin.wait_for_calls(2);
    let f = f.reload(Plugin::echo(), 1);
    for id in &ids {
        assert_eq!(f.info(id), state("pending", "", 0));
    }
    f.create("q", |_| {});
    f.settle();
    assert_eq!(f.plugin.attempts(), [1, 1, 1]);
    assert!(ids.iter().all(|id| f.info(id).0 == "completed"));
}

#[test]
fn even_a_task_that_has_just_succeeded_goes_back() {
    let plugin = Plugin::new(|_, cancel| {
        wait_until(|| cancel.is_cancelled());
        Ok(br#""done""#.to_vec())
    });
    let f = fixture(plugin, 1);
    f.create("q", |_| {});
    let id = f.enqueue("q", "");
    f.plugin.wait_for_calls(1);
    let f = f.reload(Plugin::echo(), 1);
    assert_eq!(f.info(&id), state("pending", "", 0));
}

#[test]
fn a_task_that_waits_for_its_delay_goes_back_too() {
    let f = fixture(Plugin::echo(), 1);
    f.create("q", |config| config.delay_ms = 1_000);
    f.enqueue("q", "");
    let waits = f.enqueue("q", "");
    f.settle();
    assert_eq!(f.info(&waits), state("running", "", 1));
    let f = f.reload(Plugin::echo(), 1);
    assert_eq!(f.info(&waits), state("pending", "", 0));
}

#[test]
fn a_task_that_does_not_end_goes_back_with_its_try_counted() {
    let end = Arc::new(AtomicBool::new(false));
    let wait = end.clone();
    let plugin = Plugin::new(move |_, _| {
        wait_until(|| wait.load(Ordering::Relaxed));
        Ok(Vec::new())
    });
    let f = fixture(plugin, 1);
    f.create("q", |_| {});
    let id = f.enqueue("q", "");
    f.plugin.wait_for_calls(1);
    f.tasks.close_within(Duration::from_millis(50));
    let old = f.tasks.clone();
    let f = f.reload(Plugin::echo(), 1);
    assert_eq!(f.info(&id), state("pending", "", 1));
    // When it does end, it must not touch what belongs to the next load.
    f.create("q", |_| {});
    f.settle();
    end.store(true, Ordering::Relaxed);
    assert!(old.wait_idle(LIMIT));
    assert_eq!(f.info(&id), state("completed", "", 2));
}

#[test]
fn a_task_that_unloads_its_plugin_is_not_waited_for() {
    let tasks: Arc<Mutex<Weak<TaskService>>> = Arc::new(Mutex::new(Weak::new()));
    let inside = tasks.clone();
    let closed = Arc::new(AtomicBool::new(false));
    let noted = closed.clone();
    let plugin = Plugin::new(move |request, cancel| {
        if request.payload == b"endless" {
            wait_until(|| cancel.is_cancelled());
            return Ok(Vec::new());
        }
        // As the host does when a host function runs.
        let context = CallContext::new(
            "p",
            "nd_task_execute",
            Instant::now() + LIMIT,
            CancelToken::child_of([cancel.clone()]),
            Journal::new(),
            crate::journal::CallId::NONE,
        );
        let _current = context.enter();
        let tasks = inside.lock().expect("tasks").upgrade().expect("tasks");
        // Real limit: were it waited for, this would take as long.
        tasks.close_within(LIMIT);
        noted.store(true, Ordering::Relaxed);
        Ok(Vec::new())
    });
    let f = fixture(plugin, 2);
    *tasks.lock().expect("tasks") = Arc::downgrade(&f.tasks);
    f.create("q", |config| config.concurrency = 2);
    let other = f.enqueue("q", "endless");
    f.plugin.wait_for_calls(1);
    let began = Instant::now();
    let own = f.enqueue("q", "");
    wait_until(|| closed.load(Ordering::Relaxed));
    assert!(began.elapsed() < LIMIT);
    let f = f.reload(Plugin::echo(), 1);
    assert_eq!(f.info(&own), state("pending", "", 1));
    assert_eq!(f.info(&other), state("pending", "", 0));
}

#[test]
fn nothing_works_after_closing_and_closing_twice_is_closing_once() {
    let f = fixture(Plugin::echo(), 2);
    f.create("q", |_| {});
    let id = f.enqueue("q", "");
    f.settle();
    f.tasks.close();
    f.tasks.close_within(Duration::MAX);
    refused(f.try_enqueue("q", ""), "database is closed");
    refused(f.cancel(&id), "database is closed");
    refused(f.tasks.get(&f.ctx, id), "database is closed");
    refused(
        f.tasks.clear_queue(&f.ctx, "q".to_owned()),
        "database is closed",
    );
    refused(f.try_create("r", |_| {}), "the plugin is unloaded");
    assert!(f.tasks.wait_idle(Duration::MAX));
}

#[test]
fn tasks_enqueued_while_the_plugin_is_unloaded_are_stored_or_refused() {
    for round in 0..10 {
        let f = fixture(Plugin::echo(), 4);
        f.create("q", |config| config.concurrency = 4);
        let stored: Vec<String> = std::thread::scope(|scope| {
            let enqueue = || {
                let mut stored = Vec::new();
                let end = Instant::now() + LIMIT;
                while let Ok(id) = f.try_enqueue("q", "") {
                    stored.push(id);
                    assert!(Instant::now() < end, "nothing refuses tasks");
                }
                stored
            };
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(enqueue)).collect();
            f.plugin.wait_for_calls(1 + round);
            f.tasks.stop();
            f.tasks.close();
            let lists = threads.into_iter().map(|thread| thread.join());
            lists.flat_map(|list| list.expect("ids")).collect()
        });
        let f = f.reload(Plugin::echo(), 4);
        f.create("q", |config| config.concurrency = 4);
        f.settle();
        assert!(!stored.is_empty());
        for id in &stored {
            assert_eq!(f.info(id), state("completed", "", 1));
        }
    }
}

#[test]
fn a_service_that_is_dropped_is_closed() {
    let Fixture {
        folder,
        clock,
        tasks,
        plugin,
        ctx,
        ..
    } = fixture(Plugin::endless(), 1);
    let config = QueueConfig::default();
    tasks
        .create_queue(&ctx, "q".to_owned(), config)
        .expect("a queue");
    let id = tasks
        .enqueue(&ctx, "q".to_owned(), Some(Vec::new()))
        .expect("a task");
    plugin.wait_for_calls(1);
    drop(tasks);
    let f = load(folder, clock, Plugin::echo(), 1);
    assert_eq!(f.info(&id), state("pending", "", 0));
}
