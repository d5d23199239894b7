//! Every export but the scrobbler's, called through its typed client on `fixture-everything`.

use nd_test_host::error::CallError;
use nd_test_host::generated::CAPABILITIES;
use nd_test_host::{Host, Plugin, PluginSettings};
use nd_tests::load;
use nd_types::lyrics::TrackInfo;
use nd_types::metadata::{
    AlbumRequest, ArtistMBIDRequest, ArtistRequest, SimilarArtistsRequest,
    SimilarSongsByAlbumRequest, SimilarSongsByArtistRequest, SimilarSongsByTrackRequest,
    TopSongsRequest,
};
use nd_types::scheduler::SchedulerCallbackRequest;
use nd_types::taskworker::TaskExecuteRequest;
use nd_types::websocket::{
    OnBinaryMessageRequest, OnCloseRequest, OnErrorRequest, OnTextMessageRequest,
};
use nd_types::{ArtistRef, SongRef};
use std::sync::LazyLock;

/// One host for all tests of the fixture, which keeps nothing between calls.
static EVERYTHING: LazyLock<(Host, Plugin)> = LazyLock::new(|| {
    let settings = PluginSettings::new().all_users();
    let host = Host::builder().every_plugin(settings).build().unwrap();
    let plugin = load(&host, "fixture-everything");
    (host, plugin)
});

/// The loaded fixture.
pub fn everything() -> &'static Plugin {
    &EVERYTHING.1
}

/// Tells whether the fixture has logged a line that contains all of these parts.
pub fn logged(parts: &[&str]) -> bool {
    let logs = everything().journal().logs();
    logs.iter()
        .any(|log| parts.iter().all(|part| log.message.contains(part)))
}

fn artist(name: &str) -> ArtistRequest {
    ArtistRequest {
        id: "a1".into(),
        name: name.into(),
        mbid: "m1".into(),
    }
}

fn names(songs: &[SongRef]) -> Vec<&str> {
    songs.iter().map(|song| song.name.as_str()).collect()
}

#[test]
fn the_fixture_has_every_export_and_with_them_every_capability() {
    let exports: Vec<_> = CAPABILITIES
        .iter()
        .flat_map(|capability| capability.exports)
        .collect();
    assert_eq!(exports.len(), 25);
    for export in exports {
        assert!(everything().has_export(export.name), "{}", export.name);
    }
    assert_eq!(everything().capabilities().len(), CAPABILITIES.len());
}

#[test]
fn facts_about_artists_arrive_as_asked_for() {
    let metadata = everything().metadata();
    let mbid = metadata
        .artist_mbid(&ArtistMBIDRequest {
            id: "a1".into(),
            name: "Björk".into(),
        })
        .unwrap();
    assert_eq!(mbid.unwrap().mbid, "a1|Björk");
    let url = metadata.artist_url(&artist("Björk")).unwrap();
    assert_eq!(url.unwrap().url, "a1|Björk|m1");
    let biography = metadata.artist_biography(&artist("\"<&>\n\u{1f3b5}"));
    assert_eq!(
        biography.unwrap().unwrap().biography,
        "a1|\"<&>\n\u{1f3b5}|m1"
    );
    let images = metadata.artist_images(&artist("Björk")).unwrap().unwrap();
    assert_eq!(
        (images.images[0].url.as_str(), images.images[0].size),
        ("a1|Björk|m1", 300)
    );
    let similar = metadata
        .similar_artists(&SimilarArtistsRequest {
            id: "a1".into(),
            name: "Björk".into(),
            mbid: "m1".into(),
            limit: 2,
        })
        .unwrap()
        .unwrap();
    let named = |name: &str| ArtistRef {
        name: name.into(),
        ..ArtistRef::default()
    };
    assert_eq!(
        similar.artists,
        [named("a1|Björk|m1 0"), named("a1|Björk|m1 1")]
    );
}

#[test]
fn facts_about_albums_arrive_as_asked_for() {
    let request = AlbumRequest {
        name: "Post".into(),
        artist: "Björk".into(),
        mbid: "m2".into(),
    };
    let metadata = everything().metadata();
    let info = metadata.album_info(&request).unwrap().unwrap();
    assert_eq!(
        (
            info.name.as_str(),
            info.mbid.as_str(),
            info.description.as_str()
        ),
        ("Post", "m2", "Post|Björk|m2")
    );
    let images = metadata.album_images(&request).unwrap().unwrap();
    assert_eq!(
        (images.images[0].url.as_str(), images.images[0].size),
        ("Post|Björk|m2", 600)
    );
}

#[test]
fn lists_of_songs_arrive_as_asked_for() {
    let metadata = everything().metadata();
    let top = metadata
        .artist_top_songs(&TopSongsRequest {
            id: "a1".into(),
            name: "Björk".into(),
            mbid: "m1".into(),
            count: 3,
        })
        .unwrap()
        .unwrap();
    assert_eq!(
        names(&top.songs),
        ["a1|Björk|m1 0", "a1|Björk|m1 1", "a1|Björk|m1 2"]
    );
    assert_eq!(top.songs[2].duration_ms, 2000);

    let by_track = metadata.similar_songs_by_track(&SimilarSongsByTrackRequest {
        id: "t1".into(),
        name: "Hyperballad".into(),
        artist: "Björk".into(),
        mbid: "m3".into(),
        count: 1,
    });
    assert_eq!(
        names(&by_track.unwrap().unwrap().songs),
        ["t1|Hyperballad|Björk|m3 0"]
    );
    let by_album = metadata.similar_songs_by_album(&SimilarSongsByAlbumRequest {
        id: "b1".into(),
        name: "Post".into(),
        artist: "Björk".into(),
        mbid: "m2".into(),
        count: 1,
    });
    assert_eq!(
        names(&by_album.unwrap().unwrap().songs),
        ["b1|Post|Björk|m2 0"]
    );
    let by_artist = metadata.similar_songs_by_artist(&SimilarSongsByArtistRequest {
        id: "a1".into(),
        name: "Björk".into(),
        mbid: "m1".into(),
        count: 1,
    });
    assert_eq!(names(&by_artist.unwrap().unwrap().songs), ["a1|Björk|m1 0"]);
}

#[test]
fn no_data_is_not_a_fault_and_a_fault_is_not_no_data() {
    let metadata = everything().metadata();
    assert_eq!(metadata.artist_biography(&artist("")), Ok(None));
    assert_eq!(metadata.album_info(&AlbumRequest::default()), Ok(None));
    // An object with an empty list is no data too, as on the server.
    let none_wanted = SimilarArtistsRequest {
        name: "Björk".into(),
        ..SimilarArtistsRequest::default()
    };
    assert_eq!(metadata.similar_artists(&none_wanted), Ok(None));

    let fault = metadata.artist_biography(&artist("fail: the service is down"));
    let fault = fault.unwrap_err();
    assert_eq!(fault.plugin_message(), Some("the service is down"));
    assert_eq!(fault.to_string(), "plugin call failed: the service is down");
}

/// Returns the number of the only line of the fixture's source that contains `text`.
fn line_of(text: &str) -> usize {
    let source = include_str!("../fixtures/fixture-everything/src/lib.rs");
    let mut lines = source.lines().zip(1..);
    let found = lines.find(|(line, _)| line.contains(text) && !line.contains("//!"));
    found.unwrap().1
}

#[test]
fn a_panic_arrives_with_its_text_and_its_place() {
    let metadata = everything().metadata();
    let place = |line| format!("panicked at tests/fixtures/fixture-everything/src/lib.rs:{line}:");
    for (name, line, text) in [
        ("panic", line_of("asked to panic"), ": asked to panic"),
        (
            "panic: no <tags> & \"quotes\"",
            line_of("panic!(\"{message}\")"),
            ": no <tags> & \"quotes\"",
        ),
        (
            "index",
            line_of("black_box(&empty)["),
            ": index out of bounds: the len is 0 but the index is 5",
        ),
    ] {
        let error = metadata.artist_url(&artist(name)).unwrap_err();
        let message = error.plugin_message().unwrap_or_default();
        assert!(message.starts_with(&place(line)), "{name}: {error}");
        assert!(message.ends_with(text), "{name}: {error}");
    }
    // Nothing is left of it: the next call has an instance of its own.
    assert!(metadata.artist_url(&artist("Björk")).unwrap().is_some());
}

#[test]
fn endless_recursion_is_a_trap_and_the_plugin_goes_on() {
    let metadata = everything().metadata();
    let error = metadata.artist_url(&artist("overflow")).unwrap_err();
    assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
    assert!(metadata.artist_url(&artist("Björk")).unwrap().is_some());
}

#[test]
fn lyrics_are_texts_with_a_language_or_none_at_all() {
    let lyrics = everything().lyrics();
    let track = |title: &str| TrackInfo {
        title: title.into(),
        artist: "Björk".into(),
        ..TrackInfo::default()
    };
    let found = lyrics.get_lyrics(&track("Jóga")).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].lang.as_str(), found[0].text.as_str()),
        ("eng", "Jóga by Björk")
    );
    assert_eq!(lyrics.get_lyrics(&track("")).unwrap(), []);
    let error = lyrics.get_lyrics(&track("fail: no network")).unwrap_err();
    assert_eq!(error.plugin_message(), Some("no network"));
}

#[test]
fn sonic_answers_keep_every_digit_and_the_whole_song() {
    let song = |name: &str| SongRef {
        id: "s1".into(),
        name: name.into(),
        artist: "Björk".into(),
        artists: vec![ArtistRef {
            name: "Björk".into(),
            role: "artist".into(),
            ..ArtistRef::default()
        }],
        duration: 0.1,
        duration_ms: u32::MAX,
        ..SongRef::default()
    };
    let sonic = everything().sonic_similarity();
    let similar = sonic.similar_tracks(&song("Jóga"), 30).unwrap();
    assert_eq!(similar.len(), 30);
    for (found, place) in similar.iter().zip(1..) {
        assert_eq!(found.song, song("Jóga"));
        assert_eq!(found.similarity, 1.0 / f64::from(place));
    }
    assert_eq!(sonic.similar_tracks(&song("Jóga"), 0).unwrap(), []);
    let path = sonic.find_path(&song("from"), &song("to"), 7).unwrap();
    assert_eq!((&path[0].song, path[0].similarity), (&song("from"), 1.0));
    assert_eq!((&path[1].song, path[1].similarity), (&song("to"), 0.0));
    let error = sonic.find_path(&song("panic"), &song("to"), 7).unwrap_err();
    assert!(error.to_string().contains("asked to panic"), "{error}");
}

#[test]
fn initialisation_runs_at_load_and_again_when_asked() {
    let host = Host::builder()
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap();
    let plugin = load(&host, "fixture-everything");
    let runs = || host.journal().calls_of("nd_on_init").len();
    assert_eq!(runs(), 1);
    plugin.lifecycle().on_init().unwrap();
    assert_eq!(runs(), 2);
    let lines: Vec<_> = host.journal().logs();
    assert_eq!(
        lines.iter().filter(|log| log.message == "on_init").count(),
        2
    );
}

#[test]
fn schedules_and_tasks_reach_the_plugin() {
    let scheduler = everything().scheduler();
    let firing = |payload: &str| SchedulerCallbackRequest {
        schedule_id: "nightly".into(),
        payload: payload.into(),
        is_recurring: true,
    };
    scheduler.callback(&firing("look for changes")).unwrap();
    assert!(logged(&[
        "nightly",
        "look for changes",
        "is_recurring: true"
    ]));
    let error = scheduler.callback(&firing("fail: not now")).unwrap_err();
    assert_eq!(error.plugin_message(), Some("not now"));

    let tasks = everything().task_worker();
    let task = |payload: &[u8]| TaskExecuteRequest {
        queue_name: "covers".into(),
        task_id: "17".into(),
        payload: payload.into(),
        attempt: 2,
    };
    let message = tasks.execute(&task(b"a\nb")).unwrap();
    assert_eq!(message, "covers 17 try 2: a\nb");
    let error = tasks.execute(&task(&[0xff])).unwrap_err();
    assert!(error.to_string().contains("utf-8"), "{error}");
    let error = tasks.execute(&task(b"fail: try later")).unwrap_err();
    assert_eq!(error.plugin_message(), Some("try later"));
}

#[test]
fn websocket_events_reach_the_plugin() {
    let websocket = everything().websocket();
    let connection_id = || "feed".to_owned();
    let text = |message: &str| OnTextMessageRequest {
        connection_id: connection_id(),
        message: message.into(),
    };
    websocket.on_text_message(&text("hello socket")).unwrap();
    assert!(logged(&["feed", "hello socket"]));
    let error = websocket.on_text_message(&text("fail: too long"));
    assert_eq!(error.unwrap_err().plugin_message(), Some("too long"));
    let binary = OnBinaryMessageRequest {
        connection_id: connection_id(),
        data: vec![0, 255, 128, 10],
    };
    websocket.on_binary_message(&binary).unwrap();
    assert!(logged(&["feed", "[0, 255, 128, 10]"]));
    let failure = OnErrorRequest {
        connection_id: connection_id(),
        error: "reset by peer".into(),
    };
    websocket.on_error(&failure).unwrap();
    assert!(logged(&["feed", "reset by peer"]));
    let close = OnCloseRequest {
        connection_id: connection_id(),
        code: 1001,
        reason: "going away".into(),
    };
    websocket.on_close(&close).unwrap();
    assert!(logged(&["feed", "1001", "going away"]));
}
