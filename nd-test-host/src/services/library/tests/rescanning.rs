//! Scans into the host's database, one after the other.

use std::time::SystemTime;

use super::*;
use crate::services::ManualClock;
use crate::store::Database;

struct Home {
    folder: tempfile::TempDir,
    store: Database,
    catalogue: Catalogue,
    clock: ManualClock,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            store: Database::in_memory().expect("a database"),
            catalogue: Catalogue::new(),
            clock: ManualClock::at_unix(1_000),
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a song whose tags name it, with so many bytes of padding in its comment.
    fn song(&self, path: &str, title: &str, padding: usize) {
        write_wav(&self.at(path));
        let comment = "x".repeat(padding);
        let items = [
            (ItemKey::TrackTitle, title),
            (ItemKey::TrackArtist, "Ann"),
            (ItemKey::AlbumTitle, "Album"),
            (ItemKey::Comment, comment.as_str()),
        ];
        tag(&self.at(path), TagType::Id3v2, &items);
    }

    fn rename(&self, from: &str, to: &str) {
        let to = self.at(to);
        fs::create_dir_all(to.parent().expect("a folder")).expect("the folder");
        fs::rename(self.at(from), to).expect("the new name");
    }

    fn library(&self) -> HostLibrary {
        HostLibrary {
            id: 7,
            name: "Music".into(),
            path: self.folder.path().to_owned(),
        }
    }

    fn report(&self) -> ScanReport {
        self.clock.advance(Duration::from_secs(10));
        scan_into(&self.store, &self.catalogue, &self.clock, &self.library()).expect("a scan")
    }

    /// Scans and returns how many files were added, changed, moved, restored, missing, unchanged, and unreadable.
    fn scan(&self) -> [usize; 7] {
        let report = self.report();
        [
            report.added,
            report.changed,
            report.moved,
            report.restored,
            report.missing,
            report.unchanged,
            report.problems.len(),
        ]
    }

    fn collection(&self) -> std::sync::Arc<Collection> {
        self.catalogue.get(7).expect("a scanned library")
    }

    fn id(&self, path: &str) -> String {
        let collection = self.collection();
        let track = collection.tracks().iter().find(|track| track.path == path);
        track.unwrap_or_else(|| panic!("no {path}")).id.clone()
    }
}

fn set_time(file: &Path, seconds: u64) {
    let file = fs::File::options()
        .write(true)
        .open(file)
        .expect("the file");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
        .expect("the time");
}

#[test]
fn a_second_scan_opens_nothing_that_is_unchanged() {
    let home = Home::new();
    for n in 0..5 {
        home.song(&format!("{n}.wav"), &format!("Song {n}"), 0);
    }
    fs::write(home.at("broken.mp3"), "this is no music").expect("a file");
    assert_eq!(home.scan(), [5, 0, 0, 0, 0, 0, 1]);
    let first = home.collection();
    assert!(first.tracks().iter().all(|track| track.created_at == 1_010));
    // The same size and time, but nothing that could be read.
    let known = fs::metadata(home.at("3.wav")).expect("the file");
    fs::write(home.at("3.wav"), vec![0; known.len() as usize]).expect("the file");
    let file = fs::File::options()
        .write(true)
        .open(home.at("3.wav"))
        .expect("the file");
    file.set_modified(known.modified().expect("a time"))
        .expect("the time");
    assert_eq!(home.scan(), [0, 0, 0, 0, 0, 5, 1]);
    // The collection is the same one, so whatever was made from it is still good.
    let second = home.collection();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert_eq!(second.scanned_at(), UNIX_EPOCH + Duration::from_secs(1_020));
    assert_eq!(
        home.store.last_scan(7).expect("read").expect("a scan").0,
        second.scanned_at()
    );
}

#[test]
fn what_was_scanned_is_read_again_as_it_was() {
    let (folder, scan) = music();
    let home = Home {
        folder,
        ..Home::new()
    };
    home.report();
    let expected = scan.tracks.into_iter().map(|track| LibraryTrack {
        created_at: 1_010,
        ..track
    });
    assert_eq!(home.collection().tracks(), expected.collect::<Vec<_>>());
    assert_eq!(home.collection().problems(), scan.problems);
    let again = Collection::load(&home.store, 7)
        .expect("read")
        .expect("a scan");
    assert_eq!(again.tracks(), home.collection().tracks());
    assert!(Collection::load(&home.store, 8).expect("read").is_none());
}

#[test]
fn changed_files_are_read_and_keep_id_and_first_time() {
    let home = Home::new();
    home.song("a.wav", "Old", 0);
    home.scan();
    let id = home.id("a.wav");
    home.song("a.wav", "New", 10);
    assert_eq!(home.scan(), [0, 1, 0, 0, 0, 0, 0]);
    let collection = home.collection();
    let track = collection.by_id(&id).expect("the same id");
    assert_eq!((track.title.as_str(), track.created_at), ("New", 1_010));
    // Another time is enough.
    set_time(&home.at("a.wav"), 77);
    assert_eq!(home.scan(), [0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(
        home.collection().tracks()[0].modified,
        UNIX_EPOCH + Duration::from_secs(77)
    );
    assert_eq!(home.scan(), [0, 0, 0, 0, 0, 1, 0]);
}

#[test]
fn vanished_files_are_missing_until_they_come_back() {
    let home = Home::new();
    home.song("a.wav", "A", 0);
    home.song("b.wav", "B", 0);
    home.scan();
    let id = home.id("a.wav");
    let aside = tempfile::tempdir().expect("a folder");
    fs::rename(home.at("a.wav"), aside.path().join("a.wav")).expect("a move");
    assert_eq!(home.scan(), [0, 0, 0, 0, 1, 1, 0]);
    assert_eq!(home.collection().tracks().len(), 1);
    assert_eq!(
        home.store.missing_files(7).expect("read"),
        std::slice::from_ref(&id)
    );
    assert_eq!(home.scan(), [0, 0, 0, 0, 0, 1, 0], "it is missing already");
    fs::rename(aside.path().join("a.wav"), home.at("a.wav")).expect("a move");
    assert_eq!(home.scan(), [0, 0, 0, 1, 0, 1, 0]);
    assert_eq!(home.id("a.wav"), id);
    // A file that cannot be read any more is missing too, and comes back when it can.
    fs::write(home.at("a.wav"), "this is no music").expect("a file");
    assert_eq!(home.scan(), [0, 0, 0, 0, 1, 1, 1]);
    home.song("a.wav", "A", 5);
    assert_eq!(home.scan(), [0, 1, 0, 0, 0, 1, 0]);
    assert_eq!(home.id("a.wav"), id);
}

#[test]
fn moved_files_keep_their_ids() {
    let home = Home::new();
    home.song("a.wav", "A", 0);
    home.song("b.wav", "B", 0);
    home.song("twin 1.wav", "Twin", 0);
    home.song("twin 2.wav", "Twin", 0);
    home.scan();
    let (a, b) = (home.id("a.wav"), home.id("b.wav"));
    let twins = [home.id("twin 1.wav"), home.id("twin 2.wav")];
    home.rename("a.wav", "sub/renamed.wav");
    // Moved and written anew.
    fs::remove_file(home.at("b.wav")).expect("gone");
    home.song("sub/b.wav", "B", 50);
    // Which is which, the names tell.
    home.rename("twin 2.wav", "a folder/twin 2.wav");
    home.rename("twin 1.wav", "z folder/twin 1.wav");
    assert_eq!(home.scan(), [0, 0, 4, 0, 0, 0, 0]);
    assert_eq!(
        (home.id("sub/renamed.wav"), home.id("sub/b.wav")),
        (a.clone(), b)
    );
    assert_eq!(
        [
            home.id("z folder/twin 1.wav"),
            home.id("a folder/twin 2.wav")
        ],
        twins
    );
    // A new song in a place whose id has gone elsewhere.
    home.song("a.wav", "Other", 0);
    assert_eq!(home.scan(), [1, 0, 0, 0, 0, 4, 0]);
    assert_ne!(home.id("a.wav"), a);
    assert_eq!(home.scan(), [0, 0, 0, 0, 0, 5, 0]);
}

#[test]
fn a_copy_is_new_and_a_doubtful_move_is_none() {
    let home = Home::new();
    home.song("a.wav", "A", 0);
    home.scan();
    fs::copy(home.at("a.wav"), home.at("copy.wav")).expect("a copy");
    assert_eq!(home.scan(), [1, 0, 0, 0, 0, 1, 0]);
    // One is gone, and two with other names, sizes and the same tags have come.
    fs::remove_file(home.at("a.wav")).expect("gone");
    home.song("x.wav", "A", 10);
    home.song("y.wav", "A", 20);
    assert_eq!(home.scan(), [2, 0, 0, 0, 1, 1, 0]);
}

#[test]
fn a_file_that_is_missing_for_long_is_found_in_another_place() {
    let home = Home::new();
    home.song("a.wav", "A", 0);
    home.scan();
    let id = home.id("a.wav");
    let aside = tempfile::tempdir().expect("a folder");
    fs::rename(home.at("a.wav"), aside.path().join("a.wav")).expect("a move");
    assert_eq!(home.scan(), [0, 0, 0, 0, 1, 0, 0]);
    fs::rename(aside.path().join("a.wav"), home.at("other.wav")).expect("a move");
    assert_eq!(home.scan(), [0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(home.id("other.wav"), id);
    assert_eq!(
        home.store.missing_files(7).expect("read"),
        Vec::<String>::new()
    );
}

#[test]
fn a_folder_that_is_not_there_makes_nothing_missing() {
    let home = Home::new();
    home.song("a.wav", "A", 0);
    home.scan();
    let library = HostLibrary {
        path: home.at("nowhere"),
        ..home.library()
    };
    let report = scan_into(&home.store, &home.catalogue, &home.clock, &library).expect("a scan");
    assert_eq!((report.missing, report.problems.len()), (0, 1));
    assert_eq!(home.collection().tracks().len(), 1);
    assert_eq!(
        home.collection().scanned_at(),
        UNIX_EPOCH + Duration::from_secs(1_010)
    );
    // A library that could never be listed was never scanned.
    let never = HostLibrary { id: 9, ..library };
    scan_into(&home.store, &home.catalogue, &home.clock, &never).expect("a scan");
    assert!(home.catalogue.get(9).is_none());
}

#[test]
fn a_scan_that_was_killed_is_continued() {
    let home = Home::new();
    home.song("a.wav", "A", 0);
    home.song("b.wav", "B", 0);
    // What a killed scan leaves behind: its beginning, and a batch.
    home.store
        .begin_scan(7, SystemTime::now())
        .expect("written");
    let found = scan(7, home.folder.path());
    home.store.put_files(&found.tracks[..1]).expect("written");
    assert_eq!(home.store.last_scan(7).expect("read"), None);
    assert_eq!(home.scan(), [1, 0, 0, 0, 0, 1, 0]);
    assert_eq!(home.collection().tracks().len(), 2);
}

#[test]
fn scans_at_the_same_time_come_one_after_the_other() {
    let home = Home::new();
    for n in 0..30 {
        home.song(&format!("{n}.wav"), &format!("Song {n}"), 0);
    }
    let added: usize = std::thread::scope(|scope| {
        let scans: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| home.report().added))
            .collect();
        scans
            .into_iter()
            .map(|scan| scan.join().expect("a scan"))
            .sum()
    });
    assert_eq!((added, home.collection().tracks().len()), (30, 30));
}

/// Run with `--ignored --nocapture`: how long scans of 10,000 files take.
#[test]
#[ignore = "takes long"]
fn the_time_of_a_large_scan() {
    let home = Home::new();
    for n in 0..10_000 {
        home.song(&format!("{}/{n}.wav", n / 20), &format!("Song {n}"), 0);
    }
    for what in ["first", "unchanged"] {
        let start = std::time::Instant::now();
        let report = home.report();
        println!("{what}: {:?}, {report}", start.elapsed());
    }
    let start = std::time::Instant::now();
    let loaded = Collection::load(&home.store, 7)
        .expect("read")
        .expect("a scan");
    println!("loaded {} in {:?}", loaded.tracks().len(), start.elapsed());
}
