//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn(results(value, value))]
    fn run(key: String, key: String) -> (i32, i32);
}
