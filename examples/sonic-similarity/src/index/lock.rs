//! Keeps two background calls from doing the same work.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A call ends after 30 seconds at the latest, so a lock this old was left behind by one that was cut off.
const STALE: Duration = Duration::from_secs(40);

/// Held while this value lives.
///
/// The lock saves work, it is not what keeps the index whole: the format of the index does that. So it need not be
/// perfect when two calls find an abandoned lock in the same instant.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
}

impl Lock {
    /// Takes the lock in the given directory; `None` when another call holds it.
    ///
    /// # Errors
    /// When the lock file cannot be created for any other reason.
    pub fn take(storage: &Path, now: SystemTime) -> io::Result<Option<Self>> {
        let path = storage.join("indexing.lock");
        if Self::create(&path, now)? {
            return Ok(Some(Self { path }));
        }
        if !Self::is_stale(&path, now) {
            return Ok(None);
        }
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        Ok(Self::create(&path, now)?.then_some(Self { path }))
    }

    fn create(path: &Path, now: SystemTime) -> io::Result<bool> {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(mut file) => file
                .write_all(seconds(now).to_string().as_bytes())
                .map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// A lock without a readable time is one that was cut off while being made, or is being made right now: the
    /// time of the file decides.
    fn is_stale(path: &Path, now: SystemTime) -> bool {
        let written = fs::read_to_string(path)
            .ok()
            .and_then(|t| t.trim().parse::<u64>().ok());
        let modified = || {
            fs::metadata(path)
                .and_then(|m| m.modified())
                .ok()
                .map(seconds)
        };
        // A time in the future means that the clock was set back: nobody can be holding that lock for long.
        written
            .or_else(modified)
            .is_none_or(|since| seconds(now).abs_diff(since) > STALE.as_secs())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If this fails the lock goes stale, which costs a pause and nothing else.
        let _ = fs::remove_file(&self.path);
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let first = Lock::take(dir.path(), now).unwrap().unwrap();
        assert!(Lock::take(dir.path(), now).unwrap().is_none());
        drop(first);
        assert!(Lock::take(dir.path(), now).unwrap().is_some());
    }

    #[test]
    fn an_abandoned_lock_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        std::mem::forget(Lock::take(dir.path(), now).unwrap());
        assert!(
            Lock::take(dir.path(), now + Duration::from_secs(30))
                .unwrap()
                .is_none()
        );
        assert!(
            Lock::take(dir.path(), now + Duration::from_secs(41))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn a_lock_from_the_future_is_not_respected_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        std::mem::forget(Lock::take(dir.path(), now).unwrap());
        assert!(
            Lock::take(dir.path(), now - Duration::from_secs(3600))
                .unwrap()
                .is_some()
        );
    }
}
