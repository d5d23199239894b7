//! Endpoints that look things up: folders, artists, albums, songs, genres.

use std::collections::BTreeMap;

use super::document::{Node, Object};
use super::fault::Fault;
use super::index::{Artist, Index};
use super::shapes::{self, Notes, count};
use super::{Call, Reply};
use crate::services::clock::unix_seconds;
use crate::services::library::LibraryTrack;

pub(super) fn music_folders(call: &Call<'_>) -> Result<Reply, Fault> {
    let folder = |library: &crate::setup::HostLibrary| {
        Object::new()
            .with("id", library.id)
            .with("name", library.name.as_str())
    };
    let folders = call.libraries().map(folder).collect();
    Reply::object(
        "musicFolders",
        Object::new().with_list("musicFolder", folders),
    )
}

pub(super) fn indexes(call: &Call<'_>) -> Result<Reply, Fault> {
    let since = call.params.number("ifModifiedSince").unwrap_or(0);
    listed(call, "indexes", shapes::artist_folder, since)
}

pub(super) fn artists(call: &Call<'_>) -> Result<Reply, Fault> {
    listed(call, "artists", shapes::artist, -1)
}

/// Lists the artists that have albums, by first letter; none if nothing changed after `since` milliseconds.
fn listed(
    call: &Call<'_>,
    name: &'static str,
    shape: fn(&Artist, &Notes) -> Object,
    since: i64,
) -> Result<Reply, Fault> {
    let (index, notes) = (call.index_of_folders()?, call.notes()?);
    let modified = index.scanned_at().map_or(0, unix_seconds) * 1_000;
    let mut groups: BTreeMap<String, Vec<&Artist>> = BTreeMap::new();
    if modified > since {
        for artist in index.artists.iter().filter(|a| !a.albums.is_empty()) {
            groups.entry(group(&artist.key)).or_default().push(artist);
        }
    }
    let groups = groups.into_iter().map(|(name, mut artists)| {
        artists.sort_by(|a, b| (&a.key, &a.name).cmp(&(&b.key, &b.name)));
        let artists = artists.into_iter().map(|artist| shape(artist, &notes));
        Object::new()
            .with("name", name)
            .with_list("artist", artists.collect())
    });
    let articles = call.parts().config.ignored_articles.join(" ");
    let listed = Object::new()
        .with_list("index", groups.collect())
        .with("lastModified", modified)
        .with("ignoredArticles", articles);
    Reply::object(name, listed)
}

/// Names the group a sort key belongs to, as the server groups artists unless told otherwise.
fn group(key: &str) -> String {
    match key.chars().next() {
        Some(first @ 'a'..='w') => first.to_uppercase().to_string(),
        Some('x'..='z') => "X-Z".to_owned(),
        Some('[') => "[Unknown]".to_owned(),
        _ => "#".to_owned(),
    }
}

pub(super) fn artist(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let artist = find_artist(&index, call.params.required("id")?)?;
    let albums = albums_of(&index, artist);
    let albums = albums.map(|album| shapes::album(album, &index, &notes));
    let shape = shapes::artist(artist, &notes).with_list("album", albums.collect());
    Reply::object("artist", shape)
}

fn albums_of<'a>(
    index: &'a Index,
    artist: &Artist,
) -> impl Iterator<Item = &'a super::index::Album> + use<'a> {
    let mut albums: Vec<_> = artist.albums.iter().map(|&n| &index.albums[n]).collect();
    albums.sort_by(|a, b| (a.year, &a.key).cmp(&(b.year, &b.key)));
    albums.into_iter()
}

pub(super) fn album(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let id = call.params.required("id")?;
    let album = index.album_by_id(id);
    let album = album.ok_or_else(|| Fault::not_found("Album not found"))?;
    let songs = album.tracks.iter().map(|&n| index.track(n));
    let songs = songs.map(|track| shapes::song(track, &notes)).collect();
    let shape = shapes::album(album, &index, &notes).with_list("song", songs);
    Reply::object("album", shape)
}

pub(super) fn song(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let track = find_track(&index, call.params.required("id")?)?;
    Reply::object("song", shapes::song(track, &notes))
}

pub(super) fn music_directory(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let id = call.params.required("id")?;
    let directory = Object::new().with("id", id);
    let shape = if let Some(artist) = index.artist_by_id(id) {
        let albums = albums_of(&index, artist);
        let albums = albums.map(|album| shapes::album_folder(album, &index, &notes));
        directory
            .with("name", artist.name.as_str())
            .with("albumCount", count(artist.albums.len()))
            .with_list("child", albums.collect())
    } else if let Some(album) = index.album_by_id(id) {
        let songs = album.tracks.iter().map(|&n| index.track(n));
        directory
            .with("parent", album.artists[0].id.as_str())
            .with("name", album.name.as_str())
            .with("songCount", count(album.tracks.len()))
            .with_list(
                "child",
                songs.map(|track| shapes::song(track, &notes)).collect(),
            )
    } else {
        return Err(Fault::not_found("Directory not found"));
    };
    Reply::object("directory", shape)
}

pub(super) fn genres(call: &Call<'_>) -> Result<Reply, Fault> {
    let index = call.index();
    let mut genres: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for album in &index.albums {
        for genre in &album.genres {
            genres.entry(genre).or_default().1 += 1;
        }
    }
    for genre in index.tracks().flat_map(|track| &track.genres) {
        genres.entry(genre).or_default().0 += 1;
    }
    let genres = genres.into_iter().map(|(name, (songs, albums))| {
        Object::new()
            .with("songCount", songs)
            .with("albumCount", albums)
            .with("value", name)
    });
    let genres = Object::new().with_list("genre", genres.collect());
    Reply::object("genres", genres)
}

pub(super) fn artist_info(call: &Call<'_>) -> Result<Reply, Fault> {
    info_of_artist(call, "artistInfo")
}

pub(super) fn artist_info2(call: &Call<'_>) -> Result<Reply, Fault> {
    info_of_artist(call, "artistInfo2")
}

/// Nothing is known about artists but what files say. The id may be that of a song or an album too.
fn info_of_artist(call: &Call<'_>, name: &'static str) -> Result<Reply, Fault> {
    let index = call.index();
    let artist = artist_behind(&index, call.params.required("id")?)?;
    let mbid = Some(artist.mbid.as_str()).filter(|mbid| !mbid.is_empty());
    let mbid = mbid.map(|mbid| Node::Element(mbid.to_owned()));
    Reply::object(name, Object::new().with_some("musicBrainzId", mbid))
}

/// Returns the artist an id stands for: an artist, or the first one of an album or a song.
pub(super) fn artist_behind<'a>(index: &'a Index, id: &str) -> Result<&'a Artist, Fault> {
    let of_album = || {
        let album = index.album_by_id(id)?;
        index.artist_by_id(&album.artists[0].id)
    };
    let of_track = || {
        let track = index.track_by_id(id)?;
        index.artist_by_id(&super::index::credited(&track.artists)[0].id)
    };
    index
        .artist_by_id(id)
        .or_else(of_album)
        .or_else(of_track)
        .ok_or_else(|| Fault::not_found("Artist not found"))
}

/// The id may be that of a song of the album too.
pub(super) fn album_info(call: &Call<'_>) -> Result<Reply, Fault> {
    let index = call.index();
    let id = call.params.required("id")?;
    let id = index.track_by_id(id).map_or(id, |track| &track.album_id);
    let album = index.album_by_id(id);
    let album = album.ok_or_else(|| Fault::not_found("Album not found"))?;
    let mbid = &index.track(album.tracks[0]).mbz_album_id;
    let mbid = Some(mbid).filter(|mbid| !mbid.is_empty());
    let mbid = mbid.map(|mbid| Node::Element(mbid.clone()));
    Reply::object("albumInfo", Object::new().with_some("musicBrainzId", mbid))
}

pub(super) fn lyrics(_call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::object("lyrics", Object::new().with("value", ""))
}

pub(super) fn lyrics_by_song(call: &Call<'_>) -> Result<Reply, Fault> {
    find_track(&call.index(), call.params.required("id")?)?;
    Reply::object("lyricsList", Object::new())
}

pub(super) fn find_track<'a>(index: &'a Index, id: &str) -> Result<&'a LibraryTrack, Fault> {
    index
        .track_by_id(id)
        .ok_or_else(|| Fault::not_found("Song not found"))
}

fn find_artist<'a>(index: &'a Index, id: &str) -> Result<&'a Artist, Fault> {
    index
        .artist_by_id(id)
        .ok_or_else(|| Fault::not_found("Artist not found"))
}
