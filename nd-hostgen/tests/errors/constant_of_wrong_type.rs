//@ capabilities/capabilities/sample.rs
//! Docs.

/// Docs.
#[capability(name = "sample", required, since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[export(name = "nd_sample_run")]
    fn run();
}

/// Docs.
#[alias]
pub type Kind = &'static str;

/// Docs.
pub const A: &str = "a";

/// Docs.
pub const B: Knid = "b";

/// Docs.
pub const C: Kind = 1;

/// Docs.
pub const D: Kind = concat!("d");
