//! What a server does when somebody listens: it follows playbacks, counts plays, and tells its scrobblers.
//!
//! | event | delivery |
//! | --- | --- |
//! | now playing | at once, the newest per client only |
//! | playback report | at once, in order |
//! | scrobble | kept in the database until the scrobbler takes or refuses it |
//!
//! A scrobbler hears of a user only if it is granted the user and says each time that the user is authorised.

mod delivery;
mod notices;
mod playback;
mod target;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use self::delivery::Delivery;
use self::notices::Queue;
use self::playback::{Noted, Playbacks, is_enough};
pub use self::playback::{PlaybackReport, PlaybackState};
pub use self::target::ScrobbleTarget;
pub(crate) use self::target::Targets;
use crate::context::CallContext;
use crate::journal::{Journal, LogLevel};
use crate::plugin::CallOptions;
use crate::server::{Plays, Rules};
use crate::services::clock::unix_seconds;
use crate::services::library::{LibraryTrack, UNKNOWN_ARTIST};
use crate::services::{Clock, Sleeper};
use crate::setup::HostUser;
use crate::store::annotations::Item;
use crate::store::{Database, StoreError};
use crate::until::until;

/// Ids of the scrobblers a server has built in: what waits for them stays when a package of that name is removed.
const BUILT_IN: [&str; 2] = ["lastfm", "listenbrainz"];
/// The threads look at the clock at least this often, so that a change of the machine's time is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What somebody plays with, and what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// Id of the client; reports of one id belong together.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// Whether scrobbling is switched on for it; otherwise only playback reports are sent.
    pub scrobbles: bool,
    /// Whether its plays count; otherwise they are announced and reported, and neither written down nor scrobbled.
    pub counts: bool,
    /// Address it reaches the server at: scheme and host as it sees them, without a path. None for that of the plugin call
    /// it is told from, if there is one.
    pub request_base: Option<Arc<str>>,
}

impl Client {
    /// Describes a client that scrobbles and counts; the name is the id.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            scrobbles: true,
            counts: true,
            request_base: None,
        }
    }

    /// Gives it a name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Switches scrobbling off for it.
    #[must_use]
    pub fn without_scrobbling(mut self) -> Self {
        self.scrobbles = false;
        self
    }

    /// Asks not to count what it plays.
    #[must_use]
    pub fn without_counting(mut self) -> Self {
        self.counts = false;
        self
    }

    /// Sets the address it reaches the server at, as in `https://music.example.org`. Scrobblers are called for its requests
    /// with that address; buffered plays and time-outs are no requests. See [`CallOptions::request_base()`].
    #[must_use]
    pub fn request_base(mut self, address: impl Into<Arc<str>>) -> Self {
        self.request_base = Some(address.into());
        self
    }

    /// Returns how scrobblers are called for a request of this client, by the thread that takes the request.
    fn options(&self) -> CallOptions {
        let inherited = || CallContext::current()?.request_base().map(Arc::from);
        CallOptions {
            request_base: self.request_base.clone().or_else(inherited),
            ..CallOptions::default()
        }
    }
}

/// A track that is being played.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NowPlaying {
    /// Who listens.
    pub user: HostUser,
    /// To what.
    pub track: LibraryTrack,
    /// With what.
    pub client: Client,
    /// What the client last said.
    pub report: PlaybackReport,
}

/// The scrobbling of one host. Clones are the same.
#[derive(Clone)]
pub struct Scrobbling {
    inner: Arc<Inner>,
}

/// What scrobbling works with.
pub(crate) struct Parts {
    pub(crate) targets: Box<dyn Targets>,
    pub(crate) users: Arc<[HostUser]>,
    pub(crate) store: Database,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<Rules>,
}

struct Inner {
    plugins: Box<dyn Targets>,
    built_in: RwLock<Vec<Arc<dyn ScrobbleTarget>>>,
    users: Arc<[HostUser]>,
    store: Database,
    journal: Journal,
    clock: Arc<dyn Clock>,
    rules: Arc<Rules>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    playbacks: Playbacks,
    /// Playbacks that timed out are about to be reported.
    expiring: bool,
    filters: HashMap<String, Filter>,
    now_playing: Queue,
    reports: Queue,
    deliveries: BTreeMap<String, Delivery>,
    threads: Vec<JoinHandle<()>>,
    started: bool,
    closed: bool,
}

type Filter = Arc<dyn Fn(&LibraryTrack) -> bool + Send + Sync>;

impl Scrobbling {
    pub(crate) fn new(parts: Parts) -> Self {
        let inner = Arc::new(Inner {
            plugins: parts.targets,
            built_in: RwLock::default(),
            users: parts.users,
            store: parts.store,
            journal: parts.journal,
            clock: Arc::clone(&parts.clock),
            rules: parts.rules,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let sleeper: Arc<dyn Sleeper> = inner.clone();
        parts.clock.wake_on_jump(Arc::downgrade(&sleeper));
        Self { inner }
    }

    /// Adds a scrobbler that is part of the server. A loaded plugin with the same id takes its place.
    pub fn add_built_in(&self, target: Arc<dyn ScrobbleTarget>) {
        let id = target.id().to_owned();
        self.inner.built_in_mut().push(target);
        self.resume(&id);
    }

    /// Sets a user's scrobble filter: nobody hears of the tracks it matches. Servers before release 0.64 have none, and by
    /// their rules it has no effect.
    pub fn set_filter(
        &self,
        user_id: &str,
        matches: impl Fn(&LibraryTrack) -> bool + Send + Sync + 'static,
    ) {
        let mut state = self.inner.lock();
        state.filters.insert(user_id.to_owned(), Arc::new(matches));
    }

    /// Takes a user's scrobble filter away.
    pub fn clear_filter(&self, user_id: &str) {
        self.inner.lock().filters.remove(user_id);
    }

    /// Tells the scrobblers what a user's client plays, for clients that make no playback reports.
    pub fn now_playing(
        &self,
        user: &HostUser,
        track: &LibraryTrack,
        position: Duration,
        client: &Client,
    ) {
        let inner = &self.inner;
        if is_announced(track, client) && !inner.is_filtered(user, track) {
            let options = client.options();
            let mut state = inner.lock();
            inner.start_notices(&mut state);
            inner.announce(&mut state, user, track, client, position, &options);
        }
    }

    /// Takes a playback report: tells the scrobblers, and submits the play if it stops where it counts, which is after
    /// half of the track or four minutes.
    ///
    /// # Errors
    ///
    /// When the play cannot be written down.
    pub fn report(
        &self,
        user: &HostUser,
        track: &LibraryTrack,
        report: PlaybackReport,
        client: &Client,
    ) -> Result<(), StoreError> {
        let (inner, options) = (&self.inner, client.options());
        let matched = inner.filter_matches(user, track);
        let starts = matches!(
            report.state,
            PlaybackState::Starting | PlaybackState::Playing
        );
        let passes = |rules: &Rules, noted: Noted| {
            let (stale, filtered) = (rules.ignore_stale_reports, rules.scrobble_filter);
            !(stale && noted.stale || filtered && matched)
        };
        let noted = {
            let mut state = inner.lock();
            inner.start_notices(&mut state);
            let now = inner.clock.now();
            let ignore_stale = inner.rules.ignore_stale_reports;
            let playbacks = &mut state.playbacks;
            let noted = playbacks.note(user, track, client, report, now, ignore_stale);
            if passes(&inner.rules, noted) {
                inner.forward(&mut state, user, track, client, report, &options);
                if starts && is_announced(track, client) {
                    inner.announce(&mut state, user, track, client, report.position, &options);
                }
            }
            // The thread that waits for time-outs has a new one to wait for.
            inner.changed.notify_all();
            noted
        };
        // Without the lock: a log hook may ask what is being played.
        inner.rules.compare(&inner.journal, "", |other| {
            let (word, title) = (report.state.as_str(), &track.title);
            match (passes(&inner.rules, noted), passes(other, noted)) {
                (true, false) => Some(format!(
                    "would not pass on the report \"{word}\" of \"{title}\""
                )),
                (false, true) => Some(format!(
                    "would pass on the report \"{word}\" of \"{title}\""
                )),
                _ => None,
            }
        });
        match report.state == PlaybackState::Stopped && is_enough(track, report.position) {
            true => self.submit(user, track, noted.began, client),
            false => Ok(()),
        }
    }

    /// Takes a play that began at that time and counted: counts it, writes it into the history, and buffers it for
    /// every scrobbler that serves the user. Delivery begins at once, in the background.
    ///
    /// # Errors
    ///
    /// When the play cannot be written down.
    pub fn submit(
        &self,
        user: &HostUser,
        track: &LibraryTrack,
        at: SystemTime,
        client: &Client,
    ) -> Result<(), StoreError> {
        if client.counts {
            self.inner.count(user, track, unix_seconds(at))?;
        }
        self.dispatch(user, track, at, client)
    }

    /// Buffers a play that somebody else has counted and written down, see [`Scrobbling::submit`].
    ///
    /// # Errors
    ///
    /// When the play cannot be buffered.
    pub fn dispatch(
        &self,
        user: &HostUser,
        track: &LibraryTrack,
        at: SystemTime,
        client: &Client,
    ) -> Result<(), StoreError> {
        let (inner, at) = (&self.inner, unix_seconds(at));
        if !client.counts || !is_announced(track, client) || inner.is_filtered(user, track) {
            return Ok(());
        }
        let options = client.options();
        // Kept in full; what the scrobbler may not see is taken out when it is delivered.
        let document = serde_json::to_string(&track.scrobbler_info(true)).unwrap_or_default();
        for target in inner.targets() {
            if target.serves(user) && target.is_authorized(&user.name, &options) {
                let store = &inner.store;
                store.buffer_scrobble(target.id(), &user.id, &document, at)?;
                inner.start_round(target.id(), false);
            }
        }
        Ok(())
    }

    /// Returns what is being played according to the reports, sorted by user and client.
    pub fn playing(&self) -> Vec<NowPlaying> {
        let state = self.inner.lock();
        let playing = state.playbacks.all().map(|playback| NowPlaying {
            user: playback.user.clone(),
            track: playback.track.clone(),
            client: playback.client.clone(),
            report: playback.report,
        });
        let mut playing: Vec<_> = playing.collect();
        playing.sort_by(|a, b| (&a.user.id, &a.client.id).cmp(&(&b.user.id, &b.client.id)));
        playing
    }

    /// Counts a user's plays that wait for a scrobbler.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn pending(&self, scrobbler: &str, user_id: &str) -> Result<usize, StoreError> {
        self.inner.store.count_buffered(scrobbler, user_id)
    }

    /// Forgets what waits for a removed plugin and returns how much that was; what waits for a scrobbler that servers
    /// have built in stays.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn discard(&self, scrobbler: &str) -> Result<usize, StoreError> {
        let built_in = self.inner.built_in();
        if BUILT_IN.contains(&scrobbler) || built_in.iter().any(|target| target.id() == scrobbler) {
            return Ok(0);
        }
        self.inner.store.discard_buffered(scrobbler)
    }

    /// Tries to deliver everything that waits, whatever the delay after failures, and waits for the end of it.
    ///
    /// Returns `false` if that takes longer than `limit` (of real time). What scrobblers put off still waits afterwards.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn flush(&self, limit: Duration) -> Result<bool, StoreError> {
        for scrobbler in self.inner.store.buffered_scrobblers()? {
            self.inner.start_round(&scrobbler, false);
        }
        Ok(self.wait_idle(limit))
    }

    /// Waits until everything that is due by the host's clock has been done.
    ///
    /// Returns `false` if that takes longer than `limit` (of real time).
    pub fn wait_idle(&self, limit: Duration) -> bool {
        let inner = &self.inner;
        let until = until(limit);
        let mut state = inner.lock();
        while !state.is_idle(inner.clock.now()) && !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = inner.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Delivers what waits for a scrobbler that has just come.
    pub(crate) fn resume(&self, scrobbler: &str) {
        match self.inner.store.buffered_users(scrobbler) {
            Ok(users) if users.is_empty() => {}
            Ok(_) => self.inner.start_round(scrobbler, true),
            Err(error) => {
                let text = format!("scrobbles: {error}");
                self.inner.log(scrobbler, LogLevel::Error, &text);
            }
        }
    }

    /// Begins nothing new. Calls that run are not ended by this.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
        self.inner.changed.notify_all();
    }

    /// Waits for the threads, after [`Scrobbling::close`].
    pub(crate) fn join(&self) {
        let threads = std::mem::take(&mut self.inner.lock().threads);
        for thread in threads {
            // A plugin's log hook may own the host, and then this is one of the threads.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl Plays for Scrobbling {
    fn now_playing(&self, user: &HostUser, track: &LibraryTrack, client: &str) {
        Self::now_playing(self, user, track, Duration::ZERO, &Client::new(client));
    }

    fn submitted(&self, user: &HostUser, track: &LibraryTrack, at: SystemTime) {
        // Who reports here keeps the counts and the history.
        if let Err(error) = self.dispatch(user, track, at, &Client::new("")) {
            let text = format!("play of \"{}\" not scrobbled: {error}", track.title);
            self.inner.log("", LogLevel::Error, &text);
        }
    }
}

impl Inner {
    /// Returns the scrobblers of the moment: plugins, and what is built in under other ids.
    fn targets(&self) -> Vec<Arc<dyn ScrobbleTarget>> {
        let mut targets = self.plugins.all();
        for built_in in self.built_in() {
            if targets.iter().all(|target| target.id() != built_in.id()) {
                targets.push(built_in);
            }
        }
        targets
    }

    fn target(&self, id: &str) -> Option<Arc<dyn ScrobbleTarget>> {
        self.targets().into_iter().find(|target| target.id() == id)
    }

    fn built_in(&self) -> Vec<Arc<dyn ScrobbleTarget>> {
        let built_in = self.built_in.read();
        built_in.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn built_in_mut(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<dyn ScrobbleTarget>>> {
        self.built_in
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, user: &HostUser, track: &LibraryTrack, at: i64) -> Result<(), StoreError> {
        self.store
            .count_play(&user.id, Item::Track, &track.id, at)?;
        self.store
            .count_play(&user.id, Item::Album, &track.album_id, at)?;
        let credited = track.artists.iter().chain(&track.album_artists);
        let artists: BTreeSet<_> = credited.map(|artist| &artist.id).collect();
        for artist in artists {
            self.store.count_play(&user.id, Item::Artist, artist, at)?;
        }
        self.store
            .record_scrobble(&user.id, &track.id, at)
            .map(drop)
    }

    fn filter_matches(&self, user: &HostUser, track: &LibraryTrack) -> bool {
        // The filter is code of the host's owner, and runs without the lock.
        let filter = self.lock().filters.get(&user.id).cloned();
        filter.is_some_and(|matches| matches(track))
    }

    /// Tells whether a user's filter keeps a track from scrobblers, by the rules of the release.
    fn is_filtered(&self, user: &HostUser, track: &LibraryTrack) -> bool {
        let matched = self.filter_matches(user, track);
        self.rules.compare(&self.journal, "", |other| {
            let (name, title) = (&user.name, &track.title);
            let filtered = |rules: &Rules| matched && rules.scrobble_filter;
            match (filtered(&self.rules), filtered(other)) {
                (true, false) => Some(format!(
                    "would tell scrobblers that {name} plays \"{title}\""
                )),
                (false, true) => Some(format!(
                    "would tell no scrobbler that {name} plays \"{title}\""
                )),
                _ => None,
            }
        });
        matched && self.rules.scrobble_filter
    }

    fn spawn(&self, state: &mut State, name: String, run: impl FnOnce() + Send + 'static) -> bool {
        match std::thread::Builder::new().name(name.clone()).spawn(run) {
            Ok(thread) => {
                state.threads.push(thread);
                true
            }
            Err(error) => {
                self.log("", LogLevel::Error, &format!("no thread {name}: {error}"));
                false
            }
        }
    }

    /// Waits for a change, at most until `due`.
    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State>,
        due: Option<SystemTime>,
    ) -> MutexGuard<'a, State> {
        match due.map(|due| self.clock.sleep_for(due)) {
            Some(Some(sleep)) => {
                let waited = self.changed.wait_timeout(state, sleep.min(LONGEST_SLEEP));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            _ => {
                let waited = self.changed.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    fn log(&self, scrobbler: &str, level: LogLevel, text: &str) {
        self.journal.log(scrobbler, level, text);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether scrobblers hear of what a client plays, beyond playback reports, unless a filter keeps it from them.
fn is_announced(track: &LibraryTrack, client: &Client) -> bool {
    client.scrobbles && track.artist != UNKNOWN_ARTIST
}

impl State {
    fn is_idle(&self, now: SystemTime) -> bool {
        self.now_playing.is_idle()
            && self.reports.is_idle()
            && !self.expiring
            && self.playbacks.next_expiry().is_none_or(|due| due > now)
            && self.deliveries_idle(now)
    }
}

impl Sleeper for Inner {
    fn wake(&self) {
        // The lock makes sure that no thread is between reading the clock and going to sleep.
        let _state = self.lock();
        self.changed.notify_all();
    }
}

impl std::fmt::Debug for Scrobbling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrobbling").finish_non_exhaustive()
    }
}
