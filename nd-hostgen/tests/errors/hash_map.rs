//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run(data: HashMap<String, String>);
}
