//! Docs.

pub trait Sample {
    fn run(
}
