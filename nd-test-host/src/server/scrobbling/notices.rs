//! Now playing and playback reports: told at once and never again, by a thread each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use nd_types::scrobbler::{NowPlayingRequest, PlaybackReportRequest, TrackInfo};

use super::playback::Playback;
use super::{Client, Inner, PlaybackReport, State};
use crate::client::ScrobbleError;
use crate::journal::LogLevel;
use crate::plugin::CallOptions;
use crate::server::scrobbling::ScrobbleTarget;
use crate::services::clock::unix_seconds;
use crate::services::library::LibraryTrack;
use crate::setup::HostUser;

/// State made by the server when a client falls silent.
const EXPIRED: &str = "expired";
/// Notices that wait at once; beyond that the oldest are dropped.
const MAX_WAITING: usize = 1_000;

/// Something all scrobblers are told.
pub(super) struct Notice {
    user: HostUser,
    track: LibraryTrack,
    client: Client,
    /// How scrobblers are called because of it.
    options: CallOptions,
    what: What,
}

enum What {
    NowPlaying {
        position: Duration,
    },
    Report {
        state: &'static str,
        position: Duration,
        rate: f64,
        timestamp: i64,
    },
}

/// Notices that wait for their thread.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Notice>,
    busy: bool,
}

impl Queue {
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.busy
    }

    fn push(&mut self, notice: Notice) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(notice);
    }

    /// Puts in a notice in place of an older one of the same client.
    fn push_newest(&mut self, notice: Notice) {
        self.waiting
            .retain(|older| older.user.id != notice.user.id || older.client.id != notice.client.id);
        self.push(notice);
    }
}

/// Which of the queues a thread serves.
type Pick = fn(&mut State) -> &mut Queue;

impl Inner {
    pub(super) fn announce(
        &self,
        state: &mut State,
        user: &HostUser,
        track: &LibraryTrack,
        client: &Client,
        position: Duration,
        options: &CallOptions,
    ) {
        state.now_playing.push_newest(Notice {
            user: user.clone(),
            track: track.clone(),
            client: client.clone(),
            options: options.clone(),
            what: What::NowPlaying { position },
        });
        self.changed.notify_all();
    }

    pub(super) fn forward(
        &self,
        state: &mut State,
        user: &HostUser,
        track: &LibraryTrack,
        client: &Client,
        report: PlaybackReport,
        options: &CallOptions,
    ) {
        let word = report.state.as_str();
        let mut notice = self.notice(user, track, client, report, word);
        notice.options = options.clone();
        state.reports.push(notice);
        self.changed.notify_all();
    }

    fn notice(
        &self,
        user: &HostUser,
        track: &LibraryTrack,
        client: &Client,
        report: PlaybackReport,
        state: &'static str,
    ) -> Notice {
        Notice {
            user: user.clone(),
            track: track.clone(),
            client: client.clone(),
            options: CallOptions::default(),
            what: What::Report {
                state,
                position: report.position,
                rate: report.rate,
                timestamp: unix_seconds(self.clock.now()),
            },
        }
    }

    /// Starts the threads, unless they run already.
    pub(super) fn start_notices(self: &Arc<Self>, state: &mut State) {
        if state.started || state.closed {
            return;
        }
        state.started = true;
        let threads: [(&str, Pick); 2] = [
            ("nd-now-playing", |state| &mut state.now_playing),
            ("nd-playback-reports", |state| &mut state.reports),
        ];
        for (name, pick) in threads {
            let inner = Arc::clone(self);
            self.spawn(state, name.to_owned(), move || inner.tell_all(pick));
        }
        let inner = Arc::clone(self);
        self.spawn(state, "nd-playback-timeouts".to_owned(), move || {
            inner.watch_playbacks();
        });
    }

    fn tell_all(&self, pick: Pick) {
        let mut state = self.lock();
        while !state.closed {
            let queue = pick(&mut state);
            let Some(notice) = queue.waiting.pop_front() else {
                state = self.sleep(state, None);
                continue;
            };
            queue.busy = true;
            drop(state);
            for target in self.targets() {
                self.tell(&*target, &notice);
            }
            state = self.lock();
            pick(&mut state).busy = false;
            self.changed.notify_all();
        }
    }

    fn tell(&self, target: &dyn ScrobbleTarget, notice: &Notice) {
        let (username, options) = (&notice.user.name, &notice.options);
        if self.lock().closed
            || !target.serves(&notice.user)
            || !target.is_authorized(username, options)
        {
            return;
        }
        let track = notice
            .track
            .scrobbler_info(target.sees_paths_of(notice.track.library_id));
        if let Err(error) = notice.send(target, username.clone(), track) {
            let what = match notice.what {
                What::NowPlaying { .. } => "now playing",
                What::Report { .. } => "playback report",
            };
            let text = format!("{what} of \"{}\": {error}", notice.track.title);
            self.log(target.id(), LogLevel::Error, &text);
        }
    }

    /// Reports playbacks whose clients have fallen silent.
    fn watch_playbacks(&self) {
        let mut state = self.lock();
        while !state.closed {
            let expired = state.playbacks.take_expired(self.clock.now());
            if expired.is_empty() {
                let due = state.playbacks.next_expiry();
                state = self.sleep(state, due);
                continue;
            }
            state.expiring = true;
            drop(state);
            // Filters are code of the host's owner, and run without the lock.
            let heard: Vec<Playback> = expired
                .into_iter()
                .filter(|playback| !self.is_filtered(&playback.user, &playback.track))
                .collect();
            state = self.lock();
            for playback in heard {
                let Playback {
                    user,
                    track,
                    client,
                    report,
                    ..
                } = playback;
                let notice = self.notice(&user, &track, &client, report, EXPIRED);
                state.reports.push(notice);
            }
            state.expiring = false;
            self.changed.notify_all();
        }
    }
}

impl Notice {
    fn send(
        &self,
        target: &dyn ScrobbleTarget,
        username: String,
        track: TrackInfo,
    ) -> Result<(), ScrobbleError> {
        match self.what {
            What::NowPlaying { position } => {
                let request = NowPlayingRequest {
                    username,
                    track,
                    position: i32::try_from(position.as_secs()).unwrap_or(i32::MAX),
                };
                target.now_playing(&request, &self.options)
            }
            What::Report {
                state,
                position,
                rate,
                timestamp,
            } => {
                let request = PlaybackReportRequest {
                    username,
                    track,
                    state: state.to_owned(),
                    position_ms: i64::try_from(position.as_millis()).unwrap_or(i64::MAX),
                    playback_rate: rate,
                    player_id: self.client.id.clone(),
                    player_name: self.client.name.clone(),
                    timestamp,
                };
                target.playback_report(&request, &self.options)
            }
        }
    }
}
