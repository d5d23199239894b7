//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn(name = "not-a-name")]
    fn first();

    /// Docs.
    #[host_fn(name = "sample_second")]
    fn second();

    /// Docs.
    #[host_fn(name = "sample_second")]
    fn third();
}
