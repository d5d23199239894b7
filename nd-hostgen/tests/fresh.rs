//! The repository's own generated files match its definitions.

#![allow(clippy::unwrap_used)]

use nd_hostgen::{backend, driver};
use std::path::Path;

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn generated_files_are_fresh() {
    let files = backend::emit(&driver::load(root()).unwrap());
    let difference = driver::compare(root(), &files).unwrap();
    assert!(difference.is_empty(), "run make gen: {difference:#?}");
}

#[test]
fn the_interface_has_its_known_size() {
    let model = driver::load(root()).unwrap();
    let functions = model.services.iter().map(|service| service.functions.len());
    let exports = model
        .capabilities
        .iter()
        .map(|capability| capability.exports.len());
    assert_eq!((model.services.len(), functions.sum::<usize>()), (14, 51));
    assert_eq!((model.capabilities.len(), exports.sum::<usize>()), (8, 25));
}
