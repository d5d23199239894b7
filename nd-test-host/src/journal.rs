//! What happened in a host: every call in both directions and every log line, in order, for tests and for people.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

mod record;
mod render;

pub use record::{
    CallId, CallRecord, Direction, Entry, LogLevel, LogRecord, MAX_PAYLOAD, Outcome, Payload,
    PrintedRecord,
};

/// Entries kept unless the host asks for another number; the oldest go first.
pub const DEFAULT_CAPACITY: usize = 20_000;

/// The record of a host. Clones share it.
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

struct Shared {
    next: AtomicU64,
    threshold: LogLevel,
    on_log: Option<LogHook>,
    on_print: Option<PrintHook>,
    book: Mutex<Book>,
}

pub(crate) type LogHook = Box<dyn Fn(&LogRecord) + Send + Sync>;
pub(crate) type PrintHook = Box<dyn Fn(&PrintedRecord) + Send + Sync>;

struct Book {
    capacity: usize,
    entries: VecDeque<Entry>,
    /// Entries that have gone, so the place of the oldest one kept among all that ever were.
    gone: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self::new()
    }
}

impl Journal {
    /// Makes an empty journal with the default capacity that keeps log lines of every level.
    pub fn new() -> Self {
        Self::with(DEFAULT_CAPACITY, LogLevel::Trace, None, None)
    }

    pub(crate) fn with(
        capacity: usize,
        threshold: LogLevel,
        on_log: Option<LogHook>,
        on_print: Option<PrintHook>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                next: AtomicU64::new(1),
                threshold,
                on_log,
                on_print,
                book: Mutex::new(Book {
                    capacity: capacity.max(1),
                    entries: VecDeque::new(),
                    gone: 0,
                }),
            }),
        }
    }

    /// Returns the level below which log lines are dropped.
    pub fn threshold(&self) -> LogLevel {
        self.shared.threshold
    }

    /// Writes a log line about a plugin, unless its level is below the threshold. Beyond [`MAX_PAYLOAD`] it is cut.
    pub fn log(&self, plugin: &str, level: LogLevel, message: impl Into<String>) {
        self.log_in(CallId::NONE, plugin, level, message);
    }

    /// Writes a log line made inside a call.
    pub fn log_in(&self, call: CallId, plugin: &str, level: LogLevel, message: impl Into<String>) {
        if level < self.shared.threshold {
            return;
        }
        let mut message = message.into();
        shorten(&mut message);
        let record = LogRecord {
            call,
            plugin: plugin.to_owned(),
            level,
            message,
        };
        if let Some(hook) = &self.shared.on_log {
            hook(&record);
        }
        let _gone = self.book().push(Entry::Log(record));
    }

    /// Keeps a line a guest printed.
    pub(crate) fn printed(&self, call: CallId, plugin: &str, stream: &'static str, text: &str) {
        let record = PrintedRecord {
            call,
            plugin: plugin.to_owned(),
            stream,
            text: text.to_owned(),
        };
        if let Some(hook) = &self.shared.on_print {
            hook(&record);
        }
        let _gone = self.book().push(Entry::Printed(record));
    }

    /// Returns all entries, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.book().entries.iter().cloned().collect()
    }

    /// Returns all calls, oldest first.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.book().calls().cloned().collect()
    }

    /// Returns the calls of one export or import, oldest first.
    pub fn calls_of(&self, name: &str) -> Vec<CallRecord> {
        let book = self.book();
        book.calls()
            .filter(|call| call.name == name)
            .cloned()
            .collect()
    }

    /// Returns the newest call of one export or import.
    pub fn last_call(&self, name: &str) -> Option<CallRecord> {
        let book = self.book();
        book.calls().rev().find(|call| call.name == name).cloned()
    }

    /// Returns all log lines, oldest first.
    pub fn logs(&self) -> Vec<LogRecord> {
        let book = self.book();
        let logs = book.entries.iter().filter_map(|entry| match entry {
            Entry::Log(log) => Some(log.clone()),
            _ => None,
        });
        logs.collect()
    }

    /// Returns all lines guests printed, oldest first.
    pub fn prints(&self) -> Vec<PrintedRecord> {
        let book = self.book();
        let prints = book.entries.iter().filter_map(|entry| match entry {
            Entry::Printed(printed) => Some(printed.clone()),
            _ => None,
        });
        prints.collect()
    }

    /// Forgets everything so far, so that a test can look at what comes next.
    pub fn clear(&self) {
        self.book().clear();
    }

    /// Returns the journal as a tree: calls with what happened inside them, indented.
    pub fn tree(&self) -> String {
        render::tree(&self.entries())
    }

    /// Notes the begin of a call.
    pub(crate) fn begin(
        &self,
        parent: CallId,
        direction: Direction,
        plugin: &str,
        name: &str,
        input: &[u8],
    ) -> OpenCall {
        let id = CallId(self.shared.next.fetch_add(1, Ordering::Relaxed));
        let record = Entry::Call(CallRecord {
            id,
            parent,
            direction,
            plugin: plugin.to_owned(),
            name: name.to_owned(),
            input: Payload::new(input),
            outcome: Outcome::Running,
            duration: Duration::ZERO,
            fuel: None,
        });
        let (place, _gone) = self.book().push(record);
        OpenCall {
            journal: self.clone(),
            id,
            place,
            started: Instant::now(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // The book is consistent after every single operation, so a panic elsewhere does not spoil it.
        self.shared
            .book
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("entries", &self.book().entries.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tree())
    }
}

impl Book {
    /// Adds an entry and returns its place among all that ever were, and the entry that had to go: it is to be freed
    /// when other threads may write again.
    fn push(&mut self, entry: Entry) -> (u64, Option<Entry>) {
        let mut gone = None;
        if self.entries.len() == self.capacity {
            gone = self.entries.pop_front();
            self.gone += 1;
        }
        self.entries.push_back(entry);
        (self.gone + self.entries.len() as u64 - 1, gone)
    }

    /// Returns the entry at a place, unless it has gone.
    fn at(&mut self, place: u64) -> Option<&mut Entry> {
        let index = usize::try_from(place.checked_sub(self.gone)?).ok()?;
        self.entries.get_mut(index)
    }

    fn clear(&mut self) {
        self.gone += self.entries.len() as u64;
        self.entries.clear();
    }

    fn calls(&self) -> impl DoubleEndedIterator<Item = &CallRecord> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Call(call) => Some(call),
            _ => None,
        })
    }
}

/// Cuts a message that is longer than any argument that is kept, and says how long it was.
fn shorten(message: &mut String) {
    let length = message.len();
    if length > MAX_PAYLOAD {
        message.truncate(message.floor_char_boundary(MAX_PAYLOAD));
        message.push_str(&format!("… ({length} bytes)"));
    }
}

/// A call whose end is still to be noted.
pub(crate) struct OpenCall {
    journal: Journal,
    id: CallId,
    place: u64,
    started: Instant,
}

impl OpenCall {
    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    /// Notes the end of the call.
    pub(crate) fn end(self, mut outcome: Outcome, fuel: Option<u64>) {
        if let Outcome::Failed(message) = &mut outcome {
            shorten(message);
        }
        let duration = self.started.elapsed();
        let mut book = self.journal.book();
        // It has gone if the journal was cleared meanwhile, or is too small for what happened meanwhile.
        if let Some(Entry::Call(record)) = book.at(self.place) {
            record.outcome = outcome;
            record.duration = duration;
            record.fuel = fuel;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_go_first() {
        let journal = Journal::with(2, LogLevel::Trace, None, None);
        for message in ["a", "b", "c"] {
            journal.log("p", LogLevel::Info, message);
        }
        let messages: Vec<_> = journal.logs().into_iter().map(|log| log.message).collect();
        assert_eq!(messages, ["b", "c"]);
    }

    #[test]
    fn the_end_of_a_call_is_noted_where_it_began_or_not_at_all() {
        let journal = Journal::with(3, LogLevel::Trace, None, None);
        let begin = |name| journal.begin(CallId::NONE, Direction::Export, "p", name, b"");
        let outcome = |name| journal.last_call(name).map(|call| call.outcome);
        let [gone, outer, inner] = ["gone", "outer", "inner"].map(begin);
        journal.log("p", LogLevel::Info, "pushes the first call out");
        gone.end(Outcome::Failed("too late".to_owned()), None);
        inner.end(Outcome::Failed("no".to_owned()), None);
        assert_eq!(outcome("outer"), Some(Outcome::Running));
        assert_eq!(outcome("inner"), Some(Outcome::Failed("no".to_owned())));
        journal.clear();
        let next = begin("next");
        outer.end(Outcome::Failed("cleared away".to_owned()), None);
        assert_eq!(outcome("next"), Some(Outcome::Running));
        next.end(Outcome::Answered(Payload::default()), None);
        assert_eq!(outcome("next"), Some(Outcome::Answered(Payload::default())));
        assert_eq!(journal.calls().len(), 1);
    }

    #[test]
    fn a_long_error_is_cut_like_everything_else_of_a_guest() {
        let journal = Journal::with(3, LogLevel::Trace, None, None);
        let call = journal.begin(CallId::NONE, Direction::Export, "p", "run", b"");
        call.end(Outcome::Failed("x".repeat(1 << 20)), None);
        let call = journal.last_call("run").map(|call| call.outcome);
        let Some(Outcome::Failed(message)) = call else {
            panic!("{call:?}");
        };
        assert!(message.len() < MAX_PAYLOAD + 50 && message.ends_with("… (1048576 bytes)"));
    }

    #[test]
    fn lines_below_the_threshold_are_dropped() {
        let journal = Journal::with(9, LogLevel::Warn, None, None);
        journal.log("p", LogLevel::Info, "dropped");
        journal.log("p", LogLevel::Error, "kept");
        assert_eq!(journal.logs().len(), 1);
    }
}
