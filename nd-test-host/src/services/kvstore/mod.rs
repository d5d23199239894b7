//! KVStore: values that survive restarts, in one SQLite file per plugin.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use self::size::parse_size;
use self::store::{Store, Written};
use super::clock::{Clock, unix_seconds};
use super::storage::private_dir;
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::faults::Faults;
use crate::generated::KvStore;

pub(crate) mod size;
mod store;

/// Limit of a plugin whose manifest names no `maxSize`, in bytes.
pub const DEFAULT_MAX_SIZE: i64 = 1_048_576;
/// Longest key that can be written, in bytes.
pub const MAX_KEY: usize = 256;
/// Name of the file inside the plugin's data folder.
pub const KVSTORE_FILE: &str = "kvstore.db";
const CLEAN_UP_EVERY: Duration = Duration::from_secs(60 * 60);
/// Keys that are looked up in one go.
const PORTION: usize = 1_000;

/// The KVStore service.
///
/// Only the lengths of live values count against the limit. The file is the server's: same table, same columns.
/// Prefixes match byte for byte; the server's own query ignores ASCII case and reads backslashes, which no
/// plugin can want.
pub struct KvStoreService {
    clock: Arc<dyn Clock>,
    faults: Faults,
    max_size: i64,
    open: Mutex<Option<Open>>,
}

struct Open {
    store: Store,
    cleaned: SystemTime,
}

impl KvStoreService {
    /// Opens the plugin's file, creating it and its folder if needed.
    ///
    /// `max_size` is the text of the manifest.
    ///
    /// # Errors
    ///
    /// A malformed size, or any failure to create or open the file.
    pub fn open(
        data_dir: &Path,
        max_size: Option<&str>,
        clock: Arc<dyn Clock>,
        faults: Faults,
    ) -> Result<Self, String> {
        let max_size = match max_size {
            None | Some("") => DEFAULT_MAX_SIZE,
            Some(text) => parse_size(text).map_err(|error| format!("invalid maxSize: {error}"))?,
        };
        private_dir(data_dir)?;
        let path = data_dir.join(KVSTORE_FILE);
        let store =
            Store::open(&path).map_err(|error| format!("opening {}: {error}", path.display()))?;
        let cleaned = clock.now();
        Ok(Self {
            clock,
            faults,
            max_size,
            open: Mutex::new(Some(Open { store, cleaned })),
        })
    }

    /// Closes the file. Later calls answer `database is closed`.
    pub fn close(&self) {
        self.lock().take();
    }

    fn write(&self, key: &str, value: Option<&[u8]>, ttl: Option<i64>) -> Result<(), ServiceError> {
        if ttl.is_some_and(|ttl| ttl <= 0) {
            return Err("ttlSeconds must be greater than 0".into());
        }
        if key.is_empty() {
            return Err("key cannot be empty".into());
        }
        if key.len() > MAX_KEY {
            return Err(format!("key exceeds maximum length of {MAX_KEY} bytes").into());
        }
        let written = self.with(|store, now| {
            self.faults.check_disk()?;
            let expires = ttl.map(|ttl| time_text(now.saturating_add(ttl)));
            store.set(
                key,
                value,
                &time_text(now),
                expires.as_deref(),
                self.max_size,
            )
        })?;
        match written {
            Written::Done => Ok(()),
            Written::OverLimit(total) => Err(ServiceError::new(format!(
                "storage limit exceeded: would use {total} of {} allowed",
                self.max_size
            ))),
        }
    }

    /// Runs one operation on the open file; the second argument is the present time in seconds.
    fn with<T>(
        &self,
        run: impl FnOnce(&mut Store, i64) -> rusqlite::Result<T>,
    ) -> Result<T, ServiceError> {
        let mut open = self.lock();
        let Open { store, cleaned } = open.as_mut().ok_or("database is closed")?;
        let now = self.clock.now();
        let seconds = unix_seconds(now);
        // Nobody can see an expired row, so removing them needs no timer: it is done by whoever comes first.
        if now
            .duration_since(*cleaned)
            .is_ok_and(|age| age >= CLEAN_UP_EVERY)
        {
            *cleaned = now;
            // What asks for something else must not fail for it; the next hour brings the next try.
            let _ = store.clean_up(&time_text(seconds));
        }
        run(store, seconds).map_err(wire_error)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KvStore for KvStoreService {
    fn set(
        &self,
        _ctx: &CallContext,
        key: String,
        value: Option<Vec<u8>>,
    ) -> Result<(), ServiceError> {
        self.write(&key, value.as_deref(), None)
    }

    fn set_with_ttl(
        &self,
        _ctx: &CallContext,
        key: String,
        value: Option<Vec<u8>>,
        ttl_seconds: i64,
    ) -> Result<(), ServiceError> {
        self.write(&key, value.as_deref(), Some(ttl_seconds))
    }

    fn get(&self, _ctx: &CallContext, key: String) -> Result<Option<Vec<u8>>, ServiceError> {
        self.with(|store, now| store.get(&key, &time_text(now)))
    }

    fn get_many(
        &self,
        ctx: &CallContext,
        keys: Vec<String>,
    ) -> Result<HashMap<String, Vec<u8>>, ServiceError> {
        let mut values = HashMap::new();
        // In portions, for there may be more keys than there is time, and others wait for the file.
        for portion in keys.chunks(PORTION) {
            if ctx.remaining().is_zero() {
                return Err("context deadline exceeded".into());
            }
            self.with(|store, now| {
                let now = time_text(now);
                for key in portion {
                    if let Some(value) = store.get(key, &now)? {
                        values.insert(key.clone(), value);
                    }
                }
                Ok(())
            })?;
        }
        Ok(values)
    }

    fn has(&self, _ctx: &CallContext, key: String) -> Result<bool, ServiceError> {
        self.with(|store, now| store.has(&key, &time_text(now)))
    }

    fn list(&self, _ctx: &CallContext, prefix: String) -> Result<Vec<String>, ServiceError> {
        self.with(|store, now| store.list(&prefix, &time_text(now)))
    }

    fn delete(&self, _ctx: &CallContext, key: String) -> Result<(), ServiceError> {
        self.with(|store, _| store.delete(&key))
    }

    fn delete_by_prefix(&self, _ctx: &CallContext, prefix: String) -> Result<i64, ServiceError> {
        if prefix.is_empty() {
            return Err("prefix cannot be empty".into());
        }
        let deleted = self.with(|store, _| store.delete_prefix(&prefix))?;
        Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
    }

    fn get_storage_used(&self, _ctx: &CallContext) -> Result<i64, ServiceError> {
        self.with(|store, now| store.used(&time_text(now)))
    }
}

fn wire_error(error: rusqlite::Error) -> ServiceError {
    ServiceError::new(error.to_string())
}

/// Writes a time as `YYYY-MM-DD HH:MM:SS` in UTC; whatever lies past the year 9999 becomes the last time that fits.
fn time_text(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;
