//! Songs that are found, and why these tracks.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use nd_types::ArtistRef;

use super::*;
use crate::generated::Matcher as _;
use crate::services::library::{Collection, Scan, TrackArtist, scan};

/// A track to make others of.
static BASE: LazyLock<LibraryTrack> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0";
    std::fs::write(folder.path().join("a.wav"), wav).expect("a file");
    scan(1, folder.path()).tracks.remove(0)
});

fn artist(name: &str) -> TrackArtist {
    TrackArtist {
        id: format!("id of {name}"),
        name: name.to_owned(),
        mbid: format!("mbid of {name}"),
        sort_name: String::new(),
    }
}

/// A track of 200 s by one artist.
fn track(id: &str, title: &str, by: &str) -> LibraryTrack {
    LibraryTrack {
        id: id.to_owned(),
        path: format!("{id}.flac"),
        title: title.to_owned(),
        artist: by.to_owned(),
        artists: vec![artist(by)],
        album: "Album".to_owned(),
        duration: 200.0,
        date: "2000".to_owned(),
        ..BASE.clone()
    }
}

struct Fixture {
    catalogue: Catalogue,
    config: ServerConfig,
    store: Database,
    users: Vec<HostUser>,
    library_grant: Grant<i32>,
    user_grant: Grant<String>,
}

impl Fixture {
    fn new(tracks: Vec<LibraryTrack>) -> Self {
        let catalogue = Catalogue::new();
        let mut libraries: BTreeMap<i32, Vec<LibraryTrack>> = BTreeMap::new();
        for track in tracks {
            libraries.entry(track.library_id).or_default().push(track);
        }
        for (id, tracks) in libraries {
            let problems = Vec::new();
            catalogue.insert(id, Collection::new(Scan { tracks, problems }, UNIX_EPOCH));
        }
        let user = |id: &str, name: &str, libraries| HostUser {
            id: id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            admin: false,
            libraries,
        };
        Self {
            catalogue,
            config: ServerConfig::default(),
            store: Database::in_memory().expect("a database"),
            users: vec![
                user("u1", "ann", Grant::All),
                user("u2", "bob", Grant::Listed(vec![2])),
            ],
            library_grant: Grant::All,
            user_grant: Grant::All,
        }
    }

    fn service(&self, filesystem: bool) -> MatcherService {
        let libraries = [1, 2].map(|id| HostLibrary {
            id,
            name: format!("Library {id}"),
            path: "/music".into(),
        });
        let config = Arc::new(self.config.clone());
        MatcherService::new(
            SongMatcher::new(self.catalogue.clone(), config, self.store.clone()),
            Arc::new(libraries),
            self.users.clone().into(),
            self.library_grant.clone(),
            self.user_grant.clone(),
            filesystem,
        )
    }

    fn ask(&self, songs: &[SongRef], user: &str) -> Result<Vec<Option<Track>>, String> {
        let opts = MatchOptions {
            username: user.to_owned(),
        };
        let ctx = CallContext::detached("p");
        let found = self.service(false).match_songs(&ctx, songs.to_vec(), opts);
        found.map_err(|error| error.to_string())
    }

    /// Returns the id of the track found for one song, for nobody in particular.
    fn one(&self, song: SongRef) -> Option<String> {
        let found = self.ask(&[song], "").expect("an answer");
        assert_eq!(found.len(), 1);
        found.into_iter().flatten().map(|track| track.id).next()
    }
}

fn song(title: &str, by: &str) -> SongRef {
    SongRef {
        name: title.to_owned(),
        artists: vec![ArtistRef {
            name: by.to_owned(),
            ..ArtistRef::default()
        }],
        ..SongRef::default()
    }
}

fn found(id: &str) -> Option<String> {
    Some(id.to_owned())
}

#[test]
fn the_phases_come_in_order() {
    let with = |id: &str, mbid: &str, isrc: &str, title: &str| LibraryTrack {
        mbz_recording_id: mbid.to_owned(),
        isrc: isrc.split_terminator(',').map(str::to_owned).collect(),
        ..track(id, title, "Ann")
    };
    let host = Fixture::new(vec![
        with("t1", "", "", "One"),
        with("t2", "rec", "", "Two"),
        with("t3", "rec", "X1,X2", "Three"),
        with("t4", "", "X2", "Four"),
    ]);
    let all = SongRef {
        id: "t1".to_owned(),
        mbid: "rec".to_owned(),
        isrc: "X2".to_owned(),
        ..song("Four", "Ann")
    };
    assert_eq!(host.one(all.clone()), found("t1"));
    let all = SongRef {
        id: "gone".to_owned(),
        ..all
    };
    assert_eq!(
        host.one(all.clone()),
        found("t2"),
        "the first in repository order"
    );
    let all = SongRef {
        mbid: "other".to_owned(),
        ..all
    };
    assert_eq!(host.one(all.clone()), found("t3"), "any of its ISRCs");
    let all = SongRef {
        isrc: "other".to_owned(),
        ..all
    };
    assert_eq!(host.one(all), found("t4"));
}

#[test]
fn an_isrc_prefers_favourites_ratings_old_and_no_compilation() {
    let with = |id: &str, date: &str, compilation| LibraryTrack {
        isrc: vec!["X".to_owned()],
        date: date.to_owned(),
        compilation,
        ..track(id, "T", "Ann")
    };
    let host = Fixture::new(vec![
        with("new", "2010", false),
        with("best of", "1990", true),
        with("old", "1990", false),
        with("rated", "2015", true),
        with("liked", "2020", true),
    ]);
    let ask = |user: &str| {
        let song = SongRef {
            isrc: "X".to_owned(),
            ..SongRef::default()
        };
        let found = host.ask(&[song], user).expect("an answer");
        found.into_iter().flatten().map(|track| track.id).next()
    };
    assert_eq!(ask("ann"), found("old"));
    host.store
        .set_rating("u1", Item::Track, "rated", 1)
        .expect("rated");
    assert_eq!(ask("ann"), found("rated"));
    host.store
        .set_starred("u1", Item::Track, "liked", Some(1))
        .expect("starred");
    assert_eq!(ask("ann"), found("liked"));
    assert_eq!(ask(""), found("old"), "nobody in particular likes nothing");
}

#[test]
fn titles_are_compared_without_accents_case_and_typography_and_may_differ_a_little() {
    let host = Fixture::new(vec![track("t", "Don’t Stop – Désirée", "The Señors")]);
    for (title, by, hit) in [
        ("don't stop - desiree", "senors", true),
        ("Don't Stop - Desire", "THE SEÑORS", false),
        ("Don't Stop - Desire", "The Señors", true),
        ("Stop", "Señors", false),
        ("Don’t Stop – Désirée", "Somebody", false),
        ("", "Señors", false),
    ] {
        assert_eq!(host.one(song(title, by)).is_some(), hit, "{title} by {by}");
    }
}

#[test]
fn the_threshold_is_the_servers() {
    let mut host = Fixture::new(vec![track("t", "dixon", "Ann")]);
    assert_eq!(
        host.one(song("dicksonx", "Ann")),
        None,
        "0.813 is below 0.85"
    );
    host.config.fuzzy_threshold = 81;
    assert_eq!(host.one(song("dicksonx", "Ann")), found("t"));
}

#[test]
fn a_song_without_an_artist_is_not_looked_for_by_title() {
    let host = Fixture::new(vec![track("t", "One", "Ann")]);
    assert_eq!(host.one(song("One", "")), None);
    assert_eq!(host.one(song("One", " ")), None);
    // The older fields count if there is no list.
    let old = |artist: &str, artist_mbid: &str| SongRef {
        name: "One".to_owned(),
        artist: artist.to_owned(),
        artist_mbid: artist_mbid.to_owned(),
        ..SongRef::default()
    };
    assert_eq!(host.one(old("ann", "")), found("t"));
    assert_eq!(host.one(old("", "mbid of Ann")), found("t"));
    let both = SongRef {
        artist: "Ann".to_owned(),
        ..song("One", "Bob")
    };
    assert_eq!(host.one(both), None, "the list wins");
}

#[test]
fn artists_of_the_album_alone_make_no_candidate() {
    let mut other = track("t", "One", "Ann");
    other.album_artists = vec![artist("Bob")];
    let host = Fixture::new(vec![other]);
    assert_eq!(host.one(song("One", "Bob")), None);
}

#[test]
fn the_criteria_decide_one_after_the_other() {
    let base = |id: &str| track(id, "Song of Songs", "Ann");
    let duo = |id: &str| LibraryTrack {
        artists: vec![artist("Ann"), artist("Bob")],
        artist: "Ann • Bob".to_owned(),
        ..base(id)
    };
    let query = || SongRef {
        duration_ms: 200_000,
        album: "Album".to_owned(),
        ..song("Song of Songs", "Ann")
    };
    let best = |first: LibraryTrack, second: LibraryTrack, query: SongRef| {
        let host = Fixture::new(vec![first, second]);
        host.store
            .set_rating("u1", Item::Track, "good", 4)
            .expect("rated");
        let found = host.ask(&[query], "ann").expect("an answer");
        found
            .into_iter()
            .flatten()
            .map(|track| track.id)
            .next()
            .expect("a track")
    };
    // The title before the length.
    let near = LibraryTrack {
        title: "Song of Song".to_owned(),
        ..base("near")
    };
    let exact = LibraryTrack {
        duration: 100.0,
        ..base("exact")
    };
    assert_eq!(best(near, exact, query()), "exact");
    // The length before the album.
    let long = LibraryTrack {
        duration: 203.0,
        ..base("long")
    };
    let elsewhere = LibraryTrack {
        album: "Other".to_owned(),
        ..base("elsewhere")
    };
    assert_eq!(best(long, elsewhere, query()), "elsewhere");
    // Without a length in the query all are equally near.
    let long = LibraryTrack {
        duration: 203.0,
        ..base("long")
    };
    let elsewhere = LibraryTrack {
        album: "Other".to_owned(),
        ..base("elsewhere")
    };
    assert_eq!(
        best(
            elsewhere,
            long,
            SongRef {
                duration_ms: 0,
                ..query()
            }
        ),
        "long"
    );
    // The number of artists before the rating.
    let mut both = query();
    both.artists.push(ArtistRef {
        name: "Bob".to_owned(),
        ..ArtistRef::default()
    });
    both.artists[0].mbid = "mbid of Ann".to_owned();
    assert_eq!(best(base("good"), duo("duo"), both), "duo");
    // The rating before the album, below the level.
    let mut unnamed = query();
    unnamed.album = "Albus".to_owned();
    let other = |id: &str| LibraryTrack {
        album: "Xyz".to_owned(),
        ..base(id)
    };
    unnamed.artists[0].mbid = String::new();
    unnamed.album = "Xy".to_owned();
    assert_eq!(
        best(
            other("plain"),
            base("good"),
            SongRef {
                album: "Al".into(),
                ..unnamed.clone()
            }
        ),
        "good"
    );
    // The first of equals stays.
    assert_eq!(best(base("a"), base("b"), query()), "a");
}

#[test]
fn levels_tell_how_surely_a_track_is_the_one() {
    let release = |id: &str| LibraryTrack {
        mbz_album_id: "rel".to_owned(),
        album: "Xyz".to_owned(),
        ..track(id, "One", "Ann")
    };
    let query = |by: ArtistRef, album: &str, album_mbid: &str| SongRef {
        album: album.to_owned(),
        album_mbid: album_mbid.to_owned(),
        artists: vec![by],
        ..song("One", "")
    };
    let named = || ArtistRef {
        name: "Ann".to_owned(),
        ..ArtistRef::default()
    };
    let known = || ArtistRef {
        mbid: "mbid of Ann".to_owned(),
        ..ArtistRef::default()
    };
    let tracks = || vec![track("plain", "One", "Ann"), release("release")];
    let host = Fixture::new(tracks());
    assert_eq!(
        host.one(query(known(), "Album", "rel")),
        found("release"),
        "5 before 4"
    );
    assert_eq!(
        host.one(query(named(), "Album", "rel")),
        found("plain"),
        "3 before 1"
    );
    assert_eq!(
        host.one(query(known(), "", "rel")),
        found("release"),
        "5 before 2"
    );
    assert_eq!(
        host.one(query(named(), "", "rel")),
        found("plain"),
        "1 and 1"
    );
}

#[test]
fn the_order_of_the_checks() {
    let mut host = Fixture::new(vec![track("t", "One", "Ann")]);
    host.library_grant = Grant::none();
    host.user_grant = Grant::none();
    assert_eq!(host.ask(&[], "nobody"), Ok(Vec::new()));
    let ask = |host: &Fixture, user: &str| host.ask(&[song("One", "Ann")], user).err();
    let error = ask(&host, "nobody").expect("an error");
    assert!(error.contains("no libraries configured"), "{error}");
    host.library_grant = Grant::All;
    let error = ask(&host, "nobody").expect("an error");
    assert!(
        error.starts_with("matcher: ") && error.contains("not authorized to scope by user"),
        "{error}"
    );
    assert_eq!(ask(&host, ""), None);
}

#[test]
fn what_is_seen_depends_on_user_and_plugin() {
    let second = LibraryTrack {
        library_id: 2,
        ..track("two", "One", "Ann")
    };
    let mut host = Fixture::new(vec![track("one", "One", "Ann"), second]);
    let songs = [song("One", "Ann"), song("None", "Ann"), song("One", "Ann")];
    let ids = |host: &Fixture, user: &str| -> Vec<Option<String>> {
        let found = host.ask(&songs, user).expect("an answer");
        found
            .into_iter()
            .map(|track| track.map(|track| track.id))
            .collect()
    };
    assert_eq!(ids(&host, ""), [found("one"), None, found("one")]);
    assert_eq!(
        ids(&host, "Bob"),
        [found("two"), None, found("two")],
        "his libraries only"
    );
    host.library_grant = Grant::Listed(vec![2]);
    assert_eq!(ids(&host, ""), [None, None, None], "no second best");
    assert_eq!(ids(&host, "bob"), [found("two"), None, found("two")]);
}

#[test]
fn user_fields_and_paths_are_shown_only_when_asked_for() {
    let host = Fixture::new(vec![track("t", "One", "Ann")]);
    host.store
        .set_starred("u1", Item::Track, "t", Some(77))
        .expect("starred");
    host.store
        .set_rating("u1", Item::Track, "t", 5)
        .expect("rated");
    host.store
        .set_rating("u2", Item::Track, "t", 2)
        .expect("rated");
    host.store
        .count_play("u1", Item::Track, "t", 99)
        .expect("played");
    let one = |user: &str| {
        let found = host.ask(&[song("One", "Ann")], user).expect("an answer");
        found.into_iter().flatten().next().expect("a track")
    };
    let track = one("ann");
    assert_eq!(
        (track.starred, track.starred_at, track.rating),
        (true, Some(77), 5)
    );
    assert_eq!((track.play_count, track.play_date), (1, Some(99)));
    assert_eq!(
        (track.average_rating, track.library_name.as_str()),
        (3.5, "Library 1")
    );
    assert!(track.path.is_empty());
    let track = one("");
    assert_eq!(
        (track.starred, track.starred_at, track.rating),
        (false, None, 0)
    );
    assert_eq!(
        (track.play_count, track.play_date, track.average_rating),
        (0, None, 3.5)
    );
    let ctx = CallContext::detached("p");
    let shown =
        host.service(true)
            .match_songs(&ctx, vec![song("One", "Ann")], MatchOptions::default());
    let path = shown.expect("an answer").remove(0).expect("a track").path;
    assert_eq!(path, "t.flac");
}

#[test]
fn a_later_scan_is_searched_at_once() {
    let host = Fixture::new(vec![track("t", "One", "Ann")]);
    assert_eq!(host.one(song("Two", "Ann")), None);
    let scan = Scan {
        tracks: vec![track("u", "Two", "Ann")],
        problems: Vec::new(),
    };
    host.catalogue.insert(1, Collection::new(scan, UNIX_EPOCH));
    assert_eq!(host.one(song("Two", "Ann")), found("u"));
    assert_eq!(host.one(song("One", "Ann")), None);
}

#[test]
fn a_search_ends_with_the_call_it_is_made_from() {
    let host = Fixture::new(vec![track("t", "One", "Ann")]);
    let ctx = CallContext::detached("p");
    let ask = || {
        let songs = vec![song("One", "Ann")];
        let found = host
            .service(false)
            .match_songs(&ctx, songs, MatchOptions::default());
        found.map_err(|error| error.to_string())
    };
    assert!(ask().is_ok_and(|found| found.len() == 1));
    ctx.cancel_token().cancel();
    assert!(ask().is_err_and(|error| error.contains("deadline exceeded")));
}

/// Run with `--ignored --nocapture`: how long searches in 100,000 tracks take.
#[test]
#[ignore = "takes long"]
fn the_time_of_a_large_search() {
    for artists in [5_000, 1] {
        let title = |n: usize| format!("Song number {n} of the {} kind", n % 977);
        let tracks = (0..100_000).map(|n| {
            let by = format!("The Artist {}", n % artists);
            track(&n.to_string(), &title(n), &by)
        });
        let fixture = Fixture::new(tracks.collect());
        let start = std::time::Instant::now();
        fixture.one(song("no such title", "Nobody"));
        println!("{artists} artists: index in {:?}", start.elapsed());
        let asked =
            (0..100).map(|n| song(&title(n * 991), &format!("artist {}", n * 991 % artists)));
        let asked: Vec<SongRef> = asked.collect();
        let start = std::time::Instant::now();
        let found = fixture.ask(&asked, "").expect("an answer");
        let count = found.iter().flatten().count();
        println!(
            "{artists} artists: {count} of 100 songs in {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn a_search_that_has_to_stop_looks_at_no_candidate_more() {
    let tracks: Vec<_> = (0..100)
        .map(|n| track(&n.to_string(), "Song", "Ann"))
        .collect();
    let fixture = Fixture::new(tracks);
    let matcher = SongMatcher::new(
        fixture.catalogue.clone(),
        Arc::new(fixture.config.clone()),
        fixture.store.clone(),
    );
    let looks = std::cell::Cell::new(0);
    let stops = || {
        looks.set(looks.get() + 1);
        looks.get() > 50
    };
    let song = SongRef {
        name: "Song".to_owned(),
        // However often the artist is named, the tracks are looked at once.
        artists: vec![
            ArtistRef {
                name: "Ann".to_owned(),
                ..ArtistRef::default()
            };
            1000
        ],
        ..SongRef::default()
    };
    let nobody = Listener { user: None };
    let found = matcher
        .find_until(stops, &[song], nobody)
        .expect("an answer");
    assert_eq!(found, [None]);
    assert_eq!(looks.get(), 51);
}
