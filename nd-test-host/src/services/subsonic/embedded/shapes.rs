//! Songs, albums and artists as clients expect them.

use std::collections::HashMap;
use std::time::SystemTime;

use super::document::Object;
use super::fault::Fault;
use super::index::{Album, Artist, Index, credited};
use crate::services::clock::unix_seconds;
use crate::services::library::{LibraryTrack, TrackArtist};
use crate::store::Database;
use crate::store::annotations::{Annotation, Item};

/// What a user thinks of everything, by item id.
pub(super) struct Notes {
    tracks: HashMap<String, Annotation>,
    albums: HashMap<String, Annotation>,
    artists: HashMap<String, Annotation>,
}

impl Notes {
    pub(super) fn load(store: &Database, user: &str) -> Result<Self, Fault> {
        Ok(Self {
            tracks: store.annotations(user, Item::Track)?,
            albums: store.annotations(user, Item::Album)?,
            artists: store.annotations(user, Item::Artist)?,
        })
    }

    pub(super) fn of_track(&self, id: &str) -> Annotation {
        self.tracks.get(id).copied().unwrap_or_default()
    }

    pub(super) fn of_album(&self, id: &str) -> Annotation {
        self.albums.get(id).copied().unwrap_or_default()
    }

    pub(super) fn of_artist(&self, id: &str) -> Annotation {
        self.artists.get(id).copied().unwrap_or_default()
    }
}

/// A track, as the type `Child`.
pub(super) fn song(track: &LibraryTrack, notes: &Notes) -> Object {
    let note = notes.of_track(&track.id);
    let artists = credited(&track.artists);
    let album_artists = credited(&track.album_artists);
    Object::new()
        .with("id", track.id.as_str())
        .with("parent", track.album_id.as_str())
        .with("isDir", false)
        .with("title", track.title.as_str())
        .with("album", track.album.as_str())
        .with("artist", track.artist.as_str())
        .with_number("track", track.track_number)
        .with_number("year", track.year())
        .with_some("genre", track.genres.first().map(String::as_str))
        .with("coverArt", cover_of_track(track))
        .with("size", track.size)
        .with("contentType", content_type(&track.suffix))
        .with("suffix", track.suffix.as_str())
        .with_some("starred", note.starred_at.map(time))
        .with("duration", track.duration as i64)
        .with("bitRate", track.bit_rate)
        .with("path", shown_path(track))
        .with_number("playCount", note.play_count)
        .with_number("discNumber", track.disc_number)
        .with("created", time(unix_seconds(track.modified)))
        .with("albumId", track.album_id.as_str())
        .with("artistId", artists[0].id.as_str())
        .with("type", "music")
        .with_number("userRating", note.rating)
        .with("isVideo", false)
        .with_some("played", note.played_at.map(time))
        .with("bpm", track.bpm.unwrap_or_default())
        .with("comment", track.comment.as_str())
        .with("sortName", track.sort_title.as_str())
        .with("mediaType", "song")
        .with("musicBrainzId", track.mbz_recording_id.as_str())
        .with("isrc", texts(&track.isrc))
        .with("genres", genres(&track.genres))
        .with(
            "replayGain",
            Object::new()
                .with_some("trackGain", track.rg_track_gain)
                .with_some("albumGain", track.rg_album_gain)
                .with_some("trackPeak", track.rg_track_peak)
                .with_some("albumPeak", track.rg_album_peak),
        )
        .with("channelCount", track.channels)
        .with("samplingRate", track.sample_rate)
        .with("bitDepth", track.bit_depth.unwrap_or_default())
        .with("moods", Vec::<String>::new())
        .with("artists", refs(&artists))
        .with("displayArtist", track.artist.as_str())
        .with("albumArtists", refs(&album_artists))
        .with("displayAlbumArtist", track.album_artist.as_str())
        .with("contributors", Vec::<Object>::new())
        .with("displayComposer", "")
        .with("explicitStatus", "")
}

/// An album, as the type `AlbumID3`.
pub(super) fn album(album: &Album, index: &Index, notes: &Notes) -> Object {
    let note = notes.of_album(&album.id);
    let first = index.track(album.tracks[0]);
    Object::new()
        .with("id", album.id.as_str())
        .with("name", album.name.as_str())
        .with("artist", album.artist.as_str())
        .with("artistId", album.artists[0].id.as_str())
        .with("coverArt", cover_of_album(&album.id, album.created))
        .with("songCount", count(album.tracks.len()))
        .with("duration", album.duration as i64)
        .with_number("playCount", note.play_count)
        .with("created", time(unix_seconds(album.created)))
        .with_some("starred", note.starred_at.map(time))
        .with_number("year", album.year)
        .with_some("genre", album.genres.first().map(String::as_str))
        .with_some("played", note.played_at.map(time))
        .with("userRating", i64::from(note.rating))
        .with("genres", genres(&album.genres))
        .with("musicBrainzId", first.mbz_album_id.as_str())
        .with("isCompilation", first.compilation)
        .with("sortName", first.sort_album.as_str())
        .with("discTitles", Vec::<Object>::new())
        .with("originalReleaseDate", date(&first.original_date))
        .with("releaseDate", date(&first.release_date))
        .with("releaseTypes", Vec::<String>::new())
        .with("recordLabels", Vec::<Object>::new())
        .with("moods", Vec::<String>::new())
        .with("artists", refs(&album.artists))
        .with("displayArtist", album.artist.as_str())
        .with("explicitStatus", "")
        .with("version", "")
}

/// An album as a folder, for clients that browse folders.
pub(super) fn album_folder(album: &Album, index: &Index, notes: &Notes) -> Object {
    let note = notes.of_album(&album.id);
    let first = index.track(album.tracks[0]);
    Object::new()
        .with("id", album.id.as_str())
        .with("parent", album.artists[0].id.as_str())
        .with("isDir", true)
        .with("title", album.name.as_str())
        .with("name", album.name.as_str())
        .with("album", album.name.as_str())
        .with("artist", album.artist.as_str())
        .with_number("year", album.year)
        .with_some("genre", album.genres.first().map(String::as_str))
        .with("coverArt", cover_of_album(&album.id, album.created))
        .with_some("starred", note.starred_at.map(time))
        .with("duration", album.duration as i64)
        .with_number("playCount", note.play_count)
        .with("created", time(unix_seconds(album.created)))
        .with("artistId", album.artists[0].id.as_str())
        .with_number("userRating", note.rating)
        .with("songCount", count(album.tracks.len()))
        .with("isVideo", false)
        .with_some("played", note.played_at.map(time))
        .with("mediaType", "album")
        .with("musicBrainzId", first.mbz_album_id.as_str())
        .with("genres", genres(&album.genres))
        .with("artists", refs(&album.artists))
        .with("displayArtist", album.artist.as_str())
}

/// An artist, as the type `ArtistID3`.
pub(super) fn artist(artist: &Artist, notes: &Notes) -> Object {
    let mut roles = Vec::new();
    if !artist.albums.is_empty() {
        roles.push("albumartist");
    }
    if !artist.tracks.is_empty() {
        roles.push("artist");
    }
    artist_folder(artist, notes)
        .with("musicBrainzId", artist.mbid.as_str())
        .with("sortName", artist.sort_name.as_str())
        .with("roles", roles)
}

/// An artist as a folder, for clients that browse folders.
pub(super) fn artist_folder(artist: &Artist, notes: &Notes) -> Object {
    let note = notes.of_artist(&artist.id);
    Object::new()
        .with("id", artist.id.as_str())
        .with("name", artist.name.as_str())
        .with("coverArt", format!("ar-{}_0", artist.id))
        .with("albumCount", count(artist.albums.len()))
        .with_some("starred", note.starred_at.map(time))
        .with_number("userRating", note.rating)
}

/// Returns the id of a track's picture: its own, or that of its album.
pub(super) fn cover_of_track(track: &LibraryTrack) -> String {
    match track.has_cover_art {
        true => format!("mf-{}_{:x}", track.id, unix_seconds(track.modified)),
        false => cover_of_album(&track.album_id, track.modified),
    }
}

fn cover_of_album(id: &str, changed: SystemTime) -> String {
    format!("al-{id}_{:x}", unix_seconds(changed))
}

/// Writes a time, given in Unix seconds.
pub(super) fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .unwrap_or_default()
        .to_string()
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Names the type of a file by its extension.
pub(super) fn content_type(suffix: &str) -> &'static str {
    match suffix {
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "ogg" | "oga" | "opus" | "spx" => "audio/ogg",
        "m4a" | "m4b" | "mp4" => "audio/mp4",
        "aac" => "audio/aac",
        "wav" => "audio/x-wav",
        "aif" | "aiff" => "audio/x-aiff",
        "ape" => "audio/x-monkeys-audio",
        "mpc" => "audio/x-musepack",
        "wv" => "audio/x-wavpack",
        _ => "application/octet-stream",
    }
}

/// The server does not show where files are: it makes a path of the tags.
fn shown_path(track: &LibraryTrack) -> String {
    let plain = |text: &str| text.replace('/', "_");
    let mut path = format!("{}/{}/", plain(&track.album_artist), plain(&track.album));
    if track.disc_number != 0 {
        path += &format!("{:02}-", track.disc_number);
    }
    if track.track_number != 0 {
        path += &format!("{:02} - ", track.track_number);
    }
    path + &format!("{}.{}", plain(&track.title), track.suffix)
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn genres(names: &[String]) -> Vec<Object> {
    let named = |name: &String| Object::new().with("name", name.as_str());
    names.iter().map(named).collect()
}

fn refs(artists: &[TrackArtist]) -> Vec<Object> {
    let reference = |artist: &TrackArtist| {
        Object::new()
            .with("id", artist.id.as_str())
            .with("name", artist.name.as_str())
    };
    artists.iter().map(reference).collect()
}

/// A date as far as it is known.
fn date(text: &str) -> Object {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let mut next = || parts.next().flatten().unwrap_or_default();
    Object::new()
        .with_number("year", next())
        .with_number("month", next())
        .with_number("day", next())
}
