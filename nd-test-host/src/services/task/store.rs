//! The SQLite file behind the queues, in the layout of the server so that either can open the other's file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nd_types::task::QueueConfig;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::faults::Faults;

/// What `user_version` says about the layout below.
const SCHEMA_VERSION: i64 = 3;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
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
        queue_name TEXT NOT NULL REFERENCES queues (name),
        payload BLOB NOT NULL,
        status TEXT NOT NULL DEFAULT 'pending',
        attempt INTEGER NOT NULL DEFAULT 0,
        max_retries INTEGER NOT NULL,
        next_run_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        message TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX IF NOT EXISTS idx_tasks_dequeue ON tasks (queue_name, status, next_run_at);";

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for its time and a worker.
    Pending,
    /// A worker has it.
    Running,
    /// Done.
    Completed,
    /// Every try failed.
    Failed,
    /// Cancelled before a worker took it.
    Cancelled,
}

impl Status {
    /// Returns the word on the wire and in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let all = [
            Self::Pending,
            Self::Running,
            Self::Completed,
            Self::Failed,
            Self::Cancelled,
        ];
        let mut all = all.into_iter();
        all.find(|status| status.as_str() == word)
            .ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for Status {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

/// A task as it is stored. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredTask {
    /// Id.
    pub id: String,
    /// What the callback gets.
    pub payload: Vec<u8>,
    /// Where it stands.
    pub status: Status,
    /// Tries so far, the running one included.
    pub attempt: i32,
    /// Tries beyond the first.
    pub max_retries: i32,
    /// When it is due.
    pub next_run_at: i64,
    /// When it was added.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// What the callback returned, or the last error.
    pub message: String,
}

impl StoredTask {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            payload: row.get("payload")?,
            status: row.get("status")?,
            attempt: row.get("attempt")?,
            max_retries: row.get("max_retries")?,
            next_run_at: row.get("next_run_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            message: row.get::<_, Option<String>>("message")?.unwrap_or_default(),
        })
    }
}

/// The open file. Every method is one statement or one transaction.
pub(super) struct Store {
    connection: Mutex<Connection>,
    faults: Faults,
}

impl Store {
    /// Opens the file, creating it if it is not there.
    pub(super) fn open(path: &Path, faults: Faults) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // With the write-ahead log this survives the end of the process at any moment, and saves a disk flush per write.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        Ok(Self {
            connection: Mutex::new(connection),
            faults,
        })
    }

    /// Stores the settings of a queue, and turns what was left running back to pending.
    pub(super) fn open_queue(
        &self,
        name: &str,
        config: &QueueConfig,
        now: i64,
    ) -> rusqlite::Result<()> {
        self.write(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO queues (name, concurrency, max_retries, backoff_ms, delay_ms, retention_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (name) DO UPDATE SET
                    concurrency = excluded.concurrency, max_retries = excluded.max_retries,
                    backoff_ms = excluded.backoff_ms, delay_ms = excluded.delay_ms,
                    retention_ms = excluded.retention_ms",
                params![
                    name,
                    config.concurrency,
                    config.max_retries,
                    config.backoff_ms,
                    config.delay_ms,
                    config.retention_ms
                ],
            )?;
            transaction.execute(
                "UPDATE tasks SET status = ?1, updated_at = ?2 WHERE queue_name = ?3 AND status = ?4",
                params![Status::Pending, now, name, Status::Running],
            )?;
            transaction.commit()
        })
    }

    pub(super) fn add(
        &self,
        id: &str,
        queue: &str,
        payload: Option<&[u8]>,
        max_retries: i32,
        now: i64,
    ) -> rusqlite::Result<()> {
        self.write(|connection| {
            let mut insert = connection.prepare_cached(
                "INSERT INTO tasks (id, queue_name, payload, status, attempt, max_retries, next_run_at, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?6, ?6)",
            )?;
            insert.execute(params![id, queue, payload, Status::Pending, max_retries, now])?;
            Ok(())
        })
    }

    /// Takes the task of a queue that has been due longest, and counts the try.
    pub(super) fn take(&self, queue: &str, now: i64) -> rusqlite::Result<Option<StoredTask>> {
        self.write(|connection| {
            let mut take = connection.prepare_cached(
                "UPDATE tasks SET status = ?1, attempt = attempt + 1, updated_at = ?2
                 WHERE id = (
                    SELECT id FROM tasks WHERE queue_name = ?3 AND status = ?4 AND next_run_at <= ?2
                    ORDER BY next_run_at, created_at, rowid LIMIT 1)
                 RETURNING *",
            )?;
            take.query_row(
                params![Status::Running, now, queue, Status::Pending],
                StoredTask::read,
            )
            .optional()
        })
    }

    /// Returns when the next pending task of a queue is due.
    pub(super) fn next_due(&self, queue: &str) -> rusqlite::Result<Option<i64>> {
        self.read(|connection| {
            let mut next = connection.prepare_cached(
                "SELECT min(next_run_at) FROM tasks WHERE queue_name = ?1 AND status = ?2",
            )?;
            next.query_row(params![queue, Status::Pending], |row| row.get(0))
        })
    }

    /// Notes the end of a task.
    pub(super) fn finish(
        &self,
        id: &str,
        status: Status,
        message: &str,
        now: i64,
    ) -> rusqlite::Result<()> {
        self.write(|connection| {
            let mut finish = connection.prepare_cached(
                "UPDATE tasks SET status = ?1, message = ?2, updated_at = ?3 WHERE id = ?4 AND status = ?5",
            )?;
            finish.execute(params![status, message, now, id, Status::Running])?;
            Ok(())
        })
    }

    /// Puts a task back that is to be tried at `due`.
    pub(super) fn retry(&self, id: &str, due: i64, now: i64) -> rusqlite::Result<()> {
        self.write(|connection| {
            let mut retry = connection.prepare_cached(
                "UPDATE tasks SET status = ?1, next_run_at = ?2, updated_at = ?3 WHERE id = ?4 AND status = ?5",
            )?;
            retry.execute(params![Status::Pending, due, now, id, Status::Running])?;
            Ok(())
        })
    }

    /// Puts a running task back; `counted` tells whether the try counts. Also done while the disk is full: the row has
    /// its place already.
    pub(super) fn put_back(&self, id: &str, counted: bool, now: i64) -> rusqlite::Result<()> {
        self.read(|connection| {
            connection.execute(
                "UPDATE tasks SET status = ?1, attempt = max(0, attempt - ?2), updated_at = ?3 WHERE id = ?4 AND status = ?5",
                params![Status::Pending, i32::from(!counted), now, id, Status::Running],
            )?;
            Ok(())
        })
    }

    pub(super) fn get(&self, id: &str) -> rusqlite::Result<Option<StoredTask>> {
        self.read(|connection| {
            let mut get = connection.prepare_cached("SELECT * FROM tasks WHERE id = ?1")?;
            get.query_row([id], StoredTask::read).optional()
        })
    }

    pub(super) fn tasks(&self, queue: &str) -> rusqlite::Result<Vec<StoredTask>> {
        self.read(|connection| {
            let mut all = connection
                .prepare("SELECT * FROM tasks WHERE queue_name = ?1 ORDER BY created_at, rowid")?;
            all.query_map([queue], StoredTask::read)?.collect()
        })
    }

    /// Cancels a pending task; tells whether it was one.
    pub(super) fn cancel(&self, id: &str, now: i64) -> rusqlite::Result<bool> {
        self.write(|connection| {
            let cancelled = connection.execute(
                "UPDATE tasks SET status = ?1, updated_at = ?2 WHERE id = ?3 AND status = ?4",
                params![Status::Cancelled, now, id, Status::Pending],
            )?;
            Ok(cancelled > 0)
        })
    }

    /// Cancels all pending tasks of a queue; returns how many.
    pub(super) fn clear(&self, queue: &str, now: i64) -> rusqlite::Result<usize> {
        self.write(|connection| {
            connection.execute(
                "UPDATE tasks SET status = ?1, updated_at = ?2 WHERE queue_name = ?3 AND status = ?4",
                params![Status::Cancelled, now, queue, Status::Pending],
            )
        })
    }

    /// Deletes finished tasks of a queue that have not changed since a time.
    pub(super) fn clean_up(&self, queue: &str, before: i64) -> rusqlite::Result<usize> {
        self.read(|connection| {
            connection.execute(
                "DELETE FROM tasks WHERE queue_name = ?1 AND status IN (?2, ?3, ?4) AND updated_at < ?5",
                params![
                    queue,
                    Status::Completed,
                    Status::Failed,
                    Status::Cancelled,
                    before
                ],
            )
        })
    }

    /// Runs what needs room on the disk.
    fn write<T>(
        &self,
        run: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.faults.check_disk()?;
        self.read(run)
    }

    fn read<T>(
        &self,
        run: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        run(&mut self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }
}
