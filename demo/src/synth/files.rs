//! Writes a performance as a tagged FLAC or WAV file.

use super::{Container, SAMPLE_RATE, SynthTrack};
use anyhow::{Context, Result};
use flac_codec::encode::{FlacSampleWriter, Options};
use lofty::config::WriteOptions;
use lofty::id3::v2::Id3v2Tag;
use lofty::tag::{ItemKey, Tag, TagExt, TagType};
use std::path::Path;

const CHANNELS: u16 = 2;
const BITS: u16 = 16;

/// Writes the samples (interleaved stereo) and then the tags.
pub fn write(path: &Path, samples: &[i16], track: &SynthTrack) -> Result<()> {
    let written = match track.container {
        Container::Flac => write_flac(path, samples),
        Container::Wav => write_wav(path, samples),
    };
    written
        .and_then(|()| write_tags(path, track))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn write_flac(path: &Path, samples: &[i16]) -> Result<()> {
    // The default setting takes twice the time for 1 % less.
    let options = Options::fast().overwrite();
    let total = Some(samples.len() as u64);
    let mut writer = FlacSampleWriter::create(
        path,
        options,
        SAMPLE_RATE,
        u32::from(BITS),
        CHANNELS as u8,
        total,
    )?;
    let samples: Vec<i32> = samples.iter().copied().map(i32::from).collect();
    writer.write(&samples)?;
    Ok(writer.finalize()?)
}

fn write_wav(path: &Path, samples: &[i16]) -> Result<()> {
    let spec = hound::WavSpec {
        channels: CHANNELS,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: BITS,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for &sample in samples {
        writer.write_sample(sample)?;
    }
    Ok(writer.finalize()?)
}

fn write_tags(path: &Path, track: &SynthTrack) -> Result<()> {
    let mut tag = Tag::new(match track.container {
        Container::Flac => TagType::VorbisComments,
        Container::Wav => TagType::Id3v2,
    });
    let items = [
        (ItemKey::TrackTitle, &track.title),
        (ItemKey::TrackArtist, &track.artist),
        (ItemKey::AlbumArtist, &track.artist),
        (ItemKey::AlbumTitle, &track.album),
        (ItemKey::Genre, &track.genre),
        (ItemKey::RecordingDate, &track.year.to_string()),
        (ItemKey::TrackNumber, &track.number.to_string()),
        (ItemKey::DiscNumber, &"1".to_owned()),
        (ItemKey::Isrc, &track.isrc),
        (ItemKey::MusicBrainzArtistId, &track.artist_mbid),
        (ItemKey::MusicBrainzReleaseArtistId, &track.artist_mbid),
        (ItemKey::MusicBrainzReleaseId, &track.album_mbid),
        (
            ItemKey::MusicBrainzReleaseGroupId,
            &track.release_group_mbid,
        ),
        (ItemKey::MusicBrainzRecordingId, &track.recording_mbid),
        (ItemKey::MusicBrainzTrackId, &track.release_track_mbid),
    ];
    for (key, value) in items {
        tag.insert_text(key, value.clone());
    }
    let options = WriteOptions::default();
    match track.container {
        Container::Flac => tag.save_to_path(path, options)?,
        Container::Wav => {
            // The conversion leaves the frames in an order that differs from run to run.
            let mut frames: Vec<_> = Id3v2Tag::from(tag).into_iter().collect();
            frames.sort_by_cached_key(|frame| format!("{frame:?}"));
            let mut sorted = Id3v2Tag::new();
            for frame in frames {
                sorted.insert(frame);
            }
            sorted.save_to_path(path, options)?;
        }
    }
    Ok(())
}
