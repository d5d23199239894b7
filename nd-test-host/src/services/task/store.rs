//! The SQLite file behind the queues, in the layout of the server so that either can take over the other's file.

use std::path::Path;
use std::time::Duration;

use nd_types::task::TaskInfo;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::settings::QueueSettings;
use super::stored::{StoredTask, bytes, integer, text};

/// What `user_version` says about the layout below.
const SCHEMA_VERSION: i64 = 3;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const CREATE_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS queues (
        name TEXT PRIMARY KEY,
        concurrency INTEGER NOT NULL DEFAULT 1,
        max_retries INTEGER NOT NULL DEFAULT 0,
        backoff_ms INTEGER NOT NULL DEFAULT 1000,
        delay_ms INTEGER NOT NULL DEFAULT 0,
        retention_ms INTEGER NOT NULL DEFAULT 3600000
    );
    CREATE TABLE IF NOT EXISTS tasks (
        id TEXT PRIMARY KEY,
        queue_name TEXT NOT NULL,
        payload BLOB NOT NULL,
        status TEXT NOT NULL DEFAULT 'pending',
        attempt INTEGER NOT NULL DEFAULT 0,
        max_retries INTEGER NOT NULL DEFAULT 0,
        next_run_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        message TEXT NOT NULL DEFAULT ''
    )";
/// Columns that a file of an earlier layout may lack.
const LATER_COLUMNS: &[(&str, &str, &str)] = &[
    ("queues", "max_retries", "INTEGER NOT NULL DEFAULT 0"),
    ("queues", "backoff_ms", "INTEGER NOT NULL DEFAULT 1000"),
    ("queues", "delay_ms", "INTEGER NOT NULL DEFAULT 0"),
    ("queues", "retention_ms", "INTEGER NOT NULL DEFAULT 3600000"),
    ("tasks", "attempt", "INTEGER NOT NULL DEFAULT 0"),
    ("tasks", "max_retries", "INTEGER NOT NULL DEFAULT 0"),
    ("tasks", "next_run_at", "INTEGER NOT NULL DEFAULT 0"),
    ("tasks", "created_at", "INTEGER NOT NULL DEFAULT 0"),
    ("tasks", "updated_at", "INTEGER NOT NULL DEFAULT 0"),
    ("tasks", "message", "TEXT NOT NULL DEFAULT ''"),
];
// The creation time is there so that the next task is found without sorting those that are due at the same moment.
const CREATE_INDEX: &str = "
    CREATE INDEX IF NOT EXISTS idx_tasks_queue_status_due
    ON tasks (queue_name, status, next_run_at, created_at)";

const SAVE_QUEUE: &str = "
    INSERT INTO queues (name, concurrency, max_retries, backoff_ms, delay_ms, retention_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (name) DO UPDATE SET
        concurrency = excluded.concurrency, max_retries = excluded.max_retries, backoff_ms = excluded.backoff_ms,
        delay_ms = excluded.delay_ms, retention_ms = excluded.retention_ms";
const REVIVE: &str = "
    UPDATE tasks SET status = 'pending', updated_at = ?2 WHERE queue_name = ?1 AND status = 'running'";
const ADD: &str = "
    INSERT INTO tasks
        (id, queue_name, payload, status, attempt, max_retries, next_run_at, created_at, updated_at, message)
    VALUES (?1, ?2, ?3, 'pending', 0, ?4, ?5, ?5, ?5, '')";
const NEXT: &str = "
    SELECT id, payload, attempt, max_retries FROM tasks
    WHERE queue_name = ?1 AND status = 'pending' AND next_run_at <= ?2 AND typeof(id) = 'text'
    ORDER BY next_run_at, created_at LIMIT 1";
const TAKE: &str = "
    UPDATE tasks SET status = 'running', attempt = ?2, updated_at = ?3 WHERE id = ?1";
const FINISH: &str = "
    UPDATE tasks SET status = ?2, message = ?3, updated_at = ?4 WHERE id = ?1 AND status = 'running'";
const RETRY: &str = "
    UPDATE tasks SET status = 'pending', next_run_at = ?2, updated_at = ?3 WHERE id = ?1 AND status = 'running'";
const PUT_BACK: &str = "
    UPDATE tasks SET status = 'pending', attempt = max(attempt - ?2, 0), updated_at = ?3
    WHERE id = ?1 AND status = 'running'";
const INFO: &str = "SELECT status, message, attempt FROM tasks WHERE id = ?1";
const ALL: &str = "
    SELECT id, payload, status, attempt, max_retries, next_run_at, created_at, updated_at, message FROM tasks
    WHERE queue_name = ?1 ORDER BY created_at, rowid";
const CANCEL: &str = "
    UPDATE tasks SET status = 'cancelled', updated_at = ?2 WHERE id = ?1 AND status = 'pending'";
const CLEAR: &str = "
    UPDATE tasks SET status = 'cancelled', updated_at = ?2 WHERE queue_name = ?1 AND status = 'pending'";
const CLEAN_UP: &str = "
    DELETE FROM tasks
    WHERE queue_name = ?1 AND status IN ('completed', 'failed', 'cancelled') AND updated_at < ?2";

/// An open file. Every method is one transaction; times are Unix milliseconds.
pub(super) struct Store {
    connection: Connection,
}

/// A task that was taken to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) payload: Vec<u8>,
    /// Which try this is, from 1.
    pub(super) attempt: i64,
    pub(super) max_retries: i64,
}

/// What becomes of a task that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done.
    Completed { message: String },
    /// It has no tries left.
    Failed { message: String },
    /// It is tried again at this time.
    Retry { at: i64 },
    /// It goes back as if it had not been taken.
    Release,
    /// It goes back, and the try counts.
    Interrupted,
}

/// What became of cancelling a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cancelled {
    Done,
    NotFound,
    /// Only pending tasks can be cancelled; it has this status.
    Not(String),
}

impl Store {
    /// Opens the file, creating or upgrading it.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // With the write-ahead log this survives the end of the process at any moment, and saves a disk flush per write.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.set_prepared_statement_cache_capacity(32);
        upgrade(&mut connection)?;
        Ok(Self { connection })
    }

    /// Stores the settings of a queue, and makes its tasks that were left running pending again.
    pub(super) fn save_queue(
        &mut self,
        name: &str,
        settings: &QueueSettings,
        now: i64,
    ) -> rusqlite::Result<()> {
        self.transaction(|transaction| {
            transaction.prepare_cached(SAVE_QUEUE)?.execute(params![
                name,
                settings.concurrency,
                settings.max_retries,
                settings.backoff_ms,
                settings.delay_ms,
                settings.retention_ms
            ])?;
            let mut revive = transaction.prepare_cached(REVIVE)?;
            revive.execute(params![name, now])?;
            Ok(())
        })
    }

    /// Adds a task that is due now.
    pub(super) fn add(
        &mut self,
        id: &str,
        queue: &str,
        payload: Option<&[u8]>,
        max_retries: i32,
        now: i64,
    ) -> rusqlite::Result<()> {
        let mut add = self.connection.prepare_cached(ADD)?;
        add.execute(params![id, queue, payload, max_retries, now])?;
        Ok(())
    }

    /// Takes the next task that is due and counts the try.
    pub(super) fn take(&mut self, queue: &str, now: i64) -> rusqlite::Result<Option<Taken>> {
        self.transaction(|transaction| {
            let next = transaction
                .prepare_cached(NEXT)?
                .query_row(params![queue, now], taken)
                .optional()?;
            if let Some(task) = &next {
                let mut take = transaction.prepare_cached(TAKE)?;
                take.execute(params![task.id, task.attempt, now])?;
            }
            Ok(next)
        })
    }

    /// Writes down what became of a running task.
    pub(super) fn settle(&mut self, id: &str, verdict: &Verdict, now: i64) -> rusqlite::Result<()> {
        let statement = |sql| self.connection.prepare_cached(sql);
        match verdict {
            Verdict::Completed { message } => {
                statement(FINISH)?.execute(params![id, "completed", message, now])?
            }
            Verdict::Failed { message } => {
                statement(FINISH)?.execute(params![id, "failed", message, now])?
            }
            Verdict::Retry { at } => statement(RETRY)?.execute(params![id, at, now])?,
            Verdict::Release => statement(PUT_BACK)?.execute(params![id, 1, now])?,
            Verdict::Interrupted => statement(PUT_BACK)?.execute(params![id, 0, now])?,
        };
        Ok(())
    }

    /// Returns the state of a task.
    pub(super) fn info(&self, id: &str) -> rusqlite::Result<Option<TaskInfo>> {
        self.connection
            .prepare_cached(INFO)?
            .query_row(params![id], |row| {
                let attempt = integer(row, 2)?;
                Ok(TaskInfo {
                    status: text(row, 0)?,
                    message: text(row, 1)?,
                    attempt: i32::try_from(attempt).unwrap_or(i32::MAX),
                })
            })
            .optional()
    }

    /// Returns the tasks of a queue, oldest first.
    pub(super) fn tasks(&self, queue: &str) -> rusqlite::Result<Vec<StoredTask>> {
        let mut all = self.connection.prepare_cached(ALL)?;
        all.query_map([queue], StoredTask::read)?.collect()
    }

    /// Cancels a task if it is pending.
    pub(super) fn cancel(&mut self, id: &str, now: i64) -> rusqlite::Result<Cancelled> {
        let mut cancel = self.connection.prepare_cached(CANCEL)?;
        if cancel.execute(params![id, now])? > 0 {
            return Ok(Cancelled::Done);
        }
        Ok(match self.info(id)? {
            Some(info) => Cancelled::Not(info.status),
            None => Cancelled::NotFound,
        })
    }

    /// Cancels the pending tasks of a queue and returns how many.
    pub(super) fn clear(&mut self, queue: &str, now: i64) -> rusqlite::Result<usize> {
        let mut clear = self.connection.prepare_cached(CLEAR)?;
        clear.execute(params![queue, now])
    }

    /// Deletes the finished tasks of a queue that last changed before that time.
    pub(super) fn clean_up(&mut self, queue: &str, before: i64) -> rusqlite::Result<usize> {
        let mut clean_up = self.connection.prepare_cached(CLEAN_UP)?;
        clean_up.execute(params![queue, before])
    }

    fn transaction<T>(
        &mut self,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = run(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

fn taken(row: &Row<'_>) -> rusqlite::Result<Taken> {
    Ok(Taken {
        id: text(row, 0)?,
        payload: bytes(row, 1)?,
        attempt: integer(row, 2)?.saturating_add(1),
        max_retries: integer(row, 3)?,
    })
}

/// Brings a file of any earlier layout to the present one. A newer file is left as it is.
fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version < SCHEMA_VERSION {
        transaction.execute_batch(CREATE_TABLES)?;
        for (table, column, declaration) in LATER_COLUMNS {
            let there: bool = transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)",
                [table, column],
                |row| row.get(0),
            )?;
            if !there {
                let add = format!("ALTER TABLE {table} ADD COLUMN {column} {declaration}");
                transaction.execute(&add, [])?;
            }
        }
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    if version <= SCHEMA_VERSION {
        transaction.execute(CREATE_INDEX, [])?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests;
