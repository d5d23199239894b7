//! Docs.

/// Docs.
#[host_service(name = "Sample")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run();
}
