//! A music file as a scan found it.

use std::collections::BTreeMap;
use std::time::SystemTime;

/// The artist text of files that name none.
pub const UNKNOWN_ARTIST: &str = "[Unknown Artist]";
/// The album text of files that name none.
pub const UNKNOWN_ALBUM: &str = "[Unknown Album]";
/// The album artist of compilations that name none.
pub const VARIOUS_ARTISTS: &str = "Various Artists";

/// One music file with its tags and audio properties. Texts are empty, numbers 0, where the file says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryTrack {
    /// Media file id: 22 characters of base62 that depend on library and path only. A file that is moved keeps the id of its
    /// first place when the scan that notices goes to the host's database.
    pub id: String,
    /// What tells the same recording on the same release in another place: depends on tags only.
    pub persistent_id: String,
    /// Library the file is in.
    pub library_id: i32,
    /// Path below the library's folder, with `/` between its parts.
    pub path: String,
    /// Title; the file's name without extension if it has none.
    pub title: String,
    /// Album, or [`UNKNOWN_ALBUM`].
    pub album: String,
    /// Album id; the same for every track of the album.
    pub album_id: String,
    /// Artists as one text for people, or [`UNKNOWN_ARTIST`].
    pub artist: String,
    /// Album artists as one text for people.
    pub album_artist: String,
    /// Artists of the track; empty if the file names none.
    pub artists: Vec<TrackArtist>,
    /// Artists of the album. If the file names none: [`VARIOUS_ARTISTS`] on a compilation, the track's artists otherwise.
    pub album_artists: Vec<TrackArtist>,
    /// Everybody else who took part, by role.
    pub participants: Vec<Participant>,
    /// Number on the disc.
    pub track_number: i32,
    /// Number of the disc.
    pub disc_number: i32,
    /// Title of the disc.
    pub disc_subtitle: String,
    /// Date of the recording as tagged, or else the best other one.
    pub date: String,
    /// Original release date as tagged.
    pub original_date: String,
    /// Date of this release as tagged.
    pub release_date: String,
    /// Genres.
    pub genres: Vec<String>,
    /// Comment.
    pub comment: String,
    /// Beats per minute.
    pub bpm: Option<i32>,
    /// `e` for explicit, `c` for cleaned up, empty if the file does not say.
    pub explicit_status: String,
    /// Catalogue number of the release.
    pub catalog_num: String,
    /// Whether the album is a compilation of several artists.
    pub compilation: bool,
    /// Whether the file holds a picture.
    pub has_cover_art: bool,
    /// Whether the file holds lyrics.
    pub has_lyrics: bool,
    /// Sort form of the title.
    pub sort_title: String,
    /// Sort form of the album title.
    pub sort_album: String,
    /// Sort form of the artist text.
    pub sort_artist: String,
    /// Sort form of the album artist text.
    pub sort_album_artist: String,
    /// MusicBrainz recording id.
    pub mbz_recording_id: String,
    /// MusicBrainz track id, of the recording's place on one release.
    pub mbz_release_track_id: String,
    /// MusicBrainz release id.
    pub mbz_album_id: String,
    /// MusicBrainz release group id.
    pub mbz_release_group_id: String,
    /// Type of the release, as in `album`.
    pub mbz_album_type: String,
    /// What tells the release from others of the same name.
    pub mbz_album_comment: String,
    /// ISRCs.
    pub isrc: Vec<String>,
    /// ReplayGain of the track in dB.
    pub rg_track_gain: Option<f64>,
    /// ReplayGain peak of the track.
    pub rg_track_peak: Option<f64>,
    /// ReplayGain of the album in dB.
    pub rg_album_gain: Option<f64>,
    /// ReplayGain peak of the album.
    pub rg_album_peak: Option<f64>,
    /// Length in seconds.
    pub duration: f64,
    /// Kilobits per second.
    pub bit_rate: i32,
    /// Samples per second.
    pub sample_rate: i32,
    /// Bits per sample, where the format has that.
    pub bit_depth: Option<i32>,
    /// Number of channels.
    pub channels: i32,
    /// Size of the file in bytes.
    pub size: i64,
    /// File extension in lower case.
    pub suffix: String,
    /// Name of the codec.
    pub codec: &'static str,
    /// When the file was last written.
    pub modified: SystemTime,
    /// When the file was made, in Unix seconds.
    pub birth_time: i64,
    /// When the host first saw the file, in Unix seconds; without a database, when it was last written.
    pub created_at: i64,
    /// Tags with a name and several values that have no field of their own, and genres and ISRCs once more.
    pub tags: BTreeMap<String, Vec<String>>,
}

impl Default for LibraryTrack {
    /// Returns a track of which nothing is known; the file was last written in 1970.
    fn default() -> Self {
        Self {
            id: String::new(),
            persistent_id: String::new(),
            library_id: 0,
            path: String::new(),
            title: String::new(),
            album: String::new(),
            album_id: String::new(),
            artist: String::new(),
            album_artist: String::new(),
            artists: Vec::new(),
            album_artists: Vec::new(),
            participants: Vec::new(),
            track_number: 0,
            disc_number: 0,
            disc_subtitle: String::new(),
            date: String::new(),
            original_date: String::new(),
            release_date: String::new(),
            genres: Vec::new(),
            comment: String::new(),
            bpm: None,
            explicit_status: String::new(),
            catalog_num: String::new(),
            compilation: false,
            has_cover_art: false,
            has_lyrics: false,
            sort_title: String::new(),
            sort_album: String::new(),
            sort_artist: String::new(),
            sort_album_artist: String::new(),
            mbz_recording_id: String::new(),
            mbz_release_track_id: String::new(),
            mbz_album_id: String::new(),
            mbz_release_group_id: String::new(),
            mbz_album_type: String::new(),
            mbz_album_comment: String::new(),
            isrc: Vec::new(),
            rg_track_gain: None,
            rg_track_peak: None,
            rg_album_gain: None,
            rg_album_peak: None,
            duration: 0.0,
            bit_rate: 0,
            sample_rate: 0,
            bit_depth: None,
            channels: 0,
            size: 0,
            suffix: String::new(),
            codec: "",
            modified: SystemTime::UNIX_EPOCH,
            birth_time: 0,
            created_at: 0,
            tags: BTreeMap::new(),
        }
    }
}

/// An artist credited on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackArtist {
    /// Artist id; the same wherever the name is the same.
    pub id: String,
    /// Name.
    pub name: String,
    /// MusicBrainz artist id, if the file has one for this artist.
    pub mbid: String,
    /// Sort form of the name, if the file has one for this artist.
    pub sort_name: String,
}

/// Somebody who took part in a track in another role than artist or album artist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Role, as in `composer`.
    pub role: String,
    /// What the role was in particular, as in `violin`; empty for most.
    pub sub_role: String,
    /// Who.
    pub artist: TrackArtist,
}

impl LibraryTrack {
    /// Returns everybody who took part with role and part of it, ordered by role name.
    pub fn credits(&self) -> Vec<(&str, &str, &TrackArtist)> {
        let album = self
            .album_artists
            .iter()
            .map(|artist| ("albumartist", "", artist));
        let track = self.artists.iter().map(|artist| ("artist", "", artist));
        let others = self.participants.iter();
        let others =
            others.map(|other| (other.role.as_str(), other.sub_role.as_str(), &other.artist));
        let mut credits: Vec<_> = album.chain(track).chain(others).collect();
        credits.sort_by_key(|(role, ..)| *role);
        credits
    }

    /// Returns the year of the date, 0 if there is none.
    pub fn year(&self) -> i32 {
        year_of(&self.date)
    }
}

/// Returns the year a date begins with, 0 if it does not begin with one.
pub(super) fn year_of(date: &str) -> i32 {
    let digits = date.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 4 {
        date[..4].parse().unwrap_or(0)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_four_digits_in_front() {
        for (date, year) in [
            ("1999", 1999),
            ("2001-04-05", 2001),
            ("", 0),
            ("99", 0),
            ("20010405", 0),
            ("ca. 1999", 0),
        ] {
            assert_eq!(year_of(date), year, "{date}");
        }
    }
}
