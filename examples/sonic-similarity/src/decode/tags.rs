//! The tags of a file that identify the song.

use symphonia::core::formats::FormatReader;
use symphonia::core::meta::well_known::METADATA_ID_ID3V1;
use symphonia::core::meta::{MetadataRevision, RawValue, StandardTag, Tag};

/// What the tags say about the song; empty where they say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// Title.
    pub title: String,
    /// Artist as displayed.
    pub artist: String,
    /// Artists one by one; empty when the file has a display form only.
    pub artists: Vec<String>,
    /// MusicBrainz artist ids, in the order of the artists.
    pub artist_mbids: Vec<String>,
    /// Album title.
    pub album: String,
    /// Album artist as displayed.
    pub album_artist: String,
    /// MusicBrainz recording id.
    pub mbid: String,
    /// MusicBrainz release id.
    pub album_mbid: String,
    /// ISRC; the first one if there are several.
    pub isrc: String,
}

/// Reads the tags of an opened file; `chunks` are those that lie in RIFF or AIFF chunks.
pub(super) fn read(format: &mut dyn FormatReader, chunks: Vec<MetadataRevision>) -> Tags {
    let mut revisions = chunks;
    let mut log = format.metadata();
    while let Some(revision) = log.pop() {
        revisions.push(revision);
    }
    revisions.extend(log.current().cloned());
    // ID3v1 cuts every text at 30 characters: it only fills what nothing else says.
    revisions.sort_by_key(|r| r.info.metadata == METADATA_ID_ID3V1);
    let mut tags = Tags::default();
    for revision in &revisions {
        let mut one = Tags::default();
        collect(revision, &mut one);
        tags.fill_from(one);
    }
    tags
}

impl Tags {
    /// Takes from `other` what is still empty here.
    fn fill_from(&mut self, other: Self) {
        // The three artist fields belong together: those of another tag block must not be mixed in.
        if self.artist.is_empty() && self.artists.is_empty() {
            self.artist = other.artist;
            self.artists = other.artists;
            self.artist_mbids = other.artist_mbids;
        }
        fill(&mut self.title, other.title);
        fill(&mut self.album, other.album);
        fill(&mut self.album_artist, other.album_artist);
        fill(&mut self.mbid, other.mbid);
        fill(&mut self.album_mbid, other.album_mbid);
        fill(&mut self.isrc, other.isrc);
    }
}

fn collect(revision: &MetadataRevision, tags: &mut Tags) {
    let mut display = Vec::new();
    let per_track = revision.per_track.iter().flat_map(|t| &t.metadata.tags);
    for tag in revision.media.tags.iter().chain(per_track) {
        let Some(field) = field_of(tag) else { continue };
        let mut values = values_of(tag);
        let first = values.first().cloned().unwrap_or_default();
        match field {
            Field::Title => fill(&mut tags.title, first),
            Field::Artist => add(&mut display, values),
            Field::Artists => add(&mut tags.artists, values),
            Field::ArtistMbid => {
                // Some taggers write several ids into one value.
                let ids = values
                    .iter()
                    .flat_map(|v| v.split(['/', ';']))
                    .map(|v| v.trim().to_owned());
                values = ids.filter(|v| !v.is_empty()).collect();
                add(&mut tags.artist_mbids, values);
            }
            Field::Album => fill(&mut tags.album, first),
            Field::AlbumArtist => fill(&mut tags.album_artist, first),
            Field::Mbid => fill(&mut tags.mbid, first),
            Field::AlbumMbid => fill(&mut tags.album_mbid, first),
            Field::Isrc => fill(&mut tags.isrc, first),
        }
    }
    tags.artist = display.join(" / ");
    if tags.artists.is_empty() && display.len() > 1 {
        tags.artists = display;
    }
}

fn fill(to: &mut String, from: String) {
    if to.is_empty() {
        *to = from;
    }
}

fn add(to: &mut Vec<String>, from: Vec<String>) {
    for value in from {
        if !to.contains(&value) {
            to.push(value);
        }
    }
}

enum Field {
    Title,
    Artist,
    Artists,
    ArtistMbid,
    Album,
    AlbumArtist,
    Mbid,
    AlbumMbid,
    Isrc,
}

fn field_of(tag: &Tag) -> Option<Field> {
    // Comes first: the reader takes some of these lists for display names.
    if is_artist_list(tag) {
        return Some(Field::Artists);
    }
    match &tag.std {
        Some(StandardTag::TrackTitle(_)) => Some(Field::Title),
        Some(StandardTag::Artist(_)) => Some(Field::Artist),
        Some(StandardTag::MusicBrainzArtistId(_)) => Some(Field::ArtistMbid),
        Some(StandardTag::Album(_)) => Some(Field::Album),
        Some(StandardTag::AlbumArtist(_)) => Some(Field::AlbumArtist),
        Some(StandardTag::MusicBrainzAlbumId(_)) => Some(Field::AlbumMbid),
        // What taggers call "track id" in a file is the recording id of MusicBrainz.
        Some(StandardTag::MusicBrainzTrackId(_) | StandardTag::MusicBrainzRecordingId(_)) => {
            Some(Field::Mbid)
        }
        Some(StandardTag::IdentIsrc(_)) => Some(Field::Isrc),
        Some(_) => None,
        None => field_of_raw(tag),
    }
}

fn is_artist_list(tag: &Tag) -> bool {
    let name = match tag.raw.key.as_str() {
        "TXXX" => sub_field(tag, "DESCRIPTION").unwrap_or_default(),
        // Vorbis comments, APE items and iTunes atoms, the last with a prefix up to a colon.
        key => key.rsplit(':').next().unwrap_or(key).to_owned(),
    };
    name.eq_ignore_ascii_case("artists")
}

/// The reader gives a standard form to single texts only; these are its lists and what it does not know.
fn field_of_raw(tag: &Tag) -> Option<Field> {
    match tag.raw.key.as_str() {
        "TIT2" => Some(Field::Title),
        "TPE1" => Some(Field::Artist),
        "TALB" => Some(Field::Album),
        "TPE2" => Some(Field::AlbumArtist),
        "TSRC" => Some(Field::Isrc),
        "UFID" if sub_field(tag, "OWNER")? == "http://musicbrainz.org" => Some(Field::Mbid),
        "TXXX" if sub_field(tag, "DESCRIPTION")?.eq_ignore_ascii_case("musicbrainz artist id") => {
            Some(Field::ArtistMbid)
        }
        _ => None,
    }
}

fn sub_field(tag: &Tag, name: &str) -> Option<String> {
    let fields = tag.raw.sub_fields.as_deref().unwrap_or_default();
    fields
        .iter()
        .find(|f| f.field == name)
        .map(|f| f.value.to_string())
}

fn values_of(tag: &Tag) -> Vec<String> {
    let list: Vec<String> = match &tag.raw.value {
        RawValue::String(text) => text.split('\0').map(str::to_owned).collect(),
        RawValue::StringList(list) => list.to_vec(),
        RawValue::Binary(bytes) => std::str::from_utf8(bytes)
            .map(|t| vec![t.to_owned()])
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let trimmed = list.iter().map(|v| {
        v.trim_matches(|c: char| c.is_whitespace() || c == '\0')
            .to_owned()
    });
    trimmed.filter(|v| !v.is_empty()).collect()
}
