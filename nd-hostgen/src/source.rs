//! Where a model may come from: a repository of this kit, a folder of definitions, a checkout of the server or a
//! folder of its Go files, or a model file.

use crate::driver::{self, DriverError};
use crate::go::{self, GoInput};
use crate::import;
use crate::kit;
use crate::model::Model;
use crate::model_file::{self, ModelFileError};
use crate::text_file;
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

/// A model and what is worth knowing about its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The model.
    pub model: Model,
    /// Warnings about Go definitions, or why there is nothing in them; usually empty.
    pub remarks: String,
}

/// Reads a model from whatever lies at a path: a file is a model file, a directory holds definitions.
///
/// # Errors
///
/// Fails if nothing of the kind is there, or if it has mistakes.
pub fn load(path: &Path) -> Result<Model, SourceError> {
    read(path, None).map(|read| read.model)
}

/// Reads a model from whatever lies at a path, with remarks on it; what it lacks of shared types is in the other source,
/// which for Go definitions is a folder of Go files.
///
/// # Errors
///
/// As [`load`], for each of the two sources.
pub fn read(path: &Path, shared: Option<&Path>) -> Result<Read, SourceError> {
    let model = match kind(path)? {
        Kind::File => model_of_file(path)?,
        Kind::Definitions => driver::load_with(path, shared)?.0,
        Kind::Go => {
            let loaded = go::load_all(&go_input(path, shared))?;
            return Ok(Read {
                model: loaded.model(),
                remarks: loaded.remarks(),
            });
        }
    };
    let remarks = String::new();
    Ok(Read { model, remarks })
}

/// Reads a model to generate Rust from, which may use the shared types of another source; the names of those that
/// `nd-types` has are returned beside it.
///
/// Go definitions are held to the rules of our own, and what they lack is filled in. Their shared types are those of
/// `nd-types` if they are the same, not if they are only called the same.
///
/// # Errors
///
/// As [`load`], for each of the two sources.
pub fn load_with(
    path: &Path,
    shared: Option<&Path>,
) -> Result<(Read, BTreeSet<String>), SourceError> {
    let (model, mut remarks) = match kind(path)? {
        Kind::Definitions => {
            let (model, known) = driver::load_with(path, shared)?;
            let remarks = String::new();
            return Ok((Read { model, remarks }, known));
        }
        // A model file holds every type that it uses.
        Kind::File => {
            let model = model_of_file(path)?;
            if let Some(shared) = shared {
                let known = shared_names(&load(shared)?);
                let remarks = String::new();
                return Ok((Read { model, remarks }, known));
            }
            (model, String::new())
        }
        Kind::Go => {
            let loaded = go::load_all(&go_input(path, shared))?;
            (import::for_rust(&loaded)?, loaded.remarks())
        }
    };
    let known = kit::known(&model)?;
    for name in &known.different {
        remarks += &format!(
            "note: the shared type `{name}` is not that of nd-types, so it is written too\n"
        );
    }
    Ok((Read { model, remarks }, known.same))
}

/// Go definitions with the shared types that are named, or those beside them.
fn go_input(path: &Path, shared: Option<&Path>) -> GoInput {
    let input = GoInput {
        shared: shared.map(Path::to_owned),
        ..GoInput::new(path)
    };
    input.with_shared_beside()
}

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    File,
    Definitions,
    Go,
}

fn kind(path: &Path) -> Result<Kind, SourceError> {
    let io = |source| SourceError::Io {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(io)?.is_dir() {
        return Ok(Kind::File);
    }
    if !driver::sources(path)?.is_empty() {
        return Ok(Kind::Definitions);
    }
    if go::is_source(path) {
        return Ok(Kind::Go);
    }
    let path = path.to_owned();
    Err(SourceError::Nothing { path })
}

fn model_of_file(path: &Path) -> Result<Model, SourceError> {
    let text = text_file::read(path, text_file::DATA)?;
    model_file::read(&text).map_err(|source| SourceError::ModelFile {
        path: path.to_owned(),
        source,
    })
}

/// The names of a model's shared types.
fn shared_names(model: &Model) -> BTreeSet<String> {
    let shared = model.modules.iter().filter(|module| module.shared);
    let structs = shared.flat_map(|module| &module.structs);
    structs.map(|item| item.name.clone()).collect()
}
