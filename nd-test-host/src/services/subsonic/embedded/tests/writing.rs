//! Favourites, ratings and plays.

use super::*;
use crate::store::annotations::Item;
use crate::store::scrobbles::TimeRange;

#[test]
fn favourites_belong_to_their_user_and_show_everywhere() {
    let music = Music::new();
    let track = music.track("Jóga");
    let artist = &track.artists[0].id;
    // An id of any kind may stand in `id`.
    music.get(&format!(
        "star?id={}&id={}&artistId={artist}",
        track.id, track.album_id
    ));
    let starred = music.get("getStarred2");
    assert_eq!(each(&starred["starred2"]["song"], "title"), ["Jóga"]);
    assert_eq!(each(&starred["starred2"]["album"], "name"), ["Homogenic"]);
    assert_eq!(each(&starred["starred2"]["artist"], "name"), ["Björk"]);
    assert_eq!(
        starred["starred2"]["song"][0]["starred"],
        "2026-01-01T10:00:00Z"
    );
    let older = music.get("getStarred");
    assert_eq!(older["starred"]["album"][0]["isDir"], true);
    assert_eq!(music.of("bob", "getStarred2"), json!({ "starred2": {} }));
    music.get(&format!(
        "unstar?albumId={}&artistId={artist}",
        track.album_id
    ));
    let starred = music.get("getStarred2");
    assert_eq!(starred["starred2"].get("album"), None);
    assert_eq!(starred["starred2"].get("artist"), None);
    assert_eq!(each(&starred["starred2"]["song"], "title"), ["Jóga"]);
}

#[test]
fn nothing_is_a_favourite_if_one_of_them_is_unknown() {
    let music = Music::new();
    let request = format!("star?id={}&id=unknown", music.id("Jóga"));
    assert_eq!(music.error("ann", &request).0, 70);
    assert_eq!(music.get("getStarred2"), json!({ "starred2": {} }));
}

#[test]
fn ratings_go_from_0_to_5() {
    let music = Music::new();
    let id = music.id("Jóga");
    let rating = |value: &str| {
        music.get(&format!("setRating?id={id}&rating={value}"));
        music.get(&format!("getSong?id={id}"))["song"]
            .get("userRating")
            .cloned()
    };
    assert_eq!(rating("4"), Some(json!(4)));
    assert_eq!(rating("0"), None);
    for wrong in ["6", "-1", "x"] {
        let request = format!("setRating?id={id}&rating={wrong}");
        assert_eq!(music.error("ann", &request).0, 0, "{wrong}");
    }
}

#[test]
fn a_play_counts_for_the_track_the_album_and_the_artists() {
    let music = Music::new();
    let track = music.track("Jóga");
    let hunter = music.id("Hunter");
    music.get(&format!(
        "scrobble?id={}&time=1700000000999&id={hunter}&time=1700000500000",
        track.id
    ));
    music.get(&format!("scrobble?id={}&id=unknown", track.id));
    let store = &music.parts.store;
    let played: Vec<_> = store
        .scrobbles("u1", TimeRange::default(), false, 10, 0)
        .expect("a history")
        .into_iter()
        .map(|play| (play.media_file_id, play.submission_time))
        .collect();
    let expected = [
        (track.id.clone(), 1_700_000_000),
        (hunter, 1_700_000_500),
        (track.id.clone(), 1_767_261_600),
    ];
    assert_eq!(played, expected);
    let count = |item, id: &str| {
        let note = store.annotation("u1", item, id).expect("a note");
        (note.play_count, note.played_at)
    };
    assert_eq!(count(Item::Track, &track.id), (2, Some(1_767_261_600)));
    assert_eq!(
        count(Item::Album, &track.album_id),
        (3, Some(1_767_261_600))
    );
    assert_eq!(count(Item::Artist, &track.artists[0].id).0, 3);
    let song = music.get(&format!("getSong?id={}", track.id));
    assert_eq!(song["song"]["playCount"], 2);
    assert_eq!(song["song"]["played"], "2026-01-01T10:00:00Z");
    assert_eq!(
        *music.told.0.lock().expect("a lock"),
        [
            "ann played Jóga at 1700000000",
            "ann played Hunter at 1700000500",
            "ann played Jóga at 1767261600",
        ]
    );
    let request = format!("scrobble?id={0}&id={0}&time=1", track.id);
    assert_eq!(
        music.error("ann", &request),
        (0, "Wrong number of timestamps: 1, should be 2".to_owned())
    );
}

#[test]
fn a_track_plays_for_its_length_and_a_little_longer() {
    let music = Music::new();
    let id = music.id("Jóga");
    music.get(&format!("scrobble?id={id}&submission=false"));
    let playing = music.of("bob", "getNowPlaying");
    let entry = &playing["nowPlaying"]["entry"][0];
    assert_eq!(entry["id"], id.as_str());
    assert_eq!(entry["username"], "ann");
    assert_eq!(entry["minutesAgo"], 0);
    assert_eq!(entry["playerId"], 1);
    assert_eq!(entry["playerName"], "test");
    assert_eq!(
        *music.told.0.lock().expect("a lock"),
        ["ann plays Jóga on test"]
    );
    // One second of music, five of grace.
    music.clock.advance(Duration::from_secs(5));
    assert_ne!(music.get("getNowPlaying"), json!({ "nowPlaying": {} }));
    music.clock.advance(Duration::from_secs(1));
    assert_eq!(music.get("getNowPlaying"), json!({ "nowPlaying": {} }));
    // It is no play yet, and nobody hears of tracks that are not theirs.
    assert_eq!(
        music.parts.store.scrobble_time("u1", true).expect("none"),
        None
    );
    music.get(&format!(
        "scrobble?id={}&submission=false",
        music.id("Song")
    ));
    assert_eq!(
        music.of("bob", "getNowPlaying"),
        json!({ "nowPlaying": {} })
    );
    music.get(&format!("scrobble?id={id}&submission=false"));
    let playing = music.get("getNowPlaying");
    assert_eq!(each(&playing["nowPlaying"]["entry"], "title"), ["Jóga"]);
}
