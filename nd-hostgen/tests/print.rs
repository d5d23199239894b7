//! Printing definitions: our own come out as they are written, and any model survives.

#![allow(clippy::unwrap_used)]

mod support;

use nd_hostgen::model::Model;
use nd_hostgen::{driver, print};
use proptest::prelude::*;
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Print, parse, print: the same text, and the same model in between.
    #[test]
    fn any_model_survives(numbers in proptest::collection::vec(any::<u16>(), 0..600)) {
        let model = support::models::model(&numbers, support::models::Extent::Ours);
        let printed = print::print(&model);
        let read = read(&printed);
        prop_assert_eq!(&print::print(&read), &printed);
        prop_assert_eq!(
            support::models::without_places(read),
            support::models::without_places(model)
        );
    }
}

/// Reads what was printed.
fn read(printed: &std::collections::BTreeMap<String, String>) -> Model {
    driver::model_of(printed).unwrap_or_else(|error| panic!("{error}"))
}
