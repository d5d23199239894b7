//! Between the index and the song references of the server.

use nd_pdk::types::{ArtistRef, SongRef};

use crate::index::TrackEntry;
use crate::search::{UNKNOWN_ARTIST, Wanted};

/// Texts that taggers put between artists, and at which the server takes them apart.
const SEPARATORS: [&str; 7] = [" feat. ", " feat ", " ft. ", " ft ", " / ", "; ", ";"];

/// The reference by which the server finds an indexed song in its own library.
pub fn reference(track: &TrackEntry<'_>) -> SongRef {
    let names = artist_names(track);
    let mbids: Vec<&str> = track.artist_mbids().collect();
    let artists = names.iter().enumerate().map(|(place, name)| ArtistRef {
        name: name.clone(),
        // Ids can only be told apart where there is one for each name.
        mbid: if mbids.len() == names.len() {
            mbids[place].to_owned()
        } else {
            String::new()
        },
        role: "artist".to_owned(),
        ..ArtistRef::default()
    });
    SongRef {
        name: track.title.to_owned(),
        mbid: track.mbid.to_owned(),
        isrc: track.isrc.to_owned(),
        artist: if track.artist.is_empty() {
            UNKNOWN_ARTIST.to_owned()
        } else {
            track.artist.to_owned()
        },
        artist_mbid: if mbids.len() == 1 {
            mbids[0].to_owned()
        } else {
            String::new()
        },
        artists: artists.collect(),
        album: track.album.to_owned(),
        album_mbid: track.album_mbid.to_owned(),
        duration: track.duration_ms as f32 / 1000.0,
        duration_ms: track.duration_ms,
        ..SongRef::default()
    }
}

/// Artists one by one, as the server has them: from the list in the tags, else from the display name. A file without
/// any artist belongs to the "unknown artist", by whom it can be found.
fn artist_names(track: &TrackEntry<'_>) -> Vec<String> {
    let listed: Vec<String> = track.artists().map(str::to_owned).collect();
    if !listed.is_empty() {
        return listed;
    }
    if track.artist.is_empty() {
        return vec![UNKNOWN_ARTIST.to_owned()];
    }
    split(track.artist)
}

fn split(display: &str) -> Vec<String> {
    let mut names = vec![display.to_owned()];
    for separator in SEPARATORS {
        names = names
            .iter()
            .flat_map(|name| split_once(name, separator))
            .collect();
    }
    names
}

fn split_once(name: &str, separator: &str) -> Vec<String> {
    // ASCII lowering keeps every byte in its place, so positions hold in the original too.
    let lower = name.to_ascii_lowercase();
    let mut parts = Vec::new();
    let mut from = 0;
    for (place, _) in lower.match_indices(separator) {
        parts.push(&name[from..place]);
        from = place + separator.len();
    }
    parts.push(&name[from..]);
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// What to look for in the index when the server names this song.
pub fn wanted(song: &SongRef) -> Wanted {
    // The two single fields count only where the list is empty.
    let mut artists: Vec<String> = song
        .artists
        .iter()
        .map(|artist| artist.name.clone())
        .collect();
    if song.artists.is_empty() && !song.artist.is_empty() {
        artists = split(&song.artist);
        artists.push(song.artist.clone());
    } else if artists.len() > 1 {
        // A file with a display name only is indexed under that.
        artists.push(song.artist.clone());
    }
    let seconds = if song.duration.is_finite() {
        song.duration.max(0.0)
    } else {
        0.0
    };
    Wanted {
        title: song.name.clone(),
        artists,
        album: song.album.clone(),
        mbid: song.mbid.clone(),
        isrc: song.isrc.clone(),
        duration_ms: if song.duration_ms > 0 {
            song.duration_ms
        } else {
            (seconds * 1000.0) as u32
        },
    }
}
