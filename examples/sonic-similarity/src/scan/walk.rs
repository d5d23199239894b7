//! Reads directories of a library.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::decode::{EXTENSIONS, UNSUPPORTED_EXTENSIONS};
use crate::index::FileStamp;

/// Deeper directories are left out; nobody files music that deep, but links can lead in circles.
const DEEPEST: usize = 24;

/// So many linked directories may lie on the way to a file.
const MOST_LINKS: u8 = 3;

/// A directory still to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Library id.
    pub library: i32,
    /// Path below the library root, with `/`; empty for the root.
    pub path: String,
    /// Linked directories on the way to here.
    pub links: u8,
}

/// An audio file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Library id.
    pub library: i32,
    /// Path below the library root, with `/`.
    pub path: String,
    /// State of the file.
    pub stamp: FileStamp,
}

/// What a directory holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// Audio files, by name.
    pub files: Vec<FoundFile>,
    /// Directories below, by name.
    pub directories: Vec<Directory>,
    /// Files in formats that cannot be decoded.
    pub unsupported: u32,
}

/// Reads one directory below `root`. Names that begin with a dot are left out, as the server does.
///
/// # Errors
/// When the directory cannot be read. Single entries that cannot be looked at are left out.
pub fn list(root: &Path, directory: &Directory) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in fs::read_dir(root.join(&directory.path))? {
        let Ok(entry) = entry else { continue };
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = if directory.path.is_empty() {
            name.clone()
        } else {
            format!("{}/{name}", directory.path)
        };
        let is_link = entry.file_type().is_ok_and(|t| t.is_symlink());
        let extension = Path::new(&name)
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if UNSUPPORTED_EXTENSIONS.contains(&extension.as_str()) {
            listing.unsupported += 1;
            continue;
        }
        let known_file = entry.file_type().is_ok_and(|t| t.is_file());
        let is_audio = EXTENSIONS.contains(&extension.as_str());
        if known_file && !is_audio {
            continue;
        }
        // Follows links, and asks the file system only where the answer matters.
        let Ok(metadata) = fs::metadata(root.join(&path)) else {
            continue;
        };
        if metadata.is_dir() {
            let links = directory.links + u8::from(is_link);
            let in_circle = is_link && leads_up(root, &path);
            if path.split('/').count() <= DEEPEST && links <= MOST_LINKS && !in_circle {
                listing.directories.push(Directory {
                    library: directory.library,
                    path,
                    links,
                });
            }
        } else if metadata.is_file() && is_audio {
            let stamp = FileStamp {
                modified: nanoseconds(metadata.modified().ok()),
                size: metadata.len(),
            };
            listing.files.push(FoundFile {
                library: directory.library,
                path,
                stamp,
            });
        }
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    listing.directories.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

/// Whether a link points to a directory it lies in, as far as its text shows.
fn leads_up(root: &Path, path: &str) -> bool {
    let Ok(target) = fs::read_link(root.join(path)) else {
        return false;
    };
    let parents = path.split('/').count() - 1;
    let ups = target
        .components()
        .filter(|c| matches!(c, std::path::Component::ParentDir))
        .count();
    let downs = target
        .components()
        .filter(|c| matches!(c, std::path::Component::Normal(_)))
        .count();
    downs == 0 && ups <= parents
}

fn nanoseconds(time: Option<SystemTime>) -> i64 {
    let since = time.and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
    since
        .and_then(|d| i64::try_from(d.as_nanos()).ok())
        .unwrap_or(0)
}
