//! A small music library made by the program itself: synthesised pieces of six styles that a listener tells apart
//! at once, so the right neighbours of every piece are known without shipping anyone's recordings.

mod catalogue;
mod files;
mod mix;
mod rng;
mod styles;
mod theory;
mod voices;

#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use rng::Rng;
use std::fmt;
use std::path::{Path, PathBuf};

/// Samples per second of every file.
pub const SAMPLE_RATE: u32 = 44_100;

/// The kind of music of a piece; pieces of one style are each other's right neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    /// Slow solo piano.
    Ballad,
    /// Four on the floor with an acid line.
    Techno,
    /// String chords without a beat.
    Ambient,
    /// Plucked steel-string guitar.
    Folk,
    /// A broken beat over a growling bass.
    DrumAndBass,
    /// A small jazz band.
    Swing,
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ballad => "ballad",
            Self::Techno => "techno",
            Self::Ambient => "ambient",
            Self::Folk => "folk",
            Self::DrumAndBass => "drum and bass",
            Self::Swing => "swing",
        })
    }
}

/// The file format of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// FLAC with Vorbis comments.
    Flac,
    /// WAV with an ID3v2 chunk.
    Wav,
}

impl Container {
    fn extension(self) -> &'static str {
        match self {
            Self::Flac => "flac",
            Self::Wav => "wav",
        }
    }
}

/// A file of the library and the tags it carries.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthTrack {
    /// Path relative to the library's folder: artist, album, file.
    pub path: PathBuf,
    /// Which pieces it sounds like.
    pub style: Style,
    /// The file format.
    pub container: Container,
    /// What the piece was composed from.
    pub seed: u64,
    /// Title of the piece.
    pub title: String,
    /// Artist of the piece and the album.
    pub artist: String,
    /// Title of the album.
    pub album: String,
    /// Genre.
    pub genre: String,
    /// Year of the recording.
    pub year: u32,
    /// Place on the album, from 1.
    pub number: u32,
    /// Length in seconds.
    pub seconds: f32,
    /// MusicBrainz-like id of the artist.
    pub artist_mbid: String,
    /// MusicBrainz-like id of the release.
    pub album_mbid: String,
    /// MusicBrainz-like id of the release group.
    pub release_group_mbid: String,
    /// MusicBrainz-like id of the recording.
    pub recording_mbid: String,
    /// MusicBrainz-like id of the track on the release.
    pub release_track_mbid: String,
    /// ISRC in a range that belongs to nobody.
    pub isrc: String,
}

/// Writes the whole library below `dir`, which is made if it is missing; files of the same name are replaced.
///
/// `progress` is told how many files are done, of how many, before the first and after each.
/// The same build writes the same bytes every time.
///
/// # Errors
///
/// A folder or file that cannot be written, by name.
pub fn write_library(
    dir: &Path,
    mut progress: impl FnMut(usize, usize),
) -> Result<Vec<SynthTrack>> {
    let pieces = catalogue::tracks();
    let total = pieces.len();
    progress(0, total);
    let mut written = Vec::with_capacity(total);
    for (mut track, key, bpm) in pieces {
        let samples = styles::perform(track.style, key, bpm, &mut Rng::new(track.seed));
        track.seconds = samples.len() as f32 / 2.0 / SAMPLE_RATE as f32;
        let path = dir.join(&track.path);
        let folder = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        files::write(&path, &samples, &track)?;
        written.push(track);
        progress(written.len(), total);
    }
    Ok(written)
}
