//! What the server releases do differently. Services and adapters read the fields, never the release.

use std::sync::Arc;

use crate::context::CallContext;
use crate::journal::{CallId, Journal, LogLevel};
use crate::services::http::HttpRules;

/// The rules of one server release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The release, as in `0.64`.
    pub release: &'static str,
    /// The services Storage and ScrobbleRetriever exist, with their permissions.
    pub storage_and_history: bool,
    /// The runtime's own HTTP call works against `requiredHosts`; otherwise it always traps.
    pub runtime_http: bool,
    /// Which hosts and addresses `http_send` may reach, and what it calls itself.
    pub http: HttpRules,
    /// WebSocket connects follow the rules of [`Rules::http`] for addresses too.
    pub websocket_dial_check: bool,
    /// Artwork addresses are built on the address of the request that caused the call, and on the server's port.
    pub artwork_request_base: bool,
    /// Images whose addresses metadata plugins return may not lie on private addresses.
    pub guard_image_urls: bool,
    /// A failed metadata call is a fault, to be tried again; otherwise it is the answer "not found".
    pub metadata_faults: bool,
    /// The wait between rounds of scrobble deliveries doubles from 5 to 240 s; otherwise it stays 5 s.
    pub scrobble_backoff: bool,
    /// A user's scrobble filter keeps what it matches from scrobblers; otherwise it has no effect.
    pub scrobble_filter: bool,
    /// A report `starting` of a track that plays already, and `stopped` of another track than the one that plays, are
    /// ignored; otherwise they are taken like any other report.
    pub ignore_stale_reports: bool,
    /// Where sources know fewer similar songs than are wanted, the next ones are asked for more; otherwise the first that
    /// answers with songs has the last word.
    pub top_up_similar_songs: bool,
    /// Lyrics calls of one plugin at once; none for no limit.
    pub lyrics_at_once: Option<usize>,
    /// The rules to compare with: see [`Rules::comparing`].
    pub compared_with: Option<Arc<Rules>>,
}

/// A release whose rules are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown server release \"{release}\": known are {}", Rules::KNOWN.join(", "))]
pub struct UnknownRelease {
    /// What was asked for.
    pub release: String,
}

impl Rules {
    /// The releases [`Rules::by_release`] knows. `0.63` is 0.63.2, `0.64` is the newest of its line.
    pub const KNOWN: &'static [&'static str] =
        &["0.63", "0.63.2", "0.64", "0.64.0", "0.64.1", "0.64.2"];

    /// Returns the rules of server release 0.64 and later.
    pub fn release_0_64() -> Self {
        Self {
            release: "0.64",
            storage_and_history: true,
            runtime_http: false,
            http: HttpRules::release_0_64(),
            websocket_dial_check: true,
            artwork_request_base: true,
            guard_image_urls: true,
            metadata_faults: true,
            scrobble_backoff: true,
            scrobble_filter: true,
            ignore_stale_reports: true,
            top_up_similar_songs: true,
            lyrics_at_once: Some(2),
            compared_with: None,
        }
    }

    /// Returns the rules of server release 0.63, that is 0.63.2.
    pub fn release_0_63() -> Self {
        Self {
            release: "0.63",
            storage_and_history: false,
            runtime_http: true,
            http: HttpRules::release_0_63(),
            websocket_dial_check: false,
            artwork_request_base: false,
            guard_image_urls: false,
            metadata_faults: false,
            scrobble_backoff: false,
            scrobble_filter: false,
            ignore_stale_reports: false,
            top_up_similar_songs: false,
            lyrics_at_once: None,
            compared_with: None,
        }
    }

    /// Returns the rules of a release by its number, one of [`Rules::KNOWN`].
    ///
    /// # Errors
    ///
    /// When nothing is known about that release; the message lists the known ones.
    pub fn by_release(release: &str) -> Result<Self, UnknownRelease> {
        match release.strip_prefix('v').unwrap_or(release) {
            "0.63" | "0.63.2" => Ok(Self::release_0_63()),
            "0.64" | "0.64.2" => Ok(Self::release_0_64()),
            // These two still download images from anywhere.
            "0.64.0" | "0.64.1" => Ok(Self {
                guard_image_urls: false,
                ..Self::release_0_64()
            }),
            _ => Err(UnknownRelease {
                release: release.to_owned(),
            }),
        }
    }

    /// Tells whether a permission means anything in this release, by its key in the manifest.
    pub fn knows(&self, permission: &str) -> bool {
        self.storage_and_history || !matches!(permission, "storage" | "scrobbleRetriever")
    }

    /// Notes in the journal each decision that the other rules would take differently; those rules decide nothing.
    #[must_use]
    pub fn comparing(mut self, other: Self) -> Self {
        self.compared_with = Some(Arc::new(Self {
            compared_with: None,
            ..other
        }));
        self
    }

    /// Notes what the rules to compare with would do differently, if there are such rules and they would.
    pub(crate) fn compare(
        &self,
        journal: &Journal,
        plugin: &str,
        otherwise: impl FnOnce(&Self) -> Option<String>,
    ) {
        if let Some(other) = &self.compared_with
            && let Some(difference) = otherwise(other)
        {
            let call = CallContext::current().map_or(CallId::NONE, |context| context.call());
            let text = format!("compare: server release {}: {difference}", other.release);
            journal.log_in(call, plugin, LogLevel::Warn, text);
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::release_0_64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_releases_differ_in_exactly_these_fields() {
        let (old, new) = (Rules::release_0_63(), Rules::release_0_64());
        // Taken apart completely, so that a field to come has to be looked at here.
        let Rules {
            release,
            storage_and_history,
            runtime_http,
            http,
            websocket_dial_check,
            artwork_request_base,
            guard_image_urls,
            metadata_faults,
            scrobble_backoff,
            scrobble_filter,
            ignore_stale_reports,
            top_up_similar_songs,
            lyrics_at_once,
            compared_with,
        } = new;
        assert_eq!((old.release, release), ("0.63", "0.64"));
        assert_eq!((old.lyrics_at_once, lyrics_at_once), (None, Some(2)));
        for (name, old, new) in [
            ("storage", old.storage_and_history, storage_and_history),
            ("dial", old.websocket_dial_check, websocket_dial_check),
            ("artwork", old.artwork_request_base, artwork_request_base),
            ("images", old.guard_image_urls, guard_image_urls),
            ("faults", old.metadata_faults, metadata_faults),
            ("backoff", old.scrobble_backoff, scrobble_backoff),
            ("filter", old.scrobble_filter, scrobble_filter),
            ("stale", old.ignore_stale_reports, ignore_stale_reports),
            ("top up", old.top_up_similar_songs, top_up_similar_songs),
            ("runtime", !old.runtime_http, !runtime_http),
        ] {
            assert_eq!((old, new), (false, true), "{name}");
        }
        assert_ne!(old.http, http);
        assert_eq!((old.compared_with, compared_with), (None, None));
    }

    #[test]
    fn releases_are_found_by_number_and_unknown_ones_answered_with_the_list() {
        for known in Rules::KNOWN {
            let rules = Rules::by_release(known);
            assert!(
                rules.is_ok_and(|rules| known.starts_with(rules.release)),
                "{known}"
            );
        }
        assert_eq!(Rules::by_release("v0.64.2"), Ok(Rules::release_0_64()));
        assert!(Rules::by_release("0.64.0").is_ok_and(|rules| !rules.guard_image_urls));
        for unknown in ["", "0.6", "0.62", "0.63.1", "1.0", "newest"] {
            let text = Rules::by_release(unknown)
                .err()
                .map(|error| error.to_string());
            let text = text.unwrap_or_default();
            assert!(
                text.contains(unknown)
                    && text.ends_with("known are 0.63, 0.63.2, 0.64, 0.64.0, 0.64.1, 0.64.2"),
                "{text}"
            );
        }
    }

    #[test]
    fn only_rules_that_are_compared_note_anything() {
        let journal = Journal::new();
        let rules = Rules::release_0_64();
        rules.compare(&journal, "p", |_| Some("never asked".into()));
        let rules = rules.comparing(Rules::release_0_63());
        rules.compare(&journal, "p", |_| None);
        rules.compare(&journal, "p", |other| {
            other.runtime_http.then(|| "would do it".to_owned())
        });
        let logs = journal.logs();
        assert_eq!(logs.len(), 1);
        assert_eq!(logs[0].message, "compare: server release 0.63: would do it");
    }
}
