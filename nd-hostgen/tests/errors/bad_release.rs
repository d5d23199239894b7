//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60")]
pub trait Sample {
    /// Docs.
    #[host_fn(since = "v0.61")]
    fn run();
}
