//! Which Go files are read: the folders of a checkout or of one's own, and the names that are passed over.

use crate::driver::DriverError;
use crate::text_file;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where upstream's checkout holds what, below its root and below its folder `plugins`.
const SERVICES: &str = "host";
const CAPABILITIES: &str = "capabilities";
const SHARED: &str = "types";
const PLUGINS: &str = "plugins";

/// Where to read Go definitions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoInput {
    /// A folder of definitions, or a checkout of the server, whose folders are then found by themselves.
    pub input: PathBuf,
    /// The folder of shared types; in a checkout `plugins/types` unless this is given.
    pub shared: Option<PathBuf>,
    /// Whether the stricter rules of the old generator hold: only host services, the annotation directly above its
    /// declaration, a context first and an error last.
    pub legacy: bool,
}

impl GoInput {
    /// Reads this folder or checkout.
    pub fn new(input: impl Into<PathBuf>) -> Self {
        Self {
            input: input.into(),
            ..Self::default()
        }
    }

    /// Takes the shared types from the folder `types` beside the folder of definitions, where a checkout has them,
    /// unless another folder is given.
    pub fn with_shared_beside(mut self) -> Self {
        let beside = match self.input.file_name() {
            Some(_) => self.input.with_file_name(SHARED),
            None => self.input.join("..").join(SHARED),
        };
        if self.shared.is_none() && has_go_files(&self.input) && has_go_files(&beside) {
            self.shared = Some(beside);
        }
        self
    }
}

/// The texts of all files of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoSources {
    /// The folders with interfaces.
    pub folders: Vec<SourceFolder>,
    /// The folder of shared types.
    pub shared: Option<SourceFolder>,
    /// Whether the rules of the old generator hold.
    pub legacy: bool,
}

impl GoSources {
    /// All texts by path.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let folders = self.folders.iter().chain(&self.shared);
        let files = folders.flat_map(|folder| folder.files.clone());
        files.collect()
    }
}

/// The Go files of one folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceFolder {
    /// The folder as shown to people.
    pub path: String,
    /// The texts by path, in the order of reading.
    pub files: BTreeMap<String, String>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
}

/// An entry of a folder that is not read.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    /// Its path.
    pub path: String,
    /// Why it is not read.
    pub reason: &'static str,
}

/// Whether a folder is a checkout of the server, its folder `plugins`, or holds Go files itself.
pub fn is_source(path: &Path) -> bool {
    plugins(path).is_some() || has_go_files(path)
}

/// The folder with upstream's definitions below a checkout.
fn plugins(path: &Path) -> Option<PathBuf> {
    let below = path.join(PLUGINS);
    let holds = |folder: &Path| {
        let names = [SERVICES, CAPABILITIES];
        names.iter().any(|name| has_go_files(&folder.join(name)))
    };
    if holds(&below) {
        Some(below)
    } else {
        holds(path).then(|| path.to_owned())
    }
}

fn has_go_files(folder: &Path) -> bool {
    let listing = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = listing.map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().ends_with(".go"))
}

/// Reads the texts of Go definitions.
///
/// # Errors
///
/// Fails if a folder or file cannot be read.
pub fn read(input: &GoInput) -> Result<GoSources, DriverError> {
    let missing = "parsing source files: reading directory";
    let mut sources = GoSources {
        legacy: input.legacy,
        ..GoSources::default()
    };
    let mut shared = input.shared.clone();
    match plugins(&input.input).filter(|_| !has_go_files(&input.input)) {
        Some(plugins) => {
            for name in [CAPABILITIES, SERVICES] {
                let folder = plugins.join(name);
                if folder.is_dir() {
                    sources.folders.push(read_folder(&folder, missing)?);
                }
            }
            let types = plugins.join(SHARED);
            shared = shared.or_else(|| types.is_dir().then_some(types));
        }
        None => sources.folders.push(read_folder(&input.input, missing)?),
    }
    if let Some(shared) = shared {
        let missing = "loading shared types: reading shared types directory";
        sources.shared = Some(read_folder(&shared, missing)?);
    }
    Ok(sources)
}

/// Reads the Go files directly in a folder.
fn read_folder(folder: &Path, missing: &'static str) -> Result<SourceFolder, DriverError> {
    let io = |source| DriverError::GoFolder {
        action: missing,
        path: folder.to_owned(),
        source,
    };
    let mut found = SourceFolder {
        path: shown(folder),
        ..SourceFolder::default()
    };
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = shown(&entry.path());
        let is_folder = fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
        match skipped(&name, is_folder) {
            Some(reason) => found.skipped.push(Skipped { path, reason }),
            None if !name.ends_with(".go") => {}
            None => {
                let text = text_file::read_found(&entry.path(), text_file::DEFINITIONS)?;
                let text = text
                    .strip_prefix('\u{feff}')
                    .map(str::to_owned)
                    .unwrap_or(text);
                found.files.insert(path, text);
            }
        }
    }
    found.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Why an entry of a folder is passed over, if it could hold definitions.
fn skipped(name: &str, is_folder: bool) -> Option<&'static str> {
    if is_folder {
        return Some("folders are not entered");
    }
    if name == "doc.go" {
        return Some("a file named `doc.go` is not read");
    }
    if name.ends_with("_gen.go") {
        return Some("names ending in `_gen.go` are generated files");
    }
    name.ends_with("_test.go")
        .then_some("names ending in `_test.go` are tests")
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}
