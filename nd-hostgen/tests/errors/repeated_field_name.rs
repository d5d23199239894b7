//! Docs.

/// Docs.
#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run(item: Item);
}

/// Docs.
pub struct Item {
    /// Docs.
    pub a: i32,
    /// Docs.
    #[json("b")]
    pub a: i32,
}
