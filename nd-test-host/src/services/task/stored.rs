//! Rows of the file, as tests see them, and how odd ones are read.

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::wire::lossy;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for its time and a worker.
    Pending,
    /// A worker has it, or a process that crashed had it.
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

    fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Pending,
            Self::Running,
            Self::Completed,
            Self::Failed,
            Self::Cancelled,
        ];
        all.into_iter().find(|status| status.as_str() == word)
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
    pub attempt: i64,
    /// Tries beyond the first.
    pub max_retries: i64,
    /// When it is due.
    pub next_run_at: i64,
    /// When it was added.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// What the callback returned, or the error of the last try if none is left.
    pub message: String,
}

impl StoredTask {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let status = text(row, 2)?;
        let unknown = || rusqlite::Error::InvalidColumnName(format!("task status {status}"));
        Ok(Self {
            id: text(row, 0)?,
            payload: bytes(row, 1)?,
            status: Status::parse(&status).ok_or_else(unknown)?,
            attempt: integer(row, 3)?,
            max_retries: integer(row, 4)?,
            next_run_at: integer(row, 5)?,
            created_at: integer(row, 6)?,
            updated_at: integer(row, 7)?,
            message: text(row, 8)?,
        })
    }
}

// SQLite lets any column hold anything, and the file may come from elsewhere: one odd row must not stop its queue.

pub(super) fn integer(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(value) => value,
        ValueRef::Real(value) => value as i64,
        _ => 0,
    })
}

pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(lossy(&bytes(row, column)?))
}

pub(super) fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(value) | ValueRef::Blob(value) => value.to_vec(),
        ValueRef::Null => Vec::new(),
        ValueRef::Integer(value) => value.to_string().into_bytes(),
        ValueRef::Real(value) => value.to_string().into_bytes(),
    })
}
