//! Walking a folder of music.

use std::collections::HashSet;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use lofty::file::FileType;

use super::tags;
use super::track::LibraryTrack;

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
/// Files are recognised by their extension; hidden files and folders (a dot in front) are passed over, and links to
/// folders are followed once. Nothing is fatal: what cannot be read, the folder itself included, is listed as a problem.
pub fn scan(library_id: i32, folder: &Path) -> Scan {
    scan_with(library_id, folder, |_| {})
}

/// Does what [`scan`] does and tells of each file before it is read, for a progress display.
pub fn scan_with(library_id: i32, folder: &Path, mut on_file: impl FnMut(&Path)) -> Scan {
    let mut scan = Scan::default();
    let mut files = Vec::new();
    walk(folder, &mut HashSet::new(), &mut files, &mut scan.problems);
    for file in files {
        on_file(&file);
        let read = relative(folder, &file).and_then(|path| tags::read(library_id, &path, &file));
        match read {
            Ok(track) => scan.tracks.push(track),
            Err(reason) => scan.problems.push(ScanProblem { path: file, reason }),
        }
    }
    scan.tracks.sort_by(|a, b| a.path.cmp(&b.path));
    scan
}

fn walk(
    folder: &Path,
    seen: &mut HashSet<PathBuf>,
    files: &mut Vec<PathBuf>,
    problems: &mut Vec<ScanProblem>,
) {
    let mut problem = |path: &Path, error: std::io::Error| {
        problems.push(ScanProblem {
            path: path.to_owned(),
            reason: error.to_string(),
        });
    };
    // Links may form a circle.
    match folder.canonicalize() {
        Ok(real) if !seen.insert(real.clone()) => return,
        Ok(_) => {}
        Err(error) => return problem(folder, error),
    }
    let entries =
        match std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>) {
            Ok(entries) => entries,
            Err(error) => return problem(folder, error),
        };
    let mut paths: Vec<PathBuf> = entries
        .iter()
        .filter(|entry| !is_hidden(entry))
        .map(DirEntry::path)
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, seen, files, problems);
        } else if is_music(&path) {
            files.push(path);
        }
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
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
