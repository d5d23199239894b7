//! Sonic similarity: a client's request, answered by the plugin that can.

use nd_types::sonicsimilarity::SonicMatch;

use crate::error::CallError;
use crate::host::Host;
use crate::plugin::{CallOptions, Plugin};
use crate::services::acting_user::find_user;
use crate::services::library::LibraryTrack;
use crate::services::matcher::Listener;
use crate::setup::HostUser;
use crate::store::StoreError;

/// Server's name of the capability.
const CAPABILITY: &str = "SonicSimilarity";
/// Songs asked for when a client names no number.
pub const DEFAULT_SIMILAR: i32 = 10;
/// Songs of a path asked for when a client names no number.
pub const DEFAULT_PATH: i32 = 25;

/// A track of the library that a plugin's answer stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct SonicHit {
    /// The track.
    pub track: LibraryTrack,
    /// How close it is, as the plugin said; not checked.
    pub similarity: f64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SonicError {
    /// No loaded plugin has the capability; a server answers HTTP 404.
    #[error("no loaded plugin offers sonic similarity")]
    NoProvider,
    /// The host has no such user.
    #[error("user {0:?} not found")]
    UnknownUser(String),
    /// No library of the user has a track with this id. The plugin was not asked.
    #[error("data not found: no track {0:?}")]
    UnknownTrack(String),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin failed; a server passes the text on.
    #[error(transparent)]
    Plugin(#[from] CallError),
}

impl Host {
    /// Tells whether a loaded plugin offers sonic similarity, and with it the server the extension.
    pub fn offers_sonic_similarity(&self) -> bool {
        self.sonic_provider().is_some()
    }

    /// Finds tracks that sound like one, for a user, by the first loaded plugin with the capability.
    ///
    /// Every song of the answer is matched on its own among the user's libraries; what matches nothing is left out.
    /// Order and duplicates stay, and a longer answer than `count` is not cut. Usual number: [`DEFAULT_SIMILAR`].
    ///
    /// # Errors
    ///
    /// See [`SonicError`].
    pub fn sonic_similar_tracks(
        &self,
        user: &str,
        track_id: &str,
        count: i32,
    ) -> Result<Vec<SonicHit>, SonicError> {
        self.sonic_similar_tracks_with(user, track_id, count, &CallOptions::default())
    }

    /// Like [`Host::sonic_similar_tracks`], with a cancel token, a limit, or the address of the request.
    ///
    /// # Errors
    ///
    /// See [`SonicError`].
    pub fn sonic_similar_tracks_with(
        &self,
        user: &str,
        track_id: &str,
        count: i32,
        options: &CallOptions,
    ) -> Result<Vec<SonicHit>, SonicError> {
        let plugin = self.sonic_provider().ok_or(SonicError::NoProvider)?;
        let user = self.sonic_user(user)?;
        let song = self.sonic_track(user, track_id)?.song_ref();
        let sonic = plugin.sonic_similarity().with_options(options);
        let matches = sonic.similar_tracks(&song, count)?;
        self.sonic_hits(user, &matches)
    }

    /// Finds a path of tracks from one to another. Usual number: [`DEFAULT_PATH`]. See [`Host::sonic_similar_tracks`].
    ///
    /// # Errors
    ///
    /// See [`SonicError`].
    pub fn sonic_path(
        &self,
        user: &str,
        start_id: &str,
        end_id: &str,
        count: i32,
    ) -> Result<Vec<SonicHit>, SonicError> {
        self.sonic_path_with(user, start_id, end_id, count, &CallOptions::default())
    }

    /// Like [`Host::sonic_path`], with a cancel token, a limit, or the address of the request.
    ///
    /// # Errors
    ///
    /// See [`SonicError`].
    pub fn sonic_path_with(
        &self,
        user: &str,
        start_id: &str,
        end_id: &str,
        count: i32,
        options: &CallOptions,
    ) -> Result<Vec<SonicHit>, SonicError> {
        let plugin = self.sonic_provider().ok_or(SonicError::NoProvider)?;
        let user = self.sonic_user(user)?;
        let start = self.sonic_track(user, start_id)?.song_ref();
        let end = self.sonic_track(user, end_id)?.song_ref();
        let sonic = plugin.sonic_similarity().with_options(options);
        let matches = sonic.find_path(&start, &end, count)?;
        self.sonic_hits(user, &matches)
    }

    fn sonic_provider(&self) -> Option<Plugin> {
        let mut plugins = self.plugins().into_iter();
        plugins.find(|plugin| plugin.has_capability(CAPABILITY))
    }

    fn sonic_user(&self, name: &str) -> Result<&HostUser, SonicError> {
        find_user(self.users(), name).ok_or_else(|| SonicError::UnknownUser(name.to_owned()))
    }

    fn sonic_track(&self, user: &HostUser, id: &str) -> Result<LibraryTrack, SonicError> {
        let track = self.catalogue().track(id, &user.libraries);
        track.ok_or_else(|| SonicError::UnknownTrack(id.to_owned()))
    }

    fn sonic_hits(
        &self,
        user: &HostUser,
        matches: &[SonicMatch],
    ) -> Result<Vec<SonicHit>, SonicError> {
        let songs: Vec<_> = matches.iter().map(|found| found.song.clone()).collect();
        let listener = Listener { user: Some(user) };
        let tracks = self.matcher().find(&songs, listener)?;
        let hits = tracks
            .into_iter()
            .zip(matches)
            .filter_map(|(track, found)| {
                Some(SonicHit {
                    track: track?.track,
                    similarity: found.similarity,
                })
            });
        Ok(hits.collect())
    }
}
