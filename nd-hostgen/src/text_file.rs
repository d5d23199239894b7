//! Reading files that somebody else wrote: no longer than they may be, and UTF-8.

use crate::driver::DriverError;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The longest file of definitions that is read, in MiB.
pub(crate) const DEFINITIONS: u64 = 1;

/// The longest schema or model that is read, in MiB.
pub(crate) const DATA: u64 = 64;

/// Reads a file found in a folder: pipes and devices, which may never end, are refused.
///
/// # Errors
///
/// Fails if the file is none or cannot be read, if it is longer than so many MiB, or if it is not UTF-8.
pub(crate) fn read_found(path: &Path, longest: u64) -> Result<String, DriverError> {
    let io = |source| DriverError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(io)?.is_file() {
        let error = io::Error::new(ErrorKind::InvalidInput, "not a regular file");
        return Err(io(error));
    }
    read(path, longest)
}

/// Reads a file that was named, which may be a pipe.
///
/// # Errors
///
/// As [`read_found`].
pub(crate) fn read(path: &Path, longest: u64) -> Result<String, DriverError> {
    let io = |source| DriverError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let limit = longest << 20;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > limit {
        return Err(DriverError::TooLong {
            path: path.to_owned(),
            longest,
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let (line, column) = place(error.as_bytes(), error.utf8_error().valid_up_to());
        DriverError::NotText {
            path: path.to_owned(),
            line,
            column,
        }
    })
}

/// The line and the column of a byte, both counted from 1.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at];
    let start = before.iter().rposition(|byte| *byte == b'\n');
    let column = String::from_utf8_lossy(&before[start.map_or(0, |at| at + 1)..]);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (line, column.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one\nzwé \u{fffd}\n").unwrap();
        assert!(read(&path, 1).is_ok());
        fs::write(&path, b"one\nzw\xc3\xa9 \xe9\n").unwrap();
        let message = read(&path, 1).unwrap_err().to_string();
        assert!(message.contains("a:2:5` holds bytes"), "{message}");
    }

    #[test]
    fn long_files_folders_and_devices_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, vec![b' '; 1 << 20]).unwrap();
        assert!(read_found(&path, 1).is_ok());
        fs::write(&path, vec![b' '; (1 << 20) + 1]).unwrap();
        let message = read_found(&path, 1).unwrap_err().to_string();
        assert!(message.contains("longer than 1 MiB"), "{message}");
        assert!(read_found(folder.path(), 1).is_err());
        assert!(read_found(&folder.path().join("b"), 1).is_err());
        #[cfg(unix)]
        assert!(read_found(Path::new("/dev/zero"), 1).is_err());
    }
}
