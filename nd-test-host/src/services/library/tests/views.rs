//! Albums and artists of a library.

use super::*;

#[test]
fn albums_and_artists_follow_from_the_tracks() {
    let (folder, _) = music();
    for (name, number) in [("b", "2"), ("a", "10")] {
        let file = folder.path().join(format!("The X/{name}.wav"));
        write_wav(&file);
        tag(
            &file,
            TagType::Id3v2,
            &[
                (ItemKey::TrackTitle, name),
                (ItemKey::AlbumTitle, "Ét"),
                (ItemKey::AlbumArtist, "The X"),
                (ItemKey::TrackArtist, "Y"),
                (ItemKey::Composer, "Björk"),
                (ItemKey::TrackNumber, number),
                (
                    ItemKey::RecordingDate,
                    if name == "a" { "2001" } else { "1999" },
                ),
            ],
        );
    }
    let collection = Collection::new(scan(7, folder.path()), UNIX_EPOCH);
    let names: Vec<&str> = collection
        .albums()
        .iter()
        .map(|album| album.name.as_str())
        .collect();
    assert_eq!(names, [UNKNOWN_ALBUM, UNKNOWN_ALBUM, "Ét", "Homogenic"]);
    let album = &collection.albums()[2];
    let titles: Vec<&str> = album
        .tracks
        .iter()
        .map(|&n| collection.tracks()[n].title.as_str())
        .collect();
    assert_eq!(titles, ["b", "a"]);
    assert_eq!((album.years, album.duration), ((1999, 2001), 2.0));
    let names: Vec<&str> = collection
        .artists()
        .iter()
        .map(|artist| artist.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["Ann", "Björk", "Bob", "The X", VARIOUS_ARTISTS, "Y"]
    );
    let bjork = &collection.artists()[1];
    let roles: Vec<&str> = bjork.roles.iter().map(String::as_str).collect();
    assert_eq!(roles, ["albumartist", "artist", "composer"]);
    assert_eq!((bjork.tracks.len(), bjork.albums.len()), (3, 1));
    assert_eq!(
        (bjork.mbid.as_str(), bjork.sort_name.as_str()),
        ("art-1", "Bjork")
    );
    assert_eq!(collection.artist(&bjork.id), Some(bjork));
    assert_eq!(collection.album(&album.id), Some(album));
}
