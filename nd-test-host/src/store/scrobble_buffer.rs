//! Plays that wait for a scrobbler to take them: they survive restarts, and leave in the order they came.

use rusqlite::{OptionalExtension, params};

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS scrobble_buffer (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scrobbler TEXT NOT NULL,
        user_id TEXT NOT NULL,
        track TEXT NOT NULL,
        play_time INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS scrobble_buffer_queue ON scrobble_buffer (scrobbler, user_id, id);";

/// A play that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferedScrobble {
    /// Number of the entry; later entries have higher ones.
    pub id: i64,
    /// The track as a JSON document.
    pub track: String,
    /// When the play began, in Unix seconds.
    pub play_time: i64,
}

impl Database {
    /// Puts a play at the end of a user's queue for a scrobbler.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn buffer_scrobble(
        &self,
        scrobbler: &str,
        user_id: &str,
        track: &str,
        play_time: i64,
    ) -> Result<i64, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO scrobble_buffer (scrobbler, user_id, track, play_time) VALUES (?1, ?2, ?3, ?4)",
                )?
                .insert(params![scrobbler, user_id, track, play_time])
        })
    }

    /// Returns the scrobblers somebody's plays wait for, sorted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn buffered_scrobblers(&self) -> Result<Vec<String>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT DISTINCT scrobbler FROM scrobble_buffer ORDER BY 1")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// Returns the ids of the users whose plays wait for a scrobbler, who waits longest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn buffered_users(&self, scrobbler: &str) -> Result<Vec<String>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT user_id FROM scrobble_buffer WHERE scrobbler = ?1 GROUP BY user_id ORDER BY min(id)",
                )?
                .query_map([scrobbler], |row| row.get(0))?
                .collect()
        })
    }

    /// Returns the play of a user that waits longest for a scrobbler.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn next_buffered(
        &self,
        scrobbler: &str,
        user_id: &str,
    ) -> Result<Option<BufferedScrobble>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, track, play_time FROM scrobble_buffer
                     WHERE scrobbler = ?1 AND user_id = ?2 ORDER BY id LIMIT 1",
                )?
                .query_row([scrobbler, user_id], |row| {
                    Ok(BufferedScrobble {
                        id: row.get(0)?,
                        track: row.get(1)?,
                        play_time: row.get(2)?,
                    })
                })
                .optional()
        })
    }

    /// Takes an entry out.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn remove_buffered(&self, id: i64) -> Result<(), StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached("DELETE FROM scrobble_buffer WHERE id = ?1")?
                .execute([id])
                .map(|_| ())
        })
    }

    /// Counts a user's plays that wait for a scrobbler.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn count_buffered(&self, scrobbler: &str, user_id: &str) -> Result<usize, StoreError> {
        let count: i64 = self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) FROM scrobble_buffer WHERE scrobbler = ?1 AND user_id = ?2",
                )?
                .query_row([scrobbler, user_id], |row| row.get(0))
        })?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Takes out all entries of a scrobbler and returns how many there were.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn discard_buffered(&self, scrobbler: &str) -> Result<usize, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached("DELETE FROM scrobble_buffer WHERE scrobbler = ?1")?
                .execute([scrobbler])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_queue_per_scrobbler() {
        let store = Database::in_memory().expect("a database");
        let put = |scrobbler: &str, user: &str, at: i64| {
            store
                .buffer_scrobble(scrobbler, user, "{}", at)
                .expect("write")
        };
        let first = put("p", "u2", 9);
        put("p", "u2", 3);
        put("p", "u1", 5);
        put("q", "u2", 1);
        assert_eq!(store.buffered_scrobblers().expect("read"), ["p", "q"]);
        assert_eq!(store.buffered_users("p").expect("read"), ["u2", "u1"]);
        let next = || store.next_buffered("p", "u2").expect("read");
        assert_eq!(next().map(|entry| entry.play_time), Some(9));
        store.remove_buffered(first).expect("write");
        assert_eq!(next().map(|entry| entry.play_time), Some(3));
        assert_eq!(store.count_buffered("p", "u2").expect("read"), 1);
        assert_eq!(store.discard_buffered("p").expect("write"), 2);
        assert_eq!(next(), None);
        assert_eq!(store.count_buffered("q", "u2").expect("read"), 1);
    }
}
