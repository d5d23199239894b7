//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
#[capability(name = "sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run();
}
