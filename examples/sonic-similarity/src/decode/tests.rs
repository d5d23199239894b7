//! One small file per format, and files that are none.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::*;

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/audio", name]
        .iter()
        .collect()
}

fn read_all(file: &mut AudioFile) -> Vec<f32> {
    let mut samples = Vec::new();
    let end = file
        .read_window(60.0, &mut || false, &mut |s| samples.extend_from_slice(s))
        .unwrap();
    assert_eq!(end, WindowEnd::EndOfFile);
    samples
}

fn id(n: u32) -> String {
    format!("aaaaaaaa-1111-4111-8111-{n:012}")
}

#[test]
fn every_format_is_decoded() {
    for name in [
        "chord.flac",
        "chord.mp3",
        "chord.ogg",
        "chord.m4a",
        "chord.wav",
    ] {
        let mut file = AudioFile::open(&fixture(name)).unwrap();
        let seconds = file.duration_seconds().unwrap();
        assert!((seconds - 3.0).abs() < 0.1, "{name}: {seconds}");
        let samples = read_all(&mut file);
        let heard = samples.len() as f64 / f64::from(file.sample_rate());
        assert!((heard - 3.0).abs() < 0.1, "{name}: {heard}");
        let loudest = samples.iter().fold(0.0f32, |a, b| a.max(b.abs()));
        assert!((0.3..0.8).contains(&loudest), "{name}: {loudest}");
    }
}

#[test]
fn tags_are_read_from_every_kind_of_tag() {
    let isrc = [
        "XX-AAA-26-00001",
        "XX-AAA-26-00002",
        "XXAAA2600003",
        "XXAAA2600004",
    ];
    let artist = [
        "Anna feat. Björn",
        "Anna feat. Björn",
        "Anna / Björn",
        "Anna & Björn",
    ];
    for (n, name) in ["chord.flac", "chord.ogg", "chord.mp3", "chord.m4a"]
        .iter()
        .enumerate()
    {
        let expected = Tags {
            title: format!("Chord (take {})", n + 1),
            artist: artist[n].into(),
            artists: vec!["Anna".into(), "Björn".into()],
            artist_mbids: vec![id(201), id(202)],
            album: "Test Tones".into(),
            album_artist: "Anna".into(),
            mbid: id(n as u32 + 1),
            album_mbid: id(100),
            isrc: isrc[n].into(),
        };
        assert_eq!(
            *AudioFile::open(&fixture(name)).unwrap().tags(),
            expected,
            "{name}"
        );
    }
}

#[test]
fn both_kinds_of_tags_in_a_wav_file_are_read() {
    let file = AudioFile::open(&fixture("chord.wav")).unwrap();
    let tags = file.tags();
    // The ids are in the ID3 chunk only, the album in the INFO list only.
    assert_eq!(
        (tags.title.as_str(), tags.artist.as_str()),
        ("Chord (take 5)", "Anna")
    );
    assert_eq!(
        (tags.mbid.as_str(), tags.album.as_str()),
        (id(5).as_str(), "Test Tones")
    );
}

#[test]
fn a_window_starts_where_it_should() {
    for name in [
        "chord.flac",
        "chord.mp3",
        "chord.ogg",
        "chord.m4a",
        "chord.wav",
    ] {
        let mut file = AudioFile::open(&fixture(name)).unwrap();
        assert!(file.seek(2.0), "{name}");
        let heard = read_all(&mut file).len() as f64 / f64::from(file.sample_rate());
        assert!((0.7..1.6).contains(&heard), "{name}: {heard}");
    }
}

#[test]
fn reading_stops_at_the_end_of_the_window_and_when_told() {
    let mut file = AudioFile::open(&fixture("chord.flac")).unwrap();
    let mut count = 0;
    let end = file
        .read_window(0.5, &mut || false, &mut |s| count += s.len())
        .unwrap();
    assert_eq!((end, count), (WindowEnd::Complete, 11_025 / 2 + 1));
    let end = file.read_window(1.0, &mut || true, &mut |_| ()).unwrap();
    assert_eq!(end, WindowEnd::Stopped);
}

#[test]
fn what_is_no_audio_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let missing = AudioFile::open(&dir.path().join("missing.mp3"))
        .err()
        .unwrap();
    assert!(missing.0.starts_with("cannot open the file"), "{missing}");
    for (name, content) in [
        ("empty.flac", &b""[..]),
        ("text.mp3", b"not audio at all"),
        ("zeros.ogg", &[0; 5_000]),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = AudioFile::open(&path).err().unwrap();
        assert!(
            error.0.starts_with("not a readable audio file"),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_truncated_or_damaged_file_gives_what_is_left_of_it() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["chord.flac", "chord.mp3", "chord.wav"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, &whole[..whole.len() * 2 / 3]).unwrap();
        let mut file = AudioFile::open(&path).unwrap();
        let mut count = 0;
        // An error behind the first part is as good as its end.
        let _ = file.read_window(60.0, &mut || false, &mut |s| count += s.len());
        assert!(count as f64 / f64::from(file.sample_rate()) > 1.0, "{name}");

        let mut damaged = whole;
        for at in (damaged.len() / 2..damaged.len()).step_by(97) {
            damaged[at] ^= 0x55;
        }
        std::fs::write(&path, &damaged).unwrap();
        if let Ok(mut file) = AudioFile::open(&path) {
            let _ = file.read_window(60.0, &mut || false, &mut |s| {
                assert!(s.iter().all(|v| v.is_finite()))
            });
        }
    }
}

#[test]
fn channels_are_averaged_and_bad_samples_silenced() {
    let mut mono = Vec::new();
    mix_to_mono(
        &[0.5, 0.1, f32::NAN, 0.0, f32::INFINITY, 1.0, 30.0, 30.0],
        2,
        &mut mono,
    );
    assert_eq!(mono, [0.3, 0.0, 0.0, 4.0]);
    mix_to_mono(&[0.3, 0.6, 0.9], 3, &mut mono);
    assert!((mono[0] - 0.6).abs() < 1e-6);
}
