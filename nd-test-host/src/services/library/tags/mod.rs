//! Reading tags and audio properties of one file.
//!
//! | module | holds |
//! | --- | --- |
//! | `raw` | the fields of a file by their own names |
//! | `people` | who took part in a track, and as what |

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{BufReader, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::SystemTime;

use lofty::file::{AudioFile, FileType, TaggedFile, TaggedFileExt};
use lofty::probe::Probe;
use lofty::tag::{ItemKey, Tag};

use self::people::{people, split};
use self::raw::RawFields;
use super::track::{LibraryTrack, TrackArtist, UNKNOWN_ALBUM, UNKNOWN_ARTIST, VARIOUS_ARTISTS};
use crate::services::clock::unix_seconds;
use crate::services::id;

mod people;
mod raw;

/// What stands between several artists in a text for people.
const JOINER: &str = " • ";
/// Where one tag names several genres.
const GENRE_SEPARATORS: &[&str] = &[";", "/", ","];
/// Bytes of one value; the server cuts longer ones.
const MAX_VALUE: usize = 1_024;
/// Bytes of a comment.
const MAX_COMMENT: usize = 4_096;

/// The tags that are listed by name: the name, the key, and field names for what has no key.
const NAMED: &[(&str, Option<ItemKey>, &[&str])] = &[
    ("albumversion", None, ALBUM_VERSION),
    ("asin", None, &["ASIN"]),
    ("barcode", Some(ItemKey::Barcode), &[]),
    ("catalognumber", Some(ItemKey::CatalogNumber), &[]),
    ("copyright", Some(ItemKey::CopyrightMessage), &[]),
    ("disctotal", Some(ItemKey::DiscTotal), &[]),
    ("encodedby", Some(ItemKey::EncodedBy), &[]),
    ("encodersettings", Some(ItemKey::EncoderSettings), &[]),
    ("grouping", Some(ItemKey::ContentGroup), &[]),
    ("isrc", Some(ItemKey::Isrc), &[]),
    ("key", Some(ItemKey::InitialKey), &[]),
    ("language", Some(ItemKey::Language), &[]),
    ("license", Some(ItemKey::License), &[]),
    ("media", Some(ItemKey::OriginalMediaType), &[]),
    ("mood", Some(ItemKey::Mood), &[]),
    ("movement", Some(ItemKey::MovementNumber), &[]),
    ("movementname", Some(ItemKey::Movement), &[]),
    ("movementtotal", Some(ItemKey::MovementTotal), &[]),
    ("recordlabel", Some(ItemKey::Label), &["LABEL", "PUBLISHER"]),
    ("releasecountry", Some(ItemKey::ReleaseCountry), &[]),
    (
        "releasestatus",
        None,
        &[
            "RELEASESTATUS",
            "MUSICBRAINZ_ALBUMSTATUS",
            "MUSICBRAINZ ALBUM STATUS",
        ],
    ),
    (
        "releasetype",
        Some(ItemKey::MusicBrainzReleaseType),
        RELEASE_TYPE,
    ),
    ("script", Some(ItemKey::Script), &[]),
    ("subtitle", Some(ItemKey::TrackSubtitle), &[]),
    ("tracktotal", Some(ItemKey::TrackTotal), &[]),
    ("website", None, &["WEBSITE"]),
    ("work", Some(ItemKey::Work), &[]),
];
const ALBUM_VERSION: &[&str] = &[
    "ALBUMVERSION",
    "MUSICBRAINZ_ALBUMCOMMENT",
    "MUSICBRAINZ ALBUM COMMENT",
    "VERSION",
];
const RELEASE_TYPE: &[&str] = &[
    "RELEASETYPE",
    "MUSICBRAINZ_ALBUMTYPE",
    "MUSICBRAINZ ALBUM TYPE",
];

/// Reads one file; `path` is its place below the library's folder.
///
/// # Errors
///
/// A text that says why the file cannot be read as music.
pub(super) fn read(library_id: i32, path: &str, file: &Path) -> Result<LibraryTrack, String> {
    let opened = File::open(file).map_err(|error| error.to_string())?;
    let metadata = opened.metadata().map_err(|error| error.to_string())?;
    // The parser meets whatever lies in a music folder; should it panic on a broken file, the scan goes on.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(file, opened)));
    let parsed = parsed.unwrap_or_else(|_| Err("the tag reader failed on it".to_owned()));
    let (tagged, fields) = parsed?;
    let mut track = describe(library_id, path, &tagged, &fields);
    add_times(&mut track, &metadata);
    Ok(track)
}

fn parse(path: &Path, file: File) -> Result<(TaggedFile, RawFields), String> {
    let reader = BufReader::new(file);
    let mut probe = Probe::new(reader);
    if let Some(kind) = FileType::from_path(path) {
        probe = probe.set_file_type(kind);
    }
    let probe = probe.guess_file_type().map_err(|error| error.to_string())?;
    let kind = probe.file_type().ok_or("its format is not known")?;
    let mut reader = probe.into_inner();
    reader.rewind().map_err(|error| error.to_string())?;
    raw::read(kind, &mut reader).map_err(|error| error.to_string())
}

fn add_times(track: &mut LibraryTrack, metadata: &Metadata) {
    track.size = i64::try_from(metadata.len()).unwrap_or(i64::MAX);
    track.modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    track.created_at = unix_seconds(track.modified);
    track.birth_time = metadata.created().map_or(track.created_at, unix_seconds);
}

fn describe(library_id: i32, path: &str, file: &TaggedFile, fields: &RawFields) -> LibraryTrack {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
    let tags = Tags { file, fields };
    let properties = file.properties();
    let dates = Dates::read(&tags);
    let artists = people::artists(&tags);
    let compilation = tags.text(ItemKey::FlagCompilation) == "1";
    let artist =
        display(&tags, ItemKey::TrackArtist, &artists).unwrap_or_else(|| UNKNOWN_ARTIST.to_owned());
    let tagged = people::album_artists(&tags);
    let album_artist =
        display(&tags, ItemKey::AlbumArtist, &tagged).unwrap_or_else(|| match compilation {
            true => VARIOUS_ARTISTS.to_owned(),
            false => artist.clone(),
        });
    let album_artists = match tagged.is_empty() {
        false => tagged,
        true if compilation => people(vec![VARIOUS_ARTISTS.to_owned()], &[], &[]),
        true => artists.clone(),
    };
    let or = |text: String, other: &str| match text.is_empty() {
        true => other.to_owned(),
        false => text,
    };
    let first = |values: Vec<String>| values.into_iter().next().unwrap_or_default();
    let title = or(tags.text(ItemKey::TrackTitle), stem);
    let album = or(tags.text(ItemKey::AlbumTitle), UNKNOWN_ALBUM);
    let album_comment = first(tags.raw(ALBUM_VERSION));
    let mbz_album_id = tags.text(ItemKey::MusicBrainzReleaseId);
    let album_key = match mbz_album_id.is_empty() {
        true => [&album_artist, &album, &album_comment, &dates.release]
            .map(String::as_str)
            .join("\n"),
        false => mbz_album_id.clone(),
    };
    let album_id = id::stable(&["album", &album_key.to_lowercase()]);
    let (track_number, disc_number) = (
        tags.number(ItemKey::TrackNumber),
        tags.number(ItemKey::DiscNumber),
    );
    let mbz_release_track_id = tags.text(ItemKey::MusicBrainzTrackId);
    let place = [disc_number, track_number].map(|number| number.to_string());
    let persistent_id = match mbz_release_track_id.as_str() {
        "" => id::stable(&[
            "place",
            &album_id,
            &place[0],
            &place[1],
            &title.to_lowercase(),
        ]),
        given => id::stable(&["recording", given]),
    };
    let named = tags.named();
    LibraryTrack {
        id: id::stable(&["track", &library_id.to_string(), path]),
        persistent_id,
        library_id,
        path: path.to_owned(),
        title,
        album,
        album_id,
        artist,
        album_artist,
        artists,
        album_artists,
        participants: people::others(&tags),
        track_number,
        disc_number,
        disc_subtitle: tags.text(ItemKey::SetSubtitle),
        date: dates.recording,
        original_date: dates.original,
        release_date: dates.release,
        genres: named.get("genre").cloned().unwrap_or_default(),
        comment: tags.clipped(ItemKey::Comment, MAX_COMMENT),
        bpm: tags
            .decimal(ItemKey::IntegerBpm)
            .or_else(|| tags.decimal(ItemKey::Bpm))
            .map(|bpm| bpm.round() as i32)
            .filter(|&bpm| bpm != 0),
        explicit_status: match tags.advisory().as_str() {
            "1" | "4" => "e".to_owned(),
            "2" => "c".to_owned(),
            _ => String::new(),
        },
        catalog_num: tags.text(ItemKey::CatalogNumber),
        compilation,
        has_cover_art: file.tags().iter().any(|tag| tag.picture_count() > 0),
        has_lyrics: [ItemKey::Lyrics, ItemKey::UnsyncLyrics]
            .iter()
            .any(|&key| !tags.text(key).is_empty()),
        sort_title: tags.text(ItemKey::TrackTitleSortOrder),
        sort_album: tags.text(ItemKey::AlbumTitleSortOrder),
        sort_artist: tags.text(ItemKey::TrackArtistSortOrder),
        sort_album_artist: tags.text(ItemKey::AlbumArtistSortOrder),
        mbz_recording_id: tags.text(ItemKey::MusicBrainzRecordingId),
        mbz_release_track_id,
        mbz_album_id,
        mbz_release_group_id: tags.text(ItemKey::MusicBrainzReleaseGroupId),
        mbz_album_type: named
            .get("releasetype")
            .and_then(|types| types.first())
            .cloned()
            .unwrap_or_default(),
        mbz_album_comment: album_comment,
        isrc: named.get("isrc").cloned().unwrap_or_default(),
        rg_track_gain: tags
            .decimal(ItemKey::ReplayGainTrackGain)
            .or_else(|| tags.r128(ItemKey::R128TrackGain)),
        rg_track_peak: tags.decimal(ItemKey::ReplayGainTrackPeak),
        rg_album_gain: tags
            .decimal(ItemKey::ReplayGainAlbumGain)
            .or_else(|| tags.r128(ItemKey::R128AlbumGain)),
        rg_album_peak: tags.decimal(ItemKey::ReplayGainAlbumPeak),
        duration: properties.duration().as_secs_f64(),
        bit_rate: clamped(
            properties
                .audio_bitrate()
                .or_else(|| properties.overall_bitrate()),
        ),
        sample_rate: clamped(properties.sample_rate()),
        bit_depth: properties.bit_depth().map(i32::from),
        channels: clamped(properties.channels()),
        size: 0,
        suffix: suffix.to_lowercase(),
        codec: codec(file.file_type(), properties.bit_depth().is_some()),
        modified: SystemTime::UNIX_EPOCH,
        birth_time: 0,
        created_at: 0,
        tags: named,
    }
}

/// The three dates of a track, sorted out.
struct Dates {
    recording: String,
    original: String,
    release: String,
}

impl Dates {
    fn read(tags: &Tags<'_>) -> Self {
        let recording = match tags.text(ItemKey::RecordingDate) {
            none if none.is_empty() => tags.text(ItemKey::Year),
            date => date,
        };
        let original = tags.text(ItemKey::OriginalReleaseDate);
        let release = tags.text(ItemKey::ReleaseDate);
        // Many taggers write the date of the release where that of the recording belongs.
        if !original.is_empty() && release.is_empty() && recording >= original {
            return Self {
                recording: original.clone(),
                original,
                release: recording,
            };
        }
        let known = [&recording, &original, &release]
            .into_iter()
            .find(|date| !date.is_empty());
        Self {
            recording: known.cloned().unwrap_or_default(),
            original,
            release,
        }
    }
}

/// All tags of a file; the one its format prefers is asked first.
struct Tags<'a> {
    file: &'a TaggedFile,
    fields: &'a RawFields,
}

impl<'a> Tags<'a> {
    fn in_order(&self) -> impl Iterator<Item = &'a Tag> + use<'a> {
        self.file.primary_tag().into_iter().chain(self.file.tags())
    }

    fn text(&self, key: ItemKey) -> String {
        self.clipped(key, MAX_VALUE)
    }

    fn clipped(&self, key: ItemKey, limit: usize) -> String {
        let found = self.in_order().find_map(|tag| {
            tag.get_string(key)
                .map(str::trim)
                .filter(|text| !text.is_empty())
        });
        clip(found.unwrap_or_default(), limit).to_owned()
    }

    /// Returns every value of the first key that has any, or else of the second.
    fn all(&self, first: ItemKey, second: ItemKey) -> Vec<String> {
        let values = |key| {
            self.in_order().find_map(|tag| {
                let values: Vec<String> = tag
                    .get_strings(key)
                    .map(str::trim)
                    .filter(|text| !text.is_empty())
                    .map(|text| clip(text, MAX_VALUE).to_owned())
                    .collect();
                (!values.is_empty()).then_some(values)
            })
        };
        values(first).or_else(|| values(second)).unwrap_or_default()
    }

    /// Returns every value of the first field that has any.
    fn raw(&self, names: &[&str]) -> Vec<String> {
        let values = self.fields.all(names).iter();
        values
            .map(|value| clip(value, MAX_VALUE).to_owned())
            .collect()
    }

    /// Returns the tags that are listed by name, those that have values.
    fn named(&self) -> BTreeMap<String, Vec<String>> {
        let listed = NAMED.iter().map(|&(name, key, fields)| {
            let values = key.map_or_else(Vec::new, |key| self.all(key, key));
            let values = match values.is_empty() {
                true => self.raw(fields),
                false => values,
            };
            (name, values)
        });
        let genres = split(self.all(ItemKey::Genre, ItemKey::Genre), GENRE_SEPARATORS);
        let listed = listed.chain([("genre", genres)]);
        let mut named = BTreeMap::new();
        for (name, values) in listed {
            let mut once: Vec<String> = Vec::with_capacity(values.len());
            for value in values {
                let value = if name == "releasetype" {
                    value.to_lowercase()
                } else {
                    value
                };
                if !once.contains(&value) {
                    once.push(value);
                }
            }
            if !once.is_empty() {
                named.insert(name.to_owned(), once);
            }
        }
        named
    }

    fn advisory(&self) -> String {
        match self.text(ItemKey::ParentalAdvisory) {
            none if none.is_empty() => self
                .raw(&["ITUNESADVISORY"])
                .into_iter()
                .next()
                .unwrap_or_default(),
            given => given,
        }
    }

    /// Reads a number that may have a total behind it, as in `3/12`.
    fn number(&self, key: ItemKey) -> i32 {
        let text = self.text(key);
        let number = text.split('/').next().map(|text| text.trim().parse());
        number.and_then(Result::ok).unwrap_or(0)
    }

    /// Reads a number that may have a unit after it, as in `-6.5 dB`.
    fn decimal(&self, key: ItemKey) -> Option<f64> {
        let text = self.text(key);
        let number = text
            .split(|c: char| c.is_whitespace() || c.is_ascii_alphabetic())
            .next()?;
        number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }

    /// Reads an R128 gain, which counts in 256ths of a dB and from a level 5 dB lower.
    fn r128(&self, key: ItemKey) -> Option<f64> {
        Some(self.decimal(key)? / 256.0 + 5.0)
    }
}

fn clip(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// Returns the text for people: the tag's own if it is one text, the joined names otherwise.
fn display(tags: &Tags<'_>, key: ItemKey, artists: &[TrackArtist]) -> Option<String> {
    match tags.all(key, key).as_slice() {
        [own] => Some(own.clone()),
        _ if artists.is_empty() => None,
        _ => Some(
            artists
                .iter()
                .map(|artist| artist.name.as_str())
                .collect::<Vec<_>>()
                .join(JOINER),
        ),
    }
}

fn clamped(number: Option<impl TryInto<i32>>) -> i32 {
    number.map_or(0, |number| number.try_into().unwrap_or(i32::MAX))
}

/// Names the codec; in the one container that holds two, only the lossless one has a sample size.
fn codec(file_type: FileType, has_bit_depth: bool) -> &'static str {
    match file_type {
        FileType::Aac => "aac",
        FileType::Aiff | FileType::Wav => "pcm",
        FileType::Ape => "ape",
        FileType::Flac => "flac",
        FileType::Mpeg => "mp3",
        FileType::Mp4 if has_bit_depth => "alac",
        FileType::Mp4 => "aac",
        FileType::Mpc => "musepack",
        FileType::Opus => "opus",
        FileType::Vorbis => "vorbis",
        FileType::Speex => "speex",
        FileType::WavPack => "wavpack",
        _ => "",
    }
}

/// Returns the name of a codec that was stored.
pub(crate) fn codec_named(name: &str) -> &'static str {
    let known = [
        "aac", "pcm", "ape", "flac", "mp3", "alac", "musepack", "opus", "vorbis", "speex",
        "wavpack",
    ];
    known.into_iter().find(|&codec| codec == name).unwrap_or("")
}
