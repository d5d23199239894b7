//! Docs.

/// Docs.
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run();
}
