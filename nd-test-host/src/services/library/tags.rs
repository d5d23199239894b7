//! Reading tags and audio properties of one file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::SystemTime;

use lofty::file::{AudioFile, FileType, TaggedFile, TaggedFileExt};
use lofty::probe::Probe;
use lofty::tag::{ItemKey, Tag};

use super::track::{LibraryTrack, TrackArtist, UNKNOWN_ALBUM, UNKNOWN_ARTIST, VARIOUS_ARTISTS};
use crate::services::id;

/// What stands between several artists in a text for people.
const JOINER: &str = " • ";

/// Reads one file; `path` is its place below the library's folder.
///
/// # Errors
///
/// A text that says why the file cannot be read as music.
pub(super) fn read(library_id: i32, path: &str, file: &Path) -> Result<LibraryTrack, String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    // The parser meets whatever lies in a music folder; should it panic on a broken file, the scan goes on.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let probe = Probe::open(file).map_err(|error| error.to_string())?;
        let probe = probe.guess_file_type().map_err(|error| error.to_string())?;
        probe.read().map_err(|error| error.to_string())
    }));
    let parsed = parsed.unwrap_or_else(|_| Err("the tag reader failed on it".to_owned()))?;
    let mut track = describe(library_id, path, &parsed);
    track.size = i64::try_from(metadata.len()).unwrap_or(i64::MAX);
    track.modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(track)
}

fn describe(library_id: i32, path: &str, file: &TaggedFile) -> LibraryTrack {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
    let tags = Tags(file);
    let properties = file.properties();
    let artists = artists(
        tags.all(ItemKey::TrackArtists, ItemKey::TrackArtist),
        &tags.all(ItemKey::MusicBrainzArtistId, ItemKey::MusicBrainzArtistId),
        &tags.text(ItemKey::TrackArtistSortOrder),
    );
    let compilation = tags.text(ItemKey::FlagCompilation) == "1";
    let artist =
        display(&tags, ItemKey::TrackArtist, &artists).unwrap_or_else(|| UNKNOWN_ARTIST.to_owned());
    let tagged = artists_of_album(&tags);
    let album_artist =
        display(&tags, ItemKey::AlbumArtist, &tagged).unwrap_or_else(|| match compilation {
            true => VARIOUS_ARTISTS.to_owned(),
            false => artist.clone(),
        });
    let album_artists = match tagged.is_empty() {
        false => tagged,
        true if compilation => self::artists(vec![VARIOUS_ARTISTS.to_owned()], &[], ""),
        true => artists.clone(),
    };
    let album = Some(tags.text(ItemKey::AlbumTitle)).filter(|album| !album.is_empty());
    let album = album.unwrap_or_else(|| UNKNOWN_ALBUM.to_owned());
    let mbz_album_id = tags.text(ItemKey::MusicBrainzReleaseId);
    let album_key = if mbz_album_id.is_empty() {
        [&album_artist, &album].map(String::as_str).join("\n")
    } else {
        mbz_album_id.clone()
    };
    let number = |key| {
        tags.text(key)
            .split('/')
            .next()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0)
    };
    LibraryTrack {
        id: id::stable(&["track", &library_id.to_string(), path]),
        library_id,
        path: path.to_owned(),
        title: Some(tags.text(ItemKey::TrackTitle))
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| stem.to_owned()),
        album,
        album_id: id::stable(&["album", &album_key.to_lowercase()]),
        artist,
        album_artist,
        artists,
        album_artists,
        track_number: number(ItemKey::TrackNumber),
        disc_number: number(ItemKey::DiscNumber),
        date: [ItemKey::RecordingDate, ItemKey::Year, ItemKey::ReleaseDate]
            .map(|key| tags.text(key))
            .into_iter()
            .find(|date| !date.is_empty())
            .unwrap_or_default(),
        original_date: tags.text(ItemKey::OriginalReleaseDate),
        release_date: tags.text(ItemKey::ReleaseDate),
        genres: tags.all(ItemKey::Genre, ItemKey::Genre),
        comment: tags.text(ItemKey::Comment),
        bpm: tags
            .decimal(ItemKey::IntegerBpm)
            .or_else(|| tags.decimal(ItemKey::Bpm))
            .map(|bpm| bpm as i32),
        compilation,
        has_cover_art: file.tags().iter().any(|tag| tag.picture_count() > 0),
        sort_title: tags.text(ItemKey::TrackTitleSortOrder),
        sort_album: tags.text(ItemKey::AlbumTitleSortOrder),
        mbz_recording_id: tags.text(ItemKey::MusicBrainzRecordingId),
        mbz_release_track_id: tags.text(ItemKey::MusicBrainzTrackId),
        mbz_album_id,
        mbz_release_group_id: tags.text(ItemKey::MusicBrainzReleaseGroupId),
        isrc: tags.all(ItemKey::Isrc, ItemKey::Isrc),
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
    }
}

/// All tags of a file; the one its format prefers is asked first.
struct Tags<'a>(&'a TaggedFile);

impl<'a> Tags<'a> {
    fn in_order(&self) -> impl Iterator<Item = &'a Tag> + use<'a> {
        self.0.primary_tag().into_iter().chain(self.0.tags())
    }

    fn text(&self, key: ItemKey) -> String {
        let found = self.in_order().find_map(|tag| {
            tag.get_string(key)
                .map(str::trim)
                .filter(|text| !text.is_empty())
        });
        found.unwrap_or_default().to_owned()
    }

    /// Returns every value of the first key that has any, or else of the second.
    fn all(&self, first: ItemKey, second: ItemKey) -> Vec<String> {
        let values = |key| {
            self.in_order().find_map(|tag| {
                let values: Vec<String> = tag
                    .get_strings(key)
                    .map(str::trim)
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
                    .collect();
                (!values.is_empty()).then_some(values)
            })
        };
        values(first).or_else(|| values(second)).unwrap_or_default()
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

fn artists_of_album(tags: &Tags<'_>) -> Vec<TrackArtist> {
    artists(
        tags.all(ItemKey::AlbumArtists, ItemKey::AlbumArtist),
        &tags.all(
            ItemKey::MusicBrainzReleaseArtistId,
            ItemKey::MusicBrainzReleaseArtistId,
        ),
        &tags.text(ItemKey::AlbumArtistSortOrder),
    )
}

fn artists(names: Vec<String>, mbids: &[String], sort_name: &str) -> Vec<TrackArtist> {
    // Ids belong to artists by position, and to nobody if there are more or fewer of them than names.
    let mbids = if mbids.len() == names.len() {
        mbids
    } else {
        &[]
    };
    let sort_name = if names.len() == 1 { sort_name } else { "" };
    let artists = names.into_iter().enumerate().map(|(n, name)| TrackArtist {
        id: id::stable(&["artist", &name.to_lowercase()]),
        mbid: mbids.get(n).cloned().unwrap_or_default(),
        sort_name: sort_name.to_owned(),
        name,
    });
    artists.collect()
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
