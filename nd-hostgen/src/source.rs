//! Where a model may come from: a repository of this kit, a folder of definitions, or a model file.

use crate::driver::{self, DriverError};
use crate::model::Model;
use crate::model_file::{self, ModelFileError};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is no model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The path could not be read; check that it exists.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The definitions could not be read, or have mistakes.
    #[error(transparent)]
    Definitions(#[from] DriverError),
    /// The file is not a sound model; write it anew with `nd-hostgen model`.
    #[error("`{}`", path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ModelFileError,
    },
    /// The directory holds nothing that can be read; name one that does.
    #[error(
        "no definitions under `{}`; a source is a repository with `capabilities/`, a folder with `types/`, \
         `capabilities/` or `services/`, or a model file",
        path.display()
    )]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
}

/// Reads a model from whatever lies at a path: a file is a model file, a directory holds definitions.
///
/// # Errors
///
/// Fails if nothing of the kind is there, or if it has mistakes.
pub fn load(path: &Path) -> Result<Model, SourceError> {
    load_with(path, None).map(|(model, _)| model)
}

/// Reads a model that may use the shared types of another source, whose names are returned beside it.
///
/// # Errors
///
/// As [`load`], for each of the two sources.
pub fn load_with(
    path: &Path,
    shared: Option<&Path>,
) -> Result<(Model, BTreeSet<String>), SourceError> {
    let io = |source| SourceError::Io {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(io)?.is_dir() {
        let text = fs::read_to_string(path).map_err(io)?;
        let model = model_file::read(&text).map_err(|source| SourceError::ModelFile {
            path: path.to_owned(),
            source,
        })?;
        // A model file holds every type that it uses.
        let known = match shared {
            Some(shared) => shared_names(&load(shared)?),
            None => BTreeSet::new(),
        };
        return Ok((model, known));
    }
    if driver::sources(path)?.is_empty() {
        let path = path.to_owned();
        return Err(SourceError::Nothing { path });
    }
    Ok(driver::load_with(path, shared)?)
}

/// The names of a model's shared types.
fn shared_names(model: &Model) -> BTreeSet<String> {
    let shared = model.modules.iter().filter(|module| module.shared);
    let structs = shared.flat_map(|module| &module.structs);
    structs.map(|item| item.name.clone()).collect()
}
