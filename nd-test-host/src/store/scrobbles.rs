//! The listening history: every play that counted.

use rusqlite::params;

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS scrobble (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL,
        media_file_id TEXT NOT NULL,
        submission_time INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS scrobble_user_time ON scrobble (user_id, submission_time, id);";

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
}
