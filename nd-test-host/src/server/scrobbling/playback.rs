//! What is being played on which client, as far as its reports tell.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::Client;
use crate::services::library::LibraryTrack;
use crate::setup::HostUser;

/// What a playback may go on beyond its expected end before it counts as over.
const GRACE: Duration = Duration::from_secs(5);
/// How long a playback may be paused.
const PAUSED_LIMIT: Duration = Duration::from_secs(30 * 60);
/// A play of this length counts, however long the track is.
const ENOUGH: Duration = Duration::from_secs(240);
/// Clients remembered at once; beyond that the one that reported longest ago is forgotten.
const MAX_PLAYBACKS: usize = 10_000;

/// What a client says about its playback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaybackState {
    /// It is about to begin.
    Starting,
    /// It goes on.
    Playing,
    /// It rests.
    Paused,
    /// It is over.
    Stopped,
}

impl PlaybackState {
    /// Returns the word for it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Playing => "playing",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// One report of a client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaybackReport {
    /// What the playback does.
    pub state: PlaybackState,
    /// Where in the track it is.
    pub position: Duration,
    /// How fast it goes; 1 is normal.
    pub rate: f64,
}

/// A playback that is going on.
#[derive(Debug, Clone)]
pub(super) struct Playback {
    pub(super) user: HostUser,
    pub(super) track: LibraryTrack,
    pub(super) client: Client,
    pub(super) report: PlaybackReport,
    /// When it began, as far as is known.
    began: SystemTime,
    expires: SystemTime,
}

/// What a report means, given what was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    /// It came too late or belongs to another track.
    pub(super) stale: bool,
    /// When the playback began.
    pub(super) began: SystemTime,
}

/// All playbacks, by user and client.
#[derive(Default)]
pub(super) struct Playbacks {
    by_client: HashMap<(String, String), Playback>,
}

impl Playbacks {
    /// Takes note of a report; of one that is stale only if those are not ignored.
    pub(super) fn note(
        &mut self,
        user: &HostUser,
        track: &LibraryTrack,
        client: &Client,
        report: PlaybackReport,
        now: SystemTime,
        ignore_stale: bool,
    ) -> Noted {
        let key = (user.id.clone(), client.id.clone());
        let current = self.by_client.get(&key);
        let same = current.filter(|playback| playback.track.id == track.id);
        let stale = match report.state {
            PlaybackState::Starting => {
                same.is_some_and(|playback| playback.report.state == PlaybackState::Playing)
            }
            PlaybackState::Stopped => current.is_some() && same.is_none(),
            PlaybackState::Playing | PlaybackState::Paused => false,
        };
        let began = match (same, report.state) {
            // A new start of the same track is a new play.
            (Some(_), PlaybackState::Starting) | (None, _) => {
                let played = report.position.as_secs_f64() / speed(report.rate);
                let played = Duration::try_from_secs_f64(played).unwrap_or(Duration::MAX);
                now.checked_sub(played).unwrap_or(now)
            }
            (Some(playback), _) => playback.began,
        };
        let noted = Noted { stale, began };
        if stale && ignore_stale {
            return noted;
        }
        if report.state == PlaybackState::Stopped {
            self.by_client.remove(&key);
            return noted;
        }
        self.make_room(&key);
        let playback = Playback {
            user: user.clone(),
            track: track.clone(),
            client: client.clone(),
            report,
            began,
            expires: now + time_left(track, report),
        };
        self.by_client.insert(key, playback);
        noted
    }

    /// Takes out the playbacks whose time is up, longest overdue first.
    pub(super) fn take_expired(&mut self, now: SystemTime) -> Vec<Playback> {
        let due = |playback: &Playback| playback.expires <= now;
        let keys: Vec<_> = self
            .by_client
            .iter()
            .filter(|(_, playback)| due(playback))
            .map(|(key, _)| key.clone())
            .collect();
        let mut expired: Vec<_> = keys
            .iter()
            .filter_map(|key| self.by_client.remove(key))
            .collect();
        expired.sort_by_key(|playback| playback.expires);
        expired
    }

    pub(super) fn next_expiry(&self) -> Option<SystemTime> {
        self.by_client
            .values()
            .map(|playback| playback.expires)
            .min()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Playback> {
        self.by_client.values()
    }

    fn make_room(&mut self, key: &(String, String)) {
        if self.by_client.len() < MAX_PLAYBACKS || self.by_client.contains_key(key) {
            return;
        }
        let oldest = self
            .by_client
            .iter()
            .min_by_key(|(_, playback)| playback.expires);
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
            self.by_client.remove(&oldest);
        }
    }
}

/// Tells whether a playback that stops there counts as a play.
pub(super) fn is_enough(track: &LibraryTrack, position: Duration) -> bool {
    position >= (length(track) / 2).min(ENOUGH)
}

/// Returns how long a playback may go on without another report.
fn time_left(track: &LibraryTrack, report: PlaybackReport) -> Duration {
    match report.state {
        PlaybackState::Paused => PAUSED_LIMIT,
        _ => length(track)
            .saturating_sub(report.position)
            .div_f64(speed(report.rate))
            .saturating_add(GRACE),
    }
}

fn length(track: &LibraryTrack) -> Duration {
    // A year is longer than any file; more would leave the range of time.
    Duration::try_from_secs_f64(track.duration.clamp(0.0, 31_536_000.0)).unwrap_or_default()
}

/// A rate that time can be divided by: odd ones are taken for normal speed, and no client is slower than a hundredth.
fn speed(rate: f64) -> f64 {
    match rate.is_finite() && rate > 0.0 {
        true => rate.clamp(0.01, 100.0),
        false => 1.0,
    }
}
