//! Printing definitions: our own come out as they are written.

#![allow(clippy::unwrap_used)]

use nd_hostgen::{driver, print};
use std::fs;
use std::path::Path;

#[test]
fn our_definitions_are_printed_as_they_are_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let model = driver::load(&root).unwrap();
    for (path, text) in print::print(&model) {
        let written = fs::read_to_string(root.join("capabilities").join(&path)).unwrap();
        for (at, (printed, written)) in text.lines().zip(written.lines()).enumerate() {
            assert_eq!(printed, written, "{path}:{}", at + 1);
        }
        assert_eq!(text.len(), written.len(), "{path}");
    }
}
