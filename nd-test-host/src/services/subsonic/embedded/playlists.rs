//! Playlists: everybody sees their own and the public ones; administrators see and change all.

use std::collections::HashSet;

use super::document::Object;
use super::fault::Fault;
use super::index::Index;
use super::shapes::{self, count, time};
use super::{Call, Reply};
use crate::services::id;
use crate::services::library::LibraryTrack;
use crate::store::playlists::Playlist;

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let index = call.index();
    let mut playlists = call.store().playlists()?;
    playlists.retain(|playlist| may_see(call, playlist));
    playlists.sort_by_key(|playlist| playlist.name.to_lowercase());
    let shapes = playlists
        .iter()
        .map(|playlist| describe(call, playlist, &tracks_of(&index, playlist)));
    let list = Object::new().with_list("playlist", shapes.collect());
    Reply::object("playlists", list)
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Fault> {
    show(call, call.params.required("id")?)
}

fn show(call: &Call<'_>, id: &str) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let playlist = find(call, id)?;
    let tracks = tracks_of(&index, &playlist);
    let entries = tracks
        .iter()
        .map(|track| shapes::song(track, &notes))
        .collect();
    let shape = describe(call, &playlist, &tracks).with_list("entry", entries);
    Reply::object("playlist", shape)
}

/// Makes a playlist, or replaces the songs of one. Songs that are not there are left out.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, Fault> {
    let (id, name) = (call.params.text("playlistId"), call.params.text("name"));
    let index = call.index();
    let tracks = known(&index, &call.params.all("songId"));
    let now = call.now();
    let id = match (id, name) {
        (Some(id), name) => {
            owned(call, id)?;
            call.store().change_playlist(id, |playlist| {
                playlist.tracks = tracks;
                if let Some(name) = name {
                    playlist.name = name.to_owned();
                }
                playlist.changed_at = now;
            })?;
            id.to_owned()
        }
        (None, Some(name)) => {
            let playlist = Playlist {
                id: id::random(),
                owner_id: call.user.id.clone(),
                name: name.to_owned(),
                comment: String::new(),
                public: false,
                created_at: now,
                changed_at: now,
                tracks,
            };
            call.store().create_playlist(&playlist)?;
            playlist.id
        }
        (None, None) => return Err(Fault::missing("name")),
    };
    show(call, &id)
}

/// Changes what is given. Places to remove are those before the change; songs to add come last.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, Fault> {
    let id = call.params.required("playlistId")?;
    owned(call, id)?;
    let removed = call.params.all("songIndexToRemove");
    let removed: HashSet<usize> = removed.iter().filter_map(|n| n.parse().ok()).collect();
    let added = known(&call.index(), &call.params.all("songIdToAdd"));
    let now = call.now();
    call.store().change_playlist(id, |playlist| {
        let kept = std::mem::take(&mut playlist.tracks).into_iter().enumerate();
        let kept = kept.filter(|(n, _)| !removed.contains(n));
        playlist.tracks = kept.map(|(_, track)| track).chain(added).collect();
        if let Some(name) = call.params.text("name") {
            playlist.name = name.to_owned();
        }
        // An empty comment is a comment: it takes an old one away.
        if let Some((_, comment)) = call.params.0.iter().find(|(key, _)| key == "comment") {
            playlist.comment.clone_from(comment);
        }
        if let Some(public) = call.params.truth("public") {
            playlist.public = public;
        }
        playlist.changed_at = now;
    })?;
    Ok(Reply::Empty)
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    let id = call.params.required("id")?;
    owned(call, id)?;
    call.store().delete_playlist(id)?;
    Ok(Reply::Empty)
}

/// Returns a playlist the user may see.
pub(super) fn find(call: &Call<'_>, id: &str) -> Result<Playlist, Fault> {
    let playlist = call.store().playlist(id)?;
    playlist
        .filter(|playlist| may_see(call, playlist))
        .ok_or_else(|| Fault::not_found("playlist not found"))
}

/// Checks that the user may change a playlist.
fn owned(call: &Call<'_>, id: &str) -> Result<(), Fault> {
    let playlist = find(call, id)?;
    match may_change(call, &playlist) {
        true => Ok(()),
        false => Err(Fault::denied()),
    }
}

fn may_see(call: &Call<'_>, playlist: &Playlist) -> bool {
    playlist.public || may_change(call, playlist)
}

fn may_change(call: &Call<'_>, playlist: &Playlist) -> bool {
    call.user.admin || playlist.owner_id == call.user.id
}

fn known(index: &Index, ids: &[&str]) -> Vec<String> {
    let known = ids.iter().filter(|id| index.track_by_id(id).is_some());
    known.map(|&id| id.to_owned()).collect()
}

/// Returns the tracks of a playlist that the user may listen to.
pub(super) fn tracks_of<'a>(index: &'a Index, playlist: &Playlist) -> Vec<&'a LibraryTrack> {
    let ids = playlist.tracks.iter();
    ids.filter_map(|id| index.track_by_id(id)).collect()
}

fn describe(call: &Call<'_>, playlist: &Playlist, tracks: &[&LibraryTrack]) -> Object {
    let mut users = call.parts().users.iter();
    let owner = users.find(|user| user.id == playlist.owner_id);
    let seconds: f64 = tracks.iter().map(|track| track.duration).sum();
    Object::new()
        .with("id", playlist.id.as_str())
        .with("name", playlist.name.as_str())
        .with_text("comment", &playlist.comment)
        .with("songCount", count(tracks.len()))
        .with("duration", seconds as i64)
        .with("public", playlist.public)
        .with_some("owner", owner.map(|owner| owner.name.as_str()))
        .with("created", time(playlist.created_at))
        .with("changed", time(playlist.changed_at))
        .with(
            "coverArt",
            format!("pl-{}_{:x}", playlist.id, playlist.changed_at),
        )
        .with("readonly", !may_change(call, playlist))
}
