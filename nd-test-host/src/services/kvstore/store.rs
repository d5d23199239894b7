//! The SQLite file behind the key-value store, in the layout of the server so that either can open the other's file.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// What `user_version` says about the layout below.
const SCHEMA_VERSION: i64 = 3;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const CREATE_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS kvstore (
        key TEXT PRIMARY KEY NOT NULL,
        value BLOB NOT NULL,
        size INTEGER NOT NULL,
        created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME DEFAULT CURRENT_TIMESTAMP,
        expires_at DATETIME DEFAULT NULL
    )";
const CREATE_INDEX: &str =
    "CREATE INDEX IF NOT EXISTS idx_kvstore_expires_at ON kvstore (expires_at)";
const UPSERT: &str = "
    INSERT INTO kvstore (key, value, size, created_at, updated_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
    ON CONFLICT (key) DO UPDATE SET
        value = excluded.value, size = excluded.size, updated_at = excluded.updated_at, expires_at = excluded.expires_at";
const GET: &str =
    "SELECT value FROM kvstore WHERE key = ?1 AND (expires_at IS NULL OR expires_at >= ?2)";
const SIZE: &str =
    "SELECT size FROM kvstore WHERE key = ?1 AND (expires_at IS NULL OR expires_at >= ?2)";
const USED: &str =
    "SELECT COALESCE(SUM(size), 0) FROM kvstore WHERE expires_at IS NULL OR expires_at >= ?1";
// The first condition lets the primary key find the place, the second compares the bytes themselves: LIKE would
// ignore ASCII case and read `%`, `_` and a backslash in the prefix.
const LIST: &str = "
    SELECT key FROM kvstore
    WHERE key >= ?1 AND substr(CAST(key AS BLOB), 1, length(CAST(?1 AS BLOB))) = CAST(?1 AS BLOB)
        AND (expires_at IS NULL OR expires_at >= ?2)
    ORDER BY key";
const DELETE_PREFIX: &str = "
    DELETE FROM kvstore
    WHERE key >= ?1 AND substr(CAST(key AS BLOB), 1, length(CAST(?1 AS BLOB))) = CAST(?1 AS BLOB)";

/// Times are UTC texts, `YYYY-MM-DD HH:MM:SS`, which compare like the times they stand for.
pub(super) type TimeText = str;

/// An open store. Every method is one statement or one transaction.
pub(super) struct Store {
    connection: Connection,
}

/// What became of a write.
pub(super) enum Written {
    Done,
    /// The write would have brought the sum of values to this many bytes.
    OverLimit(i64),
}

impl Store {
    /// Opens the file, creating or upgrading it.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // With a write-ahead log this loses nothing when the process dies; only a crash of the whole machine may take
        // the last writes along. Waiting for the disk at each write takes milliseconds.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        upgrade(&mut connection)?;
        Ok(Self { connection })
    }

    /// Writes one entry if the sum of values stays within `max` bytes or does not grow.
    pub(super) fn set(
        &mut self,
        key: &str,
        value: Option<&[u8]>,
        now: &TimeText,
        expires: Option<&TimeText>,
        max: i64,
    ) -> rusqlite::Result<Written> {
        let size = value.map_or(0, |value| i64::try_from(value.len()).unwrap_or(i64::MAX));
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let old: i64 = transaction
            .prepare_cached(SIZE)?
            .query_row(params![key, now], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        if size > old {
            let used: i64 = transaction
                .prepare_cached(USED)?
                .query_row(params![now], |row| row.get(0))?;
            // Another program may have written the file.
            let total = used.saturating_sub(old).saturating_add(size);
            if total > max {
                return Ok(Written::OverLimit(total));
            }
        }
        transaction
            .prepare_cached(UPSERT)?
            .execute(params![key, value, size, now, expires])?;
        transaction.commit()?;
        Ok(Written::Done)
    }

    /// Returns the value of a live entry.
    pub(super) fn get(&self, key: &str, now: &TimeText) -> rusqlite::Result<Option<Vec<u8>>> {
        self.connection
            .prepare_cached(GET)?
            .query_row(params![key, now], |row| row.get(0))
            .optional()
    }

    /// Tells whether a live entry is there.
    pub(super) fn has(&self, key: &str, now: &TimeText) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(SIZE)?
            .exists(params![key, now])
    }

    /// Returns the keys of live entries that begin with the prefix, in byte order.
    pub(super) fn list(&self, prefix: &str, now: &TimeText) -> rusqlite::Result<Vec<String>> {
        self.connection
            .prepare_cached(LIST)?
            .query_map(params![prefix, now], |row| row.get(0))?
            .collect()
    }

    /// Removes an entry.
    pub(super) fn delete(&self, key: &str) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("DELETE FROM kvstore WHERE key = ?1")?
            .execute(params![key])?;
        Ok(())
    }

    /// Removes all entries that begin with the prefix, expired ones too, and returns how many.
    pub(super) fn delete_prefix(&self, prefix: &str) -> rusqlite::Result<usize> {
        self.connection
            .prepare_cached(DELETE_PREFIX)?
            .execute(params![prefix])
    }

    /// Returns the sum of the lengths of live values.
    pub(super) fn used(&self, now: &TimeText) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached(USED)?
            .query_row(params![now], |row| row.get(0))
    }

    /// Removes expired entries for good.
    pub(super) fn clean_up(&self, now: &TimeText) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("DELETE FROM kvstore WHERE expires_at < ?1")?
            .execute(params![now])?;
        Ok(())
    }
}

/// Brings a file of any earlier layout to the present one. A newer file is left as it is.
fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version < SCHEMA_VERSION {
        transaction.execute(CREATE_TABLE, [])?;
        add_missing_columns(&transaction)?;
        transaction.execute(CREATE_INDEX, [])?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()
}

fn add_missing_columns(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let present: Vec<String> = transaction
        .prepare("SELECT name FROM pragma_table_info('kvstore')")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let missing = |name: &str| !present.iter().any(|column| column == name);
    if missing("size") {
        transaction.execute(
            "ALTER TABLE kvstore ADD COLUMN size INTEGER NOT NULL DEFAULT 0",
            [],
        )?;
        transaction.execute("UPDATE kvstore SET size = length(value)", [])?;
    }
    for column in ["created_at", "updated_at", "expires_at"] {
        if missing(column) {
            transaction.execute(
                &format!("ALTER TABLE kvstore ADD COLUMN {column} DATETIME"),
                [],
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01 10:00:00";

    #[test]
    fn a_new_file_has_the_layout_of_the_contract() -> rusqlite::Result<()> {
        let folder = tempfile::tempdir().map_err(|_| rusqlite::Error::InvalidQuery)?;
        let path = folder.path().join("kvstore.db");
        let mut store = Store::open(&path)?;
        store.set("k", Some(b"value"), NOW, Some("2026-01-01 11:00:00"), 100)?;
        drop(store);
        let raw = Connection::open(&path)?;
        let pragma =
            |name| raw.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        assert_eq!(pragma("user_version")?, 3);
        let mode: String = raw.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        assert_eq!(mode, "wal");
        let row: (String, Vec<u8>, i64, String, String, String) = raw.query_row(
            "SELECT key, value, size, created_at, updated_at, expires_at FROM kvstore",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                ))
            },
        )?;
        let expected = ("k", b"value".to_vec(), 5, NOW, NOW, "2026-01-01 11:00:00");
        assert_eq!(
            (
                row.0.as_str(),
                row.1,
                row.2,
                row.3.as_str(),
                row.4.as_str(),
                row.5.as_str()
            ),
            expected
        );
        let indexed: String = raw.query_row(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
            [],
            |row| row.get(0),
        )?;
        assert!(indexed.contains("(expires_at)"));
        Ok(())
    }

    #[test]
    fn a_file_of_an_earlier_layout_is_upgraded_with_its_data() -> rusqlite::Result<()> {
        let folder = tempfile::tempdir().map_err(|_| rusqlite::Error::InvalidQuery)?;
        let path = folder.path().join("kvstore.db");
        let old = Connection::open(&path)?;
        old.execute_batch(
            "CREATE TABLE kvstore (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL);
             INSERT INTO kvstore VALUES ('old', x'010203'); PRAGMA user_version = 1;",
        )?;
        drop(old);
        let store = Store::open(&path)?;
        assert_eq!(store.get("old", NOW)?, Some(vec![1, 2, 3]));
        assert_eq!(store.used(NOW)?, 3);
        Ok(())
    }

    #[test]
    fn a_file_of_a_later_layout_is_left_as_it_is() -> rusqlite::Result<()> {
        let folder = tempfile::tempdir().map_err(|_| rusqlite::Error::InvalidQuery)?;
        let path = folder.path().join("kvstore.db");
        drop(Store::open(&path)?);
        let raw = Connection::open(&path)?;
        raw.pragma_update(None, "user_version", 9)?;
        drop(raw);
        let store = Store::open(&path)?;
        let version: i64 = store
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))?;
        assert_eq!(version, 9);
        Ok(())
    }

    #[test]
    fn overwriting_keeps_the_creation_time() -> rusqlite::Result<()> {
        let folder = tempfile::tempdir().map_err(|_| rusqlite::Error::InvalidQuery)?;
        let mut store = Store::open(&folder.path().join("kvstore.db"))?;
        store.set("k", Some(b"1"), NOW, Some("2026-02-01 00:00:00"), 100)?;
        store.set("k", Some(b"2"), "2026-01-02 10:00:00", None, 100)?;
        let times: (String, String, Option<String>) = store.connection.query_row(
            "SELECT created_at, updated_at, expires_at FROM kvstore",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        assert_eq!(
            times,
            (NOW.to_owned(), "2026-01-02 10:00:00".to_owned(), None)
        );
        Ok(())
    }

    #[test]
    fn clean_up_removes_expired_rows_only() -> rusqlite::Result<()> {
        let folder = tempfile::tempdir().map_err(|_| rusqlite::Error::InvalidQuery)?;
        let mut store = Store::open(&folder.path().join("kvstore.db"))?;
        store.set("gone", Some(b"1"), NOW, Some("2026-01-01 10:59:59"), 100)?;
        store.set("lives", Some(b"2"), NOW, Some("2026-01-01 11:00:00"), 100)?;
        store.set("always", Some(b"3"), NOW, None, 100)?;
        store.clean_up("2026-01-01 11:00:00")?;
        let rows: i64 = store
            .connection
            .query_row("SELECT COUNT(*) FROM kvstore", [], |row| row.get(0))?;
        assert_eq!(rows, 2);
        Ok(())
    }
}
