//! Scans of real files, look-ups, and tracks as plugins see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use lofty::config::WriteOptions;
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem, TagType};
use nd_types::{ArtistRef, SongRef};

use super::*;

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

#[test]
fn a_scan_finds_music_in_order_and_lists_what_it_cannot_read() {
    let (folder, scan) = music();
    let paths: Vec<&str> = scan
        .tracks
        .iter()
        .map(|track| track.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "Björk/Homogenic/02 Jóga.flac",
            "Duo/Together.wav",
            "bare.WAV"
        ]
    );
    let problems: Vec<PathBuf> = scan
        .problems
        .iter()
        .map(|problem| problem.path.clone())
        .collect();
    assert_eq!(problems, [folder.path().join("broken.mp3")]);
    assert!(
        scan.problems[0].to_string().contains("broken.mp3: "),
        "{}",
        scan.problems[0]
    );
}

#[test]
fn a_tagged_file_is_read_in_full() {
    let (_folder, scan) = music();
    let track = find(&scan, "Björk/Homogenic/02 Jóga.flac");
    assert_eq!(
        (
            track.title.as_str(),
            track.album.as_str(),
            track.artist.as_str()
        ),
        ("Jóga", "Homogenic", "Björk")
    );
    assert_eq!(
        (
            track.album_artist.as_str(),
            track.track_number,
            track.disc_number
        ),
        ("Björk", 2, 1)
    );
    assert_eq!((track.date.as_str(), track.year()), ("1997-09-22", 1997));
    assert_eq!(track.genres, ["Electronic", "Art Pop"]);
    assert_eq!(
        (
            track.mbz_recording_id.as_str(),
            track.mbz_release_track_id.as_str()
        ),
        ("rec-1", "trk-1")
    );
    assert_eq!(
        (
            track.mbz_album_id.as_str(),
            track.mbz_release_group_id.as_str()
        ),
        ("rel-1", "grp-1")
    );
    let artist = &track.artists[0];
    assert_eq!(
        (
            artist.name.as_str(),
            artist.mbid.as_str(),
            artist.sort_name.as_str()
        ),
        ("Björk", "art-1", "Bjork")
    );
    assert_eq!(track.artists[0].id, track.album_artists[0].id);
    assert_eq!(track.isrc, ["GBAKW9700123"]);
    assert_eq!(
        (track.rg_track_gain, track.rg_track_peak),
        (Some(-6.5), Some(0.988))
    );
    assert_eq!(
        (track.rg_album_gain, track.rg_album_peak),
        (Some(0.0), None)
    );
    assert_eq!(
        (
            track.duration,
            track.sample_rate,
            track.channels,
            track.bit_depth
        ),
        (2.0, 44_100, 2, Some(16))
    );
    assert_eq!((track.suffix.as_str(), track.codec), ("flac", "flac"));
    assert!(track.size > 0 && track.modified > UNIX_EPOCH);
    assert_eq!((track.id.len(), track.library_id), (22, 7));
}

#[test]
fn several_artists_keep_their_display_text() {
    let (_folder, scan) = music();
    let track = find(&scan, "Duo/Together.wav");
    assert_eq!(track.artist, "Ann feat. Bob");
    let names: Vec<&str> = track
        .artists
        .iter()
        .map(|artist| artist.name.as_str())
        .collect();
    assert_eq!(names, ["Ann", "Bob"]);
    assert!(track.artists.iter().all(|artist| artist.mbid.is_empty()));
    assert_eq!(
        (track.track_number, track.duration, track.bit_rate),
        (3, 1.0, 128)
    );
    assert!(track.compilation);
    assert_eq!(track.album_artist, VARIOUS_ARTISTS);
}

#[test]
fn a_bare_file_is_named_after_itself() {
    let (_folder, scan) = music();
    let track = find(&scan, "bare.WAV");
    assert_eq!(
        (
            track.title.as_str(),
            track.artist.as_str(),
            track.album.as_str()
        ),
        ("bare", UNKNOWN_ARTIST, UNKNOWN_ALBUM)
    );
    assert_eq!(
        (track.album_artist.as_str(), track.suffix.as_str()),
        (UNKNOWN_ARTIST, "wav")
    );
    assert!(track.artists.is_empty() && track.album_artists.is_empty());
    assert_eq!(track.song_ref().artists, []);
}

#[test]
fn ids_depend_on_library_and_path_only() {
    let (folder, first) = music();
    let moved = folder.path().join("moved");
    fs::create_dir_all(moved.join("Duo")).expect("a folder");
    fs::copy(
        folder.path().join("Duo/Together.wav"),
        moved.join("Duo/Together.wav"),
    )
    .expect("a copy");
    let again = scan(7, &moved);
    assert_eq!(
        find(&again, "Duo/Together.wav").id,
        find(&first, "Duo/Together.wav").id
    );
    assert_ne!(scan(8, &moved).tracks[0].id, again.tracks[0].id);
}

#[test]
fn a_missing_folder_and_a_circle_of_links_are_no_reason_to_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = scan(1, &folder.path().join("nowhere"));
    assert_eq!((missing.tracks.len(), missing.problems.len()), (0, 1));
    write_wav(&folder.path().join("a/track.wav"));
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).expect("a link");
    assert_eq!(scan(1, folder.path()).tracks.len(), 1);
}

#[test]
fn a_scan_tells_of_each_file() {
    let (folder, _) = music();
    let mut seen = 0;
    scan_with(7, folder.path(), |_| seen += 1);
    assert_eq!(seen, 4);
}

#[test]
fn references_are_filled_as_the_server_fills_them() {
    let (_folder, scan) = music();
    let track = find(&scan, "Björk/Homogenic/02 Jóga.flac");
    let artist = ArtistRef {
        id: track.artists[0].id.clone(),
        name: "Björk".into(),
        mbid: "art-1".into(),
        sort_name: "Bjork".into(),
        role: "artist".into(),
        ..ArtistRef::default()
    };
    let expected = SongRef {
        id: track.id.clone(),
        name: "Jóga".into(),
        mbid: "rec-1".into(),
        isrc: "GBAKW9700123".into(),
        artist: "Björk".into(),
        artist_mbid: "art-1".into(),
        artists: vec![artist],
        album: "Homogenic".into(),
        album_mbid: "rel-1".into(),
        duration: 2.0,
        duration_ms: 2_000,
    };
    assert_eq!(track.song_ref(), expected);
    let info = track.scrobbler_info(true);
    assert_eq!(
        (info.library_id, info.path.as_str()),
        (7, "Björk/Homogenic/02 Jóga.flac")
    );
    assert_eq!(
        (
            info.artists[0].mbid.as_str(),
            info.artists[0].role.as_str(),
            info.artists[0].sort_name.as_str()
        ),
        ("art-1", "", "")
    );
    let hidden = track.lyrics_info(false);
    assert_eq!(
        (
            hidden.library_id,
            hidden.path.as_str(),
            hidden.title.as_str()
        ),
        (0, "", "Jóga")
    );
    let shown = track.track("Music", false);
    assert_eq!(
        (
            shown.library_name.as_str(),
            shown.path.as_str(),
            shown.year,
            shown.original_year
        ),
        ("Music", "", 1997, 1997)
    );
    let roles: Vec<&str> = shown
        .participants
        .iter()
        .map(|artist| artist.role.as_str())
        .collect();
    assert_eq!(roles, ["albumartist", "artist"]);
}

#[test]
fn references_are_resolved_by_id_recording_isrc_and_title_with_artist() {
    let (_folder, scan) = music();
    let joga = find(&scan, "Björk/Homogenic/02 Jóga.flac").id.clone();
    let together = find(&scan, "Duo/Together.wav").id.clone();
    let collection = Collection::new(scan, UNIX_EPOCH);
    let resolve = |song: SongRef| collection.resolve(&song).map(|track| track.id.clone());
    let song = |name: &str, artist: &str| SongRef {
        name: name.into(),
        artist: artist.into(),
        ..SongRef::default()
    };
    assert_eq!(
        resolve(SongRef {
            id: together.clone(),
            mbid: "rec-1".into(),
            ..SongRef::default()
        }),
        Some(together.clone())
    );
    assert_eq!(
        resolve(SongRef {
            id: "unknown".into(),
            mbid: "rec-1".into(),
            ..SongRef::default()
        }),
        Some(joga.clone())
    );
    assert_eq!(
        resolve(SongRef {
            isrc: "GBAKW9700123".into(),
            ..SongRef::default()
        }),
        Some(joga.clone())
    );
    assert_eq!(resolve(song("JOGA", "bjork")), Some(joga));
    assert_eq!(resolve(song("together", "Bob")), Some(together.clone()));
    assert_eq!(
        resolve(song("together", "Ann feat. Bob")),
        Some(together.clone())
    );
    assert_eq!(resolve(song("together", "Björk")), None);
    assert_eq!(resolve(song("together", "")), None);
    assert_eq!(resolve(SongRef::default()), None);
    let bob = ArtistRef {
        name: "bob".into(),
        ..ArtistRef::default()
    };
    let song = SongRef {
        artists: vec![bob],
        ..song("Together", "somebody else")
    };
    assert_eq!(
        resolve(song),
        Some(together),
        "a list of artists makes the single one irrelevant"
    );
}

fn service(grant: Grant<i32>, filesystem: bool) -> LibraryService {
    let library = |id, name: &str| HostLibrary {
        id,
        name: name.into(),
        path: PathBuf::from(format!("/music/{id}")),
    };
    let catalogue = Catalogue::new();
    let (_folder, scan) = music();
    catalogue.insert(
        7,
        Collection::new(scan, UNIX_EPOCH + Duration::from_secs(1_700_000_000)),
    );
    LibraryService::new(
        [library(7, "Music"), library(9, "Empty")].into(),
        grant,
        filesystem,
        catalogue,
    )
}

#[test]
fn an_ungranted_library_looks_like_one_that_does_not_exist() {
    let ctx = CallContext::detached("p");
    let error = |grant, id| {
        service(grant, false)
            .get_library(&ctx, id)
            .err()
            .map(|error| error.to_string())
    };
    let not_accessible = Some("library not accessible".to_owned());
    assert_eq!(error(Grant::Listed(vec![7]), 9), not_accessible);
    assert_eq!(error(Grant::Listed(vec![7]), 100), not_accessible);
    assert_eq!(error(Grant::none(), 7), not_accessible);
    assert_eq!(
        error(Grant::Listed(vec![100]), 100).as_deref(),
        Some("library not found")
    );
    assert_eq!(error(Grant::All, 100).as_deref(), Some("library not found"));
}

#[test]
fn only_granted_libraries_are_listed() {
    let ctx = CallContext::detached("p");
    let ids = |grant| {
        let all = service(grant, false)
            .get_all_libraries(&ctx)
            .expect("a list");
        all.into_iter()
            .map(|library| library.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(Grant::All), [7, 9]);
    assert_eq!(ids(Grant::Listed(vec![9, 100])), [9]);
    assert_eq!(ids(Grant::none()), Vec::<i32>::new());
}

#[test]
fn path_and_mount_point_follow_the_manifest() {
    let ctx = CallContext::detached("p");
    let get = |filesystem| {
        service(Grant::All, filesystem)
            .get_library(&ctx, 7)
            .expect("it is there")
            .expect("some")
    };
    let hidden = get(false);
    assert_eq!(
        (hidden.path.as_str(), hidden.mount_point.as_str()),
        ("", "")
    );
    let shown = get(true);
    assert_eq!(
        (shown.path.as_str(), shown.mount_point.as_str()),
        ("/music/7", "/libraries/7")
    );
}

#[test]
fn totals_come_from_the_scan() {
    let ctx = CallContext::detached("p");
    let all = service(Grant::All, false)
        .get_all_libraries(&ctx)
        .expect("a list");
    let (scanned, never) = (&all[0], &all[1]);
    assert_eq!(
        (
            scanned.total_songs,
            scanned.total_albums,
            scanned.total_artists
        ),
        (3, 3, 3)
    );
    assert_eq!(
        (scanned.total_duration, scanned.last_scan_at),
        (4.0, 1_700_000_000)
    );
    assert!(scanned.total_size > 32_000);
    assert_eq!(
        (never.total_songs, never.total_size, never.last_scan_at),
        (0, 0, NEVER_SCANNED)
    );
}
