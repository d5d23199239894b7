//@ capabilities/capabilities/sample.rs
//! Docs.

/// Docs.
#[capability(name = "sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[export(name = "nd_a")]
    fn get_item();

    /// Docs.
    #[export(name = "nd_b")]
    fn on_item();
}
