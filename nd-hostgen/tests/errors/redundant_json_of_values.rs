//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn(results(value = "value", other = ""))]
    fn run(#[json("someName")] some_name: String) -> Result<(i32, i32)>;
}
