//! Writing packages: the same content always gives the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{MANIFEST_NAME, MODULE_NAME, PackageError};

/// Builds a `.ndp` archive.
///
/// Entries are sorted by name and carry no times, owners or permissions of this machine, so that building a package
/// twice gives one SHA-256.
#[derive(Debug, Clone)]
pub struct PackageWriter {
    entries: BTreeMap<String, Vec<u8>>,
}

impl PackageWriter {
    /// Starts a package with the two entries every plugin has. The manifest is not checked.
    pub fn new(manifest: impl Into<Vec<u8>>, wasm: impl Into<Vec<u8>>) -> Self {
        Self {
            entries: BTreeMap::from([
                (MANIFEST_NAME.to_owned(), manifest.into()),
                (MODULE_NAME.to_owned(), wasm.into()),
            ]),
        }
    }

    /// Adds a further entry, such as a licence; servers ignore it.
    #[must_use]
    pub fn entry(mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.entries.insert(name.into(), content.into());
        self
    }

    /// Returns the archive.
    ///
    /// # Errors
    ///
    /// When an entry cannot be stored, for instance because its name is too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackageError> {
        self.archive().map_err(|source| PackageError::Archive {
            name: "to write".to_owned(),
            source,
        })
    }

    fn archive(&self) -> zip::result::ZipResult<Vec<u8>> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .system(zip::System::Unix)
            .unix_permissions(0o644);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.entries {
            writer.start_file(name.as_str(), options)?;
            writer.write_all(content)?;
        }
        Ok(writer.finish()?.into_inner())
    }

    /// Writes the archive to a file, by way of a temporary one beside it, and returns its bytes.
    ///
    /// # Errors
    ///
    /// When the archive cannot be made or the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Vec<u8>, PackageError> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        let unfinished = path.with_extension("ndp.tmp");
        fs::write(&unfinished, &bytes)
            .and_then(|()| fs::rename(&unfinished, path))
            .map_err(|source| PackageError::Read {
                path: path.to_owned(),
                source,
            })?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let one = PackageWriter::new("{}", b"wasm")
            .entry("LICENSE", "l")
            .entry("a", "b");
        let two = PackageWriter::new("{}", b"wasm")
            .entry("a", "b")
            .entry("LICENSE", "l");
        assert_eq!(one.to_bytes().unwrap(), two.to_bytes().unwrap());
        let other = PackageWriter::new("{}", b"wasm!");
        assert_ne!(one.to_bytes().unwrap(), other.to_bytes().unwrap());
    }

    #[test]
    fn entries_are_sorted() {
        let writer = PackageWriter::new("{}", b"wasm")
            .entry("zz", "")
            .entry("README", "r");
        let archive = zip::ZipArchive::new(Cursor::new(writer.to_bytes().unwrap())).unwrap();
        let names: Vec<_> = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert_eq!(names, ["README", "manifest.json", "plugin.wasm", "zz"]);
    }
}
