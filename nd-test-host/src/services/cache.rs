//! Cache: values in memory, one cache per loaded plugin, each entry for a limited time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::clock::Clock;
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::Cache;

/// How long an entry lives when its time to live is zero or negative.
pub const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest time to live; longer ones are cut to it (about 290 years).
const MAX_TTL: Duration = Duration::from_secs(9_200_000_000);

/// The Cache service.
///
/// Every hit, by `has` and by a get of another type too, restarts the entry's own time to live.
/// One slot per key whatever the type: setting replaces value, type and time to live.
pub struct CacheService {
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
}

struct Entries {
    map: HashMap<String, Entry>,
    /// Expired entries are looked for when the map has grown to this size.
    sweep_at: usize,
}

struct Entry {
    value: Value,
    ttl: Duration,
    expires: SystemTime,
}

#[derive(Clone)]
enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bytes(Vec<u8>),
}

impl CacheService {
    /// Makes an empty cache.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entries: Mutex::new(Entries {
                map: HashMap::new(),
                sweep_at: MIN_SWEEP,
            }),
        }
    }

    /// Empties the cache, as unloading the plugin does.
    pub fn close(&self) {
        self.lock().map.clear();
    }

    fn set(&self, key: String, value: Value, ttl_seconds: i64) {
        let ttl = match u64::try_from(ttl_seconds) {
            Ok(seconds) if seconds > 0 => Duration::from_secs(seconds).min(MAX_TTL),
            _ => DEFAULT_TTL,
        };
        let now = self.clock.now();
        let expires = now + ttl;
        let mut entries = self.lock();
        entries.sweep(now);
        entries.map.insert(
            key,
            Entry {
                value,
                ttl,
                expires,
            },
        );
    }

    fn hit<T>(&self, key: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let now = self.clock.now();
        let mut entries = self.lock();
        let entry = entries.map.get_mut(key)?;
        if entry.expires <= now {
            entries.map.remove(key);
            return None;
        }
        entry.expires = now + entry.ttl;
        read(&entry.value)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Below this size a look for expired entries is not worth it.
const MIN_SWEEP: usize = 256;

impl Entries {
    /// Drops expired entries once the map has doubled since the last time, so that unused keys do not pile up.
    fn sweep(&mut self, now: SystemTime) {
        if self.map.len() >= self.sweep_at {
            self.map.retain(|_, entry| entry.expires > now);
            self.sweep_at = MIN_SWEEP.max(self.map.len() * 2);
        }
    }
}

impl Cache for CacheService {
    fn set_string(
        &self,
        _ctx: &CallContext,
        key: String,
        value: String,
        ttl_seconds: i64,
    ) -> Result<(), ServiceError> {
        self.set(key, Value::Text(value), ttl_seconds);
        Ok(())
    }

    fn get_string(&self, _ctx: &CallContext, key: String) -> Result<Option<String>, ServiceError> {
        Ok(self.hit(&key, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }))
    }

    fn set_int(
        &self,
        _ctx: &CallContext,
        key: String,
        value: i64,
        ttl_seconds: i64,
    ) -> Result<(), ServiceError> {
        self.set(key, Value::Int(value), ttl_seconds);
        Ok(())
    }

    fn get_int(&self, _ctx: &CallContext, key: String) -> Result<Option<i64>, ServiceError> {
        Ok(self.hit(&key, |value| match value {
            Value::Int(number) => Some(*number),
            _ => None,
        }))
    }

    fn set_float(
        &self,
        _ctx: &CallContext,
        key: String,
        value: f64,
        ttl_seconds: i64,
    ) -> Result<(), ServiceError> {
        self.set(key, Value::Float(value), ttl_seconds);
        Ok(())
    }

    fn get_float(&self, _ctx: &CallContext, key: String) -> Result<Option<f64>, ServiceError> {
        Ok(self.hit(&key, |value| match value {
            Value::Float(number) => Some(*number),
            _ => None,
        }))
    }

    fn set_bytes(
        &self,
        _ctx: &CallContext,
        key: String,
        value: Vec<u8>,
        ttl_seconds: i64,
    ) -> Result<(), ServiceError> {
        self.set(key, Value::Bytes(value), ttl_seconds);
        Ok(())
    }

    fn get_bytes(&self, _ctx: &CallContext, key: String) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(self.hit(&key, |value| match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }))
    }

    fn has(&self, _ctx: &CallContext, key: String) -> Result<bool, ServiceError> {
        Ok(self.hit(&key, |_| Some(())).is_some())
    }

    fn remove(&self, _ctx: &CallContext, key: String) -> Result<(), ServiceError> {
        self.lock().map.remove(&key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::ManualClock;
    use super::*;

    type Outcome = Result<(), ServiceError>;

    fn cache() -> (CacheService, ManualClock, CallContext) {
        let clock = ManualClock::default();
        let service = CacheService::new(Arc::new(clock.clone()));
        (service, clock, CallContext::detached("p"))
    }

    fn key() -> String {
        "k".to_owned()
    }

    #[test]
    fn each_type_comes_back_as_it_went_in_zero_values_too() -> Outcome {
        let (cache, _, ctx) = cache();
        for text in ["", "text"] {
            cache.set_string(&ctx, key(), text.to_owned(), 60)?;
            assert_eq!(cache.get_string(&ctx, key())?.as_deref(), Some(text));
        }
        for number in [0, i64::MIN] {
            cache.set_int(&ctx, key(), number, 60)?;
            assert_eq!(cache.get_int(&ctx, key())?, Some(number));
        }
        for number in [0.0, 1.5] {
            cache.set_float(&ctx, key(), number, 60)?;
            assert_eq!(cache.get_float(&ctx, key())?, Some(number));
        }
        for bytes in [vec![], vec![0, 255]] {
            cache.set_bytes(&ctx, key(), bytes.clone(), 60)?;
            assert_eq!(cache.get_bytes(&ctx, key())?, Some(bytes));
        }
        Ok(())
    }

    #[test]
    fn another_type_is_not_there_and_leaves_the_entry_alone() -> Outcome {
        let (cache, _, ctx) = cache();
        cache.set_int(&ctx, key(), 7, 60)?;
        assert_eq!(cache.get_string(&ctx, key())?, None);
        assert_eq!(cache.get_float(&ctx, key())?, None);
        assert_eq!(cache.get_bytes(&ctx, key())?, None);
        assert_eq!(cache.get_int(&ctx, key())?, Some(7));
        cache.set_string(&ctx, key(), "now text".to_owned(), 60)?;
        assert_eq!(cache.get_int(&ctx, key())?, None, "one slot per key");
        Ok(())
    }

    #[test]
    fn an_entry_ends_after_its_time_to_live() -> Outcome {
        let (cache, clock, ctx) = cache();
        cache.set_int(&ctx, key(), 7, 60)?;
        clock.advance(Duration::from_secs(59));
        assert!(cache.has(&ctx, key())?);
        clock.advance(Duration::from_secs(60));
        assert!(!cache.has(&ctx, key())?);
        assert_eq!(cache.get_int(&ctx, key())?, None);
        Ok(())
    }

    #[test]
    fn every_hit_restarts_the_time_to_live() -> Outcome {
        let (cache, clock, ctx) = cache();
        cache.set_int(&ctx, key(), 7, 60)?;
        let step = Duration::from_secs(50);
        clock.advance(step);
        assert!(cache.has(&ctx, key())?);
        clock.advance(step);
        assert_eq!(cache.get_int(&ctx, key())?, Some(7));
        clock.advance(step);
        assert_eq!(
            cache.get_string(&ctx, key())?,
            None,
            "another type is a hit as well"
        );
        clock.advance(step);
        assert_eq!(cache.get_int(&ctx, key())?, Some(7));
        Ok(())
    }

    #[test]
    fn setting_again_replaces_the_time_to_live() -> Outcome {
        let (cache, clock, ctx) = cache();
        cache.set_int(&ctx, key(), 1, 3600)?;
        cache.set_int(&ctx, key(), 2, 10)?;
        clock.advance(Duration::from_secs(11));
        assert!(!cache.has(&ctx, key())?);
        Ok(())
    }

    #[test]
    fn no_time_to_live_means_a_day_and_an_endless_one_does_not_overflow() -> Outcome {
        let (cache, clock, ctx) = cache();
        for (name, ttl) in [("zero", 0), ("negative", -5), ("endless", i64::MAX)] {
            cache.set_int(&ctx, name.to_owned(), 1, ttl)?;
        }
        clock.advance(DEFAULT_TTL);
        assert!(!cache.has(&ctx, "zero".to_owned())?);
        assert!(!cache.has(&ctx, "negative".to_owned())?);
        assert!(cache.has(&ctx, "endless".to_owned())?);
        Ok(())
    }

    #[test]
    fn the_empty_key_is_a_key_and_removing_a_missing_one_is_fine() -> Outcome {
        let (cache, _, ctx) = cache();
        cache.set_int(&ctx, String::new(), 1, 60)?;
        assert!(cache.has(&ctx, String::new())?);
        cache.remove(&ctx, String::new())?;
        cache.remove(&ctx, String::new())?;
        assert!(!cache.has(&ctx, String::new())?);
        Ok(())
    }

    #[test]
    fn closing_empties_it() -> Outcome {
        let (cache, _, ctx) = cache();
        cache.set_int(&ctx, key(), 1, 60)?;
        cache.close();
        assert!(!cache.has(&ctx, key())?);
        Ok(())
    }

    #[test]
    fn expired_entries_do_not_pile_up() -> Outcome {
        let (cache, clock, ctx) = cache();
        for n in 0..10 * MIN_SWEEP {
            cache.set_int(&ctx, n.to_string(), 1, 1)?;
            clock.advance(Duration::from_secs(1));
        }
        assert!(cache.lock().map.len() <= MIN_SWEEP);
        Ok(())
    }
}
