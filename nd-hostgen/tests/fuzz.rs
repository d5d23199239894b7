//! Damaged sources in both languages: whatever comes, the front ends answer with a model or with mistakes.
//!
//! The damage is the same in each run. `FUZZ_SECONDS=600` goes on for so long with each language, from a place in the
//! sequence that `FUZZ_SEED` names; what is being read then lies in `target/tmp/fuzz-<language>.txt`, which survives
//! a crash.

#![allow(clippy::unwrap_used)]

mod support;

use nd_hostgen::backend::own::Own;
use nd_hostgen::driver;
use nd_hostgen::go::{self, GoSources};
use nd_hostgen::import::{self, Options};
use nd_hostgen::model::Model;
use nd_hostgen::{backend, kit, model_file, print};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use support::mutate::{Random, mutate};

/// How many damaged sources a short run reads.
const SHORT: u64 = 400;

#[test]
fn rust_never_panics() {
    let sources = rust_sources();
    let texts: Vec<String> = sources.values().cloned().collect();
    let paths: Vec<&String> = sources.keys().collect();
    run("rust", |random| {
        let path = paths[random.below(paths.len())];
        let damaged = mutate(&sources[path], &texts, random);
        let mut sources = BTreeMap::from([(path.clone(), damaged)]);
        if !path.contains("types/") {
            let shared = fs::read_to_string(root().join("capabilities/types/shared.rs"));
            sources.insert("capabilities/types/shared.rs".to_owned(), shared.unwrap());
        }
        let shown = sources[path].clone();
        (shown, move || {
            if let Ok(model) = driver::model_of(&sources) {
                check(&model);
            }
        })
    });
}

#[test]
fn go_never_panics() {
    let known = driver::load(&root()).unwrap();
    let written = support::go_writer::write(&known);
    let mut texts: Vec<String> = Vec::new();
    for folder in written.folders.iter().chain(&written.shared) {
        texts.extend(folder.files.values().cloned());
    }
    for entry in fs::read_dir(root().join("nd-hostgen/tests/go")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".go.txt") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts.sort();
    run("go", |random| {
        let damaged = mutate(&texts[random.below(texts.len())], &texts, random);
        let mut sources = GoSources {
            legacy: random.below(8) == 0,
            ..GoSources::default()
        };
        sources.folders.push(go::SourceFolder {
            path: "sample".to_owned(),
            files: BTreeMap::from([("sample/a.go".to_owned(), damaged.clone())]),
            ..go::SourceFolder::default()
        });
        if random.below(2) == 0 {
            sources.shared.clone_from(&written.shared);
        }
        (damaged, move || {
            let Ok(loaded) = go::definitions_of(&sources) else {
                return;
            };
            let model = loaded.model();
            let text = model_file::write(&model);
            model_file::read(&text).unwrap_or_else(|error| panic!("{error}"));
            check_bindings(&loaded);
            let options = Options {
                since: Some("0.64.0".to_owned()),
                ..Options::default()
            };
            let empty = Model {
                modules: Vec::new(),
                services: Vec::new(),
                capabilities: Vec::new(),
            };
            if let Ok(imported) = import::import(&loaded, &empty, &options) {
                let again = driver::model_of(&imported.files);
                let again = again.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(print::print(&again), imported.files);
            }
        })
    });
}

/// A model that was let through can be printed and read again, and generates Rust that parses.
fn check(model: &Model) {
    let printed = print::print(model);
    let again = driver::model_of(&printed).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(print::print(&again), printed);
    let text = model_file::write(model);
    model_file::read(&text).unwrap_or_else(|error| panic!("{error}"));
    for (path, text) in backend::emit(model) {
        if path.ends_with(".rs") {
            assert!(!text.contains("compile_error!"), "{path}:\n{text}");
        }
    }
}

/// Bindings of Go definitions that were let through are Rust that parses.
fn check_bindings(loaded: &go::Loaded) {
    let Ok(model) = import::for_rust(loaded) else {
        return;
    };
    let known = kit::known(&model).unwrap();
    let own = Own {
        model: &model,
        known: &known.same,
    };
    for (name, text) in own.guest().iter().chain(&own.host()) {
        assert!(!text.contains("compile_error!"), "{name}:\n{text}");
    }
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Our definitions and those of the golden tests.
fn rust_sources() -> BTreeMap<String, String> {
    let mut sources = driver::sources(&root()).unwrap();
    let golden = root().join("nd-hostgen/tests/golden/definitions");
    for (path, text) in driver::sources(&golden).unwrap() {
        sources.entry(path).or_insert(text);
    }
    sources
}

/// Reads damaged sources for a number of times, or for as long as the environment says.
fn run<F: FnOnce()>(name: &str, mut next: impl FnMut(&mut Random) -> (String, F)) {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse().ok())
    };
    let seconds: Option<u64> = number("FUZZ_SECONDS");
    let first: u64 = number("FUZZ_SEED").unwrap_or_default();
    let started = Instant::now();
    let mut seed = first;
    let goes_on = |seed: u64| match seconds {
        Some(seconds) => started.elapsed() < Duration::from_secs(seconds),
        None => seed < first + SHORT,
    };
    while goes_on(seed) {
        let (text, read) = next(&mut Random::new(seed));
        if seconds.is_some() {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}.txt"));
            fs::write(path, &text).unwrap();
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
        assert!(outcome.is_ok(), "FUZZ_SEED={seed} panics on this:\n{text}");
        seed += 1;
    }
    println!(
        "{name}: {} damaged sources from seed {first} on",
        seed - first
    );
}
