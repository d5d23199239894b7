//! Files that are written and read again.

use super::*;
use crate::services::library::scan;

fn tracks() -> Vec<LibraryTrack> {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0";
    for name in ["b.wav", "a.wav"] {
        std::fs::write(folder.path().join(name), wav).expect("a file");
    }
    scan(3, folder.path()).tracks
}

#[test]
fn a_file_is_read_as_it_was_written_also_the_second_time() {
    let store = Database::in_memory().expect("a database");
    let mut tracks = tracks();
    let artist = |name: &str| TrackArtist {
        id: format!("id {name}"),
        name: name.to_owned(),
        mbid: format!("mbid {name}"),
        sort_name: format!("sort {name}"),
    };
    tracks[0].artists = vec![artist("Zoe"), artist("Ann")];
    tracks[0].album_artists = vec![artist("Zoe")];
    let composer = |name| Participant {
        role: "composer".to_owned(),
        sub_role: "words".to_owned(),
        artist: artist(name),
    };
    tracks[0].participants = vec![composer("Cid"), composer("Cid")];
    tracks[0].genres = vec!["Rock".to_owned(), "Pop".to_owned()];
    tracks[0].tags = [("genre".to_owned(), tracks[0].genres.clone())].into();
    tracks[0].rg_track_gain = Some(-6.5);
    tracks[0].bpm = Some(120);
    store.put_files(&tracks).expect("written");
    assert_eq!(store.media_files(3).expect("read"), tracks);
    assert_eq!(store.media_files(4).expect("read"), []);
    // Fewer values than before: none of the old ones stays.
    tracks[0].artists.truncate(1);
    tracks[0].participants.clear();
    tracks[0].genres.clear();
    tracks[0].tags.clear();
    tracks[0].bpm = None;
    store.put_files(&tracks).expect("written");
    assert_eq!(store.media_files(3).expect("read"), tracks);
    store
        .set_missing(&[tracks[1].id.clone()], true)
        .expect("written");
    assert_eq!(store.media_files(3).expect("read"), tracks[..1]);
    assert_eq!(
        store.missing_files(3).expect("read"),
        [tracks[1].id.clone()]
    );
    store.put_files(&tracks[1..]).expect("written");
    assert_eq!(store.media_files(3).expect("read").len(), 2);
}

#[test]
fn a_batch_is_written_as_a_whole_or_not_at_all() {
    let store = Database::in_memory().expect("a database");
    let mut tracks = tracks();
    tracks[1].path = tracks[0].path.clone();
    assert!(store.put_files(&tracks).is_err());
    assert_eq!(store.media_files(3).expect("read"), []);
}
