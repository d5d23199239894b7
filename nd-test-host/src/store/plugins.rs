//! What the server knows about each plugin package: one row per plugin id.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension, Row, params};
use serde::{Serialize, Serializer};

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS plugin (
        id TEXT NOT NULL PRIMARY KEY,
        path TEXT NOT NULL,
        manifest TEXT NOT NULL,
        config TEXT NOT NULL DEFAULT '',
        users TEXT NOT NULL DEFAULT '',
        all_users INTEGER NOT NULL DEFAULT 0,
        libraries TEXT NOT NULL DEFAULT '',
        all_libraries INTEGER NOT NULL DEFAULT 0,
        allow_write_access INTEGER NOT NULL DEFAULT 0,
        enabled INTEGER NOT NULL DEFAULT 0,
        last_error TEXT NOT NULL DEFAULT '',
        sha256 TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    ) WITHOUT ROWID;";

/// One plugin as the server stores it. Its JSON form is what the server's REST interface and command line print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PluginRow {
    /// Plugin id.
    pub id: String,
    /// The package file.
    pub path: String,
    /// The manifest as JSON text, written anew: keys the server does not know are lost.
    pub manifest: String,
    /// The configuration, JSON text or empty.
    pub config: String,
    /// Ids of the granted users, a JSON array or empty.
    pub users: String,
    /// Whether every user is granted; wins over the list.
    pub all_users: bool,
    /// Ids of the granted libraries, a JSON array or empty.
    pub libraries: String,
    /// Whether every library is granted; wins over the list.
    pub all_libraries: bool,
    /// Whether the plugin may change files in its libraries.
    pub allow_write_access: bool,
    /// Whether the plugin should be loaded.
    pub enabled: bool,
    /// Text of the last failure, empty if there was none.
    pub last_error: String,
    /// Lower-case hex SHA-256 of the package.
    pub sha256: String,
    /// When the package was found first, to the millisecond.
    #[serde(serialize_with = "timestamp")]
    pub created_at: SystemTime,
    /// When the row was last changed, to the millisecond.
    #[serde(serialize_with = "timestamp")]
    pub updated_at: SystemTime,
}

impl PluginRow {
    /// Makes the row of a package nobody has seen before: disabled, nothing set, nothing granted.
    pub(crate) fn found(
        id: &str,
        path: String,
        manifest: String,
        sha256: String,
        now: SystemTime,
    ) -> Self {
        Self {
            id: id.to_owned(),
            path,
            manifest,
            config: String::new(),
            users: String::new(),
            all_users: false,
            libraries: String::new(),
            all_libraries: false,
            allow_write_access: false,
            enabled: false,
            last_error: String::new(),
            sha256,
            created_at: now,
            updated_at: now,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            path: row.get("path")?,
            manifest: row.get("manifest")?,
            config: row.get("config")?,
            users: row.get("users")?,
            all_users: row.get("all_users")?,
            libraries: row.get("libraries")?,
            all_libraries: row.get("all_libraries")?,
            allow_write_access: row.get("allow_write_access")?,
            enabled: row.get("enabled")?,
            last_error: row.get("last_error")?,
            sha256: row.get("sha256")?,
            created_at: from_millis(row.get("created_at")?),
            updated_at: from_millis(row.get("updated_at")?),
        })
    }
}

/// Writes a time as RFC 3339 in UTC.
fn timestamp<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}

/// Returns a time as RFC 3339 in UTC.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.to_string())
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn from_millis(millis: i64) -> SystemTime {
    // A damaged row must not bring the host down, so the sum is checked.
    let since = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}

impl Database {
    /// Returns all plugins, sorted by id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn plugin_rows(&self) -> Result<Vec<PluginRow>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT * FROM plugin ORDER BY id")?
                .query_map([], PluginRow::read)?
                .collect()
        })
    }

    /// Returns one plugin.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn plugin_row(&self, id: &str) -> Result<Option<PluginRow>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT * FROM plugin WHERE id = ?1")?
                .query_row([id], PluginRow::read)
                .optional()
        })
    }

    /// Stores a plugin, replacing the row with the same id in one step.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub(crate) fn put_plugin_row(&self, row: &PluginRow) -> Result<(), StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO plugin (id, path, manifest, config, users, all_users, libraries,
                        all_libraries, allow_write_access, enabled, last_error, sha256, created_at, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                )?
                .execute(params![
                    row.id,
                    row.path,
                    row.manifest,
                    row.config,
                    row.users,
                    row.all_users,
                    row.libraries,
                    row.all_libraries,
                    row.allow_write_access,
                    row.enabled,
                    row.last_error,
                    row.sha256,
                    millis(row.created_at),
                    millis(row.updated_at),
                ])
                .map(|_| ())
        })
    }

    /// Forgets a plugin with its configuration and grants. Tells whether it was there.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub(crate) fn delete_plugin_row(&self, id: &str) -> Result<bool, StoreError> {
        self.with(|connection| {
            let deleted = connection
                .prepare_cached("DELETE FROM plugin WHERE id = ?1")?
                .execute([id])?;
            Ok(deleted > 0)
        })
    }

    /// Forgets the failures of all plugins, as a server does when it starts.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub(crate) fn clear_plugin_errors(&self) -> Result<(), StoreError> {
        self.with(|connection| {
            connection
                .execute(
                    "UPDATE plugin SET last_error = '' WHERE last_error <> ''",
                    [],
                )
                .map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn row(id: &str) -> PluginRow {
        let now = UNIX_EPOCH + Duration::from_millis(1_767_261_600_123);
        PluginRow::found(id, format!("/p/{id}.ndp"), "{}".into(), "aa".into(), now)
    }

    #[test]
    fn every_field_comes_back() {
        let store = Database::in_memory().unwrap();
        let full = PluginRow {
            config: r#"{"a":1}"#.into(),
            users: r#"["u1"]"#.into(),
            all_users: true,
            libraries: "[1]".into(),
            all_libraries: true,
            allow_write_access: true,
            enabled: true,
            last_error: "bad".into(),
            ..row("b")
        };
        store.put_plugin_row(&full).unwrap();
        store.put_plugin_row(&row("a")).unwrap();
        assert_eq!(store.plugin_row("b").unwrap().as_ref(), Some(&full));
        assert_eq!(store.plugin_rows().unwrap(), [row("a"), full]);
        store.clear_plugin_errors().unwrap();
        assert_eq!(store.plugin_row("b").unwrap().unwrap().last_error, "");
        assert!(store.delete_plugin_row("b").unwrap());
        assert!(!store.delete_plugin_row("b").unwrap());
        assert_eq!(store.plugin_row("b").unwrap(), None);
    }

    #[test]
    fn the_json_form_has_the_names_of_the_server() {
        let json = serde_json::to_value(row("a")).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        let mut expected = [
            "allLibraries",
            "allUsers",
            "allowWriteAccess",
            "config",
            "createdAt",
            "enabled",
            "id",
            "lastError",
            "libraries",
            "manifest",
            "path",
            "sha256",
            "updatedAt",
            "users",
        ];
        expected.sort_unstable();
        let mut keys: Vec<_> = keys.iter().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(json["createdAt"], "2026-01-01T10:00:00.123Z");
    }
}
