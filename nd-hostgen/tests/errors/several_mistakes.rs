//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run(a: Strin, b: &str) -> Result<Itme>;

    /// Docs.
    #[host_fn(sicne = "0.61.0")]
    fn stop(&self);
}

/// Docs.
pub struct Item {
    /// Docs.
    pub name: Sting,
}
