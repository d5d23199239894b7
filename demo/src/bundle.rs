//! Turns the plugins that `make plugins` built into packages, as an author would before shipping them.

use anyhow::{Context, Result};
use nd_test_host::package::PackageWriter;
use std::path::{Path, PathBuf};

/// A package on disk.
pub struct Bundle {
    /// Where it is; the file's name is the plugin's id.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: usize,
}

/// Where Cargo puts what it builds.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Packages the example called `id` into `folder`.
pub fn package(id: &str, folder: &Path) -> Result<Bundle> {
    let module = target_folder()
        .join("wasm32-wasip1/plugin")
        .join(id.replace('-', "_"))
        .with_extension("wasm");
    let wasm = std::fs::read(&module).with_context(|| {
        format!(
            "cannot read {}; build the plugins first: make plugins",
            module.display()
        )
    })?;
    let manifest = root().join("examples").join(id).join("manifest.json");
    let manifest =
        std::fs::read(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let path = folder.join(id).with_extension("ndp");
    let bytes = PackageWriter::new(manifest, wasm).write(&path)?;
    Ok(Bundle {
        path,
        size: bytes.len(),
    })
}

fn root() -> PathBuf {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR"));
    demo.parent().unwrap_or(demo).to_owned()
}
