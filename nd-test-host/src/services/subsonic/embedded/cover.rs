//! Pictures: those in music files, those beside them, and one for whatever has none.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use lofty::config::ParseOptions;
use lofty::file::TaggedFileExt;
use lofty::picture::PictureType;
use lofty::probe::Probe;

/// A picture as it is stored.
pub(super) struct Picture {
    pub(super) content_type: &'static str,
    pub(super) data: Vec<u8>,
}

/// Bytes of the largest picture file that counts.
const MAX_FILE: u64 = 64 << 20;
/// Names of pictures of albums, in order of preference.
pub(super) const ALBUM: &[&str] = &["cover", "folder", "front"];
/// Names of pictures of artists.
pub(super) const ARTIST: &[&str] = &["artist"];
const EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "webp", "gif", "bmp"];

/// Returns the picture in a music file, the front cover if there are several.
pub(super) fn embedded(file: &Path) -> Option<Picture> {
    // The parser meets whatever lies in a music folder.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let options = ParseOptions::new().read_properties(false);
        let probe = Probe::open(file).ok()?.options(options);
        probe.guess_file_type().ok()?.read().ok()
    }));
    let file = read.ok().flatten()?;
    let pictures = || file.tags().iter().flat_map(|tag| tag.pictures());
    let front = pictures().find(|picture| picture.pic_type() == PictureType::CoverFront);
    let data = front.or_else(|| pictures().next())?.data();
    Some(Picture {
        content_type: content_type(data),
        data: data.to_vec(),
    })
}

/// Returns a picture of one of these names, in any case, in a folder.
pub(super) fn beside(folder: &Path, names: &[&str]) -> Option<Picture> {
    let mut found: Vec<((usize, usize), PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let part = |part: Option<&std::ffi::OsStr>| {
            part.unwrap_or_default().to_string_lossy().to_lowercase()
        };
        let (stem, extension) = (part(path.file_stem()), part(path.extension()));
        let name = names.iter().position(|name| *name == stem);
        let kind = EXTENSIONS.iter().position(|known| *known == extension);
        if let (Some(name), Some(kind)) = (name, kind) {
            found.push(((name, kind), path));
        }
    }
    found.sort();
    found.into_iter().find_map(|(_, path)| {
        let mut data = Vec::new();
        let file = std::fs::File::open(path).ok()?;
        let length = file.take(MAX_FILE + 1).read_to_end(&mut data).ok()?;
        // An empty file is no picture.
        (1..=MAX_FILE).contains(&(length as u64)).then(|| Picture {
            content_type: content_type(&data),
            data,
        })
    })
}

/// Names the type of a picture by how it begins.
fn content_type(data: &[u8]) -> &'static str {
    match data {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'B', b'M', ..] => "image/bmp",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        _ => "application/octet-stream",
    }
}

/// Makes the picture of whatever has none: a square of one grey.
pub(super) fn placeholder() -> io::Result<Picture> {
    const EDGE: u32 = 64;
    let mut header = Vec::new();
    header.extend(EDGE.to_be_bytes());
    header.extend(EDGE.to_be_bytes());
    // Eight bits of grey, no filter, not interlaced.
    header.extend([8, 0, 0, 0, 0]);
    let mut row = vec![0x60; EDGE as usize + 1];
    row[0] = 0;
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    for _ in 0..EDGE {
        pixels.write_all(&row)?;
    }
    let mut data = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [
        (b"IHDR", header),
        (b"IDAT", pixels.finish()?),
        (b"IEND", Vec::new()),
    ] {
        let mut checksum = Crc::new();
        checksum.update(kind);
        checksum.update(&content);
        data.extend((content.len() as u32).to_be_bytes());
        data.extend(kind);
        data.extend(content);
        data.extend(checksum.sum().to_be_bytes());
    }
    Ok(Picture {
        content_type: "image/png",
        data,
    })
}
