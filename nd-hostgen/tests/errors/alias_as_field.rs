//@ capabilities/capabilities/sample.rs
//! Docs.

/// Docs.
#[capability(name = "sample", required, since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[export(name = "nd_sample_run")]
    fn run(item: Item);
}

/// Docs.
#[alias]
pub type Kind = &'static str;

/// Docs.
pub struct Item {
    /// Docs.
    pub kind: Kind,
}
