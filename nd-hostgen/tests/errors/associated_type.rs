//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    type Item;

    /// Docs.
    #[host_fn]
    fn run();
}
