//! The fields of a file that the tag library has no name for, by their own names.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use lofty::aac::AacFile;
use lofty::ape::{ApeFile, ApeTag};
use lofty::config::ParseOptions;
use lofty::error::FileParseError;
use lofty::file::{AudioFile, FileType, TaggedFile};
use lofty::flac::FlacFile;
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;
use lofty::mp4::{AtomData, AtomIdent, Ilst, Mp4File};
use lofty::mpeg::MpegFile;
use lofty::musepack::MpcFile;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OpusFile, SpeexFile, VorbisFile};
use lofty::wavpack::WavPackFile;

/// More fields than this are no tags any more.
const MAX_FIELDS: usize = 2_000;

/// Text fields by name in upper case, with their values in the order of the file.
#[derive(Debug, Default)]
pub(super) struct RawFields {
    values: BTreeMap<String, Vec<String>>,
    count: usize,
}

impl RawFields {
    /// Returns the values of the first of the names that has any.
    pub(super) fn all(&self, names: &[&str]) -> &[String] {
        let found = names.iter().find_map(|&name| self.values.get(name));
        found.map_or(&[], Vec::as_slice)
    }

    /// Returns every field whose name begins so: the rest of the name, and the values.
    pub(super) fn beginning<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [String])> {
        let fields = self.values.range(prefix.to_owned()..);
        fields
            .map_while(move |(name, values)| Some((name.strip_prefix(prefix)?, values.as_slice())))
    }

    fn add(&mut self, name: &str, value: &str) {
        for value in value
            .split('\0')
            .map(str::trim)
            .filter(|value| !value.is_empty())
        {
            if self.count == MAX_FIELDS {
                return;
            }
            self.count += 1;
            let values = self.values.entry(name.trim().to_uppercase());
            values.or_default().push(value.to_owned());
        }
    }

    fn vorbis(&mut self, tag: &VorbisComments) {
        for (name, value) in tag.items() {
            self.add(name, value);
        }
    }

    fn id3(&mut self, tag: &Id3v2Tag) {
        for frame in tag {
            match frame {
                Frame::UserText(text) => self.add(&text.description, &text.content),
                // Musicians by instrument, and others by what they did.
                Frame::KeyValue(list) => {
                    let musicians = frame.id().as_str() == "TMCL";
                    for (what, who) in list.key_value_pairs.iter() {
                        match musicians {
                            true => self.add(&format!("PERFORMER:{what}"), who),
                            false => self.add(what, who),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn ape(&mut self, tag: &ApeTag) {
        for item in tag {
            for value in item.text_values().into_iter().flatten() {
                self.add(item.key(), value);
            }
        }
    }

    fn mp4(&mut self, tag: &Ilst) {
        for atom in tag {
            let AtomIdent::Freeform { name, .. } = atom.ident() else {
                continue;
            };
            for data in atom.data() {
                if let AtomData::UTF8(text) | AtomData::UTF16(text) = data {
                    self.add(name, text);
                }
            }
        }
    }
}

/// Reads a file of a known type: its tags as the library understands them, and the fields themselves.
pub(super) fn read(
    kind: FileType,
    file: &mut (impl Read + Seek),
) -> Result<(TaggedFile, RawFields), FileParseError> {
    let options = ParseOptions::new();
    let mut fields = RawFields::default();
    let tagged = match kind {
        FileType::Flac => {
            let read = FlacFile::read_from(file, options)?;
            read.id3v2().into_iter().for_each(|tag| fields.id3(tag));
            read.vorbis_comments()
                .into_iter()
                .for_each(|tag| fields.vorbis(tag));
            read.into()
        }
        FileType::Vorbis => {
            let read = VorbisFile::read_from(file, options)?;
            fields.vorbis(read.vorbis_comments());
            read.into()
        }
        FileType::Opus => {
            let read = OpusFile::read_from(file, options)?;
            fields.vorbis(read.vorbis_comments());
            read.into()
        }
        FileType::Speex => {
            let read = SpeexFile::read_from(file, options)?;
            fields.vorbis(read.vorbis_comments());
            read.into()
        }
        FileType::Mpeg => {
            let read = MpegFile::read_from(file, options)?;
            read.id3v2().into_iter().for_each(|tag| fields.id3(tag));
            read.ape().into_iter().for_each(|tag| fields.ape(tag));
            read.into()
        }
        FileType::Aac => {
            let read = AacFile::read_from(file, options)?;
            read.id3v2().into_iter().for_each(|tag| fields.id3(tag));
            read.into()
        }
        FileType::Wav => {
            let read = WavFile::read_from(file, options)?;
            read.id3v2().into_iter().for_each(|tag| fields.id3(tag));
            read.into()
        }
        FileType::Aiff => {
            let read = AiffFile::read_from(file, options)?;
            read.id3v2().into_iter().for_each(|tag| fields.id3(tag));
            read.into()
        }
        FileType::Ape => {
            let read = ApeFile::read_from(file, options)?;
            read.ape().into_iter().for_each(|tag| fields.ape(tag));
            read.into()
        }
        FileType::Mpc => {
            let read = MpcFile::read_from(file, options)?;
            read.ape().into_iter().for_each(|tag| fields.ape(tag));
            read.into()
        }
        FileType::WavPack => {
            let read = WavPackFile::read_from(file, options)?;
            read.ape().into_iter().for_each(|tag| fields.ape(tag));
            read.into()
        }
        FileType::Mp4 => {
            let read = Mp4File::read_from(file, options)?;
            read.ilst().into_iter().for_each(|tag| fields.mp4(tag));
            read.into()
        }
        _ => TaggedFile::read_from(file, options)?,
    };
    Ok((tagged, fields))
}
