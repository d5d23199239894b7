//! Helpers of the end-to-end suite: the plugins that `make plugins` built, as files and as packages.
//!
//! They panic with what to do, because a test can do nothing else with a plugin that is not there.

pub mod costs;
pub mod meter;

use nd_test_host::{Host, Package, Plugin};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns where the wasm module of a plugin of this repository is, named as its Cargo package.
///
/// # Panics
///
/// When it was not built.
pub fn module(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = root()
        .join(target)
        .join("wasm32-wasip1/plugin")
        .join(name.replace('-', "_"))
        .with_extension("wasm");
    assert!(
        path.is_file(),
        "{} is missing; run \"make plugins\"",
        path.display()
    );
    path
}

/// Reads the wasm module of a plugin.
///
/// # Panics
///
/// When it was not built.
pub fn wasm(name: &str) -> Vec<u8> {
    read(&module(name))
}

/// Reads the manifest of an example or a fixture.
///
/// # Panics
///
/// When there is no such plugin, or its manifest is not JSON.
pub fn manifest(name: &str) -> Value {
    let example = root().join("examples").join(name);
    let folder = if example.is_dir() {
        example
    } else {
        root().join("tests/fixtures").join(name)
    };
    let path = folder.join("manifest.json");
    serde_json::from_slice(&read(&path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Puts a plugin together with its manifest; its id is its name.
///
/// # Panics
///
/// When it was not built, or the host refuses its manifest.
pub fn package(name: &str) -> Package {
    package_with(name, |_| {})
}

/// Puts a plugin together with its manifest as changed by `edit`.
///
/// # Panics
///
/// When it was not built, or the host refuses the manifest.
pub fn package_with(name: &str, edit: impl FnOnce(&mut Value)) -> Package {
    let mut manifest = manifest(name);
    edit(&mut manifest);
    Package::from_parts(name, manifest.to_string().as_bytes(), wasm(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Loads a plugin as it is.
///
/// # Panics
///
/// When the host refuses it.
pub fn load(host: &Host, name: &str) -> Plugin {
    host.load_package(package(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the folder of the workspace.
fn root() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}
