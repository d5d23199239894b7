//! Packages: what a plugin is delivered in, and how it gets its id.
//!
//! Reads the `.ndp` archive a server loads, a folder with the same two files, or a bare module beside its manifest.
//! An archive is taken apart in memory. The server puts no limit on sizes; this host stops at [`MAX_ARCHIVE`],
//! [`MAX_MANIFEST`] and [`MAX_MODULE`], far beyond any real plugin, so that a hostile archive ends in an error.

mod archive;
mod directory;
mod id;
mod module;
mod range;
mod write;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ring::digest::{Digest, SHA256, digest};

pub use archive::discover;
pub(crate) use archive::discover_for;
pub use id::{InvalidId, check_id, id_of};
pub use range::{Bound, RangeReason, ServerRange, server_range};
pub use write::PackageWriter;

use crate::manifest::{Manifest, ManifestError};
use crate::server::{Rules, legacy};

/// Ending of a package's file name.
pub const EXTENSION: &str = "ndp";
/// Name of the manifest inside a package.
pub const MANIFEST_NAME: &str = "manifest.json";
/// Name of the module inside a package.
pub const MODULE_NAME: &str = "plugin.wasm";
/// Larger archives are refused: 256 MiB.
pub const MAX_ARCHIVE: u64 = 256 << 20;
/// Larger manifests are refused: 4 MiB.
pub const MAX_MANIFEST: u64 = 4 << 20;
/// Larger modules are refused: 256 MiB.
pub const MAX_MODULE: u64 = 256 << 20;

/// A plugin's files, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// Plugin id: the file name without its ending.
    pub id: String,
    /// The checked manifest.
    pub manifest: Manifest,
    /// The module.
    pub wasm: Vec<u8>,
    /// Lower-case hex SHA-256 of the archive, or of the module if there is no archive.
    pub sha256: String,
    /// Advice on outdated forms in the manifest, which servers ignore, one line each.
    pub outdated: Vec<String>,
}

/// Why a package cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The file name makes no usable plugin id. Rename the file.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// The file cannot be read. Check the path and its permissions.
    #[error("opening package {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not an archive, or a damaged one. Build it again.
    #[error("opening package {name}: {source}")]
    Archive {
        /// File name or plugin id.
        name: String,
        /// Why.
        source: zip::result::ZipError,
    },
    /// A required entry is not at the root of the archive, or not in the folder. Add it under that exact name.
    #[error("opening package {name}: package missing {entry}")]
    Missing {
        /// File name or plugin id.
        name: String,
        /// The entry.
        entry: &'static str,
    },
    /// Something is larger than this host accepts.
    #[error("opening package {name}: {entry} is larger than {limit} bytes")]
    TooLarge {
        /// File name or plugin id.
        name: String,
        /// What is too large.
        entry: &'static str,
        /// The limit that it passes.
        limit: u64,
    },
    /// The manifest is refused. Change what the message names.
    #[error("opening package {name}: parsing manifest: {source}")]
    Manifest {
        /// File name or plugin id.
        name: String,
        /// Which rule it breaks.
        source: ManifestError,
    },
}

impl Package {
    /// Reads a package: a folder, a `.ndp` archive, or a bare `.wasm` with a `manifest.json` beside it.
    ///
    /// # Errors
    ///
    /// An unusable id first, then everything that is wrong with the files, in the server's order.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PackageError> {
        Self::open_for(path, &Rules::default())
    }

    /// As [`Package::open`], by the rules of a server release.
    ///
    /// # Errors
    ///
    /// As [`Package::open`].
    pub fn open_for(path: impl AsRef<Path>, rules: &Rules) -> Result<Self, PackageError> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::read_dir(path, rules);
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            return Self::read_module(path, &path.with_file_name(MANIFEST_NAME), rules);
        }
        let id = id_of(path)?;
        let bytes = read_file(path, "the archive", MAX_ARCHIVE)?;
        Self::read_archive(&id, &bytes, rules)
    }

    /// Reads a folder with `manifest.json` and `plugin.wasm`; its name is the plugin id.
    ///
    /// # Errors
    ///
    /// As [`Package::open`].
    pub fn open_dir(folder: impl AsRef<Path>) -> Result<Self, PackageError> {
        Self::read_dir(folder.as_ref(), &Rules::default())
    }

    fn read_dir(folder: &Path, rules: &Rules) -> Result<Self, PackageError> {
        let id = id_of(folder)?;
        let manifest = read_entry(folder, &id, MANIFEST_NAME, MAX_MANIFEST)?;
        let wasm = read_entry(folder, &id, MODULE_NAME, MAX_MODULE)?;
        Self::put_together(&id, &manifest, wasm, rules)
    }

    /// Reads a bare module and its manifest; the module's file name without `.wasm` is the plugin id.
    ///
    /// # Errors
    ///
    /// As [`Package::open`].
    pub fn open_module(
        wasm: impl AsRef<Path>,
        manifest: impl AsRef<Path>,
    ) -> Result<Self, PackageError> {
        Self::read_module(wasm.as_ref(), manifest.as_ref(), &Rules::default())
    }

    fn read_module(wasm: &Path, manifest: &Path, rules: &Rules) -> Result<Self, PackageError> {
        let id = id_of(wasm)?;
        let manifest = read_file(manifest, MANIFEST_NAME, MAX_MANIFEST)?;
        let wasm = read_file(wasm, MODULE_NAME, MAX_MODULE)?;
        Self::put_together(&id, &manifest, wasm, rules)
    }

    /// Takes an archive apart.
    ///
    /// # Errors
    ///
    /// As [`Package::open`].
    pub fn from_archive(id: &str, bytes: &[u8]) -> Result<Self, PackageError> {
        Self::read_archive(id, bytes, &Rules::default())
    }

    fn read_archive(id: &str, bytes: &[u8], rules: &Rules) -> Result<Self, PackageError> {
        check_id(id)?;
        let entries = archive::read(id, bytes)?;
        Ok(Self {
            id: id.to_owned(),
            manifest: parse_manifest(id, &entries.manifest, rules)?,
            outdated: legacy::manifest(&entries.manifest),
            wasm: entries.wasm,
            sha256: sha256(bytes),
        })
    }

    /// Puts a package together from what it is made of.
    ///
    /// # Errors
    ///
    /// As [`Package::open`].
    pub fn from_parts(id: &str, manifest: &[u8], wasm: Vec<u8>) -> Result<Self, PackageError> {
        Self::put_together(id, manifest, wasm, &Rules::default())
    }

    fn put_together(
        id: &str,
        manifest: &[u8],
        wasm: Vec<u8>,
        rules: &Rules,
    ) -> Result<Self, PackageError> {
        check_id(id)?;
        Ok(Self {
            id: id.to_owned(),
            manifest: parse_manifest(id, manifest, rules)?,
            outdated: legacy::manifest(manifest),
            sha256: sha256(&wasm),
            wasm,
        })
    }
}

fn parse_manifest(name: &str, json: &[u8], rules: &Rules) -> Result<Manifest, PackageError> {
    Manifest::parse_for(json, rules).map_err(|source| PackageError::Manifest {
        name: name.to_owned(),
        source,
    })
}

fn read_entry(
    folder: &Path,
    id: &str,
    entry: &'static str,
    limit: u64,
) -> Result<Vec<u8>, PackageError> {
    let path = folder.join(entry);
    if !path.exists() {
        return Err(PackageError::Missing {
            name: id.to_owned(),
            entry,
        });
    }
    read_file(&path, entry, limit)
}

pub(crate) fn read_file(
    path: &Path,
    entry: &'static str,
    limit: u64,
) -> Result<Vec<u8>, PackageError> {
    let failed = |source| PackageError::Read {
        path: path.to_owned(),
        source,
    };
    // Opening a pipe would wait for a writer, and a device has no length and no end.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::other("not a regular file")));
    }
    let mut content = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > limit {
        return Err(PackageError::TooLarge {
            name: path.display().to_string(),
            entry,
            limit,
        });
    }
    Ok(content)
}

/// Returns the lower-case hex SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&digest(&SHA256, bytes))
}

pub(crate) fn hex(digest: &Digest) -> String {
    let bytes = digest.as_ref().iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MANIFEST: &str = r#"{"name":"N","author":"A","version":"1"}"#;

    #[test]
    fn folders_archives_and_bare_modules_give_the_same_package() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("my-plugin");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(MANIFEST_NAME), MANIFEST).unwrap();
        fs::write(folder.join(MODULE_NAME), b"\0asm").unwrap();
        let from_folder = Package::open(&folder).unwrap();
        assert_eq!(from_folder.id, "my-plugin");

        let archive = dir.path().join("my-plugin.ndp");
        let bytes = PackageWriter::new(MANIFEST, b"\0asm")
            .write(&archive)
            .unwrap();
        let from_archive = Package::open(&archive).unwrap();
        assert_eq!(from_archive.sha256, sha256(&bytes));
        assert_eq!(
            from_archive,
            Package {
                sha256: from_archive.sha256.clone(),
                ..from_folder
            }
        );

        let module = dir.path().join("other.wasm");
        fs::write(&module, b"\0asm").unwrap();
        let error = Package::open(&module).unwrap_err().to_string();
        assert!(error.starts_with("opening package"), "{error}");
        let bare = Package::open_module(&module, folder.join(MANIFEST_NAME)).unwrap();
        assert_eq!(bare.id, "other");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let check = |name: &str, content: &[u8], expected: &str| {
            let path = dir.path().join(name);
            fs::write(&path, content).unwrap();
            let error = Package::open(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("..ndp", b"", "invalid plugin ID");
        check("a.ndp", b"no archive", "opening package a");
        let gone = Package::open(dir.path().join("gone.ndp")).unwrap_err();
        assert!(gone.to_string().starts_with("opening package"), "{gone}");
        let empty = dir.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let error = Package::open(&empty).unwrap_err().to_string();
        assert!(error.contains("package missing manifest.json"), "{error}");
        let refused = Package::from_parts("x", b"{}", Vec::new()).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("parsing manifest"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_no_package() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("endless.ndp");
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let error = Package::open(&path).unwrap_err().to_string();
        assert!(error.starts_with("opening package"), "{error}");
        assert!(error.contains("not a regular file"), "{error}");
    }

    #[test]
    fn the_hash_is_lower_case_hex() {
        assert_eq!(
            sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
