//! The host's own database: what a server remembers about its music, its listeners and its plugins.
//!
//! | module | tables |
//! | --- | --- |
//! | [`annotations`] | favourites, ratings and play counts, per user |
//! | `information` | what metadata sources said of artists and albums |
//! | [`playlists`] | playlists and their tracks |
//! | [`media`] | the files of each library with their tags, and its last scan |
//! | [`plugins`] | the plugin packages, what is set for each and what it is granted |
//! | [`scrobbles`] | every play that counted |
//! | `secrets` | what the host signs with |
//! | [`scrobble_buffer`] | plays that wait for a scrobbler |
//!
//! One SQLite connection serves the host. It is a file in a data folder that was named, and memory otherwise.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

pub mod annotations;
pub(crate) mod information;
pub mod media;
pub mod playlists;
pub mod plugins;
pub mod scrobble_buffer;
pub mod scrobbles;
mod secrets;

/// File name in the data folder.
pub const FILE_NAME: &str = "host.db";
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Every table and index of the database; each statement leaves an existing one alone.
const SCHEMA: &[&str] = &[
    annotations::SCHEMA,
    information::SCHEMA,
    playlists::SCHEMA,
    plugins::SCHEMA,
    scrobbles::SCHEMA,
    secrets::SCHEMA,
    scrobble_buffer::SCHEMA,
];

/// The database of one host. Clones share the connection.
#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
}

/// The database cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[error("host database: {0}")]
pub struct StoreError(#[from] rusqlite::Error);

impl Database {
    /// Opens the file, creating it and its tables if they are not there.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or is not a database.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connection::open(path)?)
    }

    /// Makes a database that ends with its last clone.
    ///
    /// # Errors
    ///
    /// When SQLite has no memory left.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        for statements in SCHEMA {
            connection.execute_batch(statements)?;
        }
        connection.execute_batch(&media::tables())?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs something with the connection to itself. Do not call the database again from inside it.
    ///
    /// # Errors
    ///
    /// What the function fails with.
    pub(crate) fn with<T>(
        &self,
        run: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(run(&mut connection)?)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}
