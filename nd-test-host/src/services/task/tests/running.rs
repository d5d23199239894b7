//! How tasks run: order, workers, delays, tries and messages.

use std::sync::atomic::AtomicUsize;

use super::*;

#[test]
fn a_task_is_told_what_it_is_and_its_answer_is_kept() {
    let f = fixture(Plugin::echo(), 1);
    f.create("q", |_| {});
    let id = f.enqueue("q", "payload");
    f.settle();
    let calls = f.plugin.calls.lock().expect("calls").clone();
    let expected = TaskExecuteRequest {
        queue_name: "q".to_owned(),
        task_id: id.clone(),
        payload: b"payload".to_vec(),
        attempt: 1,
    };
    assert_eq!(calls, [expected]);
    assert_eq!(f.info(&id), state("completed", "payload", 1));
}

#[test]
fn no_output_is_an_empty_message_and_output_that_is_no_text_a_failed_try() {
    let f = fixture(Plugin::new(|request, _| Ok(request.payload.clone())), 1);
    f.create("q", |_| {});
    let (nothing, null, object) = (
        f.enqueue("q", ""),
        f.enqueue("q", "null"),
        f.enqueue("q", "{}"),
    );
    f.settle();
    assert_eq!(f.info(&nothing), state("completed", "", 1));
    assert_eq!(f.info(&null), state("completed", "", 1));
    let (status, message, _) = f.info(&object);
    assert_eq!(status, "failed");
    assert!(message.contains("string"), "{message}");
}

#[test]
fn one_worker_takes_tasks_in_the_order_they_were_enqueued() {
    let f = fixture(Plugin::echo(), 1);
    f.create("q", |_| {});
    let payloads: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    for payload in &payloads {
        f.enqueue("q", payload);
    }
    f.settle();
    assert_eq!(f.plugin.payloads(), payloads);
}

#[test]
fn a_failed_task_waits_twice_as_long_each_time_until_no_try_is_left() {
    let f = fixture(Plugin::failing(), 1);
    f.create("q", |config| {
        config.max_retries = 2;
        config.backoff_ms = 10_000;
    });
    let id = f.enqueue("q", "");
    f.settle();
    assert_eq!(f.info(&id), state("pending", "", 1));
    let due = || {
        let sql = "SELECT next_run_at - updated_at FROM tasks";
        f.raw().query_row(sql, [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(due(), Ok(10_000));
    f.pass(9_999);
    assert_eq!(f.info(&id).2, 1);
    f.pass(5_000);
    assert_eq!(f.info(&id), state("pending", "", 2));
    assert_eq!(due(), Ok(20_000));
    f.pass(19_999);
    assert_eq!(f.info(&id).2, 2);
    f.pass(5_000);
    assert_eq!(
        f.info(&id),
        state("failed", "plugin call failed: no luck", 3)
    );
    f.pass(100_000);
    assert_eq!(f.plugin.attempts(), [1, 2, 3]);
    assert_eq!(f.logged("try 1 failed"), 1);
    assert_eq!(f.logged("failed: plugin call failed: no luck"), 1);
}

#[test]
fn the_retries_of_a_task_are_those_of_its_queue_when_it_was_enqueued() {
    let f = fixture(Plugin::failing(), 1);
    f.create("q", |config| config.max_retries = 1);
    let id = f.enqueue("q", "");
    f.settle();
    let f = f.reload(Plugin::failing(), 1);
    f.create("q", |config| {
        config.max_retries = 9;
        config.backoff_ms = 1;
    });
    f.pass(5_000);
    assert_eq!(f.info(&id).0, "failed");
    assert_eq!(f.info(&id).2, 2);
}

#[test]
fn a_task_whose_try_succeeds_later_is_completed() {
    let plugin = Plugin::new(|request, _| match request.attempt {
        1 => Err(failure("not yet")),
        _ => Ok(br#""now""#.to_vec()),
    });
    let f = fixture(plugin, 1);
    f.create("q", |config| config.max_retries = 1);
    let id = f.enqueue("q", "");
    f.settle();
    f.pass(5_000);
    assert_eq!(f.info(&id), state("completed", "now", 2));
}

#[test]
fn a_task_whose_plugin_is_gone_has_failed_a_try() {
    let mut f = fixture(Plugin::echo(), 1);
    f.create("q", |_| {});
    f.plugin = Plugin::echo();
    let id = f.enqueue("q", "");
    f.settle();
    assert_eq!(f.info(&id), state("failed", "plugin p not loaded", 1));
}

#[test]
fn a_callback_that_panics_has_failed_a_try_and_its_worker_goes_on() {
    let plugin = Plugin::new(|request, _| match &*request.payload {
        b"panic" => panic!("on purpose"),
        _ => Ok(Vec::new()),
    });
    let f = fixture(plugin, 1);
    f.create("q", |_| {});
    let (panicked, fine) = (f.enqueue("q", "panic"), f.enqueue("q", ""));
    f.settle();
    assert_eq!(
        f.info(&panicked),
        state("failed", "host panicked: on purpose", 1)
    );
    assert_eq!(f.info(&fine).0, "completed");
}

#[test]
fn a_message_longer_than_a_mebibyte_is_cut_between_characters() {
    let plugin =
        Plugin::new(|_, _| Ok(wire::encode(&format!("a{}", "é".repeat(600_000))).expect("JSON")));
    let f = fixture(plugin, 1);
    f.create("q", |_| {});
    let id = f.enqueue("q", "");
    f.settle();
    let message = f.info(&id).1;
    assert_eq!(message.len(), (1 << 20) - 1);
    assert!(message.ends_with('é'));
}

/// Tasks that wait for each other: so many run at once, and no more.
fn at_once(together: usize) -> (Arc<Plugin>, Arc<AtomicUsize>) {
    let (running, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let plugin = Plugin::new(move |_, cancel| {
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(now, Ordering::SeqCst);
        wait_until(|| cancel.is_cancelled() || seen.load(Ordering::SeqCst) >= together);
        running.fetch_sub(1, Ordering::SeqCst);
        Ok(Vec::new())
    });
    (plugin, most)
}

#[test]
fn as_many_tasks_run_at_once_as_the_queue_allows_and_no_more() {
    let (plugin, most) = at_once(3);
    let f = fixture(plugin, 3);
    f.create("q", |config| config.concurrency = 3);
    let ids: Vec<_> = (0..20).map(|_| f.enqueue("q", "")).collect();
    f.settle();
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert!(ids.iter().all(|id| f.info(id).0 == "completed"));
}

#[test]
fn all_workers_take_up_old_tasks_when_the_queue_is_created() {
    let f = fixture(Plugin::failing(), 4);
    f.create("q", |config| config.max_retries = 1);
    let ids: Vec<_> = (0..4).map(|_| f.enqueue("q", "")).collect();
    f.settle();
    let (plugin, most) = at_once(4);
    let f = f.reload(plugin, 4);
    f.clock.advance(Duration::from_secs(2));
    f.create("q", |config| config.concurrency = 4);
    f.settle();
    assert_eq!(most.load(Ordering::SeqCst), 4);
    assert!(ids.iter().all(|id| f.info(id) == state("completed", "", 2)));
}

#[test]
fn idle_workers_look_every_five_seconds() {
    let f = fixture(Plugin::echo(), 2);
    f.create("q", |config| config.concurrency = 2);
    f.settle();
    // Nobody was told of this one.
    let now = f.tasks.shared.now();
    f.raw()
        .execute(
            "INSERT INTO tasks VALUES ('t', 'q', x'', 'pending', 0, 0, ?1, ?1, ?1, '')",
            [now],
        )
        .expect("a task");
    f.pass(4_999);
    assert_eq!(f.info("t").0, "pending");
    f.pass(1);
    assert_eq!(f.info("t").0, "completed");
}

#[test]
fn a_busy_worker_does_not_keep_the_others_from_retries() {
    let plugin = Plugin::new(
        |request, cancel| match (&*request.payload, request.attempt) {
            (b"long", _) => {
                wait_until(|| cancel.is_cancelled());
                Ok(Vec::new())
            }
            (_, 1) => Err(failure("once")),
            _ => Ok(Vec::new()),
        },
    );
    let f = fixture(plugin, 2);
    f.create("q", |config| {
        config.concurrency = 2;
        config.max_retries = 1;
    });
    let retried = f.enqueue("q", "");
    f.settle();
    f.enqueue("q", "long");
    f.plugin.wait_for_calls(2);
    f.clock.advance(Duration::from_secs(5));
    wait_until(|| f.info(&retried) == state("completed", "", 2));
    f.tasks.stop();
}

#[test]
fn tasks_start_a_delay_apart_over_all_workers() {
    let f = fixture(Plugin::echo(), 3);
    f.create("q", |config| {
        config.concurrency = 3;
        config.delay_ms = 60_000;
    });
    let ids: Vec<_> = (0..3).map(|_| f.enqueue("q", "")).collect();
    f.settle();
    let done = || ids.iter().filter(|id| f.info(id).0 == "completed").count();
    // The first starts at once; the others are running already while they wait.
    assert_eq!(f.plugin.attempts().len(), 1);
    let waiting: Vec<_> = ids.iter().filter(|id| f.info(id).0 == "running").collect();
    assert_eq!(waiting.len(), 2);
    refused(
        f.cancel(waiting[0]),
        "cannot be cancelled (status: running)",
    );
    f.pass(59_999);
    assert_eq!(done(), 1);
    f.pass(1);
    assert_eq!(done(), 2);
    f.pass(60_000);
    assert_eq!(done(), 3);
    // After a long rest the next one is immediate, and rest is not saved up.
    f.pass(600_000);
    f.enqueue("q", "");
    f.enqueue("q", "");
    f.settle();
    assert_eq!(f.plugin.attempts().len(), 4);
    f.pass(60_000);
    assert_eq!(f.plugin.attempts().len(), 5);
}

#[test]
fn a_delay_beyond_all_times_does_not_panic() {
    let f = fixture(Plugin::echo(), 1);
    f.create("q", |config| {
        config.delay_ms = i64::MAX;
        config.backoff_ms = i64::MAX;
    });
    let (first, second) = (f.enqueue("q", ""), f.enqueue("q", ""));
    f.settle();
    assert_eq!(f.info(&first).0, "completed");
    assert_eq!(f.info(&second).0, "running");
}

#[test]
fn a_task_may_enqueue_tasks() {
    let tasks: Arc<Mutex<Weak<TaskService>>> = Arc::new(Mutex::new(Weak::new()));
    let inside = tasks.clone();
    let plugin = Plugin::new(move |request, _| {
        if let Some(rest) = request.payload.split_first().map(|(_, rest)| rest.to_vec()) {
            let tasks = inside.lock().expect("tasks").upgrade().expect("tasks");
            let ctx = CallContext::detached("p");
            let enqueued = tasks.enqueue(&ctx, "q".to_owned(), Some(rest));
            assert!(enqueued.is_ok());
        }
        Ok(Vec::new())
    });
    let f = fixture(plugin, 1);
    *tasks.lock().expect("tasks") = Arc::downgrade(&f.tasks);
    f.create("q", |_| {});
    f.enqueue("q", "xxx");
    f.settle();
    assert_eq!(f.plugin.payloads(), ["xxx", "xx", "x", ""]);
}

#[test]
fn many_callers_and_many_tasks_lose_none() {
    let f = fixture(Plugin::echo(), 4);
    f.create("q", |config| config.concurrency = 4);
    let ids: Vec<String> = std::thread::scope(|scope| {
        let enqueue = || (0..100).map(|_| f.enqueue("q", "")).collect::<Vec<_>>();
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(enqueue)).collect();
        let lists = threads.into_iter().map(|thread| thread.join());
        lists.flat_map(|list| list.expect("ids")).collect()
    });
    f.settle();
    assert_eq!(f.plugin.attempts(), [1; 600]);
    assert!(ids.iter().all(|id| f.info(id).0 == "completed"));
}

#[test]
fn a_huge_concurrency_makes_no_threads_before_they_are_needed() {
    let f = fixture(Plugin::echo(), i64::MAX);
    f.create("q", |config| config.concurrency = i32::MAX);
    let id = f.enqueue("q", "");
    f.settle();
    assert_eq!(f.info(&id).0, "completed");
    f.create("r", |_| {});
}
