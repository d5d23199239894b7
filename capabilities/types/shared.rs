//! References to artists and songs, and library tracks: the types that several capabilities and host services exchange.

/// Names an artist by the keys that the server can match against its library.
///
/// It is a reference, not a description: biographies, images and the like travel in their own types.
/// An `id` is taken as it is; without one, the server looks for an artist with the `mbid` or the `name`.
///
/// Before release 0.63.0 every capability had a type of this name with only `id`, `name` and `mbid`.
#[since("0.60.0")]
pub struct ArtistRef {
    /// The server's artist id; empty when not known.
    #[omit_empty]
    pub id: String,
    /// The artist's name.
    pub name: String,
    /// The MusicBrainz artist id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The form of the name used for sorting, for example `Beatles, The`; empty when not known.
    #[since("0.63.0")]
    #[omit_empty]
    pub sort_name: String,
    /// The kind of participation: `artist`, `albumartist`, `composer`, `performer` and so on; empty when not stated.
    #[since("0.63.0")]
    #[omit_empty]
    pub role: String,
    /// The refinement of `role`, for example a performer's instrument; empty when there is none.
    #[since("0.63.0")]
    #[omit_empty]
    pub sub_role: String,
}

/// Names a recording by the keys that the server can match against its library.
///
/// The type serves in both directions: as input it stands for a song of the library, as output for a suggestion, which
/// need not be in the library at all.
/// The more keys a suggestion carries, the better it is matched: by `id`, then by `mbid`, then by `isrc`, and last by
/// similarity of title, artists, album and length.
///
/// Before release 0.63.0 every capability had its own type of this name, without `artists` and `duration_ms`.
#[since("0.60.0")]
pub struct SongRef {
    /// The server's media file id; empty when not known.
    #[omit_empty]
    pub id: String,
    /// The song's title.
    pub name: String,
    /// The MusicBrainz recording id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The International Standard Recording Code; empty when not known.
    #[omit_empty]
    pub isrc: String,
    /// The name of a single artist.
    ///
    /// Deprecated: use `artists`. Ignored when `artists` is not empty.
    /// A server older than 0.63.0 knows only this field, so fill both to serve old and new ones.
    #[omit_empty]
    pub artist: String,
    /// The MusicBrainz id of the single artist named in `artist`.
    ///
    /// Deprecated: use `artists`. Ignored when `artists` is not empty.
    #[omit_empty]
    pub artist_mbid: String,
    /// All artists of the song.
    ///
    /// When it holds any entry, `artist` and `artist_mbid` are ignored, even if the entries are blank.
    /// When it is empty, the song has the one artist that those two fields describe, or none.
    #[since("0.63.0")]
    #[omit_empty]
    pub artists: Vec<ArtistRef>,
    /// The album's title; empty when not known.
    #[omit_empty]
    pub album: String,
    /// The MusicBrainz release id of the album; empty when not known.
    #[omit_empty]
    pub album_mbid: String,
    /// The length in seconds, 0 when not known.
    ///
    /// Deprecated: use `duration_ms`. Ignored when `duration_ms` is not 0; a negative value counts as 0.
    #[omit_empty]
    pub duration: f32,
    /// The length in milliseconds, 0 when not known.
    ///
    /// The server fills both lengths in the songs that it sends.
    #[since("0.63.0")]
    #[omit_empty]
    pub duration_ms: u32,
}

/// Describes one file of the library in full.
///
/// Unlike a `SongRef` it always stands for a file that the server has.
/// The five per-user fields (`starred`, `starred_at`, `rating`, `play_count`, `play_date`) are filled only when the
/// request named a user; otherwise they hold their empty values.
#[since("0.63.0")]
pub struct Track {
    /// The media file id.
    pub id: String,
    /// The id of the library that holds the file.
    pub library_id: i32,
    /// The name of that library.
    #[omit_empty]
    pub library_name: String,
    /// The path of the file.
    ///
    /// Empty unless the manifest's `library` permission sets `filesystem` to true.
    #[omit_empty]
    pub path: String,
    /// Whether the file is gone from disk.
    pub missing: bool,
    /// The title.
    pub title: String,
    /// The album's title.
    pub album: String,
    /// The artists as one text for display.
    pub artist: String,
    /// The album artists as one text for display.
    #[omit_empty]
    pub album_artist: String,
    /// The album id.
    #[omit_empty]
    pub album_id: String,
    /// The form of the title used for sorting.
    #[omit_empty]
    pub sort_title: String,
    /// The form of the album's title used for sorting.
    #[omit_empty]
    pub sort_album_name: String,
    /// The form of the artist's name used for sorting.
    #[omit_empty]
    pub sort_artist_name: String,
    /// The number of the track on its disc, 0 when unknown.
    pub track_number: i32,
    /// The number of the disc, 0 when unknown.
    pub disc_number: i32,
    /// The title of the disc.
    #[omit_empty]
    pub disc_subtitle: String,
    /// The year as shown, 0 when unknown.
    pub year: i32,
    /// The date as tagged; it may be a year, a year and month, or a full date.
    #[omit_empty]
    pub date: String,
    /// The year of the first release, 0 when unknown.
    pub original_year: i32,
    /// The date of the first release, as tagged.
    #[omit_empty]
    pub original_date: String,
    /// The year of this release, 0 when unknown.
    pub release_year: i32,
    /// The date of this release, as tagged.
    #[omit_empty]
    pub release_date: String,
    /// The size of the file in bytes.
    pub size: i64,
    /// The file name's extension, without the dot.
    #[omit_empty]
    pub suffix: String,
    /// The length in seconds.
    pub duration: f64,
    /// The bit rate in kilobits per second.
    pub bit_rate: i32,
    /// The sample rate in hertz.
    pub sample_rate: i32,
    /// The number of bits per sample; absent when unknown, which is the rule for lossy formats.
    #[omit_empty]
    pub bit_depth: Option<i32>,
    /// The number of audio channels.
    pub channels: i32,
    /// The name of the codec.
    #[omit_empty]
    pub codec: String,
    /// The names of the genres.
    #[omit_empty]
    pub genres: Vec<String>,
    /// The comment tag.
    #[omit_empty]
    pub comment: String,
    /// The tempo in beats per minute; absent when unknown.
    #[omit_empty]
    pub bpm: Option<i32>,
    /// The marker for explicit content, as stored by the server.
    #[omit_empty]
    pub explicit_status: String,
    /// The catalogue number of the release.
    #[omit_empty]
    pub catalog_num: String,
    /// Whether the album is a compilation.
    pub compilation: bool,
    /// Whether the file has an embedded picture.
    pub has_cover_art: bool,
    /// The MusicBrainz recording id.
    #[omit_empty]
    pub mbz_recording_id: String,
    /// The MusicBrainz release track id.
    #[omit_empty]
    pub mbz_release_track_id: String,
    /// The MusicBrainz release id.
    #[omit_empty]
    pub mbz_album_id: String,
    /// The MusicBrainz release group id.
    #[omit_empty]
    pub mbz_release_group_id: String,
    /// The MusicBrainz release type, for example `album` or `single`.
    #[omit_empty]
    pub mbz_album_type: String,
    /// The MusicBrainz disambiguation comment of the album.
    #[omit_empty]
    pub mbz_album_comment: String,
    /// The ReplayGain album gain in decibels; absent when the file has none, while 0 is a real value.
    #[omit_empty]
    pub rg_album_gain: Option<f64>,
    /// The ReplayGain album peak, where 1 is full scale; absent when the file has none.
    #[omit_empty]
    pub rg_album_peak: Option<f64>,
    /// The ReplayGain track gain in decibels; absent when the file has none, while 0 is a real value.
    #[omit_empty]
    pub rg_track_gain: Option<f64>,
    /// The ReplayGain track peak, where 1 is full scale; absent when the file has none.
    #[omit_empty]
    pub rg_track_peak: Option<f64>,
    /// The creation time of the file in Unix seconds, 0 when unset.
    pub birth_time: i64,
    /// The time at which the server made its entry for the file in Unix seconds, 0 when unset.
    pub created_at: i64,
    /// The time of the entry's last change in Unix seconds, 0 when unset.
    pub updated_at: i64,
    /// The mean of all users' ratings, 0 when nobody rated the track.
    pub average_rating: f64,
    /// Whether the user of the request marked the track as a favourite.
    #[omit_empty]
    pub starred: bool,
    /// The time of that mark in Unix seconds; absent when there is none.
    #[omit_empty]
    pub starred_at: Option<i64>,
    /// The rating given by the user of the request, from 1 to 5; 0 when there is none.
    #[omit_empty]
    pub rating: i32,
    /// How often the user of the request played the track.
    #[omit_empty]
    pub play_count: i64,
    /// The time of that user's last play in Unix seconds; absent when there is none.
    #[omit_empty]
    pub play_date: Option<i64>,
    /// All tags of the file: the values of each tag by the tag's name.
    #[omit_empty]
    pub tags: Map<String, Vec<String>>,
    /// Everyone who took part, ordered by role name; each entry has its `role` and, where there is one, its `sub_role`.
    #[omit_empty]
    pub participants: Vec<ArtistRef>,
}
