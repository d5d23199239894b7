//! Making queues, and what can be done with tasks from outside.

use super::*;

#[test]
fn a_queue_is_checked_by_name_then_budget_then_being_there() {
    let f = fixture(Plugin::echo(), 2);
    refused(f.try_create("", |_| {}), "queue name cannot be empty");
    let long = "n".repeat(129);
    refused(
        f.try_create(&long, |_| {}),
        "queue name exceeds maximum length of 128 bytes",
    );
    f.create(&"n".repeat(128), |_| {});
    refused(f.try_create(&"n".repeat(128), |_| {}), "\" already exists");
    f.create("b", |_| {});
    // The budget comes before the name.
    refused(
        f.try_create("b", |_| {}),
        "concurrency budget exhausted (2/2 allocated)",
    );
    refused(f.try_create("", |_| {}), "queue name cannot be empty");
}

#[test]
fn a_queue_that_asks_for_more_than_is_left_gets_what_is_left() {
    let f = fixture(Plugin::echo(), 5);
    let concurrency = |f: &Fixture, name: &str| {
        let queues = f.tasks.queues();
        let queue = queues.into_iter().find(|queue| queue.0 == name);
        queue.map(|queue| queue.1.concurrency)
    };
    f.create("a", |config| config.concurrency = 3);
    f.create("b", |config| config.concurrency = i32::MAX);
    assert_eq!(concurrency(&f, "a"), Some(3));
    assert_eq!(concurrency(&f, "b"), Some(2));
    refused(
        f.try_create("c", |_| {}),
        "concurrency budget exhausted (5/5 allocated)",
    );
    // The next load begins anew.
    let f = f.reload(Plugin::echo(), 1);
    f.create("c", |config| config.concurrency = 9);
    assert_eq!(concurrency(&f, "c"), Some(1));
    refused(
        f.try_create("a", |_| {}),
        "concurrency budget exhausted (1/1 allocated)",
    );
}

#[test]
fn settings_are_stored_and_replace_those_of_an_earlier_load() {
    let f = fixture(Plugin::echo(), 2);
    f.create("q", |config| {
        config.concurrency = 2;
        config.max_retries = 7;
        config.backoff_ms = 8;
        config.delay_ms = 9;
        config.retention_ms = 70_000;
    });
    let stored = |f: &Fixture| {
        let sql = "SELECT concurrency || ' ' || max_retries || ' ' || backoff_ms || ' ' || delay_ms || ' ' || retention_ms
            FROM queues";
        f.raw().query_row(sql, [], |row| row.get::<_, String>(0))
    };
    assert_eq!(stored(&f).as_deref(), Ok("2 7 8 9 70000"));
    let f = f.reload(Plugin::echo(), 2);
    f.create("q", |_| {});
    assert_eq!(stored(&f).as_deref(), Ok("1 0 1000 0 3600000"));
}

#[test]
fn a_payload_is_checked_after_the_queue_and_may_be_empty() {
    let f = fixture(Plugin::echo(), 1);
    let big = "x".repeat(MAX_PAYLOAD + 1);
    refused(f.try_enqueue("q", &big), "queue \"q\" does not exist");
    f.create("q", |_| {});
    refused(
        f.try_enqueue("q", &big),
        "payload size 1048577 exceeds maximum of 1048576 bytes",
    );
    refused(
        f.tasks.enqueue(&f.ctx, "q".to_owned(), None),
        "NOT NULL constraint failed",
    );
    let biggest = f.enqueue("q", &big[1..]);
    let empty = f.enqueue("q", "");
    f.settle();
    assert_eq!(f.info(&biggest).1.len(), MAX_PAYLOAD);
    assert_eq!(f.info(&empty), state("completed", "", 1));
    for id in [biggest, empty] {
        assert_eq!(id.len(), 22);
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    }
}

#[test]
fn stored_tasks_wait_until_their_queue_is_created_again() {
    let f = fixture(Plugin::failing(), 2);
    f.create("q", |config| config.max_retries = 1);
    let (one, two) = (f.enqueue("q", "one"), f.enqueue("q", "two"));
    f.settle();
    let f = f.reload(Plugin::echo(), 2);
    f.create("another", |_| {});
    f.pass(60_000);
    assert_eq!(f.plugin.payloads(), [""; 0]);
    refused(f.try_enqueue("q", ""), "queue \"q\" does not exist");
    refused(
        f.tasks.clear_queue(&f.ctx, "q".to_owned()),
        "queue \"q\" does not exist",
    );
    // Looking and cancelling works.
    assert_eq!(f.info(&one), state("pending", "", 1));
    f.cancel(&two).expect("it is pending");
    f.create("q", |_| {});
    f.settle();
    assert_eq!(f.plugin.payloads(), ["one"]);
    assert_eq!(f.info(&one), state("completed", "one", 2));
    assert_eq!(f.info(&two), state("cancelled", "", 1));
}

#[test]
fn creating_a_queue_revives_what_a_crash_left_running() {
    let f = fixture(Plugin::echo(), 1);
    f.tasks.close();
    f.raw()
        .execute_batch(
            "INSERT INTO tasks VALUES ('crashed', 'q', x'61', 'running', 3, 0, 5, 5, 5, ''),
                ('elsewhere', 'r', x'62', 'running', 1, 0, 5, 5, 5, '')",
        )
        .expect("tasks");
    let f = f.reload(Plugin::echo(), 1);
    f.create("q", |_| {});
    f.settle();
    // The try that crashed counts.
    assert_eq!(f.info("crashed"), state("completed", "a", 4));
    assert_eq!(f.info("elsewhere"), state("running", "", 1));
}

#[test]
fn only_pending_tasks_can_be_cancelled() {
    let f = fixture(Plugin::endless(), 1);
    f.create("q", |_| {});
    let running = f.enqueue("q", "");
    f.plugin.wait_for_calls(1);
    let waiting = f.enqueue("q", "");
    refused(
        f.cancel(&running),
        &format!("task \"{running}\" cannot be cancelled (status: running)"),
    );
    f.cancel(&waiting).expect("it is pending");
    refused(
        f.cancel(&waiting),
        "cannot be cancelled (status: cancelled)",
    );
    refused(f.cancel("unknown"), "task \"unknown\" not found");
    refused(
        f.tasks.get(&f.ctx, "unknown".to_owned()),
        "task \"unknown\" not found",
    );
    assert_eq!(f.info(&waiting), state("cancelled", "", 0));
}

#[test]
fn a_task_that_waits_for_a_retry_can_be_cancelled() {
    let f = fixture(Plugin::failing(), 1);
    f.create("q", |config| config.max_retries = 5);
    let id = f.enqueue("q", "");
    f.settle();
    f.cancel(&id).expect("it is pending");
    f.pass(60_000);
    assert_eq!(f.info(&id), state("cancelled", "", 1));
    assert_eq!(f.plugin.attempts(), [1]);
}

#[test]
fn clearing_cancels_what_is_pending_and_deletes_nothing() {
    let f = fixture(Plugin::endless(), 2);
    f.create("q", |_| {});
    f.create("r", |_| {});
    let running = f.enqueue("q", "");
    f.plugin.wait_for_calls(1);
    let pending = [f.enqueue("q", ""), f.enqueue("q", "")];
    let clear = || f.tasks.clear_queue(&f.ctx, "q".to_owned());
    assert_eq!(clear(), Ok(2));
    assert_eq!(clear(), Ok(0));
    for id in pending {
        assert_eq!(f.info(&id).0, "cancelled");
    }
    assert_eq!(f.info(&running).0, "running");
}

#[test]
fn finished_tasks_are_deleted_after_their_retention_every_five_minutes() {
    let f = fixture(Plugin::echo(), 2);
    f.create("short", |config| config.retention_ms = 1);
    f.create("long", |config| config.retention_ms = 3_600_000);
    let (short, long) = (f.enqueue("short", ""), f.enqueue("long", ""));
    f.raw()
        .execute_batch(
            "INSERT INTO tasks VALUES ('old', 'gone', x'', 'completed', 1, 0, 5, 5, 5, ''),
                ('stuck', 'short', x'', 'running', 1, 0, 5, 5, 5, '')",
        )
        .expect("tasks");
    f.settle();
    f.pass(299_999);
    assert_eq!(f.info(&short).0, "completed");
    f.pass(1);
    refused(f.tasks.get(&f.ctx, short), "not found");
    for kept in [&*long, "old", "stuck"] {
        f.info(kept);
    }
    for _ in 0..11 {
        f.pass(300_000);
    }
    // An hour to the millisecond is not more than an hour.
    f.info(&long);
    f.pass(300_000);
    refused(f.tasks.get(&f.ctx, long), "not found");
}

#[test]
fn of_two_threads_that_create_a_queue_one_succeeds() {
    for _ in 0..20 {
        let f = fixture(Plugin::echo(), 8);
        let created = std::thread::scope(|scope| {
            let create = || f.try_create("q", |config| config.concurrency = 2).is_ok();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(create)).collect();
            let results = threads.into_iter().map(|thread| thread.join());
            results.filter(|result| matches!(result, Ok(true))).count()
        });
        assert_eq!(created, 1);
        assert_eq!(f.tasks.queues().len(), 1);
        f.create("r", |config| config.concurrency = 8);
        assert_eq!(f.tasks.queues()[1].1.concurrency, 6);
    }
}
