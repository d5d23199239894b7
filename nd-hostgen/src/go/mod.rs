//! The Go front end: reads upstream's own definitions, annotated Go interfaces, into the same syntax tree as
//! [`crate::parse`].
//!
//! Go's grammar comes from `tree-sitter`. The files of a folder are read one by one (`declare`, `comments`,
//! `annotation`, `slips`, `types`, `constants`); then each annotated interface becomes a definition file of its own
//! with the types that it reaches (`units`, `members`, `structs`, `tag`, `resolve`, `attach`). What upstream's
//! generator passes over in silence is reported: as a mistake where its output would be broken, otherwise as a
//! warning.

mod annotation;
mod attach;
mod comments;
mod constants;
mod declare;
mod input;
mod loose;
mod members;
mod naming;
mod package;
mod resolve;
mod slips;
mod structs;
mod tag;
mod text;
mod types;
mod units;

pub use input::{GoInput, GoSources, Skipped, SourceFolder, is_source, read};

use crate::check::check;
use crate::diagnostic::{Diagnostic, Diagnostics, errors_in, render_all};
use crate::driver::DriverError;
use crate::lower::lower;
use crate::model::Model;
use crate::syntax::SourceFile;
use declare::GoFile;
use package::Package;
use std::collections::BTreeMap;
use units::Folders;

/// What was read from Go definitions.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The definitions: one file per annotated interface, and the files of shared types.
    pub files: Vec<SourceFile>,
    /// The texts that were read, by path.
    pub texts: BTreeMap<String, String>,
    /// What is sound but perhaps not meant, in file order.
    pub warnings: Vec<Diagnostic>,
    /// Why nothing was found, a line per finding; empty if something was.
    pub explanation: Vec<String>,
}

impl Loaded {
    /// The model of the definitions.
    pub fn model(&self) -> Model {
        lower(&self.files)
    }

    /// The warnings, and why nothing was found, as text; empty if there are none.
    pub fn remarks(&self) -> String {
        let mut text = self.rendered_warnings();
        if !self.explanation.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text += &format!(
                "note: no definitions were found\n  {}\n",
                self.explanation.join("\n  ")
            );
        }
        text
    }

    /// The warnings as text, empty if there are none.
    pub fn rendered_warnings(&self) -> String {
        render_all(&self.warnings, &self.texts)
    }
}

/// Reads the model of the Go definitions at some place.
///
/// # Errors
///
/// Fails if files cannot be read, or if they have mistakes.
pub fn load(input: &GoInput) -> Result<Model, DriverError> {
    Ok(load_all(input)?.model())
}

/// Reads Go definitions with all that is worth knowing about them.
///
/// # Errors
///
/// Fails if files cannot be read, or if they have mistakes.
pub fn load_all(input: &GoInput) -> Result<Loaded, DriverError> {
    definitions_of(&read(input)?)
}

/// Turns the texts of Go files into definitions.
///
/// # Errors
///
/// Fails if they have mistakes.
pub fn definitions_of(sources: &GoSources) -> Result<Loaded, DriverError> {
    let mut diagnostics = Diagnostics::new();
    let texts = sources.texts();
    let mut unread = false;
    let mut parse = |folder: &SourceFolder, diagnostics: &mut Diagnostics| -> Vec<GoFile> {
        let mut files = Vec::new();
        for (path, text) in &folder.files {
            let file = declare::read(path, text, diagnostics);
            unread |= file.is_none();
            files.extend(file);
        }
        files
    };
    let shared_files = sources.shared.as_ref();
    let shared_files = shared_files.map(|shared| parse(shared, &mut diagnostics));
    let shared_files = shared_files.unwrap_or_default();
    let folders: Vec<Vec<GoFile>> = sources
        .folders
        .iter()
        .map(|folder| parse(folder, &mut diagnostics))
        .collect();
    let mut files = Vec::new();
    // A barrier: without one of the files, every rule about names would go astray.
    if !unread {
        let shared = Package::new(&shared_files, &mut diagnostics);
        for folder in &folders {
            let package = Package::new(folder, &mut diagnostics);
            let read = Folders {
                package: &package,
                shared: &shared,
                legacy: sources.legacy,
            };
            files.extend(read.units(&mut diagnostics));
            loose::report(&package, sources.legacy, &mut diagnostics);
        }
        if !files.is_empty() {
            files.extend(units::shared_units(&shared, &mut diagnostics));
            files.sort_by_key(|file: &SourceFile| file.folder != crate::syntax::Folder::Types);
        }
        check(&files, &mut diagnostics);
    }
    match diagnostics.finish() {
        Ok(warnings) => Ok(Loaded {
            explanation: if files.is_empty() {
                loose::explain(sources, &folders)
            } else {
                Vec::new()
            },
            files,
            texts,
            warnings,
        }),
        Err(found) => Err(DriverError::Definitions {
            rendered: render_all(&found, &texts),
            count: errors_in(&found),
        }),
    }
}
