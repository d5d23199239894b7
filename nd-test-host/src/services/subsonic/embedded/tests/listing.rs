//! Lists and searches.

use super::*;

fn albums(music: &Music, parameters: &str) -> Vec<String> {
    let list = music.get(&format!("getAlbumList2?{parameters}"));
    each(&list["albumList2"]["album"], "name")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn albums_are_listed_in_every_order() {
    let music = Music::new();
    let (joga, help) = (music.track("Jóga"), music.track("Help!"));
    for (request, seconds) in [
        (format!("setRating?id={}&rating=3", joga.album_id), 1),
        (format!("setRating?id={}&rating=5", help.album_id), 1),
        (format!("star?albumId={}", help.album_id), 1),
        (format!("star?albumId={}", joga.album_id), 1),
        (format!("scrobble?id={0}&id={0}", joga.id), 1),
        (format!("scrobble?id={}", help.id), 1),
    ] {
        music.get(&request);
        music.clock.advance(Duration::from_secs(seconds));
    }
    let unknown = "[Unknown Album]";
    for (parameters, expected) in [
        ("type=newest", vec!["One", unknown, "Help!", "Homogenic"]),
        ("type=newest&size=2&offset=1", vec![unknown, "Help!"]),
        ("type=newest&offset=9", vec![]),
        ("type=highest", vec!["Help!", "Homogenic"]),
        ("type=frequent", vec!["Homogenic", "Help!"]),
        ("type=recent", vec!["Help!", "Homogenic"]),
        ("type=starred", vec!["Homogenic", "Help!"]),
        (
            "type=alphabeticalByName",
            vec![unknown, "Help!", "Homogenic", "One"],
        ),
        (
            "type=alphabeticalByArtist",
            vec![unknown, "Help!", "Homogenic", "One"],
        ),
        (
            "type=byYear&fromYear=1960&toYear=1999",
            vec!["Help!", "Homogenic"],
        ),
        (
            "type=byYear&fromYear=1999&toYear=1960",
            vec!["Homogenic", "Help!"],
        ),
        ("type=byGenre&genre=pop", vec!["Help!"]),
        ("type=newest&musicFolderId=2", vec!["One"]),
    ] {
        assert_eq!(albums(&music, parameters), expected, "{parameters}");
    }
    let mut random = albums(&music, "type=random");
    random.sort();
    assert_eq!(random, ["Help!", "Homogenic", "One", unknown]);
    assert_eq!(
        music.error("ann", "getAlbumList2?type=odd"),
        (0, "type 'odd' not implemented".to_owned())
    );
    // The older form lists the same as folders.
    let list = music.get("getAlbumList?type=newest&size=1");
    assert_eq!(list["albumList"]["album"][0]["title"], "One");
    assert_eq!(list["albumList"]["album"][0]["isDir"], true);
}

#[test]
fn songs_are_drawn_by_genre_and_year() {
    let music = Music::new();
    let titles = |request: &str, name: &str| {
        let list = music.get(request);
        let mut titles: Vec<_> = each(&list[name]["song"], "title")
            .into_iter()
            .map(str::to_owned)
            .collect();
        titles.sort();
        titles
    };
    let random = |parameters: &str| titles(&format!("getRandomSongs?{parameters}"), "randomSongs");
    assert_eq!(
        random("size=100"),
        ["Help!", "Hunter", "Jóga", "Song", "bare"]
    );
    assert_eq!(random("size=3").len(), 3);
    assert_eq!(random("genre=ELECTRONIC"), ["Hunter", "Jóga"]);
    assert_eq!(
        random("fromYear=1990&toYear=2001"),
        ["Hunter", "Jóga", "Song"]
    );
    let genre = |parameters: &str| titles(&format!("getSongsByGenre?{parameters}"), "songsByGenre");
    assert_eq!(genre("genre=Electronic"), ["Hunter", "Jóga"]);
    assert_eq!(genre("genre=Electronic&count=1&offset=1").len(), 1);
    assert_eq!(genre("genre=Jazz"), Vec::<String>::new());
}

#[test]
fn the_best_songs_of_an_artist_come_first() {
    let music = Music::new();
    let (hunter, joga) = (music.track("Hunter"), music.track("Jóga"));
    music.get(&format!("setRating?id={}&rating=4", joga.id));
    let titles = |request: &str, name: &str| {
        let list = music.get(request);
        let titles = each(&list[name]["song"], "title").into_iter();
        titles.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        titles("getTopSongs?artist=bj%C3%B6rk", "topSongs"),
        ["Jóga", "Hunter"]
    );
    music.get(&format!("star?id={}", hunter.id));
    assert_eq!(
        titles("getTopSongs?artist=Bj%C3%B6rk&count=1", "topSongs"),
        ["Hunter"]
    );
    for id in [&hunter.id, &hunter.album_id, &hunter.artists[0].id] {
        let request = format!("getSimilarSongs2?id={id}");
        assert_eq!(titles(&request, "similarSongs2"), ["Hunter", "Jóga"]);
    }
    let request = format!("getSimilarSongs?id={}&count=1", joga.id);
    assert_eq!(titles(&request, "similarSongs"), ["Hunter"]);
}

#[test]
fn words_are_found_by_how_they_begin() {
    let music = Music::new();
    let found = |parameters: &str| {
        let found = music.get(&format!("search3?{parameters}"));
        let result = &found["searchResult3"];
        [("artist", "name"), ("album", "name"), ("song", "title")].map(|(kind, field)| {
            each(&result[kind], field)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .join(",")
        })
    };
    assert_eq!(found("query=jog"), ["", "", "Jóga"]);
    assert_eq!(found("query=BJORK"), ["Björk", "Homogenic", "Hunter,Jóga"]);
    assert_eq!(found("query=bj+hunt"), ["", "", "Hunter"]);
    assert_eq!(found("query=ork"), ["", "", ""]);
    assert_eq!(found("query=beatles+help!"), ["", "Help!", "Help!"]);
    // Nothing asked for is everything, page by page.
    let [artists, albums, songs] = found("query=%22%22").map(|names| names.split(',').count());
    assert_eq!((artists, albums, songs), (4, 4, 5));
    let all = found("query=");
    let first = found("songCount=3&albumCount=0&artistCount=0");
    let rest = found("songCount=3&songOffset=3&albumCount=0&artistCount=0");
    assert_eq!(format!("{},{}", first[2], rest[2]), all[2]);
    assert_eq!(first[0], "");
    let older = music.get("search2?query=hunter");
    assert_eq!(older["searchResult2"]["song"][0]["title"], "Hunter");
    let secret = music.of("bob", "search3?query=zed");
    assert_eq!(secret, json!({ "searchResult3": {} }));
}
