//! The plugin as the server sees it: through its exports, with the host services it asks for played by the test.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::{nd_find_sonic_path, nd_get_sonic_similar_tracks, nd_on_init, nd_scheduler_callback};
use nd_pdk::host::HostError;
use nd_pdk::host::library::Library;
use nd_pdk::log::Level;
use nd_pdk::sonicsimilarity::SonicMatch;
use nd_pdk::testing::{Backend, Installed, call_export, install, services};
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq)]
struct Schedule {
    id: String,
    when: String,
    payload: String,
}

/// A server with two libraries, whose schedules fire when the test says so.
#[derive(Default)]
struct Server {
    root: PathBuf,
    granted: Vec<i32>,
    config: BTreeMap<String, String>,
    schedules: Vec<Schedule>,
    count: usize,
    log: Vec<(Level, String)>,
}

impl Server {
    fn add(&mut self, id: String, when: String, payload: String) -> Result<String, HostError> {
        self.count += 1;
        let id = if id.is_empty() {
            format!("generated {}", self.count)
        } else {
            id
        };
        if self.schedules.iter().any(|s| s.id == id) {
            return Err(format!("schedule ID \"{id}\" already exists")
                .as_str()
                .into());
        }
        self.schedules.push(Schedule {
            id: id.clone(),
            when,
            payload,
        });
        Ok(id)
    }
}

impl services::Config for Server {
    fn get(&mut self, key: String) -> Result<Option<String>, HostError> {
        Ok(self.config.get(&key).cloned())
    }
}

impl services::Storage for Server {
    fn get_storage_path(&mut self) -> Result<String, HostError> {
        Ok(self.root.join("storage").to_str().unwrap().to_owned())
    }
}

impl services::Libraries for Server {
    fn get_all_libraries(&mut self) -> Result<Vec<Library>, HostError> {
        let library = |id: &i32| Library {
            id: *id,
            mount_point: self.root.join(id.to_string()).to_str().unwrap().to_owned(),
            ..Library::default()
        };
        Ok(self.granted.iter().map(library).collect())
    }
}

impl services::Scheduler for Server {
    fn schedule_one_time(
        &mut self,
        delay: i32,
        payload: String,
        id: String,
    ) -> Result<String, HostError> {
        self.add(id, format!("in {delay} s"), payload)
    }

    fn schedule_recurring(
        &mut self,
        cron: String,
        payload: String,
        id: String,
    ) -> Result<String, HostError> {
        if cron == "nonsense" {
            return Err("failed to schedule task".into());
        }
        self.add(id, cron, payload)
    }

    fn cancel_schedule(&mut self, id: String) -> Result<(), HostError> {
        self.schedules.retain(|s| s.id != id);
        Ok(())
    }
}

impl services::Artwork for Server {}
impl services::Cache for Server {}
impl services::Http for Server {}
impl services::KvStore for Server {}
impl services::Matcher for Server {}
impl services::ScrobbleRetriever for Server {}
impl services::SubsonicApi for Server {}
impl services::Task for Server {}
impl services::Users for Server {}
impl services::WebSocket for Server {}

impl Backend for Server {
    fn log(&mut self, level: Level, message: &str) {
        self.log.push((level, message.to_owned()));
    }
}

/// The server, what it is installed with, and its files.
struct World {
    server: Rc<RefCell<Server>>,
    _installed: Installed,
    dir: tempfile::TempDir,
}

impl World {
    fn new(config: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        ["1", "2", "storage"]
            .iter()
            .for_each(|name| fs::create_dir(dir.path().join(name)).unwrap());
        let server = Rc::new(RefCell::new(Server {
            root: dir.path().to_owned(),
            granted: vec![1, 2],
            config: config
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            ..Server::default()
        }));
        Self {
            _installed: install(server.clone()),
            server,
            dir,
        }
    }

    fn add(&self, library: i32, name: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/audio")
            .join(name);
        fs::copy(from, self.dir.path().join(library.to_string()).join(name)).unwrap();
    }

    /// A world with all fixtures indexed.
    fn indexed() -> Self {
        let world = Self::new(&[]);
        ["chord.flac", "chord.mp3"]
            .iter()
            .for_each(|name| world.add(1, name));
        ["chord.ogg", "chord.wav", "chord.m4a"]
            .iter()
            .for_each(|name| world.add(2, name));
        call_export(nd_on_init, "{}").unwrap();
        world.run_until_idle();
        world
    }

    fn schedules(&self) -> Vec<(String, String)> {
        self.server
            .borrow()
            .schedules
            .iter()
            .map(|s| (s.when.clone(), s.payload.clone()))
            .collect()
    }

    /// Fires one-time schedules until there are none, as the server would over time.
    fn run_until_idle(&self) -> usize {
        for calls in 0..50 {
            let next = self
                .server
                .borrow()
                .schedules
                .iter()
                .find(|s| s.when.starts_with("in "))
                .cloned();
            let Some(next) = next else { return calls };
            self.fire(&next);
        }
        panic!("the schedules never end");
    }

    fn fire(&self, schedule: &Schedule) {
        let request =
            json!({ "scheduleId": schedule.id, "payload": schedule.payload, "isRecurring": false });
        let result = call_export(nd_scheduler_callback, &request.to_string());
        // The id of a one-time schedule is free only after its callback.
        self.server
            .borrow_mut()
            .schedules
            .retain(|s| s.id != schedule.id);
        result.unwrap();
    }

    fn messages(&self, level: Level) -> Vec<String> {
        self.server
            .borrow()
            .log
            .iter()
            .filter(|(l, _)| *l == level)
            .map(|(_, m)| m.clone())
            .collect()
    }
}

fn similar(song: Value, count: i32) -> Result<Vec<SonicMatch>, String> {
    let request = json!({ "song": song, "count": count });
    call_export(nd_get_sonic_similar_tracks, &request.to_string()).map(matches)
}

fn path(start: &str, end: &str, count: i32) -> Result<Vec<SonicMatch>, String> {
    let request =
        json!({ "startSong": { "name": start }, "endSong": { "name": end }, "count": count });
    call_export(nd_find_sonic_path, &request.to_string()).map(matches)
}

fn matches(answer: String) -> Vec<SonicMatch> {
    let answer: Value = serde_json::from_str(&answer).unwrap();
    serde_json::from_value(answer["matches"].clone()).unwrap()
}

fn names(found: &[SonicMatch]) -> Vec<&str> {
    found.iter().map(|m| m.song.name.as_str()).collect()
}

#[test]
fn loading_schedules_a_first_look_and_the_rescan() {
    let world = World::new(&[("rescan", "30 4 * * *")]);
    call_export(nd_on_init, "{}").unwrap();
    let expected = [
        ("30 4 * * *".into(), "rescan".into()),
        ("in 2 s".into(), "start".into()),
    ];
    assert_eq!(world.schedules(), expected);
}

#[test]
fn a_useless_cron_expression_is_told_and_replaced() {
    let world = World::new(&[("rescan", "nonsense")]);
    call_export(nd_on_init, "{}").unwrap();
    assert_eq!(world.schedules()[0].0, "@hourly");
    let log = world.messages(Level::Error);
    assert_eq!(
        log,
        ["the rescan setting \"nonsense\" is of no use, taking @hourly: failed to schedule task"]
    );
}

#[test]
fn everything_is_indexed_and_only_the_rescan_stays_scheduled() {
    let world = World::indexed();
    assert_eq!(world.schedules(), [("@hourly".into(), "rescan".into())]);
    assert_eq!(world.messages(Level::Info), ["indexed 5 of 5 songs"]);
    world.add(1, "chord.ogg");
    let rescan = world.server.borrow().schedules[0].clone();
    world.fire(&rescan);
    assert_eq!(
        world.messages(Level::Info).last().unwrap(),
        "indexed 6 of 6 songs"
    );
}

#[test]
fn similar_songs_carry_what_the_server_needs_to_find_them() {
    let _world = World::indexed();
    let seed = json!({ "id": "mf-1", "name": "Chord (take 1)", "artists": [{ "name": "Björn" }], "durationMs": 3000 });
    let found = similar(seed, 10).unwrap();
    assert_eq!(found.len(), 4);
    assert!(!names(&found).contains(&"Chord (take 1)"));
    assert!(
        found
            .windows(2)
            .all(|pair| pair[0].similarity >= pair[1].similarity)
    );
    assert!(
        found
            .iter()
            .all(|m| m.similarity > 0.0 && m.similarity < 1.0)
    );
    let song = &found
        .iter()
        .find(|m| m.song.name == "Chord (take 3)")
        .unwrap()
        .song;
    assert_eq!(song.mbid, "aaaaaaaa-1111-4111-8111-000000000003");
    assert_eq!(song.isrc, "XXAAA2600003");
    let artists: Vec<(&str, &str)> = song
        .artists
        .iter()
        .map(|a| (a.name.as_str(), a.mbid.as_str()))
        .collect();
    let expected = [
        ("Anna", "aaaaaaaa-1111-4111-8111-000000000201"),
        ("Björn", "aaaaaaaa-1111-4111-8111-000000000202"),
    ];
    assert_eq!(artists, expected);
    assert_eq!(
        (song.album.as_str(), song.duration_ms / 100),
        ("Test Tones", 30)
    );
    assert_eq!(
        (song.id.as_str(), song.album_mbid.as_str()),
        ("", "aaaaaaaa-1111-4111-8111-000000000100")
    );
}

#[test]
fn count_is_respected() {
    let _world = World::indexed();
    for (count, expected) in [(-1, 0), (0, 0), (1, 1), (3, 3), (100, 4)] {
        assert_eq!(
            similar(json!({ "name": "Chord (take 2)" }), count)
                .unwrap()
                .len(),
            expected,
            "{count}"
        );
    }
}

#[test]
fn a_song_is_known_by_its_recording_id_alone() {
    let _world = World::indexed();
    let found = similar(
        json!({ "name": "?", "mbid": "aaaaaaaa-1111-4111-8111-000000000005" }),
        9,
    )
    .unwrap();
    assert!(!names(&found).contains(&"Chord (take 5)") && found.len() == 4);
}

#[test]
fn an_unknown_song_is_an_error_that_says_how_far_the_index_is() {
    let _world = World::indexed();
    let error = similar(json!({ "name": "Jóga" }), 5).unwrap_err();
    assert_eq!(
        error,
        "song \"Jóga\" is not in the index (5 songs indexed, 0 waiting)"
    );
    assert_eq!(path("Chord (take 1)", "Jóga", 5).unwrap_err(), error);
}

#[test]
fn an_empty_index_has_no_answers_and_no_errors() {
    let _world = World::new(&[]);
    assert!(similar(json!({ "name": "Jóga" }), 5).unwrap().is_empty());
    assert!(path("a", "b", 5).unwrap().is_empty());
}

#[test]
fn songs_of_a_library_that_is_not_granted_any_more_are_not_shown() {
    let world = World::indexed();
    world.server.borrow_mut().granted = vec![1];
    assert_eq!(
        names(&similar(json!({ "name": "Chord (take 1)" }), 9).unwrap()),
        ["Chord (take 3)"]
    );
    assert!(similar(json!({ "name": "Chord (take 2)" }), 9).is_err());
}

#[test]
fn a_path_leads_from_start_to_end() {
    let _world = World::indexed();
    let found = path("Chord (take 1)", "Chord (take 5)", 4).unwrap();
    assert_eq!(found.len(), 4);
    assert_eq!(
        (names(&found)[0], names(&found)[3]),
        ("Chord (take 1)", "Chord (take 5)")
    );
    assert_eq!(found[0].similarity, 1.0);
    assert_eq!(
        names(&path("Chord (take 1)", "Chord (take 1)", 4).unwrap()),
        ["Chord (take 1)"]
    );
    assert!(
        path("Chord (take 1)", "Chord (take 5)", 0)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        path("Chord (take 1)", "Chord (take 5)", 100).unwrap().len(),
        5
    );
}

#[test]
fn after_a_load_a_lock_left_behind_is_waited_for() {
    let world = World::new(&[]);
    world.add(1, "chord.flac");
    let since_1970 = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let lock = world.dir.path().join("storage/indexing.lock");
    fs::write(&lock, since_1970.to_string()).unwrap();
    call_export(nd_on_init, "{}").unwrap();
    let start = world.server.borrow().schedules[1].clone();
    world.fire(&start);
    assert_eq!(
        world.schedules().last().unwrap(),
        &("in 45 s".to_owned(), "start".to_owned())
    );
    fs::write(&lock, (since_1970 - 45).to_string()).unwrap();
    world.run_until_idle();
    assert_eq!(world.messages(Level::Info), ["indexed 1 of 1 songs"]);
}

#[test]
fn a_failing_storage_is_reported() {
    let world = World::new(&[]);
    fs::remove_dir(world.dir.path().join("storage")).unwrap();
    let request = json!({ "scheduleId": "x", "payload": "start" });
    assert!(call_export(nd_scheduler_callback, &request.to_string()).is_err());
    assert!(world.schedules().is_empty(), "{:?}", world.schedules());
}

#[test]
fn the_manifest_names_every_setting_with_its_default() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifest.json");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest).unwrap()).unwrap();
    let properties = manifest["config"]["schema"]["properties"]
        .as_object()
        .unwrap();
    let defaults: Vec<(&str, String)> = properties
        .iter()
        .map(|(key, property)| (key.as_str(), property["default"].to_string()))
        .collect();
    let expected = [
        ("excerptSeconds", "120"),
        ("harmonyWeight", "1"),
        ("pauseSeconds", "1"),
        ("rescan", "\"@hourly\""),
        ("rhythmWeight", "2"),
        ("stepSeconds", "15"),
        ("timbreWeight", "7"),
    ];
    let mut defaults = defaults;
    defaults.sort();
    assert_eq!(
        defaults,
        expected.map(|(key, value)| (key, value.to_owned()))
    );
}
