//! What a queue is set to: the plugin's wishes with the server's defaults and limits applied.

use nd_types::task::QueueConfig;

/// Longest wait before a retry, in milliseconds.
const MAX_BACKOFF_MS: i64 = 3_600_000;
const DEFAULT_BACKOFF_MS: i64 = 1_000;
const DEFAULT_RETENTION_MS: i64 = 3_600_000;
const MIN_RETENTION_MS: i64 = 60_000;
const MAX_RETENTION_MS: i64 = 604_800_000;

/// The settings a queue works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Tasks that may run at once, at least 1.
    pub concurrency: i32,
    /// Tries after the first one, for tasks enqueued from now on.
    pub max_retries: i32,
    /// Wait before the first retry in milliseconds; it doubles with each.
    pub backoff_ms: i64,
    /// Least time between the starts of two tasks in milliseconds; 0 is none.
    pub delay_ms: i64,
    /// How long finished tasks are kept, in milliseconds.
    pub retention_ms: i64,
}

impl QueueSettings {
    /// Applies defaults and limits. `budget` is the concurrency that is left to give away; at least 1 is given.
    pub(super) fn new(config: &QueueConfig, budget: i64) -> Self {
        let budget = i32::try_from(budget).unwrap_or(i32::MAX);
        let or = |value: i64, default| if value > 0 { value } else { default };
        Self {
            concurrency: config.concurrency.min(budget).max(1),
            max_retries: config.max_retries.max(0),
            backoff_ms: or(config.backoff_ms, DEFAULT_BACKOFF_MS),
            delay_ms: config.delay_ms.max(0),
            retention_ms: or(config.retention_ms, DEFAULT_RETENTION_MS)
                .clamp(MIN_RETENTION_MS, MAX_RETENTION_MS),
        }
    }

    /// Returns how long a task waits after its `attempt`-th try has failed, in milliseconds.
    pub(super) fn backoff(&self, attempt: i64) -> i64 {
        let doublings = u32::try_from(attempt.saturating_sub(1).max(0)).unwrap_or(u32::MAX);
        let factor = 2_i64.checked_pow(doublings);
        let wait = factor.and_then(|factor| self.backoff_ms.checked_mul(factor));
        wait.map_or(MAX_BACKOFF_MS, |wait| wait.min(MAX_BACKOFF_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(edit: impl FnOnce(&mut QueueConfig)) -> QueueSettings {
        let mut config = QueueConfig::default();
        edit(&mut config);
        QueueSettings::new(&config, 8)
    }

    #[test]
    fn nothing_and_less_than_nothing_are_the_defaults() {
        let defaults = QueueSettings {
            concurrency: 1,
            max_retries: 0,
            backoff_ms: 1_000,
            delay_ms: 0,
            retention_ms: 3_600_000,
        };
        assert_eq!(settings(|_| {}), defaults);
        let negative = settings(|config| {
            config.concurrency = -3;
            config.max_retries = i32::MIN;
            config.backoff_ms = -1;
            config.delay_ms = i64::MIN;
            config.retention_ms = -1;
        });
        assert_eq!(negative, defaults);
    }

    #[test]
    fn concurrency_is_cut_to_what_is_left_and_retention_to_its_limits() {
        assert_eq!(settings(|config| config.concurrency = 8).concurrency, 8);
        assert_eq!(settings(|config| config.concurrency = 9).concurrency, 8);
        for (asked, given) in [
            (1, 60_000),
            (60_000, 60_000),
            (604_800_000, 604_800_000),
            (i64::MAX, 604_800_000),
        ] {
            let settings = settings(|config| config.retention_ms = asked);
            assert_eq!(settings.retention_ms, given, "{asked}");
        }
    }

    #[test]
    fn the_wait_doubles_up_to_an_hour_and_never_overflows() {
        let second = settings(|_| {});
        for (attempt, wait) in [
            (1, 1_000),
            (2, 2_000),
            (3, 4_000),
            (12, 2_048_000),
            (13, 3_600_000),
            (64, 3_600_000),
            (i64::MAX, 3_600_000),
            (0, 1_000),
            (i64::MIN, 1_000),
        ] {
            assert_eq!(second.backoff(attempt), wait, "{attempt}");
        }
        let long = settings(|config| config.backoff_ms = i64::MAX);
        assert_eq!(long.backoff(1), 3_600_000);
        assert_eq!(long.backoff(2), 3_600_000);
    }
}
