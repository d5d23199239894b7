//! Reading `.ndp` archives.

use std::io::{Cursor, Read};

use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
// The stable reader keys entries by name and so cannot tell the first of two from the last.
use zip::unstable::read::ZipIterable;

use super::{MANIFEST_NAME, MAX_MANIFEST, MAX_MODULE, MODULE_NAME, PackageError, parse_manifest};
use crate::manifest::Manifest;
use crate::server::Rules;

/// The two entries that matter.
pub(super) struct Entries {
    pub(super) manifest: Vec<u8>,
    pub(super) wasm: Vec<u8>,
}

/// Reads what discovery looks at: the first manifest of an archive.
///
/// Loading takes the last entry of each name instead, so an archive with two manifests is listed under the one and
/// loaded under the other, as on the server.
///
/// # Errors
///
/// As [`Package::open`](super::Package::open), except that a missing module goes unnoticed.
pub fn discover(name: &str, bytes: &[u8]) -> Result<Manifest, PackageError> {
    discover_for(name, bytes, &Rules::default())
}

/// As [`discover`], by the rules of a server release.
pub(crate) fn discover_for(
    name: &str,
    bytes: &[u8],
    rules: &Rules,
) -> Result<Manifest, PackageError> {
    let mut first = None;
    each_entry(name, bytes, |entry_name, entry| {
        if first.is_none() && entry_name == MANIFEST_NAME {
            first = Some(entry);
        }
    })?;
    let manifest = unpack(name, bytes, first, MANIFEST_NAME, MAX_MANIFEST)?;
    parse_manifest(name, &manifest, rules)
}

/// Reads the last entry of each required name.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Entries, PackageError> {
    // Found first and unpacked afterwards: a small archive can repeat a name thousands of times.
    let (mut manifest, mut wasm) = (None, None);
    each_entry(name, bytes, |entry_name, entry| match entry_name {
        MANIFEST_NAME => manifest = Some(entry),
        MODULE_NAME => wasm = Some(entry),
        _ => {}
    })?;
    if wasm.is_none() && manifest.is_some() {
        return Err(missing(name, MODULE_NAME));
    }
    Ok(Entries {
        manifest: unpack(name, bytes, manifest, MANIFEST_NAME, MAX_MANIFEST)?,
        wasm: unpack(name, bytes, wasm, MODULE_NAME, MAX_MODULE)?,
    })
}

type Entry = ZipFileEntry<'static>;

/// Walks the directory of the archive in its order, names that occur twice included. No entry is opened: those that
/// do not count may be encrypted or damaged.
fn each_entry(
    name: &str,
    bytes: &[u8],
    mut visit: impl FnMut(&str, Entry),
) -> Result<(), PackageError> {
    let damaged = |source| damaged(name, source);
    let mut archive =
        ZipIterable::try_new(Cursor::new(bytes), Config::default()).map_err(damaged)?;
    for entry in archive.files().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let entry_name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        visit(&entry_name, entry);
    }
    Ok(())
}

/// Unpacks an entry; the size it claims to have is not trusted.
fn unpack(
    name: &str,
    bytes: &[u8],
    entry: Option<Entry>,
    entry_name: &'static str,
    limit: u64,
) -> Result<Vec<u8>, PackageError> {
    let entry = entry.ok_or_else(|| missing(name, entry_name))?;
    let mut body = Cursor::new(bytes);
    let file = entry
        .with_reader(&mut body, ZipReadOptions::default())
        .map_err(|source| damaged(name, source))?;
    let mut content = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(|error| damaged(name, ZipError::Io(error)))?;
    if content.len() as u64 > limit {
        return Err(PackageError::TooLarge {
            name: name.to_owned(),
            entry: entry_name,
            limit,
        });
    }
    Ok(content)
}

fn damaged(name: &str, source: ZipError) -> PackageError {
    PackageError::Archive {
        name: name.to_owned(),
        source,
    }
}

fn missing(name: &str, entry: &'static str) -> PackageError {
    PackageError::Missing {
        name: name.to_owned(),
        entry,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Package, PackageWriter};
    use super::*;

    const MANIFEST: &str = r#"{"name":"N","author":"A","version":"1"}"#;

    /// An archive whose entries are stored in the given order; names may repeat.
    ///
    /// The writer refuses repeated names, so they are written under placeholders of equal length and then renamed.
    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        let placeholder =
            |index: usize, name: &str| format!("{index}{}", "#".repeat(name.len() - 1));
        for (index, (name, content)) in entries.iter().enumerate() {
            writer
                .start_file(placeholder(index, name), options)
                .unwrap();
            std::io::Write::write_all(&mut writer, content.as_bytes()).unwrap();
        }
        let mut bytes = writer.finish().unwrap().into_inner();
        for (index, (name, _)) in entries.iter().enumerate() {
            let placeholder = placeholder(index, name).into_bytes();
            let places: Vec<_> = (0..bytes.len() - placeholder.len())
                .filter(|at| bytes[*at..].starts_with(&placeholder))
                .collect();
            assert_eq!(places.len(), 2, "in the entry and in the directory");
            for at in places {
                bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
            }
        }
        bytes
    }

    fn named(name: &str) -> String {
        MANIFEST.replace("\"N\"", &format!("\"{name}\""))
    }

    #[test]
    fn discovery_takes_the_first_manifest_and_loading_the_last_of_each_entry() {
        let bytes = archive(&[
            ("manifest.json", &named("first")),
            ("plugin.wasm", "one"),
            ("manifest.json", &named("last")),
            ("plugin.wasm", "two"),
        ]);
        assert_eq!(discover("x", &bytes).unwrap().name, "first");
        let package = Package::from_archive("x", &bytes).unwrap();
        assert_eq!(package.manifest.name, "last");
        assert_eq!(package.wasm, b"two");
    }

    #[test]
    fn entries_that_do_not_count_are_not_unpacked() {
        let mut bytes = archive(&[
            ("plugin.wasm", "broken"),
            ("manifest.json", MANIFEST),
            ("plugin.wasm", "whole"),
        ]);
        let at = bytes.windows(6).position(|part| part == b"broken").unwrap();
        bytes[at] = b'x';
        assert_eq!(Package::from_archive("x", &bytes).unwrap().wasm, b"whole");
    }

    #[test]
    fn other_entries_are_not_looked_into() {
        let bytes = archive(&[
            ("extra", "x"),
            ("manifest.json", MANIFEST),
            ("plugin.wasm", "w"),
        ]);
        let at = |mark: &[u8]| bytes.windows(4).position(|part| part == mark).unwrap();
        let (local, central) = (at(b"PK\x03\x04"), at(b"PK\x01\x02"));
        // Encrypted, of an unknown method, without a header of its own, at a place where nothing is.
        for changes in [
            &[(local + 6, 1), (central + 8, 1)][..],
            &[(local + 8, 99), (central + 10, 99)],
            &[(local, 0)],
            &[(central + 44, 0xee), (central + 45, 0xee)],
        ] {
            let mut bytes = bytes.clone();
            for (at, byte) in changes {
                bytes[*at] = *byte;
            }
            assert_eq!(Package::from_archive("x", &bytes).unwrap().wasm, b"w");
            assert_eq!(discover("x", &bytes).unwrap().name, "N");
        }
        // A damaged module is not for discovery to find.
        let mut bytes = archive(&[("manifest.json", MANIFEST), ("plugin.wasm", "whole")]);
        let at = bytes.windows(5).position(|part| part == b"whole").unwrap();
        bytes[at] = b'x';
        assert!(Package::from_archive("x", &bytes).is_err());
        assert_eq!(discover("x", &bytes).unwrap().name, "N");
    }

    #[test]
    fn required_entries_are_at_the_root_under_their_exact_names() {
        let missing = |entries: &[(&str, &str)]| {
            Package::from_archive("x", &archive(entries))
                .unwrap_err()
                .to_string()
        };
        let text = missing(&[("dir/manifest.json", MANIFEST), ("plugin.wasm", "w")]);
        assert_eq!(text, "opening package x: package missing manifest.json");
        let text = missing(&[("manifest.json", "not even read"), ("Plugin.wasm", "w")]);
        assert_eq!(text, "opening package x: package missing plugin.wasm");
        let listed = discover("x", &archive(&[("manifest.json", MANIFEST)]));
        assert_eq!(listed.unwrap().name, "N");
    }

    #[test]
    fn a_cut_or_changed_archive_is_an_error_and_never_a_crash() {
        let bytes = PackageWriter::new(MANIFEST, vec![7; 5000])
            .to_bytes()
            .unwrap();
        for length in 0..bytes.len() {
            assert!(Package::from_archive("x", &bytes[..length]).is_err());
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            // Some bytes do not matter, such as times; none may bring the host down.
            let _ = Package::from_archive("x", &changed);
            let _ = discover("x", &changed);
        }
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_refused() {
        let bomb = vec![b' '; MAX_MANIFEST as usize + 1];
        let bytes = PackageWriter::new(bomb, b"w").to_bytes().unwrap();
        assert!(bytes.len() < 100_000);
        let error = Package::from_archive("x", &bytes).unwrap_err().to_string();
        assert!(error.contains("manifest.json is larger than"), "{error}");
    }
}
