//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample<T>: Send {
    /// Docs.
    #[host_fn]
    fn run<K>(key: String) where K: Send;
}
