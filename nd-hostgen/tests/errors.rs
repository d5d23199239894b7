//! Compares the mistakes found in each file of `tests/errors` with the rendered text beside it.
//!
//! A sample is one file, a host service by default; lines `//@ <path>` split it into several.
//! `UPDATE_GOLDEN=1` writes the texts instead; read each one aloud before committing it.

#![allow(clippy::unwrap_used)]

use nd_hostgen::driver;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn mistakes_are_explained() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut samples: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    samples.sort();
    assert!(samples.len() > 50, "the samples are missing");
    let mut wrong = Vec::new();
    for sample in samples {
        let text = fs::read_to_string(&sample).unwrap();
        let found = match driver::model_of(&split(&text)) {
            Ok(_) => "no mistake was found\n".to_owned(),
            Err(error) => error.to_string(),
        };
        let golden = sample.with_extension("stderr");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(golden, found).unwrap();
        } else if fs::read_to_string(golden).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", sample.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "texts differ; UPDATE_GOLDEN=1 accepts these:\n{}",
        wrong.join("\n")
    );
}

/// The files of a sample.
fn split(text: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut path = "capabilities/services/sample.rs".to_owned();
    for line in text.lines() {
        match line.strip_prefix("//@ ") {
            Some(next) => path = next.to_owned(),
            None => *files.entry(path.clone()).or_default() += &format!("{line}\n"),
        }
    }
    files
}
