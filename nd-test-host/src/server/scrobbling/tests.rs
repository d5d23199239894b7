//! Statement by statement what the contract says of scrobbling, against scrobblers that follow a script.

mod comparing;
mod delivering;
mod listening;

use std::sync::MutexGuard;

use nd_types::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest};

use super::*;
use crate::client::{ScrobbleError, ScrobbleErrorKind};
use crate::error::CallError;
use crate::server::sample::track;
use crate::services::ManualClock;
use crate::setup::Grant;

/// How long background work may take in real time.
const LIMIT: Duration = Duration::from_secs(30);

/// A scrobbler that notes what it is told.
struct Scripted {
    id: String,
    users: Grant<String>,
    /// What `scrobble` answers, by title; anything else succeeds.
    failures: Mutex<HashMap<String, Failure>>,
    heard: Mutex<Vec<String>>,
    sees_paths: bool,
    authorized: Mutex<bool>,
    asked: Mutex<usize>,
    /// The addresses of the requests behind its calls, by call.
    requests: Mutex<Vec<(&'static str, Option<String>)>>,
}

#[derive(Clone)]
enum Failure {
    Kind(ScrobbleErrorKind),
    Unloaded,
}

impl Scripted {
    fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            users: Grant::All,
            failures: Mutex::default(),
            heard: Mutex::default(),
            sees_paths: false,
            authorized: Mutex::new(true),
            asked: Mutex::new(0),
            requests: Mutex::default(),
        }
    }

    /// Returns the calls since the last time, with the address of the request behind each.
    fn requests(&self) -> Vec<(&'static str, Option<String>)> {
        let mut requests = std::mem::take(&mut *self.requests.lock().expect("requests"));
        // Now playing and reports come from threads of their own.
        requests.sort();
        requests
    }

    fn called(&self, what: &'static str, options: &CallOptions) {
        let base = options.request_base.as_deref().map(str::to_owned);
        self.requests.lock().expect("requests").push((what, base));
    }

    fn fails(&self, title: &str, kind: ScrobbleErrorKind) {
        self.failures()
            .insert(title.to_owned(), Failure::Kind(kind));
    }

    fn recovers(&self) {
        self.failures().clear();
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("heard").clone()
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, Failure>> {
        self.failures.lock().expect("failures")
    }

    fn note(&self, text: String) {
        self.heard.lock().expect("heard").push(text);
    }
}

fn error(kind: ScrobbleErrorKind) -> ScrobbleError {
    ScrobbleError {
        kind,
        source: CallError::Failed {
            plugin: "p".into(),
            export: "e".into(),
            message: "as scripted".into(),
        },
    }
}

impl ScrobbleTarget for Scripted {
    fn id(&self) -> &str {
        &self.id
    }

    fn serves(&self, user: &HostUser) -> bool {
        self.users.allows(&user.id)
    }

    fn is_authorized(&self, _username: &str, options: &CallOptions) -> bool {
        self.called("asked", options);
        *self.asked.lock().expect("asked") += 1;
        *self.authorized.lock().expect("authorized")
    }

    fn sees_paths_of(&self, _library_id: i32) -> bool {
        self.sees_paths
    }

    fn now_playing(
        &self,
        request: &NowPlayingRequest,
        options: &CallOptions,
    ) -> Result<(), ScrobbleError> {
        self.called("now", options);
        let NowPlayingRequest {
            username,
            track,
            position,
        } = request;
        self.note(format!("now {username} {} {position}", track.title));
        match self.failures().contains_key(&track.title) {
            true => Err(error(ScrobbleErrorKind::Unrecoverable)),
            false => Ok(()),
        }
    }

    fn scrobble(&self, request: &ScrobbleRequest) -> Result<(), ScrobbleError> {
        let ScrobbleRequest {
            username,
            track,
            timestamp,
        } = request;
        self.note(format!(
            "scrobble {username} {} {timestamp} {}:{}",
            track.title, track.library_id, track.path
        ));
        match self.failures().get(&track.title) {
            None => Ok(()),
            Some(Failure::Kind(kind)) => Err(error(*kind)),
            Some(Failure::Unloaded) => Err(ScrobbleError {
                kind: ScrobbleErrorKind::Unrecoverable,
                source: CallError::NotLoaded { plugin: "p".into() },
            }),
        }
    }

    fn playback_report(
        &self,
        request: &PlaybackReportRequest,
        options: &CallOptions,
    ) -> Result<(), ScrobbleError> {
        self.called("report", options);
        let PlaybackReportRequest {
            state,
            position_ms,
            playback_rate,
            player_id,
            player_name,
            timestamp,
            ..
        } = request;
        self.note(format!(
            "report {state} {} {position_ms} {playback_rate} {player_id}/{player_name} {timestamp}",
            request.track.title
        ));
        Ok(())
    }
}

/// Scrobblers that come and go.
#[derive(Default, Clone)]
struct Registry(Arc<Mutex<Vec<Arc<Scripted>>>>);

impl Targets for Registry {
    fn all(&self) -> Vec<Arc<dyn ScrobbleTarget>> {
        let targets = self.0.lock().expect("targets");
        targets
            .iter()
            .map(|target| Arc::clone(target) as Arc<dyn ScrobbleTarget>)
            .collect()
    }
}

struct Fixture {
    clock: ManualClock,
    store: Database,
    journal: Journal,
    registry: Registry,
    scrobbling: Scrobbling,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.scrobbling.close();
        self.scrobbling.join();
    }
}

impl Fixture {
    fn new(targets: impl IntoIterator<Item = Scripted>) -> Self {
        Self::with_rules(targets, Rules::default())
    }

    fn with_rules(targets: impl IntoIterator<Item = Scripted>, rules: Rules) -> Self {
        let (clock, journal) = (ManualClock::at_unix(1_000_000), Journal::new());
        let store = Database::in_memory().expect("a database");
        let targets = targets.into_iter().map(Arc::new).collect();
        let registry = Registry(Arc::new(Mutex::new(targets)));
        let scrobbling = Scrobbling::new(Parts {
            targets: Box::new(registry.clone()),
            users: [user("u1", "ann"), user("u2", "bob")].into(),
            store: store.clone(),
            journal: journal.clone(),
            clock: Arc::new(clock.clone()),
            rules: Arc::new(rules),
        });
        Self {
            clock,
            store,
            journal,
            registry,
            scrobbling,
        }
    }

    fn target(&self) -> Arc<Scripted> {
        let targets = self.registry.0.lock().expect("targets");
        Arc::clone(&targets[0])
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.settle();
    }

    fn settle(&self) {
        assert!(self.scrobbling.wait_idle(LIMIT), "still busy");
    }

    fn submit(&self, user_id: &str, title: &str) {
        self.submit_with(user_id, &track(title), &Client::new("c"));
    }

    fn submit_with(&self, user_id: &str, track: &LibraryTrack, client: &Client) {
        let name = if user_id == "u1" { "ann" } else { "bob" };
        self.scrobbling
            .submit(&user(user_id, name), track, self.clock.now(), client)
            .expect("a written play");
    }

    fn report(&self, state: PlaybackState, title: &str, position: u64) {
        self.report_with(state, &track(title), position, &Client::new("c"));
    }

    fn report_with(
        &self,
        state: PlaybackState,
        track: &LibraryTrack,
        position: u64,
        client: &Client,
    ) {
        let report = PlaybackReport {
            state,
            position: Duration::from_secs(position),
            rate: 1.0,
        };
        self.scrobbling
            .report(&user("u1", "ann"), track, report, client)
            .expect("a written play");
        self.settle();
    }

    fn pending(&self, scrobbler: &str, user_id: &str) -> usize {
        self.scrobbling
            .pending(scrobbler, user_id)
            .expect("a count")
    }
}

fn user(id: &str, name: &str) -> HostUser {
    HostUser {
        id: id.to_owned(),
        name: name.to_owned(),
        display_name: name.to_owned(),
        admin: false,
        libraries: Grant::All,
    }
}
