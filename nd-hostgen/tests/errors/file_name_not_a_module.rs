//@ capabilities/services/My-Sample.rs
//! Docs.

/// Docs.
#[host_service(name = "My-Sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[host_fn]
    fn run();
}
