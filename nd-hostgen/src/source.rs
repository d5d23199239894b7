//! Where a model may come from: a repository of this kit, a folder of definitions, a checkout of the server or a
//! folder of its Go files, or a model file.

use crate::driver::{self, DriverError};
use crate::go::{self, GoInput};
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
         `capabilities/` or `services/`, a checkout of the server, a folder of Go files, or a model file",
        path.display()
    )]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
}

/// A model, and what is worth knowing about where it came from.
#[derive(Debug)]
pub struct Source {
    /// The model.
    pub model: Model,
    /// The names of the shared types that came from elsewhere.
    pub known: BTreeSet<String>,
    /// What is sound but perhaps not meant, and why nothing was found; empty if there is nothing to say.
    pub notes: String,
}

/// Reads a model from whatever lies at a path: a file is a model file, a directory holds definitions.
///
/// # Errors
///
/// Fails if nothing of the kind is there, or if it has mistakes.
pub fn load(path: &Path) -> Result<Model, SourceError> {
    load_with(path, None).map(|source| source.model)
}

/// Reads a model that may use the shared types of another source; a folder of Go files takes them from such a folder.
///
/// # Errors
///
/// As [`load`], for each of the two sources.
pub fn load_with(path: &Path, shared: Option<&Path>) -> Result<Source, SourceError> {
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
        return Ok(Source {
            model,
            known,
            notes: String::new(),
        });
    }
    if !driver::sources(path)?.is_empty() {
        let (model, known) = driver::load_with(path, shared)?;
        return Ok(Source {
            model,
            known,
            notes: String::new(),
        });
    }
    if go::is_source(path) {
        return from_go(path, shared);
    }
    let path = path.to_owned();
    Err(SourceError::Nothing { path })
}

/// Reads Go definitions.
fn from_go(path: &Path, shared: Option<&Path>) -> Result<Source, SourceError> {
    let loaded = go::load_all(&GoInput {
        shared: shared.map(Path::to_owned),
        ..GoInput::new(path)
    })?;
    let model = loaded.model();
    let known = match shared {
        Some(_) => shared_names(&model),
        None => BTreeSet::new(),
    };
    let mut notes = loaded.rendered_warnings();
    for line in &loaded.explanation {
        notes += &format!("{line}\n");
    }
    Ok(Source {
        model,
        known,
        notes,
    })
}

/// The names of a model's shared types.
fn shared_names(model: &Model) -> BTreeSet<String> {
    let shared = model.modules.iter().filter(|module| module.shared);
    let structs = shared.flat_map(|module| &module.structs);
    structs.map(|item| item.name.clone()).collect()
}
