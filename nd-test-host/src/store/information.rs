//! What metadata sources said of artists and albums, and when they were asked.

use rusqlite::{OptionalExtension, params};

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS information (
        subject TEXT NOT NULL,
        id TEXT NOT NULL,
        document TEXT NOT NULL,
        fetched_at INTEGER NOT NULL,
        PRIMARY KEY (subject, id)
    ) WITHOUT ROWID;";

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Artist,
    Album,
}

impl Subject {
    fn as_str(self) -> &'static str {
        match self {
            Self::Artist => "artist",
            Self::Album => "album",
        }
    }
}

impl Database {
    /// Returns the document about an artist or album, and when it was fetched, in Unix seconds.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub(crate) fn information(
        &self,
        subject: Subject,
        id: &str,
    ) -> Result<Option<(String, i64)>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT document, fetched_at FROM information WHERE subject = ?1 AND id = ?2",
                )?
                .query_row(params![subject.as_str(), id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
        })
    }

    /// Stores a document in the place of an older one.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub(crate) fn put_information(
        &self,
        subject: Subject,
        id: &str,
        document: &str,
        fetched_at: i64,
    ) -> Result<(), StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO information (subject, id, document, fetched_at) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![subject.as_str(), id, document, fetched_at])
                .map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artists_and_albums_of_one_id_are_different_subjects() {
        let store = Database::in_memory().expect("a database");
        let put = |subject, document, at| {
            let put = store.put_information(subject, "x", document, at);
            put.expect("write");
        };
        put(Subject::Artist, "1", 10);
        put(Subject::Artist, "2", 20);
        put(Subject::Album, "3", 30);
        let get = |subject, id| store.information(subject, id).expect("read");
        assert_eq!(get(Subject::Artist, "x"), Some(("2".to_owned(), 20)));
        assert_eq!(get(Subject::Album, "x"), Some(("3".to_owned(), 30)));
        assert_eq!(get(Subject::Album, "y"), None);
    }
}
