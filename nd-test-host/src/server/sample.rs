//! A track for tests.

use crate::services::library::{LibraryTrack, TrackArtist};

/// A track of 200 seconds.
pub(super) fn track(title: &str) -> LibraryTrack {
    LibraryTrack {
        id: format!("id of {title}"),
        library_id: 7,
        path: format!("{title}.flac"),
        title: title.to_owned(),
        album: "Album".to_owned(),
        album_id: "al1".to_owned(),
        artist: "Artist".to_owned(),
        album_artist: "Artist".to_owned(),
        artists: vec![TrackArtist {
            id: "ar1".to_owned(),
            name: "Artist".to_owned(),
            mbid: String::new(),
            sort_name: String::new(),
        }],
        track_number: 1,
        disc_number: 1,
        duration: 200.0,
        channels: 2,
        suffix: "flac".to_owned(),
        codec: "FLAC",
        ..LibraryTrack::default()
    }
}
