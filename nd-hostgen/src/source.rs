//! Where a model may come from: a repository of this kit, a folder of definitions, a checkout of the server or a
//! folder of its Go files, or a model file.

use crate::driver::{self, DriverError};
use crate::go::{self, GoInput};
use crate::model::Model;
use crate::model_file::{self, ModelFileError};
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
         `capabilities/` or `services/`, a checkout of the server, a folder of Go files, or a model file",
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
    let io = |source| SourceError::Io {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(io)?.is_dir() {
        let text = fs::read_to_string(path).map_err(io)?;
        return model_file::read(&text).map_err(|source| SourceError::ModelFile {
            path: path.to_owned(),
            source,
        });
    }
    let sources = driver::sources(path)?;
    if !sources.is_empty() {
        return Ok(driver::model_of(&sources)?);
    }
    if go::is_source(path) {
        return Ok(go::load(&GoInput::new(path))?);
    }
    let path = path.to_owned();
    Err(SourceError::Nothing { path })
}
