//! The library is what its tags say, the same every time, and its styles differ in sound.
#![allow(clippy::unwrap_used)]

use super::*;
use lofty::file::{AudioFile, TaggedFileExt};
use lofty::tag::{Accessor, ItemKey};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tempfile::TempDir;

struct Library {
    dir: TempDir,
    tracks: Vec<SynthTrack>,
    progress: Vec<(usize, usize)>,
}

/// One library for all tests, which only read it.
static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let mut progress = Vec::new();
    let tracks = write_library(dir.path(), |done, total| progress.push((done, total))).unwrap();
    Library {
        dir,
        tracks,
        progress,
    }
});

fn path(track: &SynthTrack) -> PathBuf {
    LIBRARY.dir.path().join(&track.path)
}

/// The samples of every WAV file: two pieces of each style.
fn recordings() -> Vec<(&'static SynthTrack, Vec<i16>)> {
    let wav = LIBRARY
        .tracks
        .iter()
        .filter(|track| track.container == Container::Wav);
    wav.map(|t| {
        (
            t,
            hound::WavReader::open(path(t))
                .unwrap()
                .samples()
                .map(Result::unwrap)
                .collect(),
        )
    })
    .collect()
}

#[test]
fn tags_and_lengths_read_back_as_described() {
    assert_eq!(
        LIBRARY.progress,
        (0..=24).map(|done| (done, 24)).collect::<Vec<_>>()
    );
    for track in &LIBRARY.tracks {
        let file = lofty::read_from_path(path(track)).unwrap();
        let tag = file.primary_tag().unwrap();
        let text = |key| tag.get_string(key).unwrap_or_default();
        assert_eq!(tag.title().as_deref(), Some(track.title.as_str()));
        assert_eq!(tag.artist().as_deref(), Some(track.artist.as_str()));
        assert_eq!(tag.album().as_deref(), Some(track.album.as_str()));
        assert_eq!(tag.genre().as_deref(), Some(track.genre.as_str()));
        assert_eq!(tag.track(), Some(track.number));
        assert_eq!(text(ItemKey::AlbumArtist), track.artist);
        assert_eq!(text(ItemKey::RecordingDate), track.year.to_string());
        assert_eq!(text(ItemKey::Isrc), track.isrc);
        assert_eq!(text(ItemKey::MusicBrainzRecordingId), track.recording_mbid);
        assert_eq!(text(ItemKey::MusicBrainzReleaseId), track.album_mbid);
        let seconds = file.properties().duration().as_secs_f32();
        assert!(
            (seconds - track.seconds).abs() < 0.01,
            "{}: {seconds} s",
            track.title
        );
        assert!(
            (25.0..40.0).contains(&seconds),
            "{}: {seconds} s",
            track.title
        );
        assert_eq!(file.properties().sample_rate(), Some(SAMPLE_RATE));
        assert_eq!(file.properties().channels(), Some(2));
    }
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    for (track, key, bpm) in catalogue::tracks().drain(4..6) {
        let samples = styles::perform(track.style, key, bpm, &mut Rng::new(track.seed));
        let again = dir
            .path()
            .join("again")
            .with_extension(track.container.extension());
        files::write(&again, &samples, &track).unwrap();
        let (first, again) = (
            std::fs::read(path(&track)).unwrap(),
            std::fs::read(again).unwrap(),
        );
        assert!(first == again, "{} differs between runs", track.title);
    }
}

#[test]
fn every_identifier_is_given_once() {
    let tracks = &LIBRARY.tracks;
    let distinct =
        |of: fn(&SynthTrack) -> &str| tracks.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(|t| &t.recording_mbid), 24);
    assert_eq!(distinct(|t| &t.release_track_mbid), 24);
    assert_eq!(distinct(|t| &t.isrc), 24);
    assert_eq!(distinct(|t| &t.album_mbid), 6);
    assert!(
        tracks
            .iter()
            .all(|t| t.isrc.len() == 12 && t.recording_mbid.len() == 36)
    );
}

#[test]
fn nothing_is_silent_or_clipped() {
    for (track, samples) in recordings() {
        let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!(
            (20_000..30_000).contains(&peak),
            "{}: peak {peak}",
            track.title
        );
        let mut seconds = samples
            .chunks_exact(SAMPLE_RATE as usize * 2)
            .collect::<Vec<_>>();
        seconds.truncate(seconds.len() - 2); // the last notes ring out
        let quietest = seconds.into_iter().map(rms).fold(f32::MAX, f32::min);
        assert!(quietest > 100.0, "{}: a second of {quietest}", track.title);
    }
}

/// Three crude measures find every piece its partner; a descriptor worth its name does it with room to spare.
#[test]
fn the_nearest_piece_is_of_the_same_style() {
    let measured: Vec<_> = recordings()
        .into_iter()
        .map(|(track, samples)| (track, measure(&samples)))
        .collect();
    let distance =
        |a: &[f32; 3], b: &[f32; 3]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    for (track, values) in &measured {
        let others = measured
            .iter()
            .filter(|(other, _)| other.title != track.title);
        let nearest = others
            .min_by(|(_, a), (_, b)| distance(a, values).total_cmp(&distance(b, values)))
            .unwrap()
            .0;
        let table = || {
            measured
                .iter()
                .map(|(t, m)| format!("{m:.2?} {} {}\n", t.style, t.title))
                .collect::<String>()
        };
        assert_eq!(
            nearest.style,
            track.style,
            "{} is nearest to {}\n{}",
            track.title,
            nearest.title,
            table()
        );
    }
}

/// Brightness, noisiness and how much the loudness moves, each on a logarithmic scale.
fn measure(samples: &[i16]) -> [f32; 3] {
    let mono: Vec<f32> = samples
        .chunks(2)
        .map(|pair| (f32::from(pair[0]) + f32::from(pair[1])) / 2.0)
        .collect();
    let energy = |of: &mut dyn Iterator<Item = f32>| of.map(|x| x * x).sum::<f32>().max(1.0);
    let slope = energy(&mut mono.windows(2).map(|w| w[1] - w[0]));
    let curve = energy(&mut mono.windows(3).map(|w| w[2] - 2.0 * w[1] + w[0]));
    let levels: Vec<f32> = samples
        .chunks(SAMPLE_RATE as usize / 20)
        .map(|c| rms(c).max(1.0).ln())
        .collect();
    let moves = levels.windows(2).map(|w| (w[1] - w[0]).abs()).sum::<f32>() / levels.len() as f32;
    [
        (slope / energy(&mut mono.iter().copied())).ln(),
        (curve / slope).ln(),
        2.0 * moves.ln(),
    ]
}

fn rms(samples: &[i16]) -> f32 {
    (samples
        .iter()
        .map(|&s| f32::from(s) * f32::from(s))
        .sum::<f32>()
        / samples.len() as f32)
        .sqrt()
}
