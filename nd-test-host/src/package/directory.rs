//! The directory of a zip archive, read as leniently as the server reads it.
//!
//! Names are the bytes that stand there, whatever an extra field would have in their place. Of the extra fields only
//! the sizes and places that need 64 bits count, and what follows a damaged one is not looked at.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;

/// Signature and fields of the record at the end, without the comment.
const END: usize = 22;
/// The record at the end is looked for in this many bytes.
const END_WITHIN: usize = 65 << 10;
/// What tells where the record with 64 bits is; it lies before the one at the end.
const LOCATOR: usize = 20;
/// A header in the directory, without name, extra fields and comment.
const HEADER: usize = 46;
/// A header before the content of an entry, without name and extra fields.
const LOCAL_HEADER: usize = 30;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An entry as the directory describes it. Nothing of it is checked before it is unpacked.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    encrypted: bool,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    /// Where the local header begins.
    place: u64,
}

/// Lists the entries in the order of the directory, names that occur twice included.
///
/// # Errors
///
/// When the bytes do not end as an archive does, or the directory has another number of entries than it says.
pub(super) fn entries(bytes: &[u8]) -> Result<impl Iterator<Item = Entry<'_>>, ZipError> {
    let end = End::find(bytes)?;
    let start = usize::try_from(end.base + end.directory).map_err(|_| bad_end())?;
    let headers = || headers(bytes, start);
    // Sixteen bits of the number have to be right, as many as every archive has.
    if headers().count() as u16 != end.entries as u16 {
        return Err(ZipError::InvalidArchive("damaged directory".into()));
    }
    Ok(headers().map(move |entry| Entry {
        place: entry.place.saturating_add(end.base),
        ..entry
    }))
}

impl Entry<'_> {
    /// Unpacks the entry, no more than `limit` bytes and one. The size it claims to have is not trusted.
    ///
    /// # Errors
    ///
    /// When it is encrypted, packed by another method than deflate, damaged or not there.
    pub(super) fn unpack(&self, bytes: &[u8], limit: u64) -> Result<Vec<u8>, ZipError> {
        if self.encrypted {
            return Err(ZipError::UnsupportedArchive("the entry is encrypted"));
        }
        let packed = self.packed_bytes(bytes).ok_or_else(|| damaged("place"))?;
        let mut content = Vec::new();
        match self.method {
            STORED => packed.take(limit + 1).read_to_end(&mut content),
            DEFLATED => DeflateDecoder::new(packed)
                .take(limit + 1)
                .read_to_end(&mut content),
            _ => {
                return Err(ZipError::UnsupportedArchive(
                    "the entry is neither stored nor deflated",
                ));
            }
        }?;
        let length = content.len() as u64;
        if length <= limit && length != self.size {
            return Err(damaged("size"));
        }
        let mut crc = Crc::new();
        crc.update(&content);
        // An archive written in one go may not know the checksum.
        if length <= limit && self.crc != 0 && self.crc != crc.sum() {
            return Err(damaged("checksum"));
        }
        Ok(content)
    }

    fn packed_bytes<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let local = bytes.get(usize::try_from(self.place).ok()?..)?;
        if !local.starts_with(b"PK\x03\x04") {
            return None;
        }
        let mut lengths = Fields(local.get(26..LOCAL_HEADER)?);
        let names = usize::from(lengths.u16()?) + usize::from(lengths.u16()?);
        let packed = usize::try_from(self.packed).ok()?;
        local.get(LOCAL_HEADER + names..)?.get(..packed)
    }
}

fn headers(bytes: &[u8], start: usize) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = bytes.get(start..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (entry, length) = header(rest)?;
        rest = &rest[length..];
        Some(entry)
    })
}

/// Reads the header at the beginning, if there is one, and tells its length.
fn header(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let mut fields = Fields(bytes.get(8..HEADER)?);
    let flags = fields.u16()?;
    let method = fields.u16()?;
    let _time = fields.u32()?;
    let crc = fields.u32()?;
    let packed = fields.u32()?;
    let size = fields.u32()?;
    let [name, extra, comment] = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
    let _disk_and_attributes = fields.u64()?;
    let place = fields.u32()?;
    let length = HEADER + name + extra + comment;
    let text = bytes.get(HEADER..length)?;
    let (name, text) = text.split_at(name);
    let mut large = large_numbers(&text[..extra]);
    // Whatever has no room for its number has it there, in this order.
    let mut number = |narrow: u32| match narrow {
        u32::MAX => large.u64(),
        narrow => Some(narrow.into()),
    };
    let size = number(size).unwrap_or(size.into());
    let packed = number(packed)?;
    let place = number(place)?;
    let entry = Entry {
        name,
        encrypted: flags & 1 != 0,
        method,
        crc,
        packed,
        size,
        place,
    };
    Some((entry, length))
}

/// Returns the numbers of 64 bits among the extra fields.
fn large_numbers(extra: &[u8]) -> Fields<'_> {
    const LARGE_NUMBERS: u16 = 1;
    let mut fields = Fields(extra);
    while let (Some(kind), Some(length)) = (fields.u16(), fields.u16()) {
        match fields.bytes(length.into()) {
            Some(field) if kind == LARGE_NUMBERS => return Fields(field),
            Some(_) => {}
            None => break,
        }
    }
    Fields(&[])
}

/// What the end of an archive says about its directory.
struct End {
    entries: u64,
    /// Where the directory begins, counted from `base`.
    directory: u64,
    /// Bytes before the archive, such as a program that unpacks it.
    base: u64,
}

impl End {
    fn find(bytes: &[u8]) -> Result<Self, ZipError> {
        let first = bytes.len().saturating_sub(END_WITHIN);
        let last = bytes.len().checked_sub(END).ok_or_else(bad_end)?;
        let at = (first..=last).rev();
        let mut at = at.filter(|at| bytes[*at..].starts_with(b"PK\x05\x06"));
        let at = at.next().ok_or_else(bad_end)?;
        Self::read(bytes, at).ok_or_else(bad_end)
    }

    fn read(bytes: &[u8], mut at: usize) -> Option<Self> {
        let mut fields = Fields(&bytes[at + 10..]);
        let mut entries = u64::from(fields.u16()?);
        let mut size = u64::from(fields.u32()?);
        let mut directory = u64::from(fields.u32()?);
        let comment = fields.u16()?;
        fields.bytes(comment.into())?;
        let narrow = [size, directory].contains(&u32::MAX.into()) || entries == u64::from(u16::MAX);
        if narrow && let Some(large) = large_end(bytes, at) {
            at = large;
            let record = bytes.get(at..)?.strip_prefix(b"PK\x06\x06")?;
            let mut fields = Fields(record.get(28..)?);
            entries = fields.u64()?;
            size = fields.u64()?;
            directory = fields.u64()?;
        }
        let mut base = (at as u64).checked_sub(size)?.checked_sub(directory)?;
        // Some writers give a wrong size: where a header is, the directory begins.
        let plain = bytes.get(usize::try_from(directory).ok()?..)?;
        if header(plain).is_some() {
            base = 0;
        }
        Some(Self {
            entries,
            directory,
            base,
        })
    }
}

/// Finds the record with numbers of 64 bits.
fn large_end(bytes: &[u8], end: usize) -> Option<usize> {
    let locator = bytes.get(end.checked_sub(LOCATOR)?..end)?;
    let mut fields = Fields(locator.strip_prefix(b"PK\x06\x07")?);
    let disk = fields.u32()?;
    let place = fields.u64()?;
    let disks = fields.u32()?;
    (disk == 0 && disks == 1)
        .then(|| usize::try_from(place).ok())
        .flatten()
}

/// Bytes read as numbers, the low byte first.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.number().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.number().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.number().map(u64::from_le_bytes)
    }

    fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*number)
    }
}

fn bad_end() -> ZipError {
    ZipError::InvalidArchive("no directory at the end".into())
}

fn damaged(what: &str) -> ZipError {
    ZipError::InvalidArchive(format!("the entry has a wrong {what}").into())
}
