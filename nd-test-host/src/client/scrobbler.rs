//! Scrobbling, with outcomes as the server reads them.

use nd_types::scrobbler::{
    IsAuthorizedRequest, NowPlayingRequest, PlaybackReportRequest, SCROBBLER_ERROR_NOT_AUTHORIZED,
    SCROBBLER_ERROR_RETRY_LATER, SCROBBLER_ERROR_UNRECOVERABLE, ScrobbleRequest,
};

use crate::error::CallError;
use crate::plugin::{CallOptions, Plugin};

/// A plugin seen as a scrobbler.
pub struct Scrobbler<'a> {
    plugin: &'a Plugin,
    options: CallOptions,
}

impl<'a> Scrobbler<'a> {
    pub(super) fn new(plugin: &'a Plugin) -> Self {
        Self {
            plugin,
            options: CallOptions::default(),
        }
    }

    /// Calls with a cancel token, a limit, or the address of a request.
    #[must_use]
    pub fn with_options(mut self, options: &CallOptions) -> Self {
        self.options = options.clone();
        self
    }

    /// Asks whether the user may scrobble. Any failure counts as no, as on the server.
    pub fn is_authorized(&self, username: &str) -> bool {
        self.try_is_authorized(username).unwrap_or(false)
    }

    /// Asks whether the user may scrobble, and tells why there is no answer.
    ///
    /// # Errors
    ///
    /// Whatever the server would read as "no".
    pub fn try_is_authorized(&self, username: &str) -> Result<bool, CallError> {
        let request = IsAuthorizedRequest {
            username: username.to_owned(),
        };
        let export = "nd_scrobbler_is_authorized";
        self.plugin.ask(export, &request, &self.options)
    }

    /// Reports what a user is playing.
    ///
    /// # Errors
    ///
    /// What the server makes of the failure; a missing export is one.
    pub fn now_playing(&self, request: &NowPlayingRequest) -> Result<(), ScrobbleError> {
        self.plugin
            .ask_unit("nd_scrobbler_now_playing", request, &self.options)
            .map_err(ScrobbleError::new)
    }

    /// Submits a play.
    ///
    /// # Errors
    ///
    /// What the server makes of the failure; a missing export is one.
    pub fn scrobble(&self, request: &ScrobbleRequest) -> Result<(), ScrobbleError> {
        self.plugin
            .ask_unit("nd_scrobbler_scrobble", request, &self.options)
            .map_err(ScrobbleError::new)
    }

    /// Reports a change of the playback. A plugin that does not offer this is fine.
    ///
    /// # Errors
    ///
    /// What the server makes of the failure.
    pub fn playback_report(&self, request: &PlaybackReportRequest) -> Result<(), ScrobbleError> {
        match self
            .plugin
            .ask_unit("nd_scrobbler_playback_report", request, &self.options)
        {
            Err(error) if error.is_absent() => Ok(()),
            result => result.map_err(ScrobbleError::new),
        }
    }
}

/// A scrobbler call that failed, and what the server does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source}")]
pub struct ScrobbleError {
    /// What the server makes of it.
    pub kind: ScrobbleErrorKind,
    /// What happened.
    pub source: CallError,
}

/// What the server makes of a failed scrobbler call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScrobbleErrorKind {
    /// The user must authorise again; the scrobble is dropped.
    NotAuthorized,
    /// The scrobble is kept and tried again later.
    RetryLater,
    /// The scrobble is dropped. Traps, timeouts and errors of any other wording count as this.
    Unrecoverable,
}

impl ScrobbleError {
    /// Reads the kind out of the error's text: that is where the server looks, and the first match wins.
    fn new(source: CallError) -> Self {
        let text = source.to_string();
        let kinds = [
            (
                SCROBBLER_ERROR_NOT_AUTHORIZED,
                ScrobbleErrorKind::NotAuthorized,
            ),
            (SCROBBLER_ERROR_RETRY_LATER, ScrobbleErrorKind::RetryLater),
            (
                SCROBBLER_ERROR_UNRECOVERABLE,
                ScrobbleErrorKind::Unrecoverable,
            ),
        ];
        let found = kinds.into_iter().find(|(word, _)| text.contains(word));
        Self {
            kind: found.map_or(ScrobbleErrorKind::Unrecoverable, |(_, kind)| kind),
            source,
        }
    }

    /// Tells whether the server keeps the scrobble and tries again.
    pub fn is_retry_later(&self) -> bool {
        self.kind == ScrobbleErrorKind::RetryLater
    }

    /// Tells whether the server asks the user to authorise again.
    pub fn is_not_authorized(&self) -> bool {
        self.kind == ScrobbleErrorKind::NotAuthorized
    }

    /// Tells whether the server gives the scrobble up.
    pub fn is_unrecoverable(&self) -> bool {
        self.kind == ScrobbleErrorKind::Unrecoverable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(message: &str) -> ScrobbleErrorKind {
        let source = CallError::Failed {
            plugin: "p".into(),
            export: "e".into(),
            message: message.into(),
        };
        ScrobbleError::new(source).kind
    }

    #[test]
    fn the_text_decides_and_the_first_word_of_the_servers_list_wins() {
        use ScrobbleErrorKind::*;
        assert_eq!(kind("down: scrobbler(retry_later): 503"), RetryLater);
        assert_eq!(kind("scrobbler(unrecoverable)"), Unrecoverable);
        assert_eq!(
            kind("scrobbler(unrecoverable) scrobbler(retry_later)"),
            RetryLater
        );
        assert_eq!(
            kind("not scrobbler(retry_later) but scrobbler(not_authorized)"),
            NotAuthorized
        );
        assert_eq!(kind("anything else"), Unrecoverable);
        let trap = CallError::Trap {
            plugin: "p".into(),
            export: "e".into(),
            detail: "unreachable".into(),
        };
        assert!(ScrobbleError::new(trap).is_unrecoverable());
    }
}
