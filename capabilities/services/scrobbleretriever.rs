//! The listening history that the server has stored.

/// Reads the stored scrobbles of a user.
///
/// The manifest must also declare `users`, and the administrator must grant the users in question.
/// User names are compared without regard to case, and only that user's history is visible.
///
/// Errors about the user start with `scrobbleRetriever: `.
#[host_service(
    name = "ScrobbleRetriever",
    permission = "scrobbleRetriever",
    since = "0.64.0"
)]
pub trait ScrobbleRetriever {
    /// Returns the time of a user's first scrobble in Unix seconds.
    ///
    /// Absent when the user has no scrobbles; 0 is a real time.
    ///
    /// # Errors
    ///
    /// - `not authorized to scope by user`: no user is granted to the plugin.
    /// - `user "<name>" not found`: there is no such user.
    /// - `plugin is not allowed to act as user "<name>"`: that user is not granted to the plugin.
    /// - `looking up user "<name>"`: the server's database failed.
    #[host_fn]
    fn get_first_timestamp(username: String) -> Result<Option<i64>>;

    /// Returns the time of a user's last scrobble in Unix seconds.
    ///
    /// Absent when the user has no scrobbles; 0 is a real time.
    ///
    /// # Errors
    ///
    /// - `not authorized to scope by user`: no user is granted to the plugin.
    /// - `user "<name>" not found`: there is no such user.
    /// - `plugin is not allowed to act as user "<name>"`: that user is not granted to the plugin.
    /// - `looking up user "<name>"`: the server's database failed.
    #[host_fn]
    fn get_last_timestamp(username: String) -> Result<Option<i64>>;

    /// Returns one page of a user's scrobbles, and the options that ask for the next page.
    ///
    /// The scrobbles are ordered by time, those of the same second by id, both ascending or both descending.
    /// To walk the whole range, call again with the returned options, unchanged, until they are absent.
    ///
    /// # Errors
    ///
    /// - `not authorized to scope by user`: no user is granted to the plugin.
    /// - `user "<name>" not found`: there is no such user.
    /// - `plugin is not allowed to act as user "<name>"`: that user is not granted to the plugin.
    /// - `looking up user "<name>"`: the server's database failed.
    #[host_fn(results(scrobbles, next))]
    fn get_scrobbles(
        username: String,
        options: ScrobbleOptions,
    ) -> Result<(Vec<ScrobbleRef>, Option<ScrobbleOptions>)>;

    /// Returns the number of a user's scrobbles in a range of time.
    ///
    /// # Errors
    ///
    /// - `not authorized to scope by user`: no user is granted to the plugin.
    /// - `user "<name>" not found`: there is no such user.
    /// - `plugin is not allowed to act as user "<name>"`: that user is not granted to the plugin.
    /// - `looking up user "<name>"`: the server's database failed.
    #[host_fn]
    fn get_scrobble_count(username: String, options: ScrobbleCountOptions) -> Result<i64>;
}

/// Bounds the time in which scrobbles are counted.
#[since("0.64.0")]
pub struct ScrobbleCountOptions {
    /// The first second that counts, in Unix seconds; absent for no lower bound.
    #[omit_empty]
    pub from_timestamp: Option<i64>,
    /// The last second that counts, in Unix seconds; absent for no upper bound.
    #[omit_empty]
    pub to_timestamp: Option<i64>,
}

/// Selects a page of scrobbles.
#[since("0.64.0")]
pub struct ScrobbleOptions {
    /// The first second wanted, in Unix seconds; absent for no lower bound.
    #[omit_empty]
    pub from_timestamp: Option<i64>,
    /// The last second wanted, in Unix seconds; absent for no upper bound.
    #[omit_empty]
    pub to_timestamp: Option<i64>,
    /// Whether the newest scrobbles come first.
    pub descending: bool,
    /// The number of scrobbles on a page; a value below 1 or above 5000 means 5000.
    pub max_items: i32,
    /// The server's own paging state: 0 in a first request, later copied from the options that the server returned.
    #[omit_empty]
    pub offset: i32,
}

/// Records that a user listened to a track.
#[since("0.64.0")]
pub struct ScrobbleRef {
    /// The id of the scrobble, which is unique even when the same track was played twice in one second.
    pub id: i64,
    /// The media file id of the track.
    pub media_file_id: String,
    /// The time of the play in Unix seconds.
    pub submission_time: i64,
}
