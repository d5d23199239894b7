//! Who listens to what at the moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::document::Object;
use super::fault::Fault;
use super::shapes::{self, count};
use super::{Call, Reply};
use crate::setup::HostUser;

/// How long a track counts as playing after it must have ended.
const GRACE: Duration = Duration::from_secs(5);
/// Players remembered; the one that ends first makes room.
const MAX_PLAYERS: usize = 1_000;

/// What users play at the moment, one track per user and client. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct NowPlaying {
    players: Arc<Mutex<HashMap<(String, String), Playing>>>,
}

#[derive(Debug, Clone)]
struct Playing {
    username: String,
    track: String,
    since: SystemTime,
    until: SystemTime,
}

impl NowPlaying {
    /// Notes that a user's client has begun a track of so many seconds.
    pub(super) fn begin(
        &self,
        user: &HostUser,
        client: &str,
        track: &str,
        seconds: f64,
        now: SystemTime,
    ) {
        let length = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let playing = Playing {
            username: user.name.clone(),
            track: track.to_owned(),
            since: now,
            until: now.checked_add(length + GRACE).unwrap_or(now),
        };
        let mut players = self.players();
        players.retain(|_, playing| playing.until > now);
        if players.len() >= MAX_PLAYERS {
            let first = players.iter().min_by_key(|(_, playing)| playing.until);
            if let Some(player) = first.map(|(player, _)| player.clone()) {
                players.remove(&player);
            }
        }
        players.insert((user.id.clone(), client.to_owned()), playing);
    }

    /// Returns what plays, the latest first, with the name of the client.
    fn list(&self, now: SystemTime) -> Vec<(String, Playing)> {
        let mut list: Vec<_> = self
            .players()
            .iter()
            .filter(|(_, playing)| playing.until > now)
            .map(|((_, client), playing)| (client.clone(), playing.clone()))
            .collect();
        list.sort_by(|(a, x), (b, y)| (y.since, &x.username, a).cmp(&(x.since, &y.username, b)));
        list
    }

    fn players(&self) -> MutexGuard<'_, HashMap<(String, String), Playing>> {
        self.players.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everybody is shown, as far as the user may listen to the track too.
pub(super) fn now_playing(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let now = call.parts().clock.now();
    let playing = call.parts().now_playing.list(now);
    let entries = playing
        .into_iter()
        .enumerate()
        .filter_map(|(n, (client, playing))| {
            let track = index.track_by_id(&playing.track)?;
            let minutes = now
                .duration_since(playing.since)
                .unwrap_or_default()
                .as_secs()
                / 60;
            let entry = shapes::song(track, &notes)
                .with("username", playing.username)
                .with("minutesAgo", i64::try_from(minutes).unwrap_or(i64::MAX))
                .with("playerId", count(n + 1))
                .with("playerName", client);
            Some(entry)
        });
    let entries = Object::new().with_list("entry", entries.collect());
    Reply::object("nowPlaying", entries)
}
