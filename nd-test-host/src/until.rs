//! Points in time that are a given patience away.

use std::time::{Duration, Instant};

/// Longer than any call can last, and short enough to be added to any instant.
pub(crate) const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Returns the instant `limit` from now, at most a hundred years ahead: [`Duration::MAX`] means "no limit" to callers,
/// and adding it to an [`Instant`] panics.
pub(crate) fn until(limit: Duration) -> Instant {
    Instant::now() + limit.min(FOREVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_limit_lies_ahead_and_does_not_panic() {
        assert!(until(Duration::MAX) > Instant::now() + Duration::from_secs(60 * 60));
        assert!(until(Duration::ZERO) <= Instant::now());
    }
}
