//! Importing Go definitions: what is known comes out as it was, what is new is complete.

#![allow(clippy::unwrap_used)]

mod support;

use nd_hostgen::go;
use nd_hostgen::import::{self, Options};
use nd_hostgen::{driver, print};
use proptest::prelude::*;
use std::path::Path;

/// Our definitions, written in Go and imported again, are the same bytes.
#[test]
fn our_definitions_survive_the_way_through_go() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let known = driver::load(&root).unwrap();
    let sources = support::go_writer::write(&known);
    if let Some(folder) = std::env::var_os("KEEP_GO") {
        for folder_files in sources.folders.iter().chain(&sources.shared) {
            for (path, text) in &folder_files.files {
                let path = Path::new(&folder).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
        }
    }
    let loaded = go::definitions_of(&sources).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.rendered_warnings(), "");
    let imported = import::import(&loaded, &known, &Options::default());
    let imported = imported.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(imported.notes, Vec::<String>::new());
    let written = print::print(&known);
    assert!(imported.files.keys().eq(written.keys()));
    for (path, text) in &imported.files {
        for (at, (found, wanted)) in text.lines().zip(written[path].lines()).enumerate() {
            assert_eq!(found, wanted, "{path}:{}", at + 1);
        }
        assert_eq!(text.len(), written[path].len(), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Whatever Go definitions can say is read as it was meant.
    #[test]
    fn any_model_survives_the_way_through_go(
        numbers in proptest::collection::vec(any::<u16>(), 0..600)
    ) {
        let mut model = support::models::model(&numbers, support::models::Extent::Go);
        let sources = support::go_writer::write(&model);
        let read = go::definitions_of(&sources);
        let read = read.unwrap_or_else(|error| panic!("{error}")).model();
        // Go has no documentation for modules.
        for module in &mut model.modules {
            module.docs.clear();
        }
        model.services.iter_mut().for_each(|item| item.module_docs.clear());
        model.capabilities.iter_mut().for_each(|item| item.module_docs.clear());
        let (read, model) = (
            support::models::without_places(read),
            support::models::without_places(model),
        );
        prop_assert_eq!(read, model);
    }
}
