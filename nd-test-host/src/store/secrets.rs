//! Secrets the host made up for itself and has to find again after a restart.

use super::{Database, StoreError};
use crate::services::id;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";

impl Database {
    /// Returns the secret of that name: 32 random bytes, made when it is first asked for.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub(crate) fn secret(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let fresh = [
            id::random_bits().to_le_bytes(),
            id::random_bits().to_le_bytes(),
        ]
        .concat();
        self.with(|connection| {
            connection.execute(
                "INSERT INTO secret (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                (name, fresh),
            )?;
            connection.query_row("SELECT value FROM secret WHERE name = ?1", [name], |row| {
                row.get(0)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_the_same_and_belongs_to_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host.db");
        let open = || Database::open(&path).expect("a database");
        let first = open().secret("a").expect("a secret");
        assert_eq!(first.len(), 32);
        assert_eq!(open().secret("a").expect("a secret"), first);
        assert_ne!(open().secret("b").expect("a secret"), first);
    }
}
