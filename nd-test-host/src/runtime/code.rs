//! Compiled code kept on disk, so that a plugin is compiled once and not at every start.
//!
//! # Trust
//!
//! Compiled code is run as it is: whoever can write it is the host. So a file counts only if it belongs to the user
//! who runs the host and nobody else may write to it, which the file says when it is already open; the host makes its
//! own files that way. It is then mapped, not read: whoever could change it under the host is trusted anyway, and the
//! host itself only ever puts whole files in the place of others. (Systems without owners and modes are asked for neither: there the folder has to be private,
//! as a user's own folders are.) Against accidents there is a checksum, the name of the code inside the file, and the
//! engine's own check that the code was made by the same version of it, with the same settings, for this processor. A
//! file that fails any of these is as good as none: the module is compiled again and the file replaced.
//!
//! The engine's built-in cache was not used, because it takes any file for its own, keeps no checksum, and cleans up
//! when it sees fit, while a server trims the folder by its own rule and only when it starts.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::Crc;
use ring::digest::{Context, SHA256};
use wasmtime::{Engine, Module};

pub(super) mod shared;

/// What stands behind the code in every file, before key and checksum. The number changes with the layout.
const MAGIC: &[u8; 16] = b"nd-test-host/2\r\n";
const KEY_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 4;
const TRAILER_LENGTH: usize = MAGIC.len() + KEY_LENGTH + CHECKSUM_LENGTH;
/// Ending of a file's name.
const EXTENSION: &str = "code";
/// Bytes that are read at a time to check a file.
const CHUNK: usize = 64 << 10;
/// Larger files are not looked at. Code takes some four times the space of its module.
const MAX_FILE: u64 = 2 << 30;

/// Names the code of one module for one engine: both have to be the same for the code to fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key([u8; KEY_LENGTH]);

impl Key {
    pub(super) fn new(engine: &Engine, wasm: &[u8]) -> Self {
        let mut sha = Context::new(&SHA256);
        engine
            .precompile_compatibility_hash()
            .hash(&mut Feed(&mut sha));
        sha.update(wasm);
        let mut key = [0; KEY_LENGTH];
        key.copy_from_slice(sha.finish().as_ref());
        Self(key)
    }

    fn file_name(&self) -> String {
        use std::fmt::Write;
        let mut name = String::with_capacity(2 * KEY_LENGTH + 1 + EXTENSION.len());
        for byte in self.0 {
            // Writing to a text cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        name + "." + EXTENSION
    }
}

/// Hands what is hashed on to a stronger hash.
struct Feed<'a>(&'a mut Context);

impl Hasher for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Never asked: the result is taken from the stronger hash.
    fn finish(&self) -> u64 {
        0
    }
}

/// Code that this host compiled, in this process or an earlier one.
pub(super) struct Compiled {
    file: File,
    /// Bytes of the code, which come first in the file.
    length: u64,
}

impl Compiled {
    pub(super) fn module(&self, engine: &Engine) -> wasmtime::Result<Module> {
        // SAFETY: the file holds what `Module::serialize` returned to this host, with a checksum over it, and only the
        // user who runs this process can write to it; see the module's text.
        let mapped = unsafe { Module::deserialize_open_file(engine, self.file.try_clone()?) };
        // Some file systems do not let what lies on them be run.
        mapped.or_else(|_| {
            let code = self.read()?;
            // SAFETY: as above.
            unsafe { Module::deserialize(engine, code) }
        })
    }

    /// Keeps code without a name, for this process.
    pub(super) fn unnamed(code: &[u8]) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        file.write_all(code)?;
        Ok(Self {
            file,
            length: code.len() as u64,
        })
    }

    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        let mut code = Vec::new();
        file.take(self.length).read_to_end(&mut code)?;
        Ok(code)
    }
}

/// A folder of compiled code.
pub(crate) struct CodeCache {
    folder: PathBuf,
    owner: Owner,
}

impl CodeCache {
    /// Opens the folder, and makes it if it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        make_private(folder)?;
        // The owner of a file made here is the user who runs this process.
        let probe = tempfile::tempfile_in(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            owner: Owner::of(&probe)?,
        })
    }

    /// Removes files until the rest takes no more than `limit` bytes, oldest modification first, and then the
    /// folders left empty. What cannot be looked at or removed stays.
    pub(crate) fn trim(&self, limit: u64) {
        let mut files = Vec::new();
        let mut folders = Vec::new();
        list(&self.folder, &mut files, &mut folders);
        files.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
        let mut sum = files
            .iter()
            .fold(0_u64, |sum, file| sum.saturating_add(file.size));
        for file in files {
            if sum <= limit {
                break;
            }
            if fs::remove_file(&file.path).is_ok() {
                sum -= file.size;
            }
        }
        // Inner folders come after the ones they are in. Removing fails for those that are not empty.
        for folder in folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Returns the code of that name, if there is any that can be trusted.
    pub(super) fn get(&self, key: &Key) -> Option<Compiled> {
        let path = self.folder.join(key.file_name());
        // Opening anything but a file could wait for ever.
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut file = File::open(path).ok()?;
        let meta = file.metadata().ok()?;
        if meta.len() > MAX_FILE || !self.owner.alone_writes(&meta) {
            return None;
        }
        let length = meta.len().checked_sub(TRAILER_LENGTH as u64)?;
        let mut crc = Crc::new();
        let mut chunk = vec![0; CHUNK];
        let mut left = length;
        while left > 0 {
            let part = chunk.len().min(usize::try_from(left).unwrap_or(CHUNK));
            let part = &mut chunk[..part];
            file.read_exact(part).ok()?;
            crc.update(part);
            left -= part.len() as u64;
        }
        let mut trailer = [0; TRAILER_LENGTH];
        file.read_exact(&mut trailer).ok()?;
        (trailer == trailer_of(key, crc)).then_some(Compiled { file, length })
    }

    /// Keeps code under that name. Other hosts see either the whole file or none.
    pub(super) fn put(&self, key: &Key, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(&self.folder)?;
        let mut crc = Crc::new();
        crc.update(code);
        file.write_all(code)?;
        file.write_all(&trailer_of(key, crc))?;
        file.persist(self.folder.join(key.file_name()))?;
        Ok(())
    }
}

fn trailer_of(key: &Key, mut crc: Crc) -> [u8; TRAILER_LENGTH] {
    crc.update(&key.0);
    let mut trailer = [0; TRAILER_LENGTH];
    let (magic, rest) = trailer.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    rest[..KEY_LENGTH].copy_from_slice(&key.0);
    rest[KEY_LENGTH..].copy_from_slice(&crc.sum().to_le_bytes());
    trailer
}

struct Kept {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
}

/// Lists what is in a folder and the folders in it. Symbolic links are files to be removed, not ways elsewhere.
fn list(folder: &Path, files: &mut Vec<Kept>, folders: &mut Vec<PathBuf>) {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else {
                continue;
            };
            if meta.is_dir() {
                folders.push(entry.path());
                open.push(entry.path());
                continue;
            }
            files.push(Kept {
                path: entry.path(),
                size: meta.len(),
                modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            });
        }
    }
}

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, MetadataExt};

/// The user who runs this process.
struct Owner {
    #[cfg(unix)]
    uid: u32,
}

impl Owner {
    #[cfg(unix)]
    fn of(file: &File) -> io::Result<Self> {
        let uid = file.metadata()?.uid();
        Ok(Self { uid })
    }

    #[cfg(not(unix))]
    fn of(_file: &File) -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    fn alone_writes(&self, meta: &fs::Metadata) -> bool {
        meta.uid() == self.uid && meta.mode() & 0o022 == 0
    }

    #[cfg(not(unix))]
    fn alone_writes(&self, _meta: &fs::Metadata) -> bool {
        true
    }
}

/// Makes a folder nobody else can look into, and the folders above it as usual.
fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    builder.mode(0o700);
    builder.recursive(true).create(folder)
}

#[cfg(test)]
mod tests;
