//! Finds the library tracks that song references stand for.

/// Matches songs known from elsewhere against the library.
///
/// The manifest must also declare `library`, and the administrator must grant libraries.
/// Acting for a user additionally needs `users` and a grant for that user.
#[host_service(name = "Matcher", permission = "matcher", since = "0.63.0")]
pub trait Matcher {
    /// Finds the best track for each song.
    ///
    /// The answer has exactly one entry per song, in the same order; a song without a match has an absent entry.
    /// Two songs may match the same track.
    /// An empty list of songs yields an empty list, even without any granted library.
    ///
    /// A song is looked for by media file id, then by MusicBrainz recording id, then by ISRC, and finally by title and
    /// artists: the title must be similar enough (85 % unless the administrator chose otherwise), and among the candidates
    /// the most similar title wins, then the closest length, then the best agreement of artists and album.
    /// Files that are missing on disk never match.
    ///
    /// With a user name in `opts`, only that user's libraries are searched, favourites and ratings of that user break ties,
    /// and the per-user fields of the tracks are filled.
    /// Without one, the match runs for nobody in particular, also when a user's request led to the plugin call.
    /// A match in a library that is not granted to the plugin counts as no match.
    ///
    /// # Errors
    ///
    /// - `no libraries configured`: no library is granted to the plugin.
    /// - `not authorized to scope by user`: a user name was given, but no user is granted to the plugin.
    /// - `user "<name>" not found`: there is no such user.
    /// - `plugin is not allowed to act as user "<name>"`: that user is not granted to the plugin.
    /// - `looking up user "<name>"`: the server's database failed.
    ///
    /// Errors about the user start with `matcher: `.
    #[host_fn(results(results))]
    fn match_songs(songs: Vec<SongRef>, opts: MatchOptions) -> Result<Vec<Option<Track>>>;
}

/// Says how songs are to be matched.
#[since("0.63.0")]
pub struct MatchOptions {
    /// The name of the user to match for, in any letter case; empty for nobody in particular.
    #[omit_empty]
    pub username: String,
}
