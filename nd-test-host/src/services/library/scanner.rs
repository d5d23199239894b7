//! Bringing the host's database up to date with a folder.
//!
//! Only files whose size or time has changed are opened, by two threads, and what they say is written in batches of which
//! each is written as a whole or not at all: a scan that is killed leaves files that are known and others that are not yet,
//! and the next one goes on from there. Nothing is marked as missing before the whole folder has been listed.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use super::collection::{Catalogue, Collection};
use super::moves::Vanished;
use super::scan::{Found, ScanProblem, Walk, walk};
use super::tags;
use super::track::LibraryTrack;
use crate::services::clock::{Clock, unix_seconds};
use crate::services::id;
use crate::setup::HostLibrary;
use crate::store::media::KnownFile;
use crate::store::{Database, StoreError};

/// Threads that read tags.
const READERS: usize = 2;
/// Files that are written together.
const BATCH: usize = 200;

/// What a scan of a library into the host's database found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// The library.
    pub library_id: i32,
    /// Files that were not known.
    pub added: usize,
    /// Files whose size or time is another than before, and those that were missing and have changed since.
    pub changed: usize,
    /// Files found again in another place; they keep their ids.
    pub moved: usize,
    /// Files that were missing and are there again as they were.
    pub restored: usize,
    /// Files that are gone since the scan before.
    pub missing: usize,
    /// Files that are as they were, and were not opened.
    pub unchanged: usize,
    /// Files and folders that could not be read.
    pub problems: Vec<ScanProblem>,
}

impl ScanReport {
    fn found_nothing_new(&self) -> bool {
        self.added + self.changed + self.moved + self.restored + self.missing == 0
    }
}

impl fmt::Display for ScanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "scanned library {}: {} added, {} changed, {} moved, {} restored, {} missing, {} unchanged, {} problems",
            self.library_id,
            self.added,
            self.changed,
            self.moved,
            self.restored,
            self.missing,
            self.unchanged,
            self.problems.len(),
        )
    }
}

/// Why a library cannot be scanned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The host has no such library.
    #[error("there is no library {0}")]
    UnknownLibrary(i32),
    /// The host's database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Scans a library into the database and puts what is there into the catalogue.
///
/// A folder that cannot be listed is a problem, and what was known in it stays as it is.
pub(crate) fn scan_into(
    store: &Database,
    catalogue: &Catalogue,
    clock: &dyn Clock,
    library: &HostLibrary,
) -> Result<ScanReport, StoreError> {
    let _turn = catalogue.begin_scan();
    store.begin_scan(library.id, clock.now())?;
    let walk = walk(&library.path);
    let root_closed = walk.closed.iter().any(String::is_empty);
    let report = Scanner::new(store, clock, library.id)?.run(walk)?;
    if root_closed {
        // Nothing was learnt about the library, not even that it is empty.
        return Ok(report);
    }
    let ended = clock.now();
    store.end_scan(library.id, ended, &report.problems)?;
    let known = catalogue.get(library.id);
    let confirmed = known
        .is_some_and(|known| report.found_nothing_new() && known.confirm(&report.problems, ended));
    if !confirmed && let Some(collection) = Collection::load(store, library.id)? {
        catalogue.insert(library.id, collection);
    }
    Ok(report)
}

struct Scanner<'a> {
    store: &'a Database,
    clock: &'a dyn Clock,
    known: BTreeMap<String, KnownFile>,
    ids: HashSet<String>,
    vanished: Vanished,
    batch: Vec<LibraryTrack>,
    /// New files that may be others found again, but not beyond doubt.
    undecided: Vec<LibraryTrack>,
    /// Ids of files that are there but cannot be read any more.
    lost: Vec<String>,
    report: ScanReport,
}

impl<'a> Scanner<'a> {
    fn new(store: &'a Database, clock: &'a dyn Clock, library_id: i32) -> Result<Self, StoreError> {
        let known = store.known_files(library_id)?;
        Ok(Self {
            store,
            clock,
            ids: known.values().map(|file| file.id.clone()).collect(),
            known,
            vanished: Vanished::default(),
            batch: Vec::new(),
            undecided: Vec::new(),
            lost: Vec::new(),
            report: ScanReport {
                library_id,
                ..ScanReport::default()
            },
        })
    }

    fn run(mut self, walk: Walk) -> Result<ScanReport, StoreError> {
        self.report.problems = walk.problems;
        let here: HashSet<&str> = walk.files.iter().map(|file| file.path.as_str()).collect();
        let gone = self.known.values().filter(|file| {
            !here.contains(file.path.as_str())
                && !walk.closed.iter().any(|closed| below(&file.path, closed))
        });
        self.vanished = Vanished::new(gone.cloned());
        drop(here);
        let mut restored = Vec::new();
        let mut to_read = Vec::new();
        for file in walk.files {
            match self.known.get(&file.path) {
                Some(known) if known.size != file.size || known.modified != file.modified => {
                    to_read.push(file)
                }
                Some(known) if known.missing => restored.push(known.id.clone()),
                Some(_) => self.report.unchanged += 1,
                None => to_read.push(file),
            }
        }
        self.store.set_missing(&restored, false)?;
        self.report.restored = restored.len();
        self.read(&to_read)?;
        self.decide()?;
        self.write()?;
        let gone = self.vanished.into_files().filter(|file| !file.missing);
        let missing: Vec<String> = self
            .lost
            .into_iter()
            .chain(gone.map(|file| file.id))
            .collect();
        self.store.set_missing(&missing, true)?;
        self.report.missing = missing.len();
        self.report.problems.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(self.report)
    }

    /// Opens files, and takes in what they say as it comes.
    fn read(&mut self, files: &[Found]) -> Result<(), StoreError> {
        let next = AtomicUsize::new(0);
        let library = self.report.library_id;
        std::thread::scope(|scope| {
            let (sender, answers) = sync_channel(BATCH);
            for _ in 0..READERS.min(files.len()) {
                let sender = sender.clone();
                let next = &next;
                scope.spawn(move || read_some(library, files, next, &sender));
            }
            drop(sender);
            // Leaving early drops the receiver, and with it the readers stop.
            for (file, read) in answers {
                match read {
                    Ok(track) => self.take(track)?,
                    Err(reason) => self.fail(file, reason),
                }
            }
            Ok(())
        })
    }

    fn fail(&mut self, file: &Found, reason: String) {
        if let Some(known) = self.known.get(&file.path)
            && !known.missing
        {
            self.lost.push(known.id.clone());
        }
        self.report.problems.push(ScanProblem {
            path: file.file.clone(),
            reason,
        });
    }

    fn take(&mut self, mut track: LibraryTrack) -> Result<(), StoreError> {
        if let Some(known) = self.known.get(&track.path) {
            (track.id, track.created_at) = (known.id.clone(), known.created_at);
            self.report.changed += 1;
            return self.put(track);
        }
        match self.vanished.take_equal(&track) {
            Some(known) => self.put_moved(track, known),
            None if self.vanished.may_be(&track) => {
                self.undecided.push(track);
                Ok(())
            }
            None => self.put_new(track),
        }
    }

    /// Settles what the new files are that may be others found again.
    fn decide(&mut self) -> Result<(), StoreError> {
        let mut undecided = std::mem::take(&mut self.undecided);
        undecided.sort_by(|a, b| a.path.cmp(&b.path));
        let found = self.vanished.take_likely(&undecided);
        for (track, found) in undecided.into_iter().zip(found) {
            match found {
                Some(known) => self.put_moved(track, known)?,
                None => self.put_new(track)?,
            }
        }
        Ok(())
    }

    fn put_moved(&mut self, mut track: LibraryTrack, known: KnownFile) -> Result<(), StoreError> {
        (track.id, track.created_at) = (known.id, known.created_at);
        self.report.moved += 1;
        self.put(track)
    }

    fn put_new(&mut self, mut track: LibraryTrack) -> Result<(), StoreError> {
        // The id that belongs to the place may have gone elsewhere with the file that was there.
        let library = self.report.library_id.to_string();
        let mut copy = 1;
        while !self.ids.insert(track.id.clone()) {
            copy += 1;
            track.id = id::stable(&["track", &library, &track.path, &copy.to_string()]);
        }
        track.created_at = unix_seconds(self.clock.now());
        self.report.added += 1;
        self.put(track)
    }

    fn put(&mut self, track: LibraryTrack) -> Result<(), StoreError> {
        self.batch.push(track);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        self.write()
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let batch = std::mem::take(&mut self.batch);
        self.store.put_files(&batch)
    }
}

fn read_some<'f>(
    library: i32,
    files: &'f [Found],
    next: &AtomicUsize,
    answers: &SyncSender<(&'f Found, Result<LibraryTrack, String>)>,
) {
    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        let read = tags::read(library, &file.path, &file.file);
        if answers.send((file, read)).is_err() {
            return;
        }
    }
}

/// Tells whether a path lies below a folder; every path lies below the one without a name.
fn below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}
