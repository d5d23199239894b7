//! Steps over real directories with real files.
#![allow(clippy::unwrap_used)]

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::*;
use crate::index::{Fact, FileKey, Index, IndexFile, Lock, write_attempt};

/// Two libraries, a storage, and a clock that the test moves.
struct World {
    dir: tempfile::TempDir,
    libraries: Vec<Library>,
    now: Cell<SystemTime>,
    /// How far the clock moves each time it is read.
    tick: Cell<Duration>,
    log: RefCell<Vec<String>>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let libraries = [1, 2]
            .map(|id| Library {
                id,
                root: dir.path().join(format!("library {id}")),
            })
            .to_vec();
        libraries
            .iter()
            .for_each(|l| fs::create_dir(&l.root).unwrap());
        fs::create_dir(dir.path().join("storage")).unwrap();
        let now = Cell::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        Self {
            dir,
            libraries,
            now,
            tick: Cell::default(),
            log: RefCell::default(),
        }
    }

    fn storage(&self) -> PathBuf {
        self.dir.path().join("storage")
    }

    /// Puts a copy of a fixture into a library.
    fn add(&self, library: usize, path: &str, fixture: &str) {
        let from: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/audio", fixture]
            .iter()
            .collect();
        self.write(library, path, &fs::read(from).unwrap());
    }

    fn write(&self, library: usize, path: &str, content: &[u8]) {
        let to = self.libraries[library - 1].root.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, content).unwrap();
    }

    fn remove(&self, library: usize, path: &str) {
        fs::remove_file(self.libraries[library - 1].root.join(path)).unwrap();
    }

    fn step(&self, rescan: bool) -> Outcome {
        let now = || {
            self.now.set(self.now.get() + self.tick.get());
            self.now.get()
        };
        let log = |level: nd_pdk::log::Level, line: &str| {
            if level >= nd_pdk::log::Level::Warn {
                self.log.borrow_mut().push(line.to_owned());
            }
        };
        let storage = self.storage();
        let env = Env {
            libraries: &self.libraries,
            storage: &storage,
            budget: Duration::from_secs(15),
            excerpt_seconds: 30.0,
            now: &now,
            log: &log,
        };
        step(&env, rescan).unwrap()
    }

    fn worked(&self, rescan: bool) -> Report {
        match self.step(rescan) {
            Outcome::Worked(report) => report,
            Outcome::Busy => panic!("the lock was held"),
        }
    }

    /// Titles in the index, sorted.
    fn titles(&self) -> Vec<String> {
        let bytes = IndexFile::in_dir(&self.storage()).read().unwrap();
        let mut titles: Vec<String> = Index::parse(&bytes)
            .tracks()
            .map(|(_, t)| t.title.to_owned())
            .collect();
        titles.sort();
        titles
    }

    fn log(&self) -> Vec<String> {
        self.log.take()
    }
}

#[test]
fn all_libraries_are_indexed_recursively() {
    let world = World::new();
    world.add(1, "Anna/Tones/1.flac", "chord.flac");
    world.add(1, "Anna/Tones/cd 2/3.MP3", "chord.mp3");
    world.add(2, "2.ogg", "chord.ogg");
    world.add(2, ".hidden/5.wav", "chord.wav");
    world.add(2, "._2.ogg", "chord.ogg");
    world.write(2, "cover.jpg", b"picture");
    world.write(2, "old.opus", b"opus");
    let report = world.worked(true);
    let expected = Report {
        analysed: 3,
        songs: 3,
        unsupported: 1,
        scan_ended: true,
        ..Report::default()
    };
    assert_eq!(report, expected);
    assert_eq!(
        world.titles(),
        ["Chord (take 1)", "Chord (take 2)", "Chord (take 3)"]
    );
    assert_eq!(world.log(), [""; 0]);
}

#[test]
fn a_title_is_taken_from_the_file_name_if_need_be() {
    let world = World::new();
    let wav = tone(2.0, 0.3);
    world.write(1, "Anna/01. Untagged song.wav", &wav);
    world.worked(true);
    assert_eq!(world.titles(), ["01. Untagged song"]);
}

#[test]
fn a_rescan_finds_what_is_new_changed_or_gone_and_leaves_the_rest() {
    let world = World::new();
    world.add(1, "a.flac", "chord.flac");
    world.add(1, "b.mp3", "chord.mp3");
    world.add(1, "c.ogg", "chord.ogg");
    assert_eq!(world.worked(true).analysed, 3);
    assert_eq!(
        world.worked(false),
        Report {
            songs: 3,
            ..Report::default()
        },
        "a step without work"
    );
    assert_eq!(
        world.worked(true),
        Report {
            songs: 3,
            scan_ended: true,
            ..Report::default()
        }
    );
    world.add(1, "b.mp3", "chord.wav");
    world.add(2, "d.m4a", "chord.m4a");
    world.remove(1, "c.ogg");
    let report = world.worked(true);
    assert_eq!((report.analysed, report.removed, report.songs), (2, 1, 3));
    assert_eq!(
        world.titles(),
        ["Chord (take 1)", "Chord (take 4)", "Chord (take 5)"]
    );
}

#[test]
fn an_empty_library_root_does_not_empty_the_index() {
    let world = World::new();
    world.add(1, "a.flac", "chord.flac");
    world.worked(true);
    world.remove(1, "a.flac");
    let report = world.worked(true);
    assert_eq!(
        (report.removed, report.songs),
        (0, 1),
        "the disk may not be mounted"
    );
}

#[test]
fn a_library_that_cannot_be_read_is_told_and_kept() {
    let mut world = World::new();
    world.add(1, "a.flac", "chord.flac");
    world.add(2, "b.ogg", "chord.ogg");
    world.worked(true);
    fs::remove_dir_all(&world.libraries[0].root).unwrap();
    assert_eq!(world.worked(true).songs, 2);
    assert!(world.log()[0].starts_with("cannot read the root of library 1"));
    // A grant taken away: nothing is known of the library any more, and nothing is forgotten.
    world.libraries.remove(0);
    assert_eq!(world.worked(true).songs, 2);
}

#[test]
fn a_bad_file_is_told_once_and_tried_again_when_it_changes() {
    let world = World::new();
    world.write(1, "bad.mp3", b"this is not music");
    world.write(1, "silent.wav", &tone(2.0, 0.0));
    world.add(1, "good.flac", "chord.flac");
    let report = world.worked(true);
    assert_eq!((report.analysed, report.failed), (1, 2));
    let log = world.log();
    assert!(
        log[0].starts_with("skipped bad.mp3 of library 1: not a readable audio file"),
        "{log:?}"
    );
    assert_eq!(
        log[1],
        "skipped silent.wav of library 1: there is nothing to hear in it"
    );
    assert_eq!(world.worked(true).failed, 0);
    assert_eq!(world.log(), [""; 0]);
    world.add(1, "bad.mp3", "chord.mp3");
    assert_eq!(world.worked(true).analysed, 1);
}

#[test]
fn work_that_does_not_fit_is_carried_on() {
    let world = World::new();
    for n in 0..12 {
        world.add(1, &format!("{n}.flac"), "chord.flac");
    }
    // Each look at the clock costs a quarter of a second, so that a few files fill the budget.
    world.tick.set(Duration::from_millis(250));
    let mut report = world.worked(true);
    assert!(
        report.more && report.analysed > 0 && report.analysed < 12,
        "{report:?}"
    );
    let mut steps = 1;
    while report.more {
        assert_eq!(report.songs + report.waiting, 12);
        report = world.worked(false);
        steps += 1;
        assert!(steps < 20);
    }
    assert!(report.scan_ended);
    assert_eq!(report.songs, 12);
}

#[test]
fn a_rescan_does_not_restart_a_scan_under_way() {
    let world = World::new();
    for n in 0..6 {
        world.add(1, &format!("{n}.flac"), "chord.flac");
    }
    world.tick.set(Duration::from_millis(400));
    let first = world.worked(true);
    assert!(first.more);
    let second = world.worked(true);
    assert!(second.songs > first.songs || !second.more);
}

#[test]
fn a_file_whose_analysis_keeps_being_cut_off_is_given_up() {
    let world = World::new();
    world.add(1, "a.flac", "chord.flac");
    world.add(1, "b.ogg", "chord.ogg");
    // What three calls that were killed in the middle leave behind.
    let metadata = fs::metadata(world.libraries[0].root.join("a.flac")).unwrap();
    let modified = metadata
        .modified()
        .unwrap()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let stamp = crate::index::FileStamp {
        modified: modified.as_nanos() as i64,
        size: metadata.len(),
    };
    let file = IndexFile::in_dir(&world.storage());
    for count in 1..=3 {
        file.append(&write_attempt(
            FileKey {
                library: 1,
                path: "a.flac",
            },
            stamp,
            count,
        ))
        .unwrap();
    }
    let report = world.worked(true);
    assert_eq!((report.analysed, report.failed), (1, 1));
    assert_eq!(
        world.log(),
        ["skipped a.flac of library 1: its analysis was cut off 3 times"]
    );
    assert_eq!(world.worked(true).failed, 0);
}

#[test]
fn a_file_too_slow_for_a_call_is_put_off_three_times_and_then_given_up() {
    let world = World::new();
    world.add(1, "a.mp3", "chord.mp3");
    // The limit passes while the file is being read.
    world.tick.set(Duration::from_secs(1));
    for _ in 0..3 {
        let report = world.worked(true);
        assert_eq!((report.analysed, report.failed, report.more), (0, 0, true));
    }
    let report = world.worked(true);
    assert_eq!((report.failed, report.more), (1, false));
}

#[test]
fn only_one_step_works_at_a_time() {
    let world = World::new();
    world.add(1, "a.flac", "chord.flac");
    let lock = Lock::take(&world.storage(), world.now.get())
        .unwrap()
        .unwrap();
    assert_eq!(world.step(true), Outcome::Busy);
    drop(lock);
    assert_eq!(world.worked(true).analysed, 1);
}

#[test]
fn the_index_says_what_was_started_before_it_starts() {
    let world = World::new();
    world.add(1, "a.mp3", "chord.mp3");
    world.tick.set(Duration::from_secs(1));
    world.worked(true);
    let bytes = IndexFile::in_dir(&world.storage()).read().unwrap();
    let index = Index::parse(&bytes);
    let entry = index
        .get(FileKey {
            library: 1,
            path: "a.mp3",
        })
        .unwrap();
    assert!(matches!(entry.fact, Fact::Attempt(1)));
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let world = World::new();
    world.add(2, "Anna/a.flac", "chord.flac");
    let link = |target: &Path, name: &str| {
        std::os::unix::fs::symlink(target, world.libraries[0].root.join(name)).unwrap();
    };
    link(&world.libraries[1].root, "elsewhere");
    link(Path::new("."), "circle");
    assert_eq!(world.worked(true).analysed, 2);
}

/// A WAV file with a tone.
fn tone(seconds: f32, level: f32) -> Vec<u8> {
    let rate = 8_000u32;
    let samples: Vec<i16> = (0..(seconds * rate as f32) as u32)
        .map(|i| ((i as f32 * 0.3).sin() * level * 32_767.0) as i16)
        .collect();
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(rate.to_le_bytes());
    wav.extend((rate * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    wav
}
