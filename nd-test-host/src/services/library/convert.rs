//! Tracks as plugins get to see them, filled as the server fills them.

use nd_types::{ArtistRef, SongRef, Track, lyrics, scrobbler};

use super::track::{LibraryTrack, TrackArtist, year_of};
use crate::services::clock::unix_seconds;

impl LibraryTrack {
    /// Returns the reference sonic similarity and similar requests carry.
    pub fn song_ref(&self) -> SongRef {
        SongRef {
            id: self.id.clone(),
            name: self.title.clone(),
            mbid: self.mbz_recording_id.clone(),
            isrc: self.isrc.first().cloned().unwrap_or_default(),
            artist: self.artist.clone(),
            artist_mbid: self
                .artists
                .first()
                .map(|artist| artist.mbid.clone())
                .unwrap_or_default(),
            artists: self
                .artists
                .iter()
                .map(|artist| with_role(artist, "artist"))
                .collect(),
            album: self.album.clone(),
            album_mbid: self.mbz_album_id.clone(),
            duration: self.duration as f32,
            duration_ms: (self.duration.max(0.0) * 1_000.0) as u32,
        }
    }

    /// Returns the track of scrobbler requests.
    ///
    /// `shows_path` stands for the manifest's `library.filesystem` together with a grant of this track's library.
    pub fn scrobbler_info(&self, shows_path: bool) -> scrobbler::TrackInfo {
        scrobbler::TrackInfo {
            id: self.id.clone(),
            title: self.title.clone(),
            album: self.album.clone(),
            artist: self.artist.clone(),
            album_artist: self.album_artist.clone(),
            artists: self.artists.iter().map(plain).collect(),
            album_artists: self.album_artists.iter().map(plain).collect(),
            duration: self.duration as f32,
            track_number: self.track_number,
            disc_number: self.disc_number,
            mbz_recording_id: self.mbz_recording_id.clone(),
            mbz_album_id: self.mbz_album_id.clone(),
            mbz_release_group_id: self.mbz_release_group_id.clone(),
            mbz_release_track_id: self.mbz_release_track_id.clone(),
            library_id: if shows_path { self.library_id } else { 0 },
            path: if shows_path {
                self.path.clone()
            } else {
                String::new()
            },
        }
    }

    /// Returns the track of lyrics requests: the same data in that module's own type.
    pub fn lyrics_info(&self, shows_path: bool) -> lyrics::TrackInfo {
        let scrobbler::TrackInfo {
            id,
            title,
            album,
            artist,
            album_artist,
            artists,
            album_artists,
            duration,
            track_number,
            disc_number,
            mbz_recording_id,
            mbz_album_id,
            mbz_release_group_id,
            mbz_release_track_id,
            library_id,
            path,
        } = self.scrobbler_info(shows_path);
        lyrics::TrackInfo {
            id,
            title,
            album,
            artist,
            album_artist,
            artists,
            album_artists,
            duration,
            track_number,
            disc_number,
            mbz_recording_id,
            mbz_album_id,
            mbz_release_group_id,
            mbz_release_track_id,
            library_id,
            path,
        }
    }

    /// Returns the track as the matcher shows it, without the fields that belong to a user.
    ///
    /// `shows_path` stands for the manifest's `library.filesystem`.
    pub fn track(&self, library_name: &str, shows_path: bool) -> Track {
        Track {
            id: self.id.clone(),
            library_id: self.library_id,
            library_name: library_name.to_owned(),
            path: if shows_path {
                self.path.clone()
            } else {
                String::new()
            },
            title: self.title.clone(),
            album: self.album.clone(),
            artist: self.artist.clone(),
            album_artist: self.album_artist.clone(),
            album_id: self.album_id.clone(),
            sort_title: self.sort_title.clone(),
            sort_album_name: self.sort_album.clone(),
            sort_artist_name: self.sort_artist.clone(),
            track_number: self.track_number,
            disc_number: self.disc_number,
            disc_subtitle: self.disc_subtitle.clone(),
            year: self.year(),
            date: self.date.clone(),
            original_year: year_of(&self.original_date),
            original_date: self.original_date.clone(),
            release_year: year_of(&self.release_date),
            release_date: self.release_date.clone(),
            size: self.size,
            suffix: self.suffix.clone(),
            duration: self.duration,
            bit_rate: self.bit_rate,
            sample_rate: self.sample_rate,
            bit_depth: self.bit_depth,
            channels: self.channels,
            codec: self.codec.to_owned(),
            genres: self.genres.clone(),
            comment: self.comment.clone(),
            bpm: self.bpm,
            explicit_status: self.explicit_status.clone(),
            catalog_num: self.catalog_num.clone(),
            compilation: self.compilation,
            has_cover_art: self.has_cover_art,
            mbz_recording_id: self.mbz_recording_id.clone(),
            mbz_release_track_id: self.mbz_release_track_id.clone(),
            mbz_album_id: self.mbz_album_id.clone(),
            mbz_release_group_id: self.mbz_release_group_id.clone(),
            mbz_album_type: self.mbz_album_type.clone(),
            mbz_album_comment: self.mbz_album_comment.clone(),
            rg_album_gain: self.rg_album_gain,
            rg_album_peak: self.rg_album_peak,
            rg_track_gain: self.rg_track_gain,
            rg_track_peak: self.rg_track_peak,
            birth_time: self.birth_time,
            created_at: self.created_at,
            updated_at: unix_seconds(self.modified),
            tags: self.tags.clone().into_iter().collect(),
            participants: self
                .credits()
                .into_iter()
                .map(|(role, sub_role, artist)| ArtistRef {
                    sub_role: sub_role.to_owned(),
                    ..with_role(artist, role)
                })
                .collect(),
            ..Track::default()
        }
    }
}

/// Id, name and MBID only.
fn plain(artist: &TrackArtist) -> ArtistRef {
    ArtistRef {
        id: artist.id.clone(),
        name: artist.name.clone(),
        mbid: artist.mbid.clone(),
        ..ArtistRef::default()
    }
}

fn with_role(artist: &TrackArtist, role: &str) -> ArtistRef {
    ArtistRef {
        sort_name: artist.sort_name.clone(),
        role: role.to_owned(),
        ..plain(artist)
    }
}
