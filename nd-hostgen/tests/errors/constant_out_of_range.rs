//@ capabilities/capabilities/sample.rs
//! Docs.

/// Docs.
#[capability(name = "sample", since = "0.60.0")]
pub trait Sample {
    /// Docs.
    #[export(name = "nd_run")]
    fn run();
}

/// Docs.
#[alias]
pub type Kind = i32;

/// Docs.
pub const SMALL: Kind = -2147483648;

/// Docs.
pub const LARGE: Kind = 2147483648;

/// Docs.
pub const HUGE: Kind = 9223372036854775808;
