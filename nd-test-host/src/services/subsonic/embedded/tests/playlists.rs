//! Playlists.

use super::*;

fn create(music: &Music, user: &str, parameters: &str) -> Value {
    music.of(user, &format!("createPlaylist?{parameters}"))["playlist"].take()
}

#[test]
fn a_playlist_is_made_changed_and_deleted() {
    let music = Music::new();
    let (joga, hunter) = (music.id("Jóga"), music.id("Hunter"));
    let made = create(
        &music,
        "ann",
        &format!("name=Mix&songId={joga}&songId=unknown&songId={hunter}"),
    );
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 22);
    assert_eq!(each(&made["entry"], "title"), ["Jóga", "Hunter"]);
    let mut head = json!({
        "id": id, "name": "Mix", "songCount": 2, "duration": 2, "public": false, "owner": "ann",
        "created": "2026-01-01T10:00:00Z", "changed": "2026-01-01T10:00:00Z",
        "coverArt": format!("pl-{id}_{:x}", 1_767_261_600), "readonly": false,
    });
    assert_eq!(
        music.get("getPlaylists"),
        json!({ "playlists": { "playlist": [head] } })
    );
    let entries = made["entry"].clone();
    head["entry"] = entries;
    assert_eq!(made, head);

    music.clock.advance(Duration::from_secs(60));
    music.get(&format!(
        "updatePlaylist?playlistId={id}&name=Mixed&comment=good&public=true&songIndexToRemove=0&songIdToAdd={joga}&songIdToAdd={joga}"
    ));
    let changed = music.get(&format!("getPlaylist?id={id}"))["playlist"].take();
    assert_eq!(each(&changed["entry"], "title"), ["Hunter", "Jóga", "Jóga"]);
    assert_eq!(changed["name"], "Mixed");
    assert_eq!(changed["comment"], "good");
    assert_eq!(changed["public"], true);
    assert_eq!(changed["created"], "2026-01-01T10:00:00Z");
    assert_eq!(changed["changed"], "2026-01-01T10:01:00Z");
    music.get(&format!("updatePlaylist?playlistId={id}&comment="));

    let replaced = create(&music, "ann", &format!("playlistId={id}&songId={hunter}"));
    assert_eq!(each(&replaced["entry"], "title"), ["Hunter"]);
    assert_eq!(replaced["name"], "Mixed");
    assert_eq!(replaced.get("comment"), None);
    music.get(&format!("deletePlaylist?id={id}"));
    assert_eq!(music.get("getPlaylists"), json!({ "playlists": {} }));
}

#[test]
fn others_see_public_playlists_and_only_administrators_change_them() {
    let music = Music::new();
    let (song, joga) = (music.id("Song"), music.id("Jóga"));
    let made = create(
        &music,
        "ann",
        &format!("name=Mix&songId={song}&songId={joga}"),
    );
    let id = made["id"].as_str().expect("an id");
    for request in [
        format!("getPlaylist?id={id}"),
        format!("deletePlaylist?id={id}"),
        format!("getCoverArt?id=pl-{id}"),
    ] {
        assert_eq!(music.error("bob", &request).0, 70, "{request}");
    }
    music.of(
        "root",
        &format!("updatePlaylist?playlistId={id}&public=true"),
    );
    let seen = music.of("bob", &format!("getPlaylist?id={id}"))["playlist"].take();
    // Only what bob may listen to.
    assert_eq!(each(&seen["entry"], "title"), ["Jóga"]);
    assert_eq!(seen["songCount"], 1);
    assert_eq!(seen["readonly"], true);
    for request in [
        format!("deletePlaylist?id={id}"),
        format!("updatePlaylist?playlistId={id}&name=x"),
        format!("createPlaylist?playlistId={id}"),
    ] {
        assert_eq!(music.error("bob", &request).0, 50, "{request}");
    }
    assert_eq!(
        each(
            &music.of("bob", "getPlaylists")["playlists"]["playlist"],
            "name"
        ),
        ["Mix"]
    );
}
