//! One step of background work, as much as fits into one call.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nd_pdk::log::Level;

use crate::index::{
    Fact, FileKey, Index, IndexFile, Lock, NewTrack, write_attempt, write_failed, write_removed,
    write_track,
};

use super::analyse::{Analysis, analyse};
use super::walk::{Directory, FoundFile, list};
use super::work::{Work, WorkFile};

/// A call is stopped after 30 seconds; at this age a step gives up the file it is working on.
const HARD_LIMIT: Duration = Duration::from_secs(26);

/// A file on which so many analyses were cut off is left alone until it changes.
const MOST_ATTEMPTS: u8 = 3;

/// How often the progress of a search for files is saved.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

/// A library the plugin may read.
#[derive(Debug, Clone)]
pub struct Library {
    /// Its id.
    pub id: i32,
    /// Where it is mounted.
    pub root: PathBuf,
}

/// What a step works with.
pub struct Env<'a> {
    /// The granted libraries.
    pub libraries: &'a [Library],
    /// The plugin's storage.
    pub storage: &'a Path,
    /// Seconds after which no new file is started.
    pub budget: Duration,
    /// How much of a file is heard, in seconds.
    pub excerpt_seconds: f64,
    /// The wall clock. The monotonic clock of the server's runtime does not run.
    pub now: &'a dyn Fn() -> SystemTime,
    /// Takes a line for the log.
    pub log: &'a dyn Fn(Level, &str),
}

/// How a step went.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Another call is at work; it will carry on.
    Busy,
    /// Something was done.
    Worked(Report),
}

/// What a step did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files analysed.
    pub analysed: usize,
    /// Files that turned out to be unusable.
    pub failed: usize,
    /// Files dropped from the index because they are gone.
    pub removed: usize,
    /// Files still waiting.
    pub waiting: usize,
    /// Songs in the index.
    pub songs: usize,
    /// Files in formats that cannot be decoded.
    pub unsupported: u32,
    /// Whether there is more to do right away.
    pub more: bool,
    /// Whether a scan ended in this step.
    pub scan_ended: bool,
}

/// Works until the budget is used up or nothing is left; with `rescan`, looks for changes first unless a scan is
/// under way already.
///
/// # Errors
/// When the storage cannot be read or written.
pub fn step(env: &Env<'_>, rescan: bool) -> io::Result<Outcome> {
    let started = (env.now)();
    let Some(_lock) = Lock::take(env.storage, started)? else {
        return Ok(Outcome::Busy);
    };
    let index_file = IndexFile::in_dir(env.storage);
    let bytes = index_file.read()?;
    let index = Index::parse(&bytes);
    if index.damaged > 0 {
        (env.log)(
            Level::Warn,
            &format!("dropped {} damaged bytes from the index", index.damaged),
        );
    }
    index_file.compact(&index, &bytes)?;
    let work_file = WorkFile::in_dir(env.storage);
    let mut work = work_file.read();
    if rescan && work.is_done() {
        work = Work {
            scanning: true,
            ..Work::default()
        };
        work.directories
            .extend(env.libraries.iter().rev().map(|library| Directory {
                library: library.id,
                path: String::new(),
                links: 0,
            }));
    }
    let elapsed = || (env.now)().duration_since(started).unwrap_or_default();
    let mut run = Run {
        env,
        index: &index,
        file: &index_file,
        report: Report {
            songs: index.tracks().count(),
            ..Report::default()
        },
        elapsed: &elapsed,
    };
    run.find(&mut work, &work_file)?;
    // A call that is cut off from here on has at least left its list behind.
    work_file.write(&work)?;
    run.work_off(&mut work)?;
    let mut report = run.report;
    report.waiting = work.files.len();
    report.unsupported = work.unsupported;
    report.more = !work.is_done();
    report.scan_ended = work.scanning && work.is_done();
    work.scanning = report.more;
    work_file.write(&work)?;
    Ok(Outcome::Worked(report))
}

struct Run<'r, 'a> {
    env: &'r Env<'r>,
    index: &'r Index<'a>,
    file: &'r IndexFile,
    report: Report,
    elapsed: &'r dyn Fn() -> Duration,
}

impl Run<'_, '_> {
    fn time_is_up(&self) -> bool {
        (self.elapsed)() >= self.env.budget
    }

    fn root(&self, library: i32) -> Option<&Path> {
        self.env
            .libraries
            .iter()
            .find(|l| l.id == library)
            .map(|l| l.root.as_path())
    }

    /// Reads directories, then looks for files that are gone, as far as the time goes.
    fn find(&mut self, work: &mut Work, work_file: &WorkFile) -> io::Result<()> {
        let mut saved = (self.elapsed)();
        while !self.time_is_up() {
            if let Some(directory) = work.directories.pop() {
                self.read_directory(&directory, work);
            } else if let Some((library, done)) = work.sweep.pop() {
                self.sweep(library, done, work)?;
            } else {
                break;
            }
            // A slow disk must not make a call that is cut off lose all it has found.
            if (self.elapsed)().saturating_sub(saved) >= SAVE_INTERVAL {
                work_file.write(work)?;
                saved = (self.elapsed)();
            }
        }
        Ok(())
    }

    fn read_directory(&self, directory: &Directory, work: &mut Work) {
        let Some(root) = self.root(directory.library) else {
            return;
        };
        let listing = match list(root, directory) {
            Ok(listing) => listing,
            Err(e) => {
                let name = if directory.path.is_empty() {
                    "the root"
                } else {
                    &directory.path
                };
                (self.env.log)(
                    Level::Warn,
                    &format!("cannot read {name} of library {}: {e}", directory.library),
                );
                return;
            }
        };
        // A root without anything in it is rather a disk that is not mounted than a collection thrown away.
        if directory.path.is_empty()
            && !(listing.files.is_empty() && listing.directories.is_empty())
        {
            work.sweep.push((directory.library, String::new()));
        }
        work.unsupported += listing.unsupported;
        work.directories
            .extend(listing.directories.into_iter().rev());
        work.files.extend(
            listing
                .files
                .into_iter()
                .filter(|file| !self.is_known(file)),
        );
    }

    /// Whether the index already says all there is to say about this state of the file.
    fn is_known(&self, file: &FoundFile) -> bool {
        let entry = self.index.get(key(file)).filter(|e| e.stamp == file.stamp);
        entry.is_some_and(|e| match e.fact {
            Fact::Track(track) => track.is_current(),
            Fact::Failed(failure) => failure.is_current(),
            Fact::Attempt(_) | Fact::Removed => false,
        })
    }

    /// Drops what the index knows of files that are no longer there.
    fn sweep(&mut self, library: i32, done: String, work: &mut Work) -> io::Result<()> {
        let Some(root) = self.root(library).map(Path::to_owned) else {
            return Ok(());
        };
        let mut entries: Vec<_> = self
            .index
            .entries()
            .filter(|e| e.key.library == library && e.key.path > done.as_str())
            .collect();
        entries.sort_unstable_by_key(|e| e.key);
        for entry in entries {
            let found = std::fs::metadata(root.join(entry.key.path));
            if matches!(found, Err(e) if e.kind() == io::ErrorKind::NotFound) {
                self.file.append(&write_removed(entry.key))?;
                if matches!(entry.fact, Fact::Track(track) if track.is_current()) {
                    self.report.removed += 1;
                    self.report.songs -= 1;
                }
            }
            if self.time_is_up() {
                work.sweep.push((library, entry.key.path.to_owned()));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Analyses files, as far as the time goes.
    fn work_off(&mut self, work: &mut Work) -> io::Result<()> {
        while !self.time_is_up() {
            let Some(file) = work.files.pop_front() else {
                return Ok(());
            };
            if self.is_known(&file) || self.root(file.library).is_none() {
                continue;
            }
            if !self.analyse(&file)? {
                work.files.push_front(file);
                return Ok(());
            }
            let (songs, waiting) = (self.report.songs, work.files.len());
            (self.env.log)(
                Level::Debug,
                &format!(
                    "indexed {songs} of {} songs: {}",
                    songs + waiting,
                    file.path
                ),
            );
        }
        Ok(())
    }

    /// Analyses one file; false if the time did not suffice and it should be tried again.
    fn analyse(&mut self, file: &FoundFile) -> io::Result<bool> {
        let Some(root) = self.root(file.library) else {
            return Ok(true);
        };
        let key = key(file);
        let attempts = match self.index.get(key) {
            Some(entry) if entry.stamp == file.stamp => match entry.fact {
                Fact::Attempt(count) => count,
                _ => 0,
            },
            _ => 0,
        };
        if attempts >= MOST_ATTEMPTS {
            let reason = format!("its analysis was cut off {attempts} times");
            return self.fail(file, &reason).map(|()| true);
        }
        // Said before it happens: should this call be cut off, or the decoder bring it down, the next one knows.
        self.file
            .append(&write_attempt(key, file.stamp, attempts + 1))?;
        let mut stop = || (self.elapsed)() >= HARD_LIMIT;
        match analyse(&root.join(&file.path), self.env.excerpt_seconds, &mut stop) {
            Analysis::Done(heard) => {
                let track = NewTrack {
                    tags: &heard.tags,
                    duration_ms: heard.duration_ms,
                    descriptor: &heard.descriptor,
                };
                self.file.append(&write_track(key, file.stamp, &track))?;
                self.report.analysed += 1;
                let known = self
                    .index
                    .get(key)
                    .is_some_and(|e| matches!(e.fact, Fact::Track(t) if t.is_current()));
                self.report.songs += usize::from(!known);
            }
            Analysis::Failed(reason) => self.fail(file, &reason)?,
            Analysis::OutOfTime => return Ok(false),
        }
        Ok(true)
    }

    fn fail(&mut self, file: &FoundFile, reason: &str) -> io::Result<()> {
        (self.env.log)(
            Level::Warn,
            &format!(
                "skipped {} of library {}: {reason}",
                file.path, file.library
            ),
        );
        self.report.failed += 1;
        self.file
            .append(&write_failed(key(file), file.stamp, reason))
    }
}

fn key(file: &FoundFile) -> FileKey<'_> {
    FileKey {
        library: file.library,
        path: &file.path,
    }
}
