//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run(key: &str, data: &[u8], item: &Item, list: [u8; 4]);
}
