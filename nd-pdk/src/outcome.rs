//! The three outcomes the server tells apart when a scrobbler fails.

use crate::host::{Error as HostResultError, HostError};
use crate::scrobbler::{
    Error, SCROBBLER_ERROR_NOT_AUTHORIZED, SCROBBLER_ERROR_RETRY_LATER,
    SCROBBLER_ERROR_UNRECOVERABLE,
};
use crate::{buffer, text};

/// What the server makes of a failed scrobble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The user must authorise the plugin again; the scrobble is dropped.
    NotAuthorized,
    /// The server keeps the scrobble and tries again later.
    RetryLater,
    /// The scrobble is dropped. This is also how errors without a marker are read.
    Unrecoverable,
}

impl Error {
    /// The user must authorise again: the server drops the scrobble.
    pub fn not_authorized(message: impl AsRef<str>) -> Self {
        marked(SCROBBLER_ERROR_NOT_AUTHORIZED, message.as_ref())
    }

    /// A passing failure: the server keeps the scrobble and tries again later.
    ///
    /// Network failures of [`host::http::send`](crate::host::http::send) that `?` converts become this by themselves.
    pub fn retry_later(message: impl AsRef<str>) -> Self {
        marked(SCROBBLER_ERROR_RETRY_LATER, message.as_ref())
    }

    /// The service will never take this scrobble: the server drops it.
    pub fn unrecoverable(message: impl AsRef<str>) -> Self {
        marked(SCROBBLER_ERROR_UNRECOVERABLE, message.as_ref())
    }

    /// Tells how the server reads this error.
    pub fn outcome(&self) -> Outcome {
        marker(&self.message).unwrap_or(Outcome::Unrecoverable)
    }
}

/// Converts the error of a host function: a network failure is worth another try.
pub(crate) fn message(error: &HostResultError) -> String {
    let message = crate::error::message(error);
    let transient = error.chain().any(|e| {
        e.downcast_ref::<HostError>()
            .is_some_and(HostError::is_transient)
    });
    if transient && marker(&message).is_none() {
        Error::retry_later(message).message
    } else {
        message
    }
}

/// Finds the marker that the server would act on: the first of this order, wherever it stands.
fn marker(message: &str) -> Option<Outcome> {
    [
        (SCROBBLER_ERROR_NOT_AUTHORIZED, Outcome::NotAuthorized),
        (SCROBBLER_ERROR_RETRY_LATER, Outcome::RetryLater),
        (SCROBBLER_ERROR_UNRECOVERABLE, Outcome::Unrecoverable),
    ]
    .into_iter()
    .find_map(|(marker, outcome)| text::contains(message, marker).then_some(outcome))
}

/// Puts a marker in front of a message, and makes sure that the message brings no other one along.
#[inline(never)]
fn marked(marker: &str, message: &str) -> Error {
    const BEFORE: &str = "scrobbler";
    let between = if message.is_empty() { "" } else { ": " };
    let mut text = buffer::concat(&[marker, between]);
    let mut rest = message;
    while let Some((before, after)) =
        text::find(rest, "scrobbler(").and_then(|at| rest.split_at_checked(at + BEFORE.len()))
    {
        buffer::append_text(&mut text, before);
        buffer::append_text(&mut text, " ");
        rest = after;
    }
    buffer::append_text(&mut text, rest);
    Error { message: text }
}

#[cfg(test)]
mod tests {
    use super::Outcome;
    use crate::host::{Error as HostResultError, HostError};
    use crate::scrobbler::Error;

    #[test]
    fn outcomes_are_read_as_the_server_reads_them() {
        assert_eq!(
            Error::not_authorized("log in again").outcome(),
            Outcome::NotAuthorized
        );
        assert_eq!(Error::retry_later("").message, "scrobbler(retry_later)");
        assert_eq!(Error::new("what?").outcome(), Outcome::Unrecoverable);
        assert_eq!(
            Error::new("a scrobbler(retry_later) inside").outcome(),
            Outcome::RetryLater
        );
    }

    #[test]
    fn a_quoted_marker_does_not_change_the_outcome() {
        let quoted = Error::retry_later(Error::not_authorized("x").message);
        assert_eq!(quoted.outcome(), Outcome::RetryLater);
    }

    #[test]
    fn network_failures_are_retried_and_refusals_are_not() {
        let failed = |message: &str| Error::from(HostError::new("http_send", message));
        assert_eq!(
            failed("dial tcp: connection refused").outcome(),
            Outcome::RetryLater
        );
        assert_eq!(
            failed("context deadline exceeded").message,
            "scrobbler(retry_later): context deadline exceeded"
        );
        assert_eq!(
            failed(r#"host "a" is not allowed"#).outcome(),
            Outcome::Unrecoverable
        );
        let wrapped = HostResultError::new(HostError::new("http_send", "EOF"))
            .context("sending the scrobble");
        assert_eq!(
            Error::from(wrapped).message,
            "scrobbler(retry_later): sending the scrobble: EOF"
        );
        assert_eq!(
            Error::from(HostError::new("kvstore_get", "EOF")).message,
            "EOF"
        );
    }

    #[test]
    fn a_marker_set_by_the_plugin_wins() {
        let error = HostResultError::new(HostError::new("http_send", "EOF"))
            .context("scrobbler(unrecoverable)");
        assert_eq!(Error::from(error).outcome(), Outcome::Unrecoverable);
    }
}
