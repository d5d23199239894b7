//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn(results(error))]
    fn run() -> Result<i32>;
    /// Docs.
    #[host_fn(results(text = "error"))]
    fn say() -> Result<String>;
}
