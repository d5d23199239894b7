//! What the server releases do differently. Services and adapters read the fields, never the release.

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
    /// Lyrics calls of one plugin at once; none for no limit.
    pub lyrics_at_once: Option<usize>,
}

impl Rules {
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
            lyrics_at_once: Some(2),
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
            lyrics_at_once: None,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::release_0_64()
    }
}
