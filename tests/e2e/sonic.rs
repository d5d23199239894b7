//! The sonic-similarity example, as it ships, on music made up by the demo.

use nd_demo::synth::{self, Style, SynthTrack};
use nd_test_host::context::CallContext;
use nd_test_host::generated::Storage;
use nd_test_host::plugin::CallOptions;
use nd_test_host::services::library::{Collection, LibraryTrack, scan};
use nd_test_host::services::{ManualClock, ServiceSettings};
use nd_test_host::{Host, Plugin, PluginSettings};
use nd_types::SongRef;
use nd_types::sonicsimilarity::SonicMatch;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The styles that are indexed, two songs of each.
const STYLES: [Style; 4] = [
    Style::Ballad,
    Style::Techno,
    Style::Ambient,
    Style::DrumAndBass,
];
/// How long the index may take; it takes seconds.
const LIMIT: Duration = Duration::from_secs(300);

struct Indexed {
    _music: TempDir,
    host: Host,
    plugin: Plugin,
    songs: Vec<SynthTrack>,
    collection: Collection,
}

/// The plugin after it has indexed a library of eight songs and one file that is none.
static INDEXED: LazyLock<Indexed> = LazyLock::new(|| {
    let music = tempfile::tempdir().unwrap();
    let songs = compose(music.path());
    fs::write(music.path().join("broken.flac"), b"fLaC, but not for long").unwrap();
    let collection = Collection::new(scan(1, music.path()), SystemTime::now());
    let (host, plugin) = index(music.path());
    Indexed {
        _music: music,
        host,
        plugin,
        songs,
        collection,
    }
});

/// Writes the library of the demo and keeps two songs of some styles, one in each container.
fn compose(folder: &Path) -> Vec<SynthTrack> {
    let all = tempfile::tempdir().unwrap();
    let mut songs = synth::write_library(all.path(), |_, _| {}).unwrap();
    songs.retain(|song| STYLES.contains(&song.style) && song.number <= 2);
    for song in &songs {
        let path = folder.join(&song.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(all.path().join(&song.path), path).unwrap();
    }
    songs
}

/// Loads the plugin over a folder and lets its schedules run until nothing is left to do.
fn index(folder: &Path) -> (Host, Plugin) {
    let clock = ManualClock::default();
    let mut services = ServiceSettings::default();
    services.clock = Arc::new(clock.clone());
    let config = json!({ "stepSeconds": 1, "pauseSeconds": 0, "excerptSeconds": 30 });
    let host = Host::builder()
        .library(1, "Music", folder)
        .every_plugin(PluginSettings::all().config(&config))
        .service_settings(services)
        .count_fuel(false)
        .build()
        .unwrap();
    let plugin = nd_tests::load(&host, "sonic-similarity");
    // The first step comes some seconds after the load; those that follow are due at once.
    clock.advance(Duration::from_secs(5));
    let scheduler = plugin.services().scheduler().unwrap();
    assert!(scheduler.wait_idle(LIMIT), "{}", host.journal());
    let left = scheduler.schedules();
    assert!(left.iter().all(|schedule| schedule.recurring), "{left:?}");
    (host, plugin)
}

impl Indexed {
    fn track(&self, song: &SynthTrack) -> &LibraryTrack {
        self.collection
            .tracks()
            .iter()
            .find(|track| track.title == song.title)
            .unwrap()
    }

    fn reference(&self, song: &SynthTrack) -> SongRef {
        self.track(song).song_ref()
    }

    fn song(&self, found: &SonicMatch) -> &SynthTrack {
        let mut songs = self.songs.iter();
        songs
            .find(|song| song.title == found.song.name && song.artist == found.song.artist)
            .unwrap()
    }

    fn titles<'a>(&'a self, found: &[SonicMatch]) -> Vec<&'a str> {
        let songs = found.iter().map(|found| self.song(found).title.as_str());
        songs.collect()
    }
}

#[test]
fn the_index_holds_every_song_and_skips_what_is_none() {
    let logs = INDEXED.host.journal().logs();
    let said = |part: &str| logs.iter().any(|log| log.message.contains(part));
    assert!(said("indexed 8 of 8 songs"), "{}", INDEXED.host.journal());
    assert!(
        said("skipped broken.flac of library 1"),
        "{}",
        INDEXED.host.journal()
    );
}

#[test]
fn songs_of_one_style_come_first_and_the_song_itself_never() {
    let sonic = INDEXED.plugin.sonic_similarity();
    for seed in &INDEXED.songs {
        let found = sonic.similar_tracks(&INDEXED.reference(seed), 20).unwrap();
        let titles = INDEXED.titles(&found);
        assert_eq!(found.len(), 7, "{}: {titles:?}", seed.title);
        assert!(!titles.contains(&seed.title.as_str()), "{}", seed.title);
        let first = INDEXED.song(&found[0]);
        assert_eq!(first.style, seed.style, "{}: {titles:?}", seed.title);
        let similarities: Vec<_> = found.iter().map(|found| found.similarity).collect();
        assert!(
            similarities.iter().all(|value| (0.0..=1.0).contains(value)),
            "{similarities:?}"
        );
        assert!(similarities.is_sorted_by(|a, b| a >= b), "{similarities:?}");
    }
}

#[test]
fn no_more_songs_are_answered_than_asked_for() {
    let sonic = INDEXED.plugin.sonic_similarity();
    let seed = INDEXED.reference(&INDEXED.songs[0]);
    let all = sonic.similar_tracks(&seed, 20).unwrap();
    for (count, expected) in [(3, 3), (1, 1), (0, 0), (-1, 0)] {
        let found = sonic.similar_tracks(&seed, count).unwrap();
        assert_eq!(found, all[..expected], "{count}");
    }
}

#[test]
fn answers_lead_back_to_the_songs_of_the_server() {
    let sonic = INDEXED.plugin.sonic_similarity();
    let seed = INDEXED.reference(&INDEXED.songs[0]);
    for found in sonic.similar_tracks(&seed, 20).unwrap() {
        let song = INDEXED.song(&found);
        let resolved = INDEXED.collection.resolve(&found.song).unwrap();
        assert_eq!(resolved.id, INDEXED.track(song).id);
        assert_eq!(found.song.album, song.album);
        assert_eq!(found.song.mbid, song.recording_mbid);
    }
    // Title and artist are enough to ask.
    let song = &INDEXED.songs[0];
    let bare = SongRef {
        name: song.title.to_uppercase(),
        artist: song.artist.clone(),
        ..SongRef::default()
    };
    assert_eq!(
        sonic.similar_tracks(&bare, 20).unwrap(),
        sonic.similar_tracks(&seed, 20).unwrap()
    );
}

#[test]
fn a_path_goes_from_start_to_end_without_repeats() {
    let sonic = INDEXED.plugin.sonic_similarity();
    let (start, end) = (&INDEXED.songs[0], &INDEXED.songs[7]);
    let path = |from: &SynthTrack, to: &SynthTrack, count| {
        let (from, to) = (INDEXED.reference(from), INDEXED.reference(to));
        sonic.find_path(&from, &to, count).unwrap()
    };
    for (count, length) in [(2, 2), (5, 5), (50, 8)] {
        let found = path(start, end, count);
        let mut titles = INDEXED.titles(&found);
        assert_eq!(titles.len(), length, "{titles:?}");
        assert_eq!(titles.first(), Some(&start.title.as_str()));
        assert_eq!(titles.last(), Some(&end.title.as_str()));
        assert!(
            found
                .iter()
                .all(|found| (0.0..=1.0).contains(&found.similarity))
        );
        assert_eq!(found[0].similarity, 1.0);
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), length);
    }
    assert_eq!(INDEXED.titles(&path(start, start, 5)), [&start.title]);
}

#[test]
fn an_unknown_song_is_an_error_that_names_it() {
    let sonic = INDEXED.plugin.sonic_similarity();
    let unknown = SongRef {
        name: "Nobody's Song".into(),
        ..SongRef::default()
    };
    let known = INDEXED.reference(&INDEXED.songs[0]);
    for result in [
        sonic.similar_tracks(&unknown, 5),
        sonic.find_path(&known, &unknown, 5),
        sonic.find_path(&unknown, &known, 5),
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            error.plugin_message(),
            Some("song \"Nobody's Song\" is not in the index (8 songs indexed, 0 waiting)")
        );
    }
}

#[test]
fn an_empty_library_has_nothing_to_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (_host, plugin) = index(folder.path());
    let song = SongRef {
        name: "Busbar".into(),
        ..SongRef::default()
    };
    let sonic = plugin.sonic_similarity();
    assert_eq!(sonic.similar_tracks(&song, 5), Ok(Vec::new()));
    assert_eq!(sonic.find_path(&song, &song, 5), Ok(Vec::new()));
}

/// Exports, and the address of the request behind each call.
type Seen = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A storage that notes which request is behind the call that asks for it.
struct Noting(Seen);

impl Storage for Noting {
    fn get_storage_path(&self, ctx: &CallContext) -> String {
        let note = (
            ctx.export().to_owned(),
            ctx.request_base().map(str::to_owned),
        );
        self.0.lock().unwrap().push(note);
        "/storage".to_owned()
    }
}

#[test]
fn the_plugin_is_called_for_the_request_of_a_client() {
    let music = tempfile::tempdir().unwrap();
    let wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0";
    fs::write(music.path().join("a.wav"), wav).unwrap();
    let seen = Seen::default();
    let notes = Arc::clone(&seen);
    // Its time stands still, so that nothing is indexed.
    let mut services = ServiceSettings::default();
    services.clock = Arc::new(ManualClock::default());
    let host = Host::builder()
        .user("u1", "ann")
        .library(1, "Music", music.path())
        .scan_on_start(true)
        .every_plugin(PluginSettings::all())
        .service_settings(services)
        .services(move |_, services| services.storage = Arc::new(Noting(Arc::clone(&notes))))
        .build()
        .unwrap();
    nd_tests::load(&host, "sonic-similarity");
    let library = host.catalogue().get(1).unwrap();
    let song = &library.tracks()[0].id;
    let options = CallOptions::default().request_base("https://music.test");
    let similar = host.sonic_similar_tracks_with("ann", song, 1, &options);
    assert_eq!(similar.unwrap(), []);
    let path = host.sonic_path_with("ann", song, song, 1, &options);
    assert_eq!(path.unwrap(), []);
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.retain(|(export, _)| export.contains("sonic"));
    let base = Some("https://music.test".to_owned());
    let expected = ["nd_get_sonic_similar_tracks", "nd_find_sonic_path"]
        .map(|export| (export.to_owned(), base.clone()));
    assert_eq!(seen, expected);
}
