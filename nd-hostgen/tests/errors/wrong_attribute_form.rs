//! Docs.

/// Docs.
#[host_service = "Sample"]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run(item: Item);
}

/// Docs.
pub struct Item {
    /// Docs.
    #[omit_empty(true)]
    pub name: String,
    /// Docs.
    #[json = "x"]
    pub other: String,
}
