//! Why a request has no answer: typed for the host, with the texts plugins read.

use super::refusal::Refusal;

/// Why a request has no answer. `Display` gives the text the plugin reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The URL cannot be read. Write an absolute one.
    #[error("invalid URL: {0}")]
    Url(String),
    /// The URL has another scheme. Use `http` or `https`.
    #[error("invalid URL scheme \"{0}\": must be http or https")]
    Scheme(String),
    /// The manifest does not allow that host. The refusal says which entry is missing.
    #[error(transparent)]
    Host(#[from] Refusal),
    /// Method or URL cannot be put into a request.
    #[error("creating request: {0}")]
    Request(String),
    /// The request was begun and failed.
    #[error("{verb} \"{url}\": {cause}")]
    Exchange {
        /// The method as a word, such as `Get`.
        verb: String,
        /// The URL that was being asked, redirects counted.
        url: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
    /// The answer began and its body could not be read to the end.
    #[error("reading response body: {0}")]
    Body(#[source] Cause),
}

/// What went wrong on the network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A redirect led to a host, or a name to an address, that the manifest does not allow.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The time for the request or for the whole plugin call was up.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
    /// The plugin call was cancelled or the plugin unloaded.
    #[error("context canceled")]
    Cancelled,
    /// Anything else: connection refused, unknown name, TLS, a malformed answer or header.
    #[error("{0}")]
    Other(String),
}

impl HttpError {
    /// Returns the refusal, if the manifest is why there is no answer.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Host(refusal)
            | Self::Exchange {
                cause: Cause::Refused(refusal),
                ..
            } => Some(refusal),
            _ => None,
        }
    }
}
