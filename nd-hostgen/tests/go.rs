//! Annotated Go definitions: what each sample under `tests/go` becomes, and what is said about it.
//!
//! A sample is a file `<name>.go.txt` whose lines `//@ <path>` split it into files: below `types/` shared ones,
//! otherwise those of one folder. Beside it lie the messages and what the definitions say,
//! printed in our own language.
//! `UPDATE_GOLDEN=1` writes both; read each changed line before committing it.

#![allow(clippy::unwrap_used)]

use nd_hostgen::go::{self, GoSources, SourceFolder};
use nd_hostgen::print;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn samples_become_what_is_written_beside_them() {
    let mut samples: Vec<PathBuf> =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".go.txt"))
            .collect();
    samples.sort();
    let mut wrong = Vec::new();
    for sample in samples {
        let text = fs::read_to_string(&sample).unwrap();
        let found = outcome(&split(&text));
        let golden = PathBuf::from(sample.to_string_lossy().replace(".go.txt", ".out"));
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

/// The messages, then the definitions.
fn outcome(sources: &GoSources) -> String {
    match go::definitions_of(sources) {
        Err(error) => error.to_string(),
        Ok(loaded) => {
            let mut text = loaded.rendered_warnings();
            for line in &loaded.explanation {
                text += &format!("note: {line}\n");
            }
            for (path, printed) in print::print(&loaded.model()) {
                text += &format!("=== {path} ===\n{printed}");
            }
            text
        }
    }
}

fn split(text: &str) -> GoSources {
    let mut sources = GoSources::default();
    let mut own = SourceFolder {
        path: "sample".to_owned(),
        ..SourceFolder::default()
    };
    let mut shared = SourceFolder::default();
    let mut path = "sample/sample.go".to_owned();
    for line in text.lines() {
        match line.strip_prefix("//@ ") {
            Some("legacy") => sources.legacy = true,
            Some(next) => path = next.to_owned(),
            None => {
                let folder = if path.starts_with("types/") {
                    &mut shared
                } else {
                    &mut own
                };
                *folder.files.entry(path.clone()).or_default() += &format!("{line}\n");
            }
        }
    }
    sources.folders.push(own);
    if !shared.files.is_empty() {
        sources.shared = Some(shared);
    }
    sources
}
