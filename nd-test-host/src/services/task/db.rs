//! The open file of one load: shared by its threads, with errors that name the file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::store::Store;
use crate::faults::Faults;
use crate::services::storage::private_dir;

/// Name of the file inside the plugin's data folder.
pub const TASK_FILE: &str = "taskqueue.db";

/// The file, until it is closed. Plugins read its errors, so these name the file and not where it lies.
pub(super) struct Db {
    faults: Faults,
    open: Mutex<Option<Store>>,
}

impl Db {
    /// Opens the file in that folder, creating both if needed.
    pub(super) fn open(data_dir: &Path, faults: Faults) -> Result<Self, String> {
        private_dir(data_dir)?;
        let path = data_dir.join(TASK_FILE);
        let store =
            Store::open(&path).map_err(|error| format!("opening {}: {error}", path.display()))?;
        Ok(Self {
            faults,
            open: Mutex::new(Some(store)),
        })
    }

    /// Runs something that only reads.
    pub(super) fn read<T>(
        &self,
        run: impl FnOnce(&mut Store) -> rusqlite::Result<T>,
    ) -> Result<T, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let result = match open.as_mut() {
            Some(store) => run(store).map_err(|error| error.to_string()),
            None => Err("database is closed".to_owned()),
        };
        result.map_err(|error| format!("{TASK_FILE}: {error}"))
    }

    /// Runs something that writes, unless the disk is full on purpose.
    pub(super) fn write<T>(
        &self,
        run: impl FnOnce(&mut Store) -> rusqlite::Result<T>,
    ) -> Result<T, String> {
        self.read(|store| {
            self.faults.check_disk()?;
            run(store)
        })
    }

    /// Closes the file. Later calls answer `database is closed`.
    pub(super) fn close(&self) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}
