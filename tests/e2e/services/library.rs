//! Library and Matcher over scanned folders.

use super::Fixture;
use nd_test_host::services::{ManualClock, ServiceSettings};
use nd_test_host::store::annotations::Item;
use nd_test_host::{Host, HostBuilder, PluginSettings};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Writes a second of silence that says who sings what.
fn write_song(file: &Path, title: &str, artist: &str) {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let padding: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
        [name.as_slice(), size.as_slice(), content, padding].concat()
    };
    // Linear samples: one channel, 8,000 a second of two bytes each.
    let mut format = Vec::new();
    for short in [1_u16, 1] {
        format.extend(short.to_le_bytes());
    }
    for long in [8_000_u32, 16_000] {
        format.extend(long.to_le_bytes());
    }
    for short in [2_u16, 16] {
        format.extend(short.to_le_bytes());
    }
    let facts = [
        b"INFO".to_vec(),
        chunk(b"INAM", title.as_bytes()),
        chunk(b"IART", artist.as_bytes()),
        chunk(b"IPRD", b"Album"),
    ];
    let content = [
        b"WAVE".to_vec(),
        chunk(b"fmt ", &format),
        chunk(b"LIST", &facts.concat()),
        chunk(b"data", &[0; 16_000]),
    ];
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, chunk(b"RIFF", &content.concat())).unwrap();
}

/// Two libraries, of which the plugin may see the first.
struct Music {
    folder: tempfile::TempDir,
    clock: ManualClock,
}

impl Music {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let song = |path: &str, title, artist| write_song(&folder.path().join(path), title, artist);
        song("open/a/joga.wav", "Jóga", "Björk");
        song("open/b/help.wav", "Help!", "The Beatles");
        song("closed/c/hidden.wav", "Hidden", "Nobody");
        Self {
            folder,
            clock: ManualClock::at_unix(1_700_000_000),
        }
    }

    fn host(&self) -> HostBuilder {
        let mut settings = ServiceSettings::default();
        settings.clock = Arc::new(self.clock.clone());
        Host::builder()
            .data_dir(self.folder.path().join("data"))
            .user("u1", "ann")
            .library(1, "Open", self.folder.path().join("open"))
            .library(2, "Closed", self.folder.path().join("closed"))
            .every_plugin(PluginSettings::new().all_users().libraries([1]))
            .service_settings(settings)
    }
}

#[test]
fn a_scan_shows_in_the_library_and_outlives_the_host() {
    let music = Music::new();
    let fixture = Fixture::in_host(music.host());
    let library = |fixture: &Fixture| fixture.get("library_getlibrary", json!({ "id": 1 }));
    assert_eq!(library(&fixture)["totalSongs"], 0);
    assert!(library(&fixture)["lastScanAt"].as_i64().unwrap() < 0);

    let reports = fixture.host.scan().unwrap();
    assert_eq!((reports[0].added, reports[1].added), (2, 1));
    let logs = fixture.host.journal().logs();
    let line = "scanned library 1: 2 added";
    assert!(
        logs.iter().any(|log| log.message.starts_with(line)),
        "{}",
        fixture.host.journal()
    );
    let scanned = library(&fixture);
    for (field, expected) in [
        ("totalSongs", json!(2)),
        ("totalAlbums", json!(2)),
        ("totalArtists", json!(2)),
        ("totalDuration", json!(2)),
        ("lastScanAt", json!(1_700_000_000)),
    ] {
        assert_eq!(scanned[field], expected, "{field}");
    }
    drop(fixture);

    let again = Fixture::in_host(music.host());
    assert_eq!(library(&again), scanned);
    drop(again);

    fs::remove_file(music.folder.path().join("open/b/help.wav")).unwrap();
    let rescanned = Fixture::in_host(music.host().scan_on_start(true));
    assert_eq!(library(&rescanned)["totalSongs"], 1);
    assert!(rescanned.host.scan_library(3).is_err());
}

#[test]
fn songs_are_found_in_the_order_asked_with_a_null_for_each_that_is_not() {
    let music = Music::new();
    let fixture = Fixture::in_host(music.host().scan_on_start(true));
    let song = |name: &str, artist: &str| json!({ "name": name, "artist": artist });
    let hidden = fixture.host.catalogue().get(2).unwrap().tracks()[0]
        .id
        .clone();
    let songs = json!([
        song("help", "beatles"),
        song("Nothing like it", "Björk"),
        json!({ "id": hidden, "name": "" }),
        song("JOGA", "bjork"),
        song("Help!", "The Beatles"),
    ]);
    let find = |options: Value| {
        fixture.get(
            "matcher_matchsongs",
            json!({ "songs": songs, "opts": options }),
        )
    };
    let found = find(json!({}));
    let titles: Vec<&Value> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|track| &track["title"])
        .collect();
    assert_eq!(
        titles,
        ["Help!", "", "", "Jóga", "Help!"]
            .map(|title| match title {
                "" => Value::Null,
                title => json!(title),
            })
            .iter()
            .collect::<Vec<_>>()
    );
    let none = fixture.raw("matcher_matchsongs", r#"{"songs":[]}"#);
    assert_eq!(none, json!({}));
    let joga = &found[3];
    assert_eq!(
        (&joga["libraryName"], &joga["path"]),
        (&json!("Open"), &json!("a/joga.wav"))
    );
    let artist = &joga["participants"][1];
    assert_eq!(
        (&artist["role"], &artist["name"]),
        (&json!("artist"), &json!("Björk"))
    );

    // The path leads to the file in the mount.
    let mounted = fixture.file("list", "/libraries/1/a", "");
    assert_eq!(mounted, Ok(json!(["joga.wav"])));

    // What ann thinks shows when the search is hers.
    let id = joga["id"].as_str().unwrap();
    let store = fixture.host.store();
    store.set_starred("u1", Item::Track, id, Some(5)).unwrap();
    store.set_rating("u1", Item::Track, id, 4).unwrap();
    let hers = &find(json!({ "username": "Ann" }))[3];
    assert_eq!(
        (&hers["starred"], &hers["rating"]),
        (&json!(true), &json!(4))
    );
    let anybodys = &find(json!({}))[3];
    assert_eq!(anybodys["averageRating"], 4.0);
    assert_ne!(anybodys["starred"], true);
    let error = fixture.call(
        "matcher_matchsongs",
        json!({ "songs": songs, "opts": { "username": "zoe" } }),
    );
    assert_eq!(error.unwrap_err(), "matcher: user \"zoe\" not found");
}
