//! Compares everything generated from a small set of definitions with files under `tests/golden`.
//!
//! `UPDATE_GOLDEN=1` writes the files instead; read each changed line before committing it.

#![allow(clippy::unwrap_used)]

use nd_hostgen::{backend, driver};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn outputs_match_the_golden_files() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let model = driver::load(&golden.join("definitions")).unwrap();
    let files = backend::emit(&model);
    let expected = golden.join("expected");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&expected);
        for (path, text) in &files {
            let path = expected.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        return;
    }
    for (path, text) in &files {
        let golden = fs::read_to_string(expected.join(path)).unwrap_or_default();
        assert!(
            golden == *text,
            "{path} differs from its golden file; UPDATE_GOLDEN=1 accepts this:\n{text}"
        );
    }
    let written: BTreeSet<PathBuf> = files.keys().map(|path| expected.join(path)).collect();
    assert_eq!(listing(&expected), written);
}

#[test]
fn generating_twice_gives_the_same_bytes() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/definitions");
    let generate = || backend::emit(&driver::load(&golden).unwrap());
    assert_eq!(generate(), generate());
}

/// All files below a directory.
fn listing(directory: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(listing(&path));
        } else {
            files.insert(path);
        }
    }
    files
}
