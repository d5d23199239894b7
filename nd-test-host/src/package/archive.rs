//! Reading `.ndp` archives.

use zip::result::ZipError;

use super::directory::{self, Entry};
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
    let mut entries = directory::entries(bytes).map_err(|source| damaged(name, source))?;
    let first = entries.find(|entry| entry.name == MANIFEST_NAME.as_bytes());
    let manifest = unpack(name, bytes, first, MANIFEST_NAME, MAX_MANIFEST)?;
    parse_manifest(name, &manifest, rules)
}

/// Reads the last entry of each required name.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Entries, PackageError> {
    // Found first and unpacked afterwards: a small archive can repeat a name thousands of times.
    let (mut manifest, mut wasm) = (None, None);
    for entry in directory::entries(bytes).map_err(|source| damaged(name, source))? {
        if entry.name == MANIFEST_NAME.as_bytes() {
            manifest = Some(entry);
        } else if entry.name == MODULE_NAME.as_bytes() {
            wasm = Some(entry);
        }
    }
    if wasm.is_none() && manifest.is_some() {
        return Err(missing(name, MODULE_NAME));
    }
    Ok(Entries {
        manifest: unpack(name, bytes, manifest, MANIFEST_NAME, MAX_MANIFEST)?,
        wasm: unpack(name, bytes, wasm, MODULE_NAME, MAX_MODULE)?,
    })
}

fn unpack(
    name: &str,
    bytes: &[u8],
    entry: Option<Entry<'_>>,
    entry_name: &'static str,
    limit: u64,
) -> Result<Vec<u8>, PackageError> {
    let entry = entry.ok_or_else(|| missing(name, entry_name))?;
    let content = entry
        .unpack(bytes, limit)
        .map_err(|source| damaged(name, source))?;
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
    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let entries = entries
            .iter()
            .map(|&(name, content)| (name, content, &b""[..]));
        with_extra_fields(&entries.collect::<Vec<_>>())
    }

    /// As [`archive`]; the third of each are the extra fields in the directory.
    fn with_extra_fields(entries: &[(&str, &str, &[u8])]) -> Vec<u8> {
        let le16 = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
        let le32 = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, content, extra) in entries {
            let mut crc = flate2::Crc::new();
            crc.update(content.as_bytes());
            // Version, flags, method, time, date, checksum and sizes stand in both headers.
            let (size, name_length) = (le32(content.len()), le16(name.len()));
            let shared = [
                &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &crc.sum().to_le_bytes()[..],
            ];
            let shared = [&shared.concat(), &size[..], &size, &name_length].concat();
            directory.extend([b"PK\x01\x02\x14\0", &shared[..], &le16(extra.len())].concat());
            directory.extend([&[0; 10][..], &le32(bytes.len()), name.as_bytes(), extra].concat());
            bytes.extend([b"PK\x03\x04", &shared[..], &[0; 2], name.as_bytes()].concat());
            bytes.extend(content.as_bytes());
        }
        let (place, count) = (bytes.len(), le16(entries.len()));
        bytes.extend(&directory);
        bytes.extend([b"PK\x05\x06", &[0; 4][..], &count, &count].concat());
        bytes.extend([&le32(directory.len())[..], &le32(place), &[0; 2]].concat());
        bytes
    }

    /// The extra field that has another name for the entry.
    fn unicode_path(name: &str, other: &str) -> Vec<u8> {
        let mut crc = flate2::Crc::new();
        crc.update(name.as_bytes());
        let length = u16::try_from(other.len() + 5).unwrap().to_le_bytes();
        [
            &b"\x75\x70"[..],
            &length,
            &[1],
            &crc.sum().to_le_bytes(),
            other.as_bytes(),
        ]
        .concat()
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
    fn names_are_those_of_the_directory_and_not_of_an_extra_field() {
        let other = unicode_path("manifest.json", "other");
        let mine = unicode_path("plugin.txt", "plugin.wasm");
        let entries = [
            ("manifest.json", MANIFEST, &other[..]),
            ("plugin.wasm", "w", &[]),
            ("plugin.txt", "no module", &mine),
        ];
        let package = Package::from_archive("x", &with_extra_fields(&entries)).unwrap();
        assert_eq!(package.wasm, b"w");
        let mine = unicode_path("a.txt", "manifest.json");
        let bytes = with_extra_fields(&[("a.txt", MANIFEST, &mine)]);
        let text = discover("x", &bytes).unwrap_err().to_string();
        assert_eq!(text, "opening package x: package missing manifest.json");
    }

    #[test]
    fn extra_fields_that_are_none_do_not_matter() {
        let mut wrong_sum = unicode_path("extra", "other");
        wrong_sum[6] ^= 1;
        for extra in [
            &b"\x75\x70\x01\0\x01"[..],
            &wrong_sum,
            b"\x01\0\xff\xff",
            b"\x01\0\x03\0abc",
            b"\x55\x54\0\0",
            b"abc",
        ] {
            let entries = [
                ("extra", "x", extra),
                ("manifest.json", MANIFEST, extra),
                ("plugin.wasm", "w", extra),
            ];
            let bytes = with_extra_fields(&entries);
            let package = Package::from_archive("x", &bytes).unwrap();
            assert_eq!(package.wasm, b"w", "{extra:?}");
            assert_eq!(discover("x", &bytes).unwrap().name, "N");
        }
    }

    #[test]
    fn sizes_and_places_may_take_64_bits() {
        let [length, place] = [MANIFEST.len() as u64, 0].map(u64::to_le_bytes);
        let field = [&b"\x01\0\x18\0"[..], &length, &length, &place].concat();
        let entries = [
            ("manifest.json", MANIFEST, &field[..]),
            ("plugin.wasm", "w", &[]),
        ];
        let mut bytes = with_extra_fields(&entries);
        let directory = bytes
            .windows(4)
            .position(|part| part == b"PK\x01\x02")
            .unwrap();
        bytes[directory + 20..directory + 28].fill(0xff);
        bytes[directory + 42..directory + 46].fill(0xff);
        assert_eq!(Package::from_archive("x", &bytes).unwrap().wasm, b"w");
        // The numbers of the end may be in a record of their own.
        let mut end = bytes.split_off(bytes.len() - 22);
        let [at, start] = [bytes.len(), directory].map(|number| (number as u64).to_le_bytes());
        let size = ((bytes.len() - directory) as u64).to_le_bytes();
        let two = 2_u64.to_le_bytes();
        bytes.extend([&b"PK\x06\x06"[..], &[0; 20], &two, &two, &size, &start].concat());
        bytes.extend([&b"PK\x06\x07"[..], &[0; 4], &at, &[1, 0, 0, 0]].concat());
        end[8..20].fill(0xff);
        bytes.extend(end);
        assert_eq!(Package::from_archive("x", &bytes).unwrap().wasm, b"w");
        assert_eq!(discover("x", &bytes).unwrap().name, "N");
    }

    #[test]
    fn an_archive_may_stand_behind_something_else() {
        let bytes = archive(&[("manifest.json", MANIFEST), ("plugin.wasm", "w")]);
        let bytes = [b"#!/bin/sh", &bytes[..]].concat();
        assert_eq!(Package::from_archive("x", &bytes).unwrap().wasm, b"w");
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
