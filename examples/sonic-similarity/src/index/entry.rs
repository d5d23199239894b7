//! One entry of the index file: what is known about one audio file.

use crate::decode::Tags;
use crate::descriptor::{COMPACT_LEN, COMPACT_VERSION, Descriptor};

use super::bytes::{ByteReader, ByteWriter, crc32};

/// Begins every entry, so that a reader finds the next one behind damaged bytes.
const MARKER: [u8; 4] = *b"\xf1sE\n";

/// Marker, length and checksum.
const HEAD: usize = 12;

/// No entry is longer; a length beyond it is damage.
const LONGEST: usize = 1 << 20;

/// Separates the values of a list inside one text.
const LIST: char = '\u{1f}';

/// Which file: library and path below its root, with `/` between the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey<'a> {
    /// Library id.
    pub library: i32,
    /// Path relative to the library.
    pub path: &'a str,
}

/// By which a changed file is noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileStamp {
    /// Modification time in nanoseconds since 1970.
    pub modified: i64,
    /// Length in bytes.
    pub size: u64,
}

/// An analysed track.
#[derive(Debug, Clone, Copy)]
pub struct TrackEntry<'a> {
    version: u8,
    /// Length in milliseconds; 0 when the file does not say.
    pub duration_ms: u32,
    /// Title; never empty.
    pub title: &'a str,
    /// Artist as displayed; empty when untagged.
    pub artist: &'a str,
    artists: &'a str,
    artist_mbids: &'a str,
    /// Album.
    pub album: &'a str,
    /// MusicBrainz recording id.
    pub mbid: &'a str,
    /// MusicBrainz release id.
    pub album_mbid: &'a str,
    /// ISRC.
    pub isrc: &'a str,
    descriptor: &'a [u8; COMPACT_LEN],
}

impl<'a> TrackEntry<'a> {
    /// Whether the analysis is the one this version of the plugin makes.
    pub fn is_current(&self) -> bool {
        self.version == COMPACT_VERSION
    }

    /// The descriptor; `None` if it was made by another version or is damaged.
    pub fn descriptor(&self) -> Option<Descriptor> {
        if self.is_current() {
            Descriptor::from_bytes(self.descriptor)
        } else {
            None
        }
    }

    /// Artists one by one; empty when untagged.
    pub fn artists(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.artists.split(LIST).filter(|a| !a.is_empty())
    }

    /// MusicBrainz artist ids.
    pub fn artist_mbids(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.artist_mbids.split(LIST).filter(|a| !a.is_empty())
    }
}

/// Why a file cannot be analysed.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    version: u8,
    /// The reason.
    pub reason: &'a str,
}

impl Failure<'_> {
    /// Whether this version of the plugin says so; another one may do better.
    pub fn is_current(&self) -> bool {
        self.version == COMPACT_VERSION
    }
}

/// What an entry says about its file. A later entry for the same file replaces an earlier one.
#[derive(Debug, Clone, Copy)]
pub enum Fact<'a> {
    /// Analysed.
    Track(TrackEntry<'a>),
    /// Gone from the library.
    Removed,
    /// An analysis was started, for the given time. If this is the last word, it was cut off.
    Attempt(u8),
    /// Cannot be analysed.
    Failed(Failure<'a>),
}

/// An entry as read from the file.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Which file.
    pub key: FileKey<'a>,
    /// The state of the file this is about.
    pub stamp: FileStamp,
    /// What is known.
    pub fact: Fact<'a>,
}

/// What an analysis yields, to be written.
pub struct NewTrack<'a> {
    /// Tags of the file; the title must not be empty.
    pub tags: &'a Tags,
    /// Length in milliseconds; 0 when unknown.
    pub duration_ms: u32,
    /// What it sounds like.
    pub descriptor: &'a Descriptor,
}

/// Bytes of a track entry.
pub fn write_track(key: FileKey<'_>, stamp: FileStamp, track: &NewTrack<'_>) -> Vec<u8> {
    write(key, stamp, 1, |out| {
        let tags = track.tags;
        out.u8(COMPACT_VERSION);
        out.u32(track.duration_ms);
        out.text(&tags.title);
        out.text(&tags.artist);
        out.text(&tags.artists.join("\u{1f}"));
        out.text(&tags.artist_mbids.join("\u{1f}"));
        out.text(&tags.album);
        out.text(&tags.mbid);
        out.text(&tags.album_mbid);
        out.text(&tags.isrc);
        out.0.extend(track.descriptor.to_bytes());
    })
}

/// Bytes of an entry that says a file is gone.
pub fn write_removed(key: FileKey<'_>) -> Vec<u8> {
    write(key, FileStamp::default(), 2, |_| ())
}

/// Bytes of an entry that says an analysis is about to start, for the `count`th time.
pub fn write_attempt(key: FileKey<'_>, stamp: FileStamp, count: u8) -> Vec<u8> {
    write(key, stamp, 3, |out| out.u8(count))
}

/// Bytes of an entry that says a file cannot be analysed.
pub fn write_failed(key: FileKey<'_>, stamp: FileStamp, reason: &str) -> Vec<u8> {
    write(key, stamp, 4, |out| {
        out.u8(COMPACT_VERSION);
        out.text(reason);
    })
}

fn write(
    key: FileKey<'_>,
    stamp: FileStamp,
    kind: u8,
    rest: impl FnOnce(&mut ByteWriter),
) -> Vec<u8> {
    let mut out = ByteWriter(vec![0; HEAD]);
    out.u8(kind);
    out.u32(key.library as u32);
    out.text(key.path);
    out.u64(stamp.modified as u64);
    out.u64(stamp.size);
    rest(&mut out);
    let mut bytes = out.0;
    let length = (bytes.len() - HEAD) as u32;
    let checksum = crc32(&bytes[HEAD..]);
    bytes[..4].copy_from_slice(&MARKER);
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Walks over the entries in `bytes`, stepping over what is damaged.
pub struct Entries<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Bytes that belong to no entry.
    pub damaged: usize,
}

impl<'a> Entries<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            damaged: 0,
        }
    }

    /// The entry at the current position with its whole length.
    fn here(&self) -> Option<(Entry<'a>, usize)> {
        let mut head = ByteReader(self.bytes.get(self.at..)?);
        if *head.array::<4>()? != MARKER {
            return None;
        }
        let length = head.u32()? as usize;
        let checksum = head.u32()?;
        let payload = head.0.get(..length).filter(|_| length <= LONGEST)?;
        if crc32(payload) != checksum {
            return None;
        }
        Some((read(ByteReader(payload))?, HEAD + length))
    }
}

impl<'a> Iterator for Entries<'a> {
    /// The entry and the range of bytes it takes.
    type Item = (Entry<'a>, std::ops::Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.bytes.len() {
            if let Some((entry, length)) = self.here() {
                let range = self.at..self.at + length;
                self.at = range.end;
                return Some((entry, range));
            }
            let rest = &self.bytes[self.at + 1..];
            let skip = rest
                .windows(4)
                .position(|w| w == MARKER)
                .map_or(rest.len(), |p| p)
                + 1;
            self.damaged += skip;
            self.at += skip;
        }
        None
    }
}

fn read(mut from: ByteReader<'_>) -> Option<Entry<'_>> {
    let kind = from.u8()?;
    let key = FileKey {
        library: from.u32()? as i32,
        path: from.text()?,
    };
    let stamp = FileStamp {
        modified: from.u64()? as i64,
        size: from.u64()?,
    };
    let fact = match kind {
        1 => Fact::Track(TrackEntry {
            version: from.u8()?,
            duration_ms: from.u32()?,
            title: from.text()?,
            artist: from.text()?,
            artists: from.text()?,
            artist_mbids: from.text()?,
            album: from.text()?,
            mbid: from.text()?,
            album_mbid: from.text()?,
            isrc: from.text()?,
            descriptor: from.array()?,
        }),
        2 => Fact::Removed,
        3 => Fact::Attempt(from.u8()?),
        4 => Fact::Failed(Failure {
            version: from.u8()?,
            reason: from.text()?,
        }),
        _ => return None,
    };
    Some(Entry { key, stamp, fact })
}
