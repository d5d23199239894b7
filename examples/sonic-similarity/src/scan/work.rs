//! What is still to do, kept in storage between calls.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::index::{ByteReader, ByteWriter, FileStamp, crc32};

use super::walk::{Directory, FoundFile};

const MAGIC: &[u8; 8] = b"ndwork1\n";

/// The phases of a scan, and the files it found that need an analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// Directories still to be read; the last one is next.
    pub directories: Vec<Directory>,
    /// Libraries whose removed files are still to be looked for, once all directories are read, each with the path
    /// up to which that was done.
    pub sweep: Vec<(i32, String)>,
    /// Files still to be analysed; the first one is next.
    pub files: VecDeque<FoundFile>,
    /// Files of this scan in formats that cannot be decoded.
    pub unsupported: u32,
    /// Whether a scan is under way; its end is reported once.
    pub scanning: bool,
}

impl Work {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.directories.is_empty() && self.sweep.is_empty() && self.files.is_empty()
    }
}

/// The file that holds a [`Work`].
pub struct WorkFile {
    path: PathBuf,
}

impl WorkFile {
    /// In the given directory.
    pub fn in_dir(storage: &Path) -> Self {
        Self {
            path: storage.join("work.state"),
        }
    }

    /// The stored work; none if there is no file, or if it is damaged: the next scan finds everything again.
    pub fn read(&self) -> Work {
        fs::read(&self.path)
            .ok()
            .and_then(|bytes| decode(&bytes))
            .unwrap_or_default()
    }

    /// Replaces the stored work in one step.
    ///
    /// # Errors
    /// When it cannot be written; the old one is kept then.
    pub fn write(&self, work: &Work) -> io::Result<()> {
        let next = self.path.with_extension("new");
        fs::write(&next, encode(work))?;
        fs::rename(&next, &self.path)
    }
}

fn encode(work: &Work) -> Vec<u8> {
    let mut out = ByteWriter::default();
    out.u8(u8::from(work.scanning));
    out.u32(work.unsupported);
    out.u32(work.directories.len() as u32);
    for directory in &work.directories {
        out.u32(directory.library as u32);
        out.text(&directory.path);
        out.u8(directory.links);
    }
    out.u32(work.sweep.len() as u32);
    for (library, done) in &work.sweep {
        out.u32(*library as u32);
        out.text(done);
    }
    out.u32(work.files.len() as u32);
    for file in &work.files {
        out.u32(file.library as u32);
        out.text(&file.path);
        out.u64(file.stamp.modified as u64);
        out.u64(file.stamp.size);
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(crc32(&out.0).to_le_bytes());
    bytes.extend(out.0);
    bytes
}

fn decode(bytes: &[u8]) -> Option<Work> {
    let mut from = ByteReader(bytes);
    if from.array::<8>()? != MAGIC || from.u32()? != crc32(from.0) {
        return None;
    }
    let mut work = Work {
        scanning: from.u8()? != 0,
        unsupported: from.u32()?,
        ..Work::default()
    };
    for _ in 0..from.u32()? {
        let library = from.u32()? as i32;
        work.directories.push(Directory {
            library,
            path: from.text()?.to_owned(),
            links: from.u8()?,
        });
    }
    for _ in 0..from.u32()? {
        work.sweep
            .push((from.u32()? as i32, from.text()?.to_owned()));
    }
    for _ in 0..from.u32()? {
        let (library, path) = (from.u32()? as i32, from.text()?.to_owned());
        let stamp = FileStamp {
            modified: from.u64()? as i64,
            size: from.u64()?,
        };
        work.files.push_back(FoundFile {
            library,
            path,
            stamp,
        });
    }
    Some(work)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample() -> Work {
        let file = |path: &str| FoundFile {
            library: 2,
            path: path.into(),
            stamp: FileStamp {
                modified: -5,
                size: 1 << 33,
            },
        };
        Work {
            directories: vec![Directory {
                library: 1,
                path: "Björk".into(),
                links: 1,
            }],
            sweep: vec![(1, String::new()), (2, "a".into())],
            files: [file("a.flac"), file("b/c.mp3")].into(),
            unsupported: 3,
            scanning: true,
        }
    }

    #[test]
    fn work_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = WorkFile::in_dir(dir.path());
        assert_eq!(file.read(), Work::default());
        file.write(&sample()).unwrap();
        assert_eq!(file.read(), sample());
    }

    #[test]
    fn damaged_work_is_no_work() {
        let bytes = encode(&sample());
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x40;
            assert_eq!(decode(&bytes), None, "changed at {place}");
        }
    }
}
