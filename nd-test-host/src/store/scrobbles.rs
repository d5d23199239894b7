//! The listening history: every play that counted.

use rusqlite::{OptionalExtension, params};

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS scrobble (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL,
        media_file_id TEXT NOT NULL,
        submission_time INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS scrobble_user_time ON scrobble (user_id, submission_time, id);";

/// A play that counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrobble {
    /// Its number: later ones are higher, and none is used twice.
    pub id: i64,
    /// The media file.
    pub media_file_id: String,
    /// When it was played, in Unix seconds.
    pub submission_time: i64,
}

/// Which scrobbles are meant: Unix seconds, both ends included; an absent end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// The first second.
    pub from: Option<i64>,
    /// The last second.
    pub to: Option<i64>,
}

impl TimeRange {
    fn bounds(self) -> (i64, i64) {
        (self.from.unwrap_or(i64::MIN), self.to.unwrap_or(i64::MAX))
    }
}

impl Database {
    /// Writes down that a user played a track to the point where it counts; `at` is Unix seconds. Returns its id.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn record_scrobble(
        &self,
        user_id: &str,
        media_file_id: &str,
        at: i64,
    ) -> Result<i64, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO scrobble (user_id, media_file_id, submission_time) VALUES (?1, ?2, ?3)",
                )?
                .insert(params![user_id, media_file_id, at])
        })
    }

    /// Returns when a user's history begins, or ends if `last`; none if there is no history.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn scrobble_time(&self, user_id: &str, last: bool) -> Result<Option<i64>, StoreError> {
        let order = if last { "DESC" } else { "ASC" };
        let query = format!(
            "SELECT submission_time FROM scrobble WHERE user_id = ?1 ORDER BY submission_time {order} LIMIT 1"
        );
        self.with(|connection| {
            connection
                .prepare_cached(&query)?
                .query_row([user_id], |row| row.get(0))
                .optional()
        })
    }

    /// Returns a user's scrobbles by time and, within a second, by id; `offset` of them are passed over.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn scrobbles(
        &self,
        user_id: &str,
        range: TimeRange,
        descending: bool,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Scrobble>, StoreError> {
        let order = if descending { "DESC" } else { "ASC" };
        let query = format!(
            "SELECT id, media_file_id, submission_time FROM scrobble
             WHERE user_id = ?1 AND submission_time BETWEEN ?2 AND ?3
             ORDER BY submission_time {order}, id {order} LIMIT ?4 OFFSET ?5"
        );
        let (from, to) = range.bounds();
        self.with(|connection| {
            connection
                .prepare_cached(&query)?
                .query_map(params![user_id, from, to, limit, offset], |row| {
                    Ok(Scrobble {
                        id: row.get("id")?,
                        media_file_id: row.get("media_file_id")?,
                        submission_time: row.get("submission_time")?,
                    })
                })?
                .collect()
        })
    }

    /// Returns how many scrobbles a user has in a range of time.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn count_scrobbles(&self, user_id: &str, range: TimeRange) -> Result<i64, StoreError> {
        let (from, to) = range.bounds();
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) FROM scrobble WHERE user_id = ?1 AND submission_time BETWEEN ?2 AND ?3",
                )?
                .query_row(params![user_id, from, to], |row| row.get(0))
        })
    }
}
