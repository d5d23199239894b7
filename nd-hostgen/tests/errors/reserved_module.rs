//@ capabilities/capabilities/types.rs
//! Docs.

/// Docs.
#[capability(name = "types", since = "0.60.0")]
pub trait Types {
    /// Docs.
    #[export(name = "nd_types_run")]
    fn run();
}
