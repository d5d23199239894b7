//! The index: one file in the plugin's storage that holds what is known about every audio file.
//!
//! The file is a log of entries, each with a checksum; the last entry about a file counts. Adding to it is a single
//! write at the end, so a call that is cut off leaves at worst half an entry, which the next reader steps over, and
//! two calls that write at the same time do not harm each other. What has been replaced is dropped by writing a new
//! file next to the old one and renaming it. Every call of a plugin starts with empty memory, so a query reads the
//! whole index: one file is one read.

mod bytes;
mod entry;
mod lock;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use bytes::{ByteReader, ByteWriter, crc32};
pub use entry::{
    Entry, Fact, Failure, FileKey, FileStamp, NewTrack, TrackEntry, write_attempt, write_failed,
    write_removed, write_track,
};
pub use lock::Lock;

/// Rewriting is worth it when this much would go, and it is more than a third of the file.
const GARBAGE_BYTES: usize = 1 << 20;

/// The index file.
pub struct IndexFile {
    path: PathBuf,
}

impl IndexFile {
    /// In the given directory; nothing is read or created yet.
    pub fn in_dir(storage: &Path) -> Self {
        Self {
            path: storage.join("tracks.index"),
        }
    }

    /// All bytes of the file; none if it does not exist yet.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match fs::read(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    /// Adds one entry.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, entry: &[u8]) -> io::Result<()> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?
            .write_all(entry)
    }

    /// Writes the file anew without what has been replaced, if that is worth it; `bytes` is what the index was read
    /// from. Tells whether it was done.
    ///
    /// # Errors
    /// When the new file cannot be written; the old one is untouched then.
    pub fn compact(&self, index: &Index<'_>, bytes: &[u8]) -> io::Result<bool> {
        let garbage = bytes.len() - index.live_bytes;
        if index.damaged == 0 && (garbage < GARBAGE_BYTES || garbage < bytes.len() / 3) {
            return Ok(false);
        }
        let next = self.path.with_extension("new");
        let mut file = fs::File::create(&next)?;
        let mut kept = Vec::with_capacity(index.live_bytes);
        for range in index.live() {
            kept.extend_from_slice(&bytes[range]);
        }
        file.write_all(&kept)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&next, &self.path)?;
        Ok(true)
    }
}

/// The index as read from the bytes of its file.
pub struct Index<'a> {
    entries: Vec<(Entry<'a>, std::ops::Range<usize>)>,
    by_key: HashMap<FileKey<'a>, usize>,
    live_bytes: usize,
    /// Bytes of the file that belong to no entry.
    pub damaged: usize,
}

impl<'a> Index<'a> {
    /// Reads what [`IndexFile::read`] gave.
    pub fn parse(bytes: &'a [u8]) -> Self {
        let mut entries: Vec<(Entry<'a>, std::ops::Range<usize>)> =
            Vec::with_capacity(bytes.len() / 1024);
        let mut by_key = HashMap::with_capacity(bytes.len() / 1024);
        let mut walk = Entries::new(bytes);
        for (entry, range) in &mut walk {
            match by_key.entry(entry.key) {
                std::collections::hash_map::Entry::Occupied(known) => {
                    entries[*known.get()] = (entry, range)
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((entry, range));
                }
            }
        }
        let live = entries
            .iter()
            .filter(|(e, _)| !matches!(e.fact, Fact::Removed));
        let live_bytes = live.map(|(_, r)| r.len()).sum();
        Self {
            entries,
            by_key,
            live_bytes,
            damaged: walk.damaged,
        }
    }

    /// What is known about a file.
    pub fn get(&self, key: FileKey<'_>) -> Option<&Entry<'a>> {
        self.by_key.get(&key).map(|&i| &self.entries[i].0)
    }

    /// Everything that is known about files that exist.
    pub fn entries(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries
            .iter()
            .map(|(e, _)| e)
            .filter(|e| !matches!(e.fact, Fact::Removed))
    }

    /// The analysed tracks.
    pub fn tracks(&self) -> impl Iterator<Item = (FileKey<'a>, &TrackEntry<'a>)> {
        self.entries().filter_map(|e| match &e.fact {
            Fact::Track(track) if track.is_current() => Some((e.key, track)),
            _ => None,
        })
    }

    fn live(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.entries
            .iter()
            .filter(|(e, _)| !matches!(e.fact, Fact::Removed))
            .map(|(_, r)| r.clone())
    }
}

use entry::Entries;

#[cfg(test)]
mod tests;
