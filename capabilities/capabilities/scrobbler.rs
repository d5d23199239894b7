//! Tells an external service what users listen to.

/// Sends plays to a scrobbling service.
///
/// The manifest must declare the `users` permission, or the plugin is not loaded.
/// The server calls a scrobbler only for users that the administrator granted to it, and no further setting is needed.
///
/// The outcome of a failed call depends on its error text, which is searched for three strings in this order:
/// `scrobbler(not_authorized)`, `scrobbler(retry_later)`, `scrobbler(unrecoverable)`.
/// Any other failure, a panic or a timeout included, counts as unrecoverable.
#[capability(name = "scrobbler", required, since = "0.60.0")]
pub trait Scrobbler {
    /// Tells whether a user has connected an account of the scrobbling service.
    ///
    /// Called before every now-playing message and every playback report, and before a scrobble is put in the queue.
    /// The answer is never remembered by the server, so keep it quick.
    ///
    /// # Errors
    ///
    /// Any failure means not authorised.
    #[export(name = "nd_scrobbler_is_authorized", essential)]
    fn is_authorized(req: IsAuthorizedRequest) -> bool;

    /// Tells the scrobbling service what a user listens to right now.
    ///
    /// Called when a client reports that playback starts or goes on; of several waiting messages of one client only the
    /// newest is sent.
    ///
    /// # Errors
    ///
    /// A failure is logged; the message is not sent again.
    #[export(name = "nd_scrobbler_now_playing", essential)]
    fn now_playing(req: NowPlayingRequest);

    /// Submits a finished play to the scrobbling service.
    ///
    /// Called from a queue that survives restarts, one play after the other per user.
    /// A play is put in the queue when a client submits it, or when playback stops after half of the track or after four
    /// minutes, whichever comes first.
    ///
    /// # Errors
    ///
    /// - `scrobbler(retry_later)`: the play is kept, this user's queue stops, and the server tries again after 5 seconds,
    ///   then after twice as long each time, up to 4 minutes (before release 0.64.0 always after 5 seconds).
    /// - `scrobbler(not_authorized)`, `scrobbler(unrecoverable)` and everything else: the play is logged and dropped.
    #[export(name = "nd_scrobbler_scrobble", essential)]
    fn scrobble(req: ScrobbleRequest);

    /// Tells the scrobbling service about every change of a playback's state.
    ///
    /// Called in order for each report of a client, and once more with the state `expired` when a playback ended without a
    /// stop.
    /// A plugin may leave the export out, which counts as success.
    ///
    /// # Errors
    ///
    /// A failure is logged; the report is not sent again.
    #[export(name = "nd_scrobbler_playback_report", since = "0.62.0")]
    fn playback_report(req: PlaybackReportRequest);
}

/// Names the user who may have connected an account.
#[since("0.60.0")]
pub struct IsAuthorizedRequest {
    /// The user's login name.
    pub username: String,
}

/// Describes what a user listens to right now.
#[since("0.60.0")]
pub struct NowPlayingRequest {
    /// The user's login name.
    pub username: String,
    /// The track.
    pub track: TrackInfo,
    /// The position in the track in seconds.
    pub position: i32,
}

/// Describes a finished play.
#[since("0.60.0")]
pub struct ScrobbleRequest {
    /// The user's login name; empty when the user was deleted while the play was waiting.
    pub username: String,
    /// The track.
    pub track: TrackInfo,
    /// The start of the play in Unix seconds.
    pub timestamp: i64,
}

/// Describes the state of a playback at one moment.
#[since("0.62.0")]
pub struct PlaybackReportRequest {
    /// The user's login name.
    pub username: String,
    /// The track.
    pub track: TrackInfo,
    /// The state: `starting`, `playing`, `paused`, `stopped` or `expired`.
    ///
    /// The last is made by the server when a playback times out without a stop.
    pub state: String,
    /// The position in the track in milliseconds.
    pub position_ms: i64,
    /// The speed of the playback, where 1 is normal.
    pub playback_rate: f64,
    /// The id of the client.
    pub player_id: String,
    /// The name of the client.
    pub player_name: String,
    /// The time of the report in Unix seconds.
    pub timestamp: i64,
}

/// Describes a track of the library to a scrobbler.
#[since("0.60.0")]
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
#[since("0.60.0")]
#[alias(deprecated)]
pub type ArtistRef = types::ArtistRef;

/// Marks, as part of an error text, what the server is to do with the call that failed.
#[since("0.60.0")]
#[alias]
pub type ScrobblerError = &'static str;

/// Says that the user must connect the account again; a scrobble is dropped.
#[since("0.60.0")]
pub const SCROBBLER_ERROR_NOT_AUTHORIZED: ScrobblerError = "scrobbler(not_authorized)";

/// Says that the scrobbling service is out of reach for now; a scrobble is kept and tried again.
#[since("0.60.0")]
pub const SCROBBLER_ERROR_RETRY_LATER: ScrobblerError = "scrobbler(retry_later)";

/// Says that trying again cannot help; a scrobble is dropped.
#[since("0.60.0")]
pub const SCROBBLER_ERROR_UNRECOVERABLE: ScrobblerError = "scrobbler(unrecoverable)";
