//! Docs.

/// Docs  with a bell.
#[host_service(name = "Sample\u{7}", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run();
}
