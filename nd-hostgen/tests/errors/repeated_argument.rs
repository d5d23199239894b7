//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn(since = "0.61.0", since = "0.62.0")]
    fn run();
}
