//! A track for tests.

use std::time::SystemTime;

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
        album_artists: Vec::new(),
        track_number: 1,
        disc_number: 1,
        date: String::new(),
        original_date: String::new(),
        release_date: String::new(),
        genres: Vec::new(),
        comment: String::new(),
        bpm: None,
        compilation: false,
        has_cover_art: false,
        sort_title: String::new(),
        sort_album: String::new(),
        mbz_recording_id: String::new(),
        mbz_release_track_id: String::new(),
        mbz_album_id: String::new(),
        mbz_release_group_id: String::new(),
        isrc: Vec::new(),
        rg_track_gain: None,
        rg_track_peak: None,
        rg_album_gain: None,
        rg_album_peak: None,
        duration: 200.0,
        bit_rate: 0,
        sample_rate: 0,
        bit_depth: None,
        channels: 2,
        size: 0,
        suffix: "flac".to_owned(),
        codec: "FLAC",
        modified: SystemTime::UNIX_EPOCH,
    }
}
