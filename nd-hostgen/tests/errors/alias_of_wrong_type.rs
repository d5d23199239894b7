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
pub type Kind = Vec<String>;

/// Docs.
#[alias(deprecated)]
pub type Old = types::Missing;

/// Docs.
pub type Bare = i32;
