//@ capabilities/capabilities/sample.rs
//! Docs.

/// Docs.
#[capability(name = "sample", required, since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[export(name = "nd_run", provider = "RunProvider")]
    fn run();
}
