//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn dispatch(services: String, item: Error);
    /// Docs.
    #[host_fn]
    fn clone(service: String, item: Sync);
    /// Docs.
    #[host_fn]
    fn implementation();
}

/// Docs.
pub struct Sync {
    /// Docs.
    pub name: String,
}

/// Docs.
pub struct Error {
    /// Docs.
    pub name: String,
}
