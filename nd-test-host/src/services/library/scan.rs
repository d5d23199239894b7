//! Walking a folder of music.

use std::collections::HashSet;
use std::fs::{DirEntry, Metadata, ReadDir};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lofty::file::FileType;

use super::tags;
use super::track::LibraryTrack;
use crate::services::clock::unix_nanos;

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scan {
    /// Music files, sorted by path.
    pub tracks: Vec<LibraryTrack>,
    /// Files and folders that could not be read.
    pub problems: Vec<ScanProblem>,
}

/// Something a scan could not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct ScanProblem {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads the tags of every music file below a folder.
///
/// Files are recognised by their extension; hidden files and folders (a dot in front) and those with a server's or
/// system's housekeeping are passed over, as is a folder with an empty `.ndignore`. Links to folders are followed once,
/// after the folders themselves. Nothing is fatal: what cannot be read, the folder itself included, is listed as a problem.
pub fn scan(library_id: i32, folder: &Path) -> Scan {
    scan_with(library_id, folder, |_| {})
}

/// Does what [`scan`] does and tells of each file before it is read, for a progress display.
pub fn scan_with(library_id: i32, folder: &Path, mut on_file: impl FnMut(&Path)) -> Scan {
    let Walk {
        files, problems, ..
    } = walk(folder);
    let mut scan = Scan {
        tracks: Vec::with_capacity(files.len()),
        problems,
    };
    for Found { path, file, .. } in files {
        on_file(&file);
        match tags::read(library_id, &path, &file) {
            Ok(track) => scan.tracks.push(track),
            Err(reason) => scan.problems.push(ScanProblem { path: file, reason }),
        }
    }
    scan
}

/// What lies below a folder.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Music files, sorted by path.
    pub(super) files: Vec<Found>,
    /// What cannot be read.
    pub(super) problems: Vec<ScanProblem>,
    /// Folders that cannot be listed, by path below the folder; what is in them is not known.
    pub(super) closed: Vec<String>,
}

/// A music file that was not opened yet.
#[derive(Debug)]
pub(super) struct Found {
    /// Path below the folder, with `/` between its parts on every system.
    pub(super) path: String,
    pub(super) file: PathBuf,
    pub(super) size: i64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
}

/// Lists the music files below a folder.
pub(super) fn walk(root: &Path) -> Walk {
    let mut walk = Walk::default();
    let mut seen = HashSet::new();
    let mut folders = vec![root.to_owned()];
    let mut links = Vec::new();
    // Links wait until all folders have been seen, so that a folder is known by its own path. They may form a circle.
    while let Some(folder) = folders.pop().or_else(|| links.pop()) {
        match folder
            .canonicalize()
            .and_then(|real| Ok((real, folder.read_dir()?)))
        {
            Ok((real, _)) if !seen.insert(real.clone()) => {}
            Ok((_, entries)) => walk.list(root, &folder, entries, &mut folders, &mut links),
            Err(error) => walk.close(root, folder, &error),
        }
    }
    walk.files.sort_by(|a, b| a.path.cmp(&b.path));
    walk.problems.sort_by(|a, b| a.path.cmp(&b.path));
    walk
}

impl Walk {
    /// Sorts the entries of one folder into files, folders and links to folders.
    fn list(
        &mut self,
        root: &Path,
        folder: &Path,
        entries: ReadDir,
        folders: &mut Vec<PathBuf>,
        links: &mut Vec<PathBuf>,
    ) {
        let entries: Vec<DirEntry> = match entries.collect() {
            Ok(entries) => entries,
            Err(error) => return self.close(root, folder.to_owned(), &error),
        };
        if entries.iter().any(ignores_folder) {
            return;
        }
        for entry in entries.iter().filter(|entry| !is_hidden(entry)) {
            let path = entry.path();
            let (linked, metadata) = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => (true, path.metadata()),
                Ok(_) => (false, entry.metadata()),
                Err(error) => (false, Err(error)),
            };
            match metadata {
                Ok(found) if found.is_dir() && is_housekeeping(entry) => {}
                Ok(found) if found.is_dir() && linked => links.push(path),
                Ok(found) if found.is_dir() => folders.push(path),
                // A pipe with the name of a song would be waited for.
                Ok(found) if found.is_file() && is_music(&path) => self.add(root, path, &found),
                Ok(_) => {}
                // A link that leads nowhere matters only where music is expected.
                Err(_) if linked && !is_music(&path) => {}
                Err(error) => self.problems.push(problem(path, error)),
            }
        }
    }

    fn add(&mut self, root: &Path, file: PathBuf, metadata: &Metadata) {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        match relative(root, &file) {
            Ok(path) => self.files.push(Found {
                path,
                file,
                size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
                modified: unix_nanos(modified),
            }),
            Err(reason) => self.problems.push(problem(file, reason)),
        }
    }

    fn close(&mut self, root: &Path, folder: PathBuf, error: &std::io::Error) {
        if let Ok(path) = relative(root, &folder) {
            self.closed.push(path);
        }
        self.problems.push(problem(folder, error));
    }
}

fn problem(path: PathBuf, reason: impl ToString) -> ScanProblem {
    ScanProblem {
        path,
        reason: reason.to_string(),
    }
}

/// Tells whether the name begins with a dot; two of them are taken for the title they often are.
fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && !name.starts_with(b"..")
}

fn is_housekeeping(entry: &DirEntry) -> bool {
    let names = [
        "$RECYCLE.BIN",
        "#snapshot",
        "@Recycle",
        "@Recently-Snapshot",
        "@eaDir",
        "lost+found",
    ];
    let name = entry.file_name();
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Tells whether an entry is the file that keeps a folder out of the library. Patterns in it are not followed.
fn ignores_folder(entry: &DirEntry) -> bool {
    entry.file_name() == ".ndignore" && entry.metadata().is_ok_and(|file| file.len() == 0)
}

fn is_music(path: &Path) -> bool {
    let Some(extension) = path.extension() else {
        return false;
    };
    let video = ["mp4", "m4v", "3gp"]
        .iter()
        .any(|video| extension.eq_ignore_ascii_case(video));
    !video && FileType::from_ext(extension).is_some()
}

/// Returns the path below the folder, with `/` between its parts on every system.
fn relative(folder: &Path, file: &Path) -> Result<String, String> {
    let below = file
        .strip_prefix(folder)
        .map_err(|error| error.to_string())?;
    let parts = below.iter().map(|part| {
        part.to_str()
            .ok_or("its name is not UTF-8, so plugins cannot open it")
    });
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join("/"))
}
