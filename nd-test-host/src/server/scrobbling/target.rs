//! Whom plays are told to: plugins, and what a server has built in.

use std::sync::Arc;

use nd_types::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest};

use crate::client::ScrobbleError;
use crate::plugin::{CallOptions, Plugin};
use crate::setup::HostUser;

/// Somebody who wants to know what users listen to. A plugin is one, and a host may have others built in.
///
/// The options are those of the request that leads to a call; plays are delivered long after theirs.
pub trait ScrobbleTarget: Send + Sync {
    /// Returns its id; buffered plays are kept under it.
    fn id(&self) -> &str;

    /// Tells whether it may know of this user at all.
    fn serves(&self, user: &HostUser) -> bool;

    /// Tells whether the user has an account there. Any failure is a no.
    fn is_authorized(&self, username: &str, options: &CallOptions) -> bool;

    /// Tells whether it sees where this library keeps its files.
    fn sees_paths_of(&self, library_id: i32) -> bool;

    /// Tells it what a user is playing.
    ///
    /// # Errors
    ///
    /// Any failure; it is logged.
    fn now_playing(
        &self,
        request: &NowPlayingRequest,
        options: &CallOptions,
    ) -> Result<(), ScrobbleError>;

    /// Hands it a play.
    ///
    /// # Errors
    ///
    /// Any failure; its kind decides whether the play is kept.
    fn scrobble(&self, request: &ScrobbleRequest) -> Result<(), ScrobbleError>;

    /// Tells it how a playback changed.
    ///
    /// # Errors
    ///
    /// Any failure; it is logged.
    fn playback_report(
        &self,
        request: &PlaybackReportRequest,
        options: &CallOptions,
    ) -> Result<(), ScrobbleError>;
}

impl ScrobbleTarget for Plugin {
    fn id(&self) -> &str {
        Self::id(self)
    }

    fn serves(&self, user: &HostUser) -> bool {
        self.settings().user_grant().allows(&user.id)
    }

    fn is_authorized(&self, username: &str, options: &CallOptions) -> bool {
        self.scrobbler()
            .with_options(options)
            .is_authorized(username)
    }

    fn sees_paths_of(&self, library_id: i32) -> bool {
        Self::sees_paths_of(self, library_id)
    }

    fn now_playing(
        &self,
        request: &NowPlayingRequest,
        options: &CallOptions,
    ) -> Result<(), ScrobbleError> {
        self.scrobbler().with_options(options).now_playing(request)
    }

    fn scrobble(&self, request: &ScrobbleRequest) -> Result<(), ScrobbleError> {
        self.scrobbler().scrobble(request)
    }

    fn playback_report(
        &self,
        request: &PlaybackReportRequest,
        options: &CallOptions,
    ) -> Result<(), ScrobbleError> {
        self.scrobbler()
            .with_options(options)
            .playback_report(request)
    }
}

/// Where the scrobblers of the moment are found.
pub(crate) trait Targets: Send + Sync {
    /// Returns all, sorted by id.
    fn all(&self) -> Vec<Arc<dyn ScrobbleTarget>>;
}
