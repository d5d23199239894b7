//! Hears about changes.

/// Receives what the watcher saw.
#[capability(name = "watcher", identity = "Watcher", since = "0.2.0")]
pub trait WatcherCallback {
    /// Hears of a change.
    #[export(name = "nd_watcher_on_change")]
    fn on_change(req: OnChangeRequest);

    /// Describes a thing.
    #[export(name = "nd_get_thing_url", provider = "ThingURLProvider", register = "url")]
    fn get_thing_url(req: OnChangeRequest) -> UrlResponse;

    /// Returns a report as text.
    #[export(name = "nd_get_report")]
    fn get_report() -> String;
}

/// Names what changed.
pub struct OnChangeRequest {
    /// The thing.
    pub thing: Thing,
    /// The new content.
    pub content: Bytes,
}

/// Holds an address.
pub struct UrlResponse {
    /// The address.
    pub url: String,
}
