//! Tags inside the chunks of WAV files, which the decoder library reads past.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::well_known::METADATA_ID_WAVE;
use symphonia::core::meta::{
    MetadataBuilder, MetadataInfo, MetadataOptions, MetadataReader, MetadataRevision, RawTag,
    StandardTag, Tag,
};
use symphonia::default::meta::Id3v2Reader;

/// Longer chunks are not read: a cover picture fits, and a mistaken length does no harm.
const LONGEST: u32 = 16 << 20;

/// So many chunks are looked at.
const MOST_CHUNKS: usize = 64;

/// Reads the tag chunks of a file and leaves it at its beginning; files of other kinds have none.
pub(super) fn read(file: &mut File) -> Vec<MetadataRevision> {
    let found = read_chunks(file).unwrap_or_default();
    // If this fails, so does the decoder, with a better message.
    let _ = file.rewind();
    found
}

fn read_chunks(file: &mut File) -> std::io::Result<Vec<MetadataRevision>> {
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    let mut found = Vec::new();
    if &head[..4] != b"RIFF" || &head[8..] != b"WAVE" {
        return Ok(found);
    }
    for _ in 0..MOST_CHUNKS {
        let mut head = [0; 8];
        // The file ends behind its last chunk.
        if file.read_exact(&mut head).is_err() {
            break;
        }
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let mut rest = i64::from(length) + i64::from(length & 1);
        if matches!(&head[..4], b"LIST" | b"id3 " | b"ID3 ") && length <= LONGEST {
            let mut content = vec![0; length as usize];
            file.read_exact(&mut content)?;
            rest = i64::from(length & 1);
            found.extend(if &head[..4] == b"LIST" {
                info(&content)
            } else {
                id3(content)
            });
        }
        file.seek(SeekFrom::Current(rest))?;
    }
    // ID3 says more than an INFO list.
    found.sort_by_key(|revision| revision.info.metadata == METADATA_ID_WAVE);
    Ok(found)
}

fn id3(content: Vec<u8>) -> Option<MetadataRevision> {
    let stream = MediaSourceStream::new(
        Box::new(Cursor::new(content)),
        MediaSourceStreamOptions::default(),
    );
    let mut reader = Id3v2Reader::try_new(stream, MetadataOptions::default()).ok()?;
    reader.read_all().ok().map(|buffer| buffer.revision)
}

/// The texts of an `INFO` list.
fn info(content: &[u8]) -> Option<MetadataRevision> {
    let mut rest = content.strip_prefix(b"INFO")?;
    let mut builder = MetadataBuilder::new(MetadataInfo {
        metadata: METADATA_ID_WAVE,
        short_name: "wave",
        long_name: "RIFF INFO list",
    });
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some(value) = behind.get(..length) else {
            break;
        };
        let standard = match &head[..4] {
            b"INAM" => Some(StandardTag::TrackTitle as fn(Arc<String>) -> StandardTag),
            b"IART" => Some(StandardTag::Artist as _),
            b"IPRD" => Some(StandardTag::Album as _),
            _ => None,
        };
        if let Some(standard) = standard {
            let value = text(value);
            builder.add_tag(Tag::new_std(
                RawTag::new("INFO", value.clone()),
                standard(Arc::new(value)),
            ));
        }
        rest = behind.get(length + (length & 1)..).unwrap_or_default();
    }
    Some(builder.build())
}

/// The list does not say how its texts are encoded: what is no UTF-8 is Latin-1.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}
