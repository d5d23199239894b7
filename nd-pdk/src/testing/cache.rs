//! The Cache service: one slot per key, whatever the type, with an expiry that every hit restarts.

use super::fake::State;
use super::services::Cache;
use crate::host::HostError;
use std::time::Duration;

/// The time to live of entries that ask for none.
const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest time to live, as the server's clock type allows (about 292 years).
const LONGEST_TTL: Duration = Duration::from_nanos(i64::MAX as u64);

/// A cached value with its own time to live.
#[derive(Debug)]
pub(super) struct Entry {
    value: Value,
    ttl: Duration,
    expires: Duration,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bytes(Vec<u8>),
}

impl State {
    fn cache_set(&mut self, key: String, value: Value, ttl_seconds: i64) -> Result<(), HostError> {
        let ttl = match u64::try_from(ttl_seconds) {
            Ok(seconds) if seconds > 0 => Duration::from_secs(seconds).min(LONGEST_TTL),
            _ => DEFAULT_TTL,
        };
        self.cache.insert(
            key,
            Entry {
                value,
                ttl,
                expires: self.now + ttl,
            },
        );
        Ok(())
    }

    /// Looks an entry up, which restarts its time to live even if the type is then found to be another.
    fn cache_hit(&mut self, key: &str) -> Option<Value> {
        let now = self.now;
        let entry = self.cache.get_mut(key)?;
        if entry.expires <= now {
            self.cache.remove(key);
            return None;
        }
        entry.expires = now + entry.ttl;
        Some(entry.value.clone())
    }
}

impl Cache for State {
    fn set_string(
        &mut self,
        key: String,
        value: String,
        ttl_seconds: i64,
    ) -> Result<(), HostError> {
        self.cache_set(key, Value::Text(value), ttl_seconds)
    }

    fn get_string(&mut self, key: String) -> Result<Option<String>, HostError> {
        Ok(match self.cache_hit(&key) {
            Some(Value::Text(value)) => Some(value),
            _ => None,
        })
    }

    fn set_int(&mut self, key: String, value: i64, ttl_seconds: i64) -> Result<(), HostError> {
        self.cache_set(key, Value::Int(value), ttl_seconds)
    }

    fn get_int(&mut self, key: String) -> Result<Option<i64>, HostError> {
        Ok(match self.cache_hit(&key) {
            Some(Value::Int(value)) => Some(value),
            _ => None,
        })
    }

    fn set_float(&mut self, key: String, value: f64, ttl_seconds: i64) -> Result<(), HostError> {
        self.cache_set(key, Value::Float(value), ttl_seconds)
    }

    fn get_float(&mut self, key: String) -> Result<Option<f64>, HostError> {
        Ok(match self.cache_hit(&key) {
            Some(Value::Float(value)) => Some(value),
            _ => None,
        })
    }

    fn set_bytes(
        &mut self,
        key: String,
        value: Vec<u8>,
        ttl_seconds: i64,
    ) -> Result<(), HostError> {
        self.cache_set(key, Value::Bytes(value), ttl_seconds)
    }

    fn get_bytes(&mut self, key: String) -> Result<Option<Vec<u8>>, HostError> {
        Ok(match self.cache_hit(&key) {
            Some(Value::Bytes(value)) => Some(value),
            _ => None,
        })
    }

    fn has(&mut self, key: String) -> Result<bool, HostError> {
        Ok(self.cache_hit(&key).is_some())
    }

    fn remove(&mut self, key: String) -> Result<(), HostError> {
        self.cache.remove(&key);
        Ok(())
    }
}
