//! Watches things without permission.

/// Tells when things change.
#[host_service(name = "Watcher", since = "0.2.0")]
pub trait Watcher {
    /// Starts watching.
    #[host_fn(results(watch_id))]
    fn watch(thing: Thing) -> Result<String>;
}
