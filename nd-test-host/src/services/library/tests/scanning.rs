//! What a scan reads.

use super::*;

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
    // An original date without a release date: the date is taken for that of the release.
    assert_eq!((track.date.as_str(), track.year()), ("1997", 1997));
    assert_eq!(
        (track.original_date.as_str(), track.release_date.as_str()),
        ("1997", "1997-09-22")
    );
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

#[cfg(unix)]
#[test]
fn folders_are_known_by_their_own_path_and_pipes_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    write_wav(&at("z real/track.wav"));
    std::os::unix::fs::symlink(at("z real"), at("a link")).expect("a link");
    std::os::unix::fs::symlink(at("z real/track.wav"), at("linked.wav")).expect("a link");
    std::os::unix::fs::symlink("nowhere", at("dangling.wav")).expect("a link");
    std::os::unix::fs::symlink("nowhere", at("dangling.txt")).expect("a link");
    write_wav(&at("...and dots/track.wav"));
    write_wav(&at("@eaDir/thumb.wav"));
    write_wav(&at("ignored/track.wav"));
    fs::write(at("ignored/.ndignore"), "").expect("a file");
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe.wav"))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    let scan = scan(1, folder.path());
    let paths: Vec<&str> = scan
        .tracks
        .iter()
        .map(|track| track.path.as_str())
        .collect();
    assert_eq!(
        paths,
        ["...and dots/track.wav", "linked.wav", "z real/track.wav"]
    );
    let problems: Vec<&Path> = scan
        .problems
        .iter()
        .map(|problem| problem.path.as_path())
        .collect();
    assert_eq!(problems, [at("dangling.wav")]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_a_problem() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().expect("a folder");
    write_wav(
        &folder
            .path()
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9.wav")),
    );
    write_wav(&folder.path().join("other.wav"));
    let scan = scan(1, folder.path());
    assert_eq!((scan.tracks.len(), scan.problems.len()), (1, 1));
    assert!(scan.problems[0].reason.contains("not UTF-8"));
}

#[test]
fn a_scan_tells_of_each_file() {
    let (folder, _) = music();
    let mut seen = 0;
    scan_with(7, folder.path(), |_| seen += 1);
    assert_eq!(seen, 4);
}
