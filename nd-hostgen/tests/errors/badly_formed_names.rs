//! Docs.

/// Docs.
#[host_service(name = "sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn doRun(someKey: String, item: item_type);
}

/// Docs.
pub struct item_type {
    /// Docs.
    pub Name: String,
}
