//! Looking things up.

use super::*;

/// What ann gets of Jóga.
fn joga(music: &Music) -> Value {
    let track = music.track("Jóga");
    let artists = json!([{ "id": track.artists[0].id, "name": "Björk" }]);
    json!({
        "id": track.id, "parent": track.album_id, "isDir": false, "title": "Jóga", "album": "Homogenic",
        "artist": "Björk", "track": 2, "year": 1997, "genre": "Electronic",
        "coverArt": format!("al-{}_{:x}", track.album_id, WRITTEN + 60),
        "size": track.size, "contentType": "audio/x-wav", "suffix": "wav", "duration": 1, "bitRate": track.bit_rate,
        "path": "Björk/Homogenic/01-02 - Jóga.wav", "discNumber": 1, "created": "2025-01-01T00:01:00Z",
        "albumId": track.album_id, "artistId": track.artists[0].id, "type": "music", "isVideo": false,
        "bpm": 0, "comment": "R&B?", "sortName": "", "mediaType": "song", "musicBrainzId": "rec-1",
        "isrc": ["GBAKW9700123"], "genres": [{ "name": "Electronic" }], "replayGain": {},
        "channelCount": 1, "samplingRate": 8000, "bitDepth": 16, "moods": [],
        "artists": artists, "displayArtist": "Björk", "albumArtists": artists, "displayAlbumArtist": "Björk",
        "contributors": [], "displayComposer": "", "explicitStatus": "",
    })
}

fn homogenic(music: &Music) -> Value {
    let track = music.track("Jóga");
    json!({
        "id": track.album_id, "name": "Homogenic", "artist": "Björk", "artistId": track.artists[0].id,
        "coverArt": format!("al-{}_{:x}", track.album_id, WRITTEN + 60), "songCount": 2, "duration": 2,
        "created": "2025-01-01T00:01:00Z", "year": 1997, "genre": "Electronic", "userRating": 0,
        "genres": [{ "name": "Electronic" }], "musicBrainzId": "", "isCompilation": false, "sortName": "",
        "discTitles": [], "originalReleaseDate": {}, "releaseDate": {}, "releaseTypes": [], "recordLabels": [],
        "moods": [], "artists": [{ "id": track.artists[0].id, "name": "Björk" }], "displayArtist": "Björk",
        "explicitStatus": "", "version": "",
    })
}

fn bjork(music: &Music) -> Value {
    let id = &music.track("Jóga").artists[0].id;
    json!({
        "id": id, "name": "Björk", "coverArt": format!("ar-{id}_0"), "albumCount": 1,
        "musicBrainzId": "", "sortName": "", "roles": ["albumartist", "artist"],
    })
}

#[test]
fn a_song_has_every_field_clients_expect() {
    let music = Music::new();
    let song = music.get(&format!("getSong?id={}", music.id("Jóga")));
    assert_eq!(song, json!({ "song": joga(&music) }));
    // A file with a picture has one of its own, and one without tags is by somebody unknown.
    let hunter = music.track("Hunter");
    let song = music.get(&format!("getSong?id={}", hunter.id));
    assert_eq!(
        song["song"]["coverArt"],
        format!("mf-{}_{WRITTEN:x}", hunter.id)
    );
    let bare = music.get(&format!("getSong?id={}", music.id("bare")));
    assert_eq!(bare["song"]["artist"], "[Unknown Artist]");
    assert_eq!(
        bare["song"]["path"],
        "[Unknown Artist]/[Unknown Album]/bare.wav"
    );
    let unknown = bare["song"]["artistId"].as_str().expect("an id");
    let artist = music.get(&format!("getArtist?id={unknown}"));
    assert_eq!(artist["artist"]["name"], "[Unknown Artist]");
}

#[test]
fn an_album_has_its_songs_and_an_artist_the_albums() {
    let music = Music::new();
    let track = music.track("Jóga");
    let album = music.get(&format!("getAlbum?id={}", track.album_id));
    assert_eq!(each(&album["album"]["song"], "title"), ["Hunter", "Jóga"]);
    let mut expected = homogenic(&music);
    expected["song"] = album["album"]["song"].clone();
    assert_eq!(album["album"], expected);
    assert_eq!(album["album"]["song"][1], joga(&music));
    let artist = music.get(&format!("getArtist?id={}", track.artists[0].id));
    let mut expected = bjork(&music);
    expected["album"] = json!([homogenic(&music)]);
    assert_eq!(artist, json!({ "artist": expected }));
}

#[test]
fn artists_stand_by_their_first_letter_without_article() {
    let music = Music::new();
    let artists = music.get("getArtists");
    assert_eq!(
        artists["artists"]["lastModified"],
        (WRITTEN + 3_600) * 1_000
    );
    assert_eq!(
        artists["artists"]["ignoredArticles"],
        "The El La Los Las Le Les Os As O A"
    );
    let index = &artists["artists"]["index"];
    assert_eq!(each(index, "name"), ["B", "X-Z", "[Unknown]"]);
    assert_eq!(each(&index[0]["artist"], "name"), ["The Beatles", "Björk"]);
    assert_eq!(index[0]["artist"][1], bjork(&music));
    let indexes = music.get("getIndexes");
    let id = &music.track("Jóga").artists[0].id;
    assert_eq!(
        indexes["indexes"]["index"][0]["artist"][1],
        json!({ "id": id, "name": "Björk", "coverArt": format!("ar-{id}_0"), "albumCount": 1 })
    );
    let unchanged = music.get(&format!(
        "getIndexes?ifModifiedSince={}",
        (WRITTEN + 3_600) * 1_000
    ));
    assert_eq!(unchanged["indexes"].get("index"), None);
}

#[test]
fn folders_are_artists_and_albums() {
    let music = Music::new();
    let track = music.track("Jóga");
    let artist = music.get(&format!("getMusicDirectory?id={}", track.artists[0].id));
    assert_eq!(artist["directory"]["name"], "Björk");
    assert_eq!(
        artist["directory"]["child"],
        json!([{
            "id": track.album_id, "parent": track.artists[0].id, "isDir": true, "title": "Homogenic",
            "name": "Homogenic", "album": "Homogenic", "artist": "Björk", "year": 1997, "genre": "Electronic",
            "coverArt": format!("al-{}_{:x}", track.album_id, WRITTEN + 60), "duration": 2,
            "created": "2025-01-01T00:01:00Z", "artistId": track.artists[0].id, "songCount": 2, "isVideo": false,
            "mediaType": "album", "musicBrainzId": "", "genres": [{ "name": "Electronic" }],
            "artists": [{ "id": track.artists[0].id, "name": "Björk" }], "displayArtist": "Björk",
        }])
    );
    let album = music.get(&format!("getMusicDirectory?id={}", track.album_id));
    assert_eq!(
        each(&album["directory"]["child"], "title"),
        ["Hunter", "Jóga"]
    );
}

#[test]
fn users_see_their_libraries_only() {
    let music = Music::new();
    let both = json!({ "musicFolders": { "musicFolder": [
        { "id": 1, "name": "music" }, { "id": 2, "name": "secret" },
    ] } });
    assert_eq!(music.get("getMusicFolders"), both);
    assert_eq!(
        music.of("bob", "getMusicFolders"),
        json!({ "musicFolders": { "musicFolder": [{ "id": 1, "name": "music" }] } })
    );
    let secret = music.track("Song");
    for request in [
        format!("getSong?id={}", secret.id),
        format!("getAlbum?id={}", secret.album_id),
        format!("getArtist?id={}", secret.artists[0].id),
        format!("stream?id={}", secret.id),
        format!("getCoverArt?id=al-{}", secret.album_id),
        format!("star?id={}", secret.id),
        "getArtists?musicFolderId=2".to_owned(),
    ] {
        assert_eq!(music.error("bob", &request).0, 70, "{request}");
    }
    let names = |user: &str, request: &str| {
        let artists = music.of(user, request);
        let index = artists["artists"]["index"].as_array().cloned();
        let groups = index.unwrap_or_default();
        groups
            .iter()
            .map(|group| group["artist"].as_array().map_or(0, Vec::len))
            .sum::<usize>()
    };
    assert_eq!(names("bob", "getArtists"), 3);
    assert_eq!(names("ann", "getArtists"), 4);
    assert_eq!(names("ann", "getArtists?musicFolderId=2"), 1);
    assert_eq!(music.error("ann", "getArtists?musicFolderId=9").0, 70);
}

#[test]
fn genres_are_counted_by_songs_and_albums() {
    let music = Music::new();
    assert_eq!(
        music.get("getGenres"),
        json!({ "genres": { "genre": [
            { "songCount": 2, "albumCount": 1, "value": "Electronic" },
            { "songCount": 1, "albumCount": 1, "value": "Pop" },
            { "songCount": 1, "albumCount": 1, "value": "Rock" },
        ] } })
    );
    let xml = music.responder.answer("getGenres", "ann").body;
    let xml = String::from_utf8(xml).expect("text");
    assert!(
        xml.contains("<genres><genre songCount=\"2\" albumCount=\"1\">Electronic</genre>"),
        "{xml}"
    );
}

#[test]
fn what_nobody_knows_is_empty_but_valid() {
    let music = Music::new();
    let track = music.track("Jóga");
    let artist = &track.artists[0].id;
    for (request, expected) in [
        (
            format!("getArtistInfo?id={artist}"),
            json!({ "artistInfo": {} }),
        ),
        (
            format!("getArtistInfo2?id={}", track.id),
            json!({ "artistInfo2": {} }),
        ),
        (
            format!("getArtistInfo2?id={}", track.album_id),
            json!({ "artistInfo2": {} }),
        ),
        (
            format!("getAlbumInfo?id={}", track.id),
            json!({ "albumInfo": {} }),
        ),
        (
            format!("getAlbumInfo2?id={}", track.album_id),
            json!({ "albumInfo": {} }),
        ),
        (
            format!("getLyricsBySongId?id={}", track.id),
            json!({ "lyricsList": {} }),
        ),
        ("getLyrics".to_owned(), json!({ "lyrics": { "value": "" } })),
        ("getNowPlaying".to_owned(), json!({ "nowPlaying": {} })),
        ("getPlaylists".to_owned(), json!({ "playlists": {} })),
        ("getStarred".to_owned(), json!({ "starred": {} })),
        ("getStarred2".to_owned(), json!({ "starred2": {} })),
        (
            "getTopSongs?artist=Nobody".to_owned(),
            json!({ "topSongs": {} }),
        ),
    ] {
        assert_eq!(music.get(&request), expected, "{request}");
    }
}
