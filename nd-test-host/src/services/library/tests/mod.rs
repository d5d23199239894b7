//! Scans of real files, look-ups, and tracks as plugins see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use lofty::config::WriteOptions;
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem, TagType};

use super::*;

mod people;
mod rescanning;
mod scanning;
mod service;
mod tracks;
mod views;

/// Writes one second of silence, 8 kHz mono 16 bit.
fn write_wav(path: &Path) {
    let samples = vec![0_u8; 16_000];
    let size = |n: usize| u32::try_from(n).expect("a small file").to_le_bytes();
    let format = [
        &1_u16.to_le_bytes()[..],
        &1_u16.to_le_bytes(),
        &size(8_000),
        &size(16_000),
        &2_u16.to_le_bytes(),
        &16_u16.to_le_bytes(),
    ];
    let wav = [
        b"RIFF",
        &size(36 + samples.len())[..],
        b"WAVEfmt ",
        &size(16),
        &format.concat(),
        b"data",
        &size(samples.len()),
        &samples,
    ];
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    fs::write(path, wav.concat()).expect("the file");
}

/// Writes the head of a FLAC file: two seconds of 44.1 kHz stereo 16 bit, without a single frame.
fn write_flac(path: &Path) {
    let (rate, channels, bits, samples) = (44_100_u64, 2_u64, 16_u64, 88_200_u64);
    let packed = (rate << 44) | ((channels - 1) << 41) | ((bits - 1) << 36) | samples;
    let info = [
        &4_096_u16.to_be_bytes()[..],
        &4_096_u16.to_be_bytes(),
        &[0; 6],
        &packed.to_be_bytes(),
        &[0; 16],
    ]
    .concat();
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    fs::write(path, [b"fLaC\x80\x00\x00\x22", &info[..]].concat()).expect("the file");
}

fn tag(path: &Path, kind: TagType, items: &[(ItemKey, &str)]) {
    let mut tag = Tag::new(kind);
    for &(key, value) in items {
        tag.push_unchecked(TagItem::new(key, ItemValue::Text(value.to_owned())));
    }
    tag.save_to_path(path, WriteOptions::default())
        .expect("the tag");
}

const FULL: &[(ItemKey, &str)] = &[
    (ItemKey::TrackTitle, "Jóga"),
    (ItemKey::AlbumTitle, "Homogenic"),
    (ItemKey::TrackArtist, "Björk"),
    (ItemKey::AlbumArtist, "Björk"),
    (ItemKey::TrackArtistSortOrder, "Bjork"),
    (ItemKey::TrackNumber, "2"),
    (ItemKey::DiscNumber, "1"),
    (ItemKey::RecordingDate, "1997-09-22"),
    (ItemKey::OriginalReleaseDate, "1997"),
    (ItemKey::Genre, "Electronic"),
    (ItemKey::Genre, "Art Pop"),
    (ItemKey::MusicBrainzRecordingId, "rec-1"),
    (ItemKey::MusicBrainzTrackId, "trk-1"),
    (ItemKey::MusicBrainzReleaseId, "rel-1"),
    (ItemKey::MusicBrainzReleaseGroupId, "grp-1"),
    (ItemKey::MusicBrainzArtistId, "art-1"),
    (ItemKey::MusicBrainzReleaseArtistId, "art-1"),
    (ItemKey::Isrc, "GBAKW9700123"),
    (ItemKey::ReplayGainTrackGain, "-6.50 dB"),
    (ItemKey::ReplayGainTrackPeak, "0.988"),
    (ItemKey::ReplayGainAlbumGain, "+0 dB"),
];

/// A folder with two tagged files, two bare ones, and things that are no music.
fn music() -> (tempfile::TempDir, Scan) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    write_flac(&at("Björk/Homogenic/02 Jóga.flac"));
    tag(
        &at("Björk/Homogenic/02 Jóga.flac"),
        TagType::VorbisComments,
        FULL,
    );
    write_wav(&at("Duo/Together.wav"));
    tag(
        &at("Duo/Together.wav"),
        TagType::Id3v2,
        &[
            (ItemKey::TrackTitle, "Together"),
            (ItemKey::TrackArtist, "Ann feat. Bob"),
            (ItemKey::TrackArtists, "Ann"),
            (ItemKey::TrackArtists, "Bob"),
            (ItemKey::TrackNumber, "3"),
            (ItemKey::FlagCompilation, "1"),
        ],
    );
    write_wav(&at("bare.WAV"));
    fs::write(at("broken.mp3"), "this is no music").expect("a file");
    fs::write(at("cover.jpg"), "").expect("a file");
    fs::write(at("clip.mp4"), "").expect("a file");
    write_wav(&at(".trash/gone.wav"));
    let scan = scan(7, folder.path());
    (folder, scan)
}

fn find<'a>(scan: &'a Scan, path: &str) -> &'a LibraryTrack {
    scan.tracks
        .iter()
        .find(|track| track.path == path)
        .expect(path)
}
