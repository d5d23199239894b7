//! The tables: their layout, files from elsewhere, and what each statement does.

use std::time::Instant;

use super::*;

type Outcome = rusqlite::Result<()>;

struct Fixture {
    folder: tempfile::TempDir,
    store: Store,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("taskqueue.db")).expect("a file");
    Fixture { folder, store }
}

impl Fixture {
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("taskqueue.db")
    }

    fn number(&self, sql: &str) -> rusqlite::Result<i64> {
        self.store.connection.query_row(sql, [], |row| row.get(0))
    }

    fn add(&mut self, id: &str, now: i64) -> Outcome {
        self.store.add(id, "q", Some(b"p"), 0, now)
    }

    fn take(&mut self, now: i64) -> rusqlite::Result<Option<String>> {
        Ok(self.store.take("q", now)?.map(|task| task.id))
    }

    fn status(&self, id: &str) -> rusqlite::Result<(String, String, i32)> {
        let info = self.store.info(id)?.unwrap_or_default();
        Ok((info.status, info.message, info.attempt))
    }
}

fn state(status: &str, message: &str, attempt: i32) -> (String, String, i32) {
    (status.to_owned(), message.to_owned(), attempt)
}

fn settings() -> QueueSettings {
    QueueSettings {
        concurrency: 2,
        max_retries: 3,
        backoff_ms: 4,
        delay_ms: 5,
        retention_ms: 60_000,
    }
}

#[test]
fn a_new_file_has_the_layout_of_the_contract() -> Outcome {
    let mut f = fixture();
    f.store.save_queue("q", &settings(), 1)?;
    f.store.add("id", "q", Some(b"payload"), 3, 1_700)?;
    assert_eq!(f.number("PRAGMA user_version")?, 3);
    let mode: String = f
        .store
        .connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    assert_eq!(mode, "wal");
    assert_eq!(f.number("PRAGMA busy_timeout")?, 5_000);
    // As another program reads it.
    let raw = Connection::open(f.path())?;
    let queue = raw.query_row(
        "SELECT name || ' ' || concurrency || ' ' || max_retries || ' ' || backoff_ms || ' ' || delay_ms || ' ' ||
            retention_ms FROM queues",
        [],
        |row| row.get::<_, String>(0),
    )?;
    assert_eq!(queue, "q 2 3 4 5 60000");
    let task = raw.query_row(
        "SELECT id || ' ' || queue_name || ' ' || typeof(payload) || ' ' || status || ' ' || attempt || ' ' ||
            max_retries || ' ' || next_run_at || ' ' || created_at || ' ' || updated_at || '|' || message FROM tasks",
        [],
        |row| row.get::<_, String>(0),
    )?;
    assert_eq!(task, "id q blob pending 0 3 1700 1700 1700|");
    let index: String = raw.query_row(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        [],
        |row| row.get(0),
    )?;
    assert!(
        index.contains("(queue_name, status, next_run_at"),
        "{index}"
    );
    Ok(())
}

#[test]
fn a_file_of_a_server_is_taken_over() -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("taskqueue.db");
    let server = Connection::open(&path)?;
    server.execute_batch(
        "CREATE TABLE queues (name TEXT PRIMARY KEY, concurrency INTEGER, max_retries INTEGER, backoff_ms INTEGER,
            delay_ms INTEGER, retention_ms INTEGER);
         CREATE TABLE tasks (id TEXT PRIMARY KEY, queue_name TEXT NOT NULL REFERENCES queues (name),
            payload BLOB NOT NULL, status TEXT, attempt INTEGER, max_retries INTEGER, next_run_at INTEGER,
            created_at INTEGER, updated_at INTEGER, message TEXT);
         CREATE INDEX idx_theirs ON tasks (queue_name, status, next_run_at);
         INSERT INTO queues VALUES ('q', 1, 9, 9, 9, 9);
         INSERT INTO tasks VALUES ('late', 'q', x'01', 'pending', 0, 2, 20, 5, 5, NULL),
            ('early', 'q', 'a text', 'running', 1, 2, 10, 6, 6, '');
         PRAGMA user_version = 3;",
    )?;
    drop(server);
    let mut store = Store::open(&path)?;
    store.save_queue("q", &settings(), 7)?;
    assert_eq!(
        store.info("late")?.map(|info| info.status),
        Some("pending".into())
    );
    let first = store.take("q", 100)?.expect("a task");
    // It was left running; its first try counts.
    assert_eq!((&*first.id, &*first.payload), ("early", &b"a text"[..]));
    assert_eq!((first.attempt, first.max_retries), (2, 2));
    let second = store.take("q", 100)?.expect("a task");
    assert_eq!((&*second.id, &*second.payload), ("late", &[1_u8][..]));
    store.add("new", "q", Some(b""), 0, 8)?;
    assert_eq!(
        store.take("q", 100)?.map(|task| task.id).as_deref(),
        Some("new")
    );
    Ok(())
}

#[test]
fn a_file_of_an_earlier_layout_is_upgraded_and_a_later_one_left_alone() -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("taskqueue.db");
    let old = Connection::open(&path)?;
    old.execute_batch(
        "CREATE TABLE queues (name TEXT PRIMARY KEY, concurrency INTEGER NOT NULL);
         CREATE TABLE tasks (id TEXT PRIMARY KEY, queue_name TEXT NOT NULL, payload BLOB NOT NULL, status TEXT);
         INSERT INTO tasks VALUES ('old', 'q', x'01', 'pending'); PRAGMA user_version = 1;",
    )?;
    drop(old);
    let mut store = Store::open(&path)?;
    store.save_queue("q", &settings(), 7)?;
    assert_eq!(
        store.take("q", 8)?.map(|task| task.id).as_deref(),
        Some("old")
    );
    store
        .connection
        .execute_batch("DROP INDEX idx_tasks_queue_status_due; PRAGMA user_version = 9")?;
    drop(store);
    let store = Store::open(&path)?;
    let count = |sql| {
        store
            .connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(count("PRAGMA user_version")?, 9);
    assert_eq!(
        count("SELECT COUNT(*) FROM sqlite_master WHERE sql LIKE '%INDEX%'")?,
        0
    );
    Ok(())
}

#[test]
fn tasks_come_by_due_time_then_by_creation_and_not_before_they_are_due() -> Outcome {
    let mut f = fixture();
    f.add("third", 30)?;
    f.add("second", 20)?;
    f.add("first", 10)?;
    f.add("retried", 5)?;
    assert_eq!(f.take(9)?.as_deref(), Some("retried"));
    f.store.settle("retried", &Verdict::Retry { at: 30 }, 9)?;
    assert_eq!(f.take(9)?, None);
    assert_eq!(f.take(19)?.as_deref(), Some("first"));
    assert_eq!(f.take(19)?, None);
    assert_eq!(f.take(20)?.as_deref(), Some("second"));
    // Due at the same moment: the older one.
    assert_eq!(f.take(30)?.as_deref(), Some("retried"));
    assert_eq!(f.take(30)?.as_deref(), Some("third"));
    assert_eq!(f.take(1_000)?, None);
    Ok(())
}

#[test]
fn every_verdict_is_written_and_only_on_running_tasks() -> Outcome {
    let mut f = fixture();
    f.add("t", 1)?;
    let done = Verdict::Completed {
        message: "m".into(),
    };
    f.store.settle("t", &done, 2)?;
    assert_eq!(f.status("t")?, state("pending", "", 0));
    f.take(1)?;
    assert_eq!(f.status("t")?, state("running", "", 1));
    f.store.settle("t", &Verdict::Release, 2)?;
    assert_eq!(f.status("t")?, state("pending", "", 0));
    f.take(1)?;
    f.store.settle("t", &Verdict::Interrupted, 2)?;
    assert_eq!(f.status("t")?, state("pending", "", 1));
    f.take(1)?;
    f.store.settle("t", &Verdict::Retry { at: 7 }, 2)?;
    assert_eq!(f.status("t")?, state("pending", "", 2));
    assert_eq!(f.number("SELECT next_run_at FROM tasks")?, 7);
    f.take(7)?;
    f.store.settle("t", &done, 8)?;
    assert_eq!(f.status("t")?, state("completed", "m", 3));
    assert_eq!(f.number("SELECT updated_at FROM tasks")?, 8);
    f.store.settle(
        "t",
        &Verdict::Failed {
            message: "x".into(),
        },
        9,
    )?;
    assert_eq!(f.status("t")?, state("completed", "m", 3));
    f.add("u", 1)?;
    f.take(1)?;
    f.store.settle(
        "u",
        &Verdict::Failed {
            message: "x".into(),
        },
        9,
    )?;
    assert_eq!(f.status("u")?, state("failed", "x", 1));
    Ok(())
}

#[test]
fn only_old_finished_tasks_of_the_queue_are_cleaned_up() -> Outcome {
    let mut f = fixture();
    for status in ["completed", "failed", "cancelled", "pending", "running"] {
        f.store.connection.execute(
            "INSERT INTO tasks SELECT ?1, 'q', x'', ?1, 0, 0, 0, 0, 99, ''",
            [status],
        )?;
    }
    f.store.connection.execute(
        "INSERT INTO tasks VALUES ('fresh', 'q', x'', 'completed', 0, 0, 0, 0, 100, ''),
            ('other', 'r', x'', 'completed', 0, 0, 0, 0, 0, '')",
        [],
    )?;
    assert_eq!(f.store.clean_up("q", 100)?, 3);
    assert_eq!(f.number("SELECT COUNT(*) FROM tasks")?, 4);
    assert_eq!(f.store.clean_up("q", 101)?, 1);
    Ok(())
}

#[test]
fn odd_rows_do_not_stop_the_others() -> Outcome {
    let mut f = fixture();
    f.store.connection.execute_batch(
        "INSERT INTO tasks VALUES (NULL, 'q', x'', 'pending', 0, 0, 0, 0, 0, ''),
            (x'ff', 'q', x'', 'pending', 0, 0, 0, 0, 0, ''),
            ('t', 'q', 3.5, 'pending', 'many', 1e300, 0, 1, 0, x'ff')",
    )?;
    let task = f.store.take("q", 5)?.expect("a task");
    assert_eq!(
        (&*task.id, task.attempt, &*task.payload),
        ("t", 1, &b"3.5"[..])
    );
    assert_eq!(task.max_retries, i64::MAX);
    assert_eq!(f.status("t")?, state("running", "\u{fffd}", 1));
    assert_eq!(f.take(5)?, None);
    Ok(())
}

#[test]
fn the_next_of_very_many_tasks_is_found_without_sorting() -> Outcome {
    const TASKS: i64 = 100_000;
    let mut f = fixture();
    f.store.connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO tasks SELECT 'task ' || i, 'q', x'', 'pending', 0, 0, 10, 10, 10, '' FROM n",
        [TASKS],
    )?;
    let plan: Vec<String> = f
        .store
        .connection
        .prepare(&format!("EXPLAIN QUERY PLAN {NEXT}"))?
        .query_map(params!["q", 10], |row| row.get(3))?
        .collect::<Result<_, _>>()?;
    let plan = plan.join("; ");
    assert!(plan.contains("SEARCH tasks USING INDEX"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    // Sorting would touch a hundred thousand rows each time: minutes, not seconds.
    let began = Instant::now();
    for _ in 0..500 {
        assert!(f.take(10)?.is_some());
    }
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(f.store.clear("q", 11)?, 99_500);
    Ok(())
}
