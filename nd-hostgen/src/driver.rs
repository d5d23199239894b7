//! The part that works on the disk: reads definitions, writes, compares and removes generated files.

use crate::backend::{self, Files};
use crate::check::check;
use crate::diagnostic::{Diagnostics, Kind, counted, render_all};
use crate::lower::lower;
use crate::model::Model;
use crate::parse::parse;
use crate::syntax::{Folder, SourceFile};
use crate::text_file;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The folder below a repository's root that holds the folders of definitions.
const DEFINITIONS: &str = "capabilities/";

/// The folders of definitions, in the order of reading.
const FOLDERS: [(&str, Folder); 3] = [
    ("types", Folder::Types),
    ("capabilities", Folder::Capabilities),
    ("services", Folder::Services),
];

/// Why a run failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DriverError {
    /// A file or directory could not be read or written; the message names it.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A folder of Go definitions could not be listed; the message names it.
    #[error("{action}: {}", path.display())]
    GoFolder {
        /// What was tried, in upstream's words.
        action: &'static str,
        /// The folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A file exists and would change; allow that with `--overwrite`, or write elsewhere.
    #[error("`{}` exists and would change; allow that with --overwrite", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// New items have no release; name the one that has them with `--since`.
    #[error("{} no release; name the one that has them, such as --since 0.64.0", match count {
        1 => "1 new item has".to_owned(),
        _ => format!("{count} new items have"),
    })]
    NoRelease {
        /// How many items are new.
        count: usize,
    },
    /// A file is not UTF-8 text; save it as such.
    #[error("`{}:{line}:{column}` holds bytes that are no text; save the file as UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line of the first such byte, counted from 1.
        line: usize,
        /// Its column, counted from 1 in characters.
        column: usize,
    },
    /// A file is longer than any of its kind should be; move what does not belong there to files of its own.
    #[error("`{}` is longer than {longest} MiB; move what does not belong there to files of its own", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How long it may be, in MiB.
        longest: u64,
    },
    /// There are no definitions below the root; run in the repository's root or name it.
    #[error("no definitions under `{}`; name the repository's root with --root", root.display())]
    NoDefinitions {
        /// The root that was searched.
        root: PathBuf,
    },
    /// The definitions have mistakes; each is rendered with its place and a hint.
    #[error("{} in the definitions, nothing was written\n\n{rendered}", counted(*count, "mistake"))]
    Definitions {
        /// All mistakes as text.
        rendered: String,
        /// How many there are.
        count: usize,
    },
    /// Two roots declare shared types in files of one name; rename one of the files.
    #[error(
        "`{path}` is in the definitions and in those with the shared types; rename one of them"
    )]
    SharedTwice {
        /// The file, relative to both roots.
        path: String,
    },
    /// Somebody's own file lies among the generated ones; move it elsewhere.
    #[error("`{path}` lies in a directory of generated files but was not generated; move it away")]
    ForeignFile {
        /// The file, relative to the root.
        path: String,
    },
}

/// Reads and checks all definitions below a root: a repository's, or a folder with the folders `types`,
/// `capabilities` and `services`.
///
/// # Errors
///
/// Fails if files cannot be read, if there are none, or if they have mistakes.
pub fn load(root: &Path) -> Result<Model, DriverError> {
    load_with(root, None).map(|(model, _)| model)
}

/// Reads and checks all definitions below a root, which may use the shared types below another one.
///
/// The model holds those types too; their names are returned beside it.
///
/// # Errors
///
/// As [`load`], and if both roots declare shared types in files of one name.
pub fn load_with(
    root: &Path,
    shared: Option<&Path>,
) -> Result<(Model, BTreeSet<String>), DriverError> {
    let mut sources = sources(root)?;
    if sources.is_empty() {
        let root = root.to_owned();
        return Err(DriverError::NoDefinitions { root });
    }
    let foreign = match shared {
        Some(shared) => shared_sources(shared)?,
        None => BTreeMap::new(),
    };
    for (path, text) in &foreign {
        if sources.insert(path.clone(), text.clone()).is_some() {
            return Err(DriverError::SharedTwice { path: path.clone() });
        }
    }
    checked(&sources, &foreign)
}

/// The files with shared types below a root, by path.
fn shared_sources(root: &Path) -> Result<BTreeMap<String, String>, DriverError> {
    let mut sources = sources(root)?;
    sources.retain(|path, _| folder_of(path) == Some(Folder::Types));
    if sources.is_empty() {
        let root = root.to_owned();
        return Err(DriverError::NoDefinitions { root });
    }
    Ok(sources)
}

/// The folder of definitions that a path lies in.
fn folder_of(path: &str) -> Option<Folder> {
    let (directory, _) = path.rsplit_once('/')?;
    let name = directory.strip_prefix(DEFINITIONS).unwrap_or(directory);
    let mut folders = FOLDERS.iter();
    folders
        .find(|(known, _)| *known == name)
        .map(|(_, folder)| *folder)
}

/// The texts of all definition files below a root, by path; none if it is no root of definitions.
///
/// # Errors
///
/// Fails if files cannot be read.
pub fn sources(root: &Path) -> Result<BTreeMap<String, String>, DriverError> {
    for parent in [DEFINITIONS, ""] {
        let mut sources = BTreeMap::new();
        for (folder, _) in FOLDERS {
            for path in rust_files(root, &format!("{parent}{folder}"))? {
                let text = text_file::read_found(&root.join(&path), text_file::DEFINITIONS)?;
                sources.insert(path, text);
            }
        }
        if !sources.is_empty() {
            return Ok(sources);
        }
    }
    Ok(BTreeMap::new())
}

/// Turns the texts of definition files, by path, into a model; the folder of a file decides what it may hold.
///
/// # Errors
///
/// Fails if the definitions have mistakes.
pub fn model_of(sources: &BTreeMap<String, String>) -> Result<Model, DriverError> {
    checked(sources, &BTreeMap::new()).map(|(model, _)| model)
}

/// Turns the texts of files with shared types, by path, into a model; nothing need use them.
///
/// # Errors
///
/// Fails if the definitions have mistakes.
pub fn shared_types_of(sources: &BTreeMap<String, String>) -> Result<Model, DriverError> {
    checked(sources, sources).map(|(model, _)| model)
}

/// As [`model_of`]; the files in `foreign` may declare what nothing uses, and the names of their structs are returned.
fn checked(
    sources: &BTreeMap<String, String>,
    foreign: &BTreeMap<String, String>,
) -> Result<(Model, BTreeSet<String>), DriverError> {
    let mut diagnostics = Diagnostics::new();
    let mut files: Vec<SourceFile> = Vec::new();
    for (_, folder) in FOLDERS {
        let inside = sources.iter();
        let inside = inside.filter(|(path, _)| folder_of(path) == Some(folder));
        for (path, text) in inside {
            files.extend(parse(path, folder, text, &mut diagnostics));
        }
    }
    // A barrier: without one of the files, every rule about names would go astray.
    let checked = if files.len() < sources.len() {
        diagnostics.finish()
    } else {
        check(&files, &mut diagnostics);
        diagnostics.finish()
    };
    let mut mistakes = checked.err().unwrap_or_default();
    mistakes.retain(|mistake| {
        mistake.kind != Kind::Unused || !foreign.contains_key(&mistake.place.file)
    });
    if !mistakes.is_empty() {
        return Err(DriverError::Definitions {
            rendered: render_all(&mistakes, sources),
            count: mistakes.len(),
        });
    }
    let structs = files.iter().filter(|file| foreign.contains_key(&file.path));
    let structs = structs.flat_map(|file| &file.structs);
    let structs = structs.map(|item| item.name.value.clone()).collect();
    Ok((lower(&files), structs))
}

/// How the files on disk differ from what they should be.
#[derive(Debug, Default, PartialEq)]
pub struct Difference {
    /// Files with other content, relative to the root.
    pub stale: Vec<String>,
    /// Files that do not exist.
    pub missing: Vec<String>,
    /// Generated files that no definition asks for any more.
    pub left_over: Vec<String>,
    /// Files in a directory of generated ones that were not generated.
    pub foreign: Vec<String>,
}

impl Difference {
    /// Whether the disk holds exactly what it should.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares generated files with the disk, in both directions.
///
/// # Errors
///
/// Fails if a file cannot be read.
pub fn compare(root: &Path, files: &Files) -> Result<Difference, DriverError> {
    compare_in(root, &backend::DIRECTORIES, files)
}

/// Compares generated files with these directories below a root, which hold nothing else; `""` is the root itself.
///
/// # Errors
///
/// Fails if a file cannot be read.
pub fn compare_in(
    root: &Path,
    directories: &[&str],
    files: &Files,
) -> Result<Difference, DriverError> {
    let mut difference = Difference::default();
    for (path, text) in files {
        match read(&root.join(path))? {
            None => difference.missing.push(path.clone()),
            Some(found) if found != *text => difference.stale.push(path.clone()),
            Some(_) => {}
        }
    }
    for directory in directories {
        for path in all_files(root, directory)? {
            if files.contains_key(&path) {
                continue;
            }
            let text = read(&root.join(&path))?.unwrap_or_default();
            if backend::is_generated(&text) {
                difference.left_over.push(path);
            } else {
                difference.foreign.push(path);
            }
        }
    }
    Ok(difference)
}

/// Makes the disk hold exactly the generated files, touching only those that differ.
///
/// # Errors
///
/// Fails if a file cannot be read, written or removed, or if a file of somebody's own is in the way.
pub fn write(root: &Path, files: &Files) -> Result<Difference, DriverError> {
    write_in(root, &backend::DIRECTORIES, files)
}

/// Makes these directories below a root hold exactly the generated files, touching only those that differ.
///
/// # Errors
///
/// As [`write()`].
pub fn write_in(
    root: &Path,
    directories: &[&str],
    files: &Files,
) -> Result<Difference, DriverError> {
    let difference = compare_in(root, directories, files)?;
    if let Some(path) = difference.foreign.first() {
        return Err(DriverError::ForeignFile { path: path.clone() });
    }
    let changed = difference.stale.iter().chain(&difference.missing);
    for (path, text) in changed.filter_map(|path| files.get_key_value(path)) {
        let path = root.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io("create", parent))?;
        }
        fs::write(&path, text).map_err(io("write", &path))?;
    }
    for path in &difference.left_over {
        let path = root.join(path);
        fs::remove_file(&path).map_err(io("remove", &path))?;
    }
    Ok(difference)
}

/// The `.rs` files directly in a directory; none if it does not exist.
fn rust_files(root: &Path, directory: &str) -> Result<BTreeSet<String>, DriverError> {
    let files = entries(root, directory)?.into_iter();
    let files = files.filter(|(path, is_dir)| !is_dir && path.ends_with(".rs"));
    Ok(files.map(|(path, _)| path).collect())
}

/// The files in a directory and below; none if it does not exist.
fn all_files(root: &Path, directory: &str) -> Result<BTreeSet<String>, DriverError> {
    let mut files = BTreeSet::new();
    for (path, is_dir) in entries(root, directory)? {
        if is_dir {
            files.extend(all_files(root, &path)?);
        } else {
            files.insert(path);
        }
    }
    Ok(files)
}

/// The entries of a directory with the path below the root, and whether each is a directory.
fn entries(root: &Path, directory: &str) -> Result<Vec<(String, bool)>, DriverError> {
    let path = root.join(directory);
    let listing = match fs::read_dir(&path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io("list", &path)(error)),
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry.map_err(io("list", &path))?;
        let kind = entry.file_type().map_err(io("examine", &entry.path()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match directory {
            "" => name,
            _ => format!("{directory}/{name}"),
        };
        found.push((path, kind.is_dir()));
    }
    Ok(found)
}

/// The text of a file; none if it does not exist.
fn read(path: &Path) -> Result<Option<String>, DriverError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

/// Makes an error of this crate from one of the system's.
fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> DriverError + 'a {
    move |source| DriverError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
