//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn(results(first, second = "first"))]
    fn run(key: String, #[json("key")] other: String) -> Result<(i32, i32)>;
}
