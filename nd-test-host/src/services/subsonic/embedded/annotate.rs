//! Endpoints by which users say what they think of music, and what they listen to.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fault::Fault;
use super::index::{Index, credited};
use super::{Call, Reply};
use crate::services::clock::unix_seconds;
use crate::services::library::LibraryTrack;
use crate::store::annotations::Item;

pub(super) fn star(call: &Call<'_>) -> Result<Reply, Fault> {
    set_starred(call, Some(call.now()))
}

pub(super) fn unstar(call: &Call<'_>) -> Result<Reply, Fault> {
    set_starred(call, None)
}

/// Nothing is changed unless everything named is there.
fn set_starred(call: &Call<'_>, at: Option<i64>) -> Result<Reply, Fault> {
    let index = call.index();
    let mut items = Vec::new();
    for name in ["id", "albumId", "artistId"] {
        for id in call.params.all(name) {
            items.push((kind(&index, id)?, id));
        }
    }
    if items.is_empty() {
        return Err(Fault::missing("id"));
    }
    for (item, id) in items {
        call.store().set_starred(&call.user.id, item, id, at)?;
    }
    Ok(Reply::Empty)
}

pub(super) fn set_rating(call: &Call<'_>) -> Result<Reply, Fault> {
    let id = call.params.required("id")?;
    let rating = call.params.required("rating")?;
    let rating: u8 = match rating.parse() {
        Ok(rating @ 0..=5) => rating,
        _ => {
            return Err(Fault::other(format!(
                "invalid rating '{rating}': it must be 0 to 5"
            )));
        }
    };
    let item = kind(&call.index(), id)?;
    call.store().set_rating(&call.user.id, item, id, rating)?;
    Ok(Reply::Empty)
}

/// Finds out what an id stands for.
fn kind(index: &Index, id: &str) -> Result<Item, Fault> {
    if index.track_by_id(id).is_some() {
        Ok(Item::Track)
    } else if index.album_by_id(id).is_some() {
        Ok(Item::Album)
    } else if index.artist_by_id(id).is_some() {
        Ok(Item::Artist)
    } else {
        Err(Fault::not_found("Not found"))
    }
}

/// Takes note of plays. Songs that are not there are passed over, as on the server.
pub(super) fn scrobble(call: &Call<'_>) -> Result<Reply, Fault> {
    let ids = call.params.some("id")?;
    let times = call.params.all("time");
    if !times.is_empty() && times.len() != ids.len() {
        return Err(Fault::other(format!(
            "Wrong number of timestamps: {}, should be {}",
            times.len(),
            ids.len()
        )));
    }
    let index = call.index();
    let now = call.parts().clock.now();
    if !call.params.truth("submission").unwrap_or(true) {
        if let Some(track) = index.track_by_id(ids[0]) {
            play(call, track, now);
        }
        return Ok(Reply::Empty);
    }
    for (n, id) in ids.into_iter().enumerate() {
        let at = times.get(n).and_then(|time| milliseconds(time));
        if let Some(track) = index.track_by_id(id) {
            submit(call, track, at.unwrap_or(now))?;
        }
    }
    Ok(Reply::Empty)
}

fn milliseconds(text: &str) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(text.parse().ok()?))
}

fn play(call: &Call<'_>, track: &LibraryTrack, now: SystemTime) {
    let client = call.params.text("c").unwrap_or_default();
    let parts = call.parts();
    parts
        .now_playing
        .begin(&call.user, client, &track.id, track.duration, now);
    if let Some(plays) = &parts.plays {
        plays.now_playing(&call.user, track, client);
    }
}

/// Counts a play for the track, its album and every artist on either.
fn submit(call: &Call<'_>, track: &LibraryTrack, at: SystemTime) -> Result<(), Fault> {
    let (store, user, seconds) = (call.store(), call.user.id.as_str(), unix_seconds(at));
    store.record_scrobble(user, &track.id, seconds)?;
    store.count_play(user, Item::Track, &track.id, seconds)?;
    store.count_play(user, Item::Album, &track.album_id, seconds)?;
    let credits = [credited(&track.artists), credited(&track.album_artists)].concat();
    let artists: BTreeSet<_> = credits.into_iter().map(|artist| artist.id).collect();
    for artist in artists {
        store.count_play(user, Item::Artist, &artist, seconds)?;
    }
    if let Some(plays) = &call.parts().plays {
        plays.submitted(&call.user, track, at);
    }
    Ok(())
}
