//! Provides lyrics of tracks.

/// Finds the lyrics of a track.
///
/// The plugin is asked only if its id is listed in the server's `LyricsPriority` setting, in the order of that list.
/// From release 0.64.0 on, at most two calls per plugin run at the same time; others wait.
#[capability(name = "lyrics", required, since = "0.61.0")]
pub trait Lyrics {
    /// Returns the lyrics of a track, one entry per language or version.
    ///
    /// Called whenever lyrics are wanted and no earlier source had any.
    /// The server does not remember the answer, so cache what is costly.
    /// An empty list means that there are none, and the next source is asked.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(name = "nd_lyrics_get_lyrics", essential)]
    fn get_lyrics(req: GetLyricsRequest) -> GetLyricsResponse;
}

/// Asks for the lyrics of a track.
#[since("0.61.0")]
pub struct GetLyricsRequest {
    /// The track.
    pub track: TrackInfo,
}

/// Holds the lyrics of a track.
#[since("0.61.0")]
pub struct GetLyricsResponse {
    /// The lyrics, one entry per language or version; empty when there are none.
    pub lyrics: Vec<LyricsText>,
}

/// Holds one version of a track's lyrics.
#[since("0.61.0")]
pub struct LyricsText {
    /// The language code; the server takes `xxx`, for unknown, when it is empty.
    ///
    /// A language stated in the text itself wins.
    #[omit_empty]
    pub lang: String,
    /// The lyrics in any format that the server reads.
    ///
    /// From release 0.63.0 on these are TTML, SRT, Lyricsfile YAML (with `version: "1.0"`), LRC and plain text, recognised
    /// in this order; before that, LRC and plain text.
    /// A text that cannot be read, or that has no lines, is skipped.
    pub text: String,
}

/// Describes a track of the library to a provider of lyrics.
#[since("0.61.0")]
pub struct TrackInfo {
    /// The media file id.
    pub id: String,
    /// The title.
    pub title: String,
    /// The album's title.
    pub album: String,
    /// The artists as one text for display.
    pub artist: String,
    /// The album artists as one text for display.
    pub album_artist: String,
    /// The artists one by one, with `id`, `name` and `mbid` only.
    pub artists: Vec<ArtistRef>,
    /// The album artists one by one, with `id`, `name` and `mbid` only.
    pub album_artists: Vec<ArtistRef>,
    /// The length in seconds.
    pub duration: f32,
    /// The number of the track on its disc, 0 when unknown.
    pub track_number: i32,
    /// The number of the disc, 0 when unknown.
    pub disc_number: i32,
    /// The MusicBrainz recording id; empty when not known.
    #[omit_empty]
    pub mbz_recording_id: String,
    /// The MusicBrainz release id; empty when not known.
    #[omit_empty]
    pub mbz_album_id: String,
    /// The MusicBrainz release group id; empty when not known.
    #[omit_empty]
    pub mbz_release_group_id: String,
    /// The MusicBrainz release track id; empty when not known.
    #[omit_empty]
    pub mbz_release_track_id: String,
    /// The id of the library that holds the track.
    ///
    /// 0 unless the manifest's `library` permission sets `filesystem` to true and this library is granted to the plugin.
    #[since("0.62.0")]
    #[omit_empty]
    pub library_id: i32,
    /// The path of the file relative to the root of its library.
    ///
    /// Empty unless the manifest's `library` permission sets `filesystem` to true and this library is granted to the plugin.
    #[since("0.61.2")]
    #[omit_empty]
    pub path: String,
}

/// Names an artist; an older name of the shared type.
#[since("0.61.0")]
#[alias(deprecated)]
pub type ArtistRef = types::ArtistRef;
