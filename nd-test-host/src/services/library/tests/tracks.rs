//! Tracks as plugins see them, and the way back from a reference.

use nd_types::{ArtistRef, SongRef};

use super::*;

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
