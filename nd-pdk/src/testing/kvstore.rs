//! The KVStore service: sizes, keys and expiry under the server's rules.

use super::fake::State;
use super::services::KvStore;
use crate::host::HostError;
use std::collections::HashMap;
use std::time::Duration;

/// The longest key, in bytes.
const LONGEST_KEY: usize = 256;
/// The last second that the server can store as an expiry: the end of the year 9999.
const LAST_EXPIRY: u64 = 253_402_300_799;

/// A stored value; the expiry is a whole second, which still counts as valid.
#[derive(Debug)]
pub(super) struct Entry {
    value: Vec<u8>,
    expires: Option<u64>,
}

impl State {
    /// Returns a stored value that has not expired.
    pub(super) fn kv_get(&self, key: &str) -> Option<&Vec<u8>> {
        self.kv
            .get(key)
            .filter(|entry| self.is_valid(entry))
            .map(|entry| &entry.value)
    }

    /// Returns the keys that have not expired, sorted.
    pub(super) fn kv_keys(&self) -> impl Iterator<Item = &String> {
        self.kv
            .iter()
            .filter(|(_, entry)| self.is_valid(entry))
            .map(|(key, _)| key)
    }

    fn is_valid(&self, entry: &Entry) -> bool {
        entry
            .expires
            .is_none_or(|expires| expires >= self.now.as_secs())
    }

    fn kv_used(&self) -> i64 {
        self.kv
            .values()
            .filter(|entry| self.is_valid(entry))
            .map(|entry| entry.value.len() as i64)
            .sum()
    }

    /// Stores a value after all checks but that of the time to live.
    pub(super) fn kv_set(
        &mut self,
        key: String,
        value: Option<Vec<u8>>,
        expires: Option<u64>,
    ) -> Result<(), HostError> {
        if key.is_empty() {
            return Err("key cannot be empty".into());
        }
        if key.len() > LONGEST_KEY {
            return Err("key exceeds maximum length of 256 bytes".into());
        }
        let old = self.kv_get(&key).map_or(0, |old| old.len() as i64);
        let grows = value.as_ref().map_or(0, |new| new.len() as i64) - old;
        let used = self.kv_used() + grows;
        if grows > 0 && used > self.kv_max {
            return Err(format!(
                "storage limit exceeded: would use {used} of {} allowed",
                self.kv_max
            )
            .into());
        }
        let Some(value) = value else {
            return Err("NOT NULL constraint failed: kvstore.value".into());
        };
        self.kv.insert(key, Entry { value, expires });
        Ok(())
    }
}

impl KvStore for State {
    fn set(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), HostError> {
        self.kv_set(key, value, None)
    }

    fn set_with_ttl(
        &mut self,
        key: String,
        value: Option<Vec<u8>>,
        ttl_seconds: i64,
    ) -> Result<(), HostError> {
        let ttl = match u64::try_from(ttl_seconds) {
            Ok(seconds) if seconds > 0 => Duration::from_secs(seconds),
            _ => return Err("ttlSeconds must be greater than 0".into()),
        };
        let expires = self.now.saturating_add(ttl).as_secs().min(LAST_EXPIRY);
        self.kv_set(key, value, Some(expires))
    }

    fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.kv_get(&key).cloned())
    }

    fn get_many(&mut self, keys: Vec<String>) -> Result<HashMap<String, Vec<u8>>, HostError> {
        Ok(keys
            .into_iter()
            .filter_map(|key| self.kv_get(&key).cloned().map(|value| (key, value)))
            .collect())
    }

    fn has(&mut self, key: String) -> Result<bool, HostError> {
        Ok(self.kv_get(&key).is_some())
    }

    fn list(&mut self, prefix: String) -> Result<Vec<String>, HostError> {
        Ok(self
            .kv_keys()
            .filter(|key| key.starts_with(&prefix))
            .cloned()
            .collect())
    }

    fn delete(&mut self, key: String) -> Result<(), HostError> {
        self.kv.remove(&key);
        Ok(())
    }

    fn delete_by_prefix(&mut self, prefix: String) -> Result<i64, HostError> {
        if prefix.is_empty() {
            return Err("prefix cannot be empty".into());
        }
        let before = self.kv.len();
        self.kv.retain(|key, _| !key.starts_with(&prefix));
        Ok((before - self.kv.len()) as i64)
    }

    fn get_storage_used(&mut self) -> Result<i64, HostError> {
        Ok(self.kv_used())
    }
}
