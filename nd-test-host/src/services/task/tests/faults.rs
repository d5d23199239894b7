//! A disk that is full, and files that are locked, corrupt or elsewhere.

use super::*;

fn open(data_dir: &Path) -> Result<TaskService, String> {
    let setup = TaskSetup {
        plugin: "p".to_owned(),
        max_concurrency: 1,
        callback: Weak::<Plugin>::new(),
        journal: Journal::new(),
        clock: Arc::new(ManualClock::default()),
        faults: Faults::default(),
    };
    TaskService::open(data_dir, setup)
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(TASK_FILE);
    std::fs::write(&path, "this is no database, whatever its name says").expect("a file");
    let error = open(folder.path()).err().unwrap_or_default();
    assert!(
        error.starts_with(&format!("opening {}: ", path.display())),
        "{error}"
    );
    assert!(error.contains("not a database"), "{error}");
    std::fs::remove_file(&path).expect("a file");
    std::fs::create_dir(&path).expect("a folder");
    let error = open(folder.path()).err().unwrap_or_default();
    assert!(error.contains(&*path.to_string_lossy()), "{error}");
    let error = open(&folder.path().join("taskqueue.db/x").join("\0")).err();
    assert!(error.is_some_and(|error| error.starts_with("creating folder ")));
}

#[test]
fn a_file_that_becomes_corrupt_is_an_error_and_no_panic() {
    let f = fixture(Plugin::echo(), 1);
    f.create("q", |_| {});
    f.raw().execute_batch("DROP TABLE tasks").expect("no table");
    let error = f.try_enqueue("q", "").err();
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    // A plugin has no business with where the file lies.
    assert!(text.starts_with("taskqueue.db: no such table"), "{text}");
    refused(f.cancel("t"), "taskqueue.db: no such table");
    f.pass(5_000);
    f.pass(5_000);
    // Said once, not every five seconds.
    assert_eq!(f.logged("queue q: taking a task: "), 1);
}

#[test]
fn a_locked_file_is_an_error_after_the_busy_timeout() {
    let f = fixture(Plugin::echo(), 1);
    f.tasks.close();
    let other = f.raw();
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let error = open(&f.folder.path().join("plugins/p"))
        .err()
        .unwrap_or_default();
    assert!(error.contains("database is locked"), "{error}");
    other.execute_batch("ROLLBACK").expect("no lock");
    assert!(open(&f.folder.path().join("plugins/p")).is_ok());
}

#[test]
fn a_full_disk_refuses_new_tasks_and_loses_none() {
    let f = fixture(Plugin::echo(), 2);
    f.create("q", |_| {});
    f.settle();
    f.raw()
        .execute_batch("INSERT INTO tasks VALUES ('t', 'q', x'61', 'pending', 0, 0, 0, 0, 0, '')")
        .expect("a task");
    f.faults.fill_disk(true);
    refused(
        f.try_enqueue("q", ""),
        "taskqueue.db: database or disk is full",
    );
    refused(f.try_create("r", |_| {}), "database or disk is full");
    refused(f.cancel("t"), "database or disk is full");
    f.pass(5_000);
    assert_eq!(f.info("t"), state("pending", "", 0));
    assert_eq!(f.logged("queue q: taking a task: "), 1);
    f.faults.fill_disk(false);
    f.pass(5_000);
    assert_eq!(f.info("t"), state("completed", "a", 1));
    // What failed took nothing of the budget.
    f.create("r", |_| {});
}

#[test]
fn a_result_that_cannot_be_written_is_written_later() {
    let faults: Arc<Mutex<Option<Faults>>> = Arc::default();
    let inside = faults.clone();
    let plugin = Plugin::new(move |_, _| {
        if let Some(faults) = &*inside.lock().expect("faults") {
            faults.fill_disk(true);
        }
        Ok(br#""done""#.to_vec())
    });
    let f = fixture(plugin, 1);
    *faults.lock().expect("faults") = Some(f.faults.clone());
    f.create("q", |_| {});
    let id = f.enqueue("q", "");
    f.settle();
    f.pass(5_000);
    assert_eq!(f.info(&id), state("running", "", 1));
    assert_eq!(f.logged(&id), 1);
    f.faults.fill_disk(false);
    f.pass(5_000);
    assert_eq!(f.info(&id), state("completed", "done", 1));
    assert_eq!(f.plugin.attempts(), [1]);
    // If there is no later, the next load runs the task again.
    let id = f.enqueue("q", "");
    f.settle();
    f.tasks.close();
    let f = f.reload(Plugin::echo(), 1);
    assert_eq!(f.info(&id), state("running", "", 1));
    f.create("q", |_| {});
    f.settle();
    assert_eq!(f.info(&id), state("completed", "", 2));
}
