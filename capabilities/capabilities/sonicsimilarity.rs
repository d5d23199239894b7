//! Finds tracks that sound alike.

/// Answers questions about how tracks sound.
///
/// The capability serves the server's sonic similarity endpoints and needs no setting; when several plugins have it, which
/// one is asked is not defined.
/// Each returned song is matched to a track on its own, within the libraries of the user who asked.
/// Songs without a match are left out, while order and similarity are kept; nothing is sorted, merged or cut.
#[capability(name = "sonicsimilarity", required, since = "0.62.0")]
pub trait SonicSimilarity {
    /// Returns the songs that sound most like a given one, best first.
    ///
    /// Called when a client asks for similar tracks.
    /// An empty list is a valid answer.
    ///
    /// # Errors
    ///
    /// A failure becomes the error of the client's request, with its text.
    #[export(name = "nd_get_sonic_similar_tracks", essential)]
    fn get_sonic_similar_tracks(req: GetSonicSimilarTracksRequest) -> SonicSimilarityResponse;

    /// Returns the songs of a smooth way from one song to another, in playing order.
    ///
    /// Called when a client asks for such a path.
    /// An empty list is a valid answer.
    ///
    /// # Errors
    ///
    /// A failure becomes the error of the client's request, with its text.
    #[export(name = "nd_find_sonic_path")]
    fn find_sonic_path(req: FindSonicPathRequest) -> SonicSimilarityResponse;
}

/// Asks for songs that sound like a given one.
#[since("0.62.0")]
pub struct GetSonicSimilarTracksRequest {
    /// The song to compare with.
    ///
    /// It carries the media file id, title, album, first ISRC, the MusicBrainz ids that are known, both lengths, and the
    /// artists with `id`, `name`, `mbid`, `sort_name` and the role `artist`.
    pub song: SongRef,
    /// The number of songs wanted at most; 10 unless the client says otherwise.
    ///
    /// The server does not cut a longer answer.
    pub count: i32,
}

/// Asks for a way from one song to another.
#[since("0.62.0")]
pub struct FindSonicPathRequest {
    /// The song at which the path starts, with the same keys as in a request for similar songs.
    pub start_song: SongRef,
    /// The song at which the path ends, with the same keys.
    pub end_song: SongRef,
    /// The number of songs wanted at most; 25 unless the client says otherwise.
    ///
    /// The server does not cut a longer answer.
    pub count: i32,
}

/// Holds the songs found.
#[since("0.62.0")]
pub struct SonicSimilarityResponse {
    /// The songs in the order in which they are to be shown; empty when there are none.
    pub matches: Vec<SonicMatch>,
}

/// Holds a song found, and how close it is.
#[since("0.62.0")]
pub struct SonicMatch {
    /// The song; a media file id is the surest key.
    pub song: SongRef,
    /// The similarity from 0 (nothing in common) to 1 (the same); the server does not check the range.
    pub similarity: f64,
}

/// Names an artist; an older name of the shared type.
#[since("0.62.0")]
#[alias(deprecated)]
pub type ArtistRef = types::ArtistRef;

/// Names a song; an older name of the shared type.
#[since("0.62.0")]
#[alias(deprecated)]
pub type SongRef = types::SongRef;
