//! Plays on their way from a client to scrobblers: real plugins, real restarts, a real kill.

use nd_test_host::context::CallContext;
use nd_test_host::generated::Config;
use nd_test_host::peer::{Answer, HttpPeer};
use nd_test_host::server::scrobbling::{Client, PlaybackReport, PlaybackState};
use nd_test_host::services::library::{LibraryTrack, TrackArtist};
use nd_test_host::services::{Clock, ManualClock, ServiceSettings};
use nd_test_host::setup::HostUser;
use nd_test_host::{Host, HostBuilder, PluginSettings};
use nd_tests::{load, package};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// How long background work may take in real time.
const LIMIT: Duration = Duration::from_secs(60);
/// Environment variables that turn the test below into the process to be killed.
const DATA: &str = "ND_TEST_LISTENING_DATA";
const PEER: &str = "ND_TEST_LISTENING_PEER";

fn builder(clock: &ManualClock) -> HostBuilder {
    let mut settings = ServiceSettings::default();
    settings.clock = Arc::new(clock.clone());
    Host::builder()
        .user("u1", "ann")
        .user("u2", "bob")
        .every_plugin(PluginSettings::all())
        .service_settings(settings)
}

fn hooked(builder: HostBuilder, url: &str) -> Host {
    let config = json!({ "hooks": [{ "url": url }] });
    let settings = PluginSettings::new().all_users().config(&config);
    builder.plugin("webhook", settings).build().unwrap()
}

fn user(host: &Host, name: &str) -> HostUser {
    let mut users = host.users().iter();
    users.find(|user| user.name == name).unwrap().clone()
}

fn submit(host: &Host, name: &str, title: &str) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let scrobbling = host.scrobbling();
    scrobbling
        .submit(&user(host, name), &track(title), at, &Client::new("c"))
        .unwrap();
}

fn settle(host: &Host) {
    assert!(host.scrobbling().wait_idle(LIMIT), "{}", host.journal());
}

fn pending(host: &Host, id: &str) -> usize {
    host.scrobbling().pending(id, "u1").unwrap()
}

/// Returns the titles that arrived, in order.
fn arrived(peer: &HttpPeer) -> Vec<String> {
    let requests = peer.requests();
    let titles = requests
        .iter()
        .filter_map(|request| Some(request.json()?["track"]["title"].as_str()?.to_owned()));
    titles.collect()
}

#[test]
fn a_hook_that_is_down_gets_every_play_once_it_is_back() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(503));
    let clock = ManualClock::default();
    let host = hooked(builder(&clock), &peer.url("/hook"));
    load(&host, "webhook");
    for title in ["one", "two"] {
        submit(&host, "ann", title);
        settle(&host);
    }
    assert_eq!(pending(&host, "webhook"), 2);
    // Each play has made a round of its own, and both failed.
    for seconds in [10, 20, 40] {
        let before = peer.requests().len();
        clock.advance(Duration::from_secs(seconds));
        settle(&host);
        assert!(peer.requests().len() > before, "no try after {seconds} s");
    }
    peer.otherwise(Answer::status(204));
    peer.clear();
    clock.advance(Duration::from_secs(80));
    settle(&host);
    assert_eq!(arrived(&peer), ["one", "two"]);
    assert_eq!(pending(&host, "webhook"), 0);
    assert!(host.metrics().calls("webhook", "nd_scrobbler_scrobble").ok >= 2);
    assert!(
        host.metrics()
            .calls("webhook", "nd_scrobbler_scrobble")
            .failed
            >= 4
    );
}

#[test]
fn plays_survive_a_reload_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(503));
    let clock = ManualClock::default();
    {
        let host = hooked(builder(&clock).data_dir(folder.path()), &peer.url("/hook"));
        load(&host, "webhook");
        submit(&host, "ann", "one");
        settle(&host);
        assert!(host.unload("webhook"));
        clock.advance(Duration::from_secs(600));
        settle(&host);
        let before = peer.requests().len();
        load(&host, "webhook");
        settle(&host);
        assert_eq!(peer.requests().len(), before + 1, "taken up at once");
        assert_eq!(pending(&host, "webhook"), 1);
    }
    peer.otherwise(Answer::status(204));
    peer.clear();
    let host = hooked(builder(&clock).data_dir(folder.path()), &peer.url("/hook"));
    assert_eq!(pending(&host, "webhook"), 1);
    load(&host, "webhook");
    settle(&host);
    assert_eq!(arrived(&peer), ["one"]);
    assert_eq!(pending(&host, "webhook"), 0);
}

#[test]
fn a_host_that_goes_away_does_not_wait_for_a_slow_hook() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(204).delay(Duration::from_secs(25)));
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::default();
    let host = hooked(builder(&clock).data_dir(folder.path()), &peer.url("/hook"));
    load(&host, "webhook");
    submit(&host, "ann", "one");
    assert!(peer.wait_for(1, LIMIT));
    let started = std::time::Instant::now();
    drop(host);
    assert!(started.elapsed() < Duration::from_secs(15));
    // It was cut off, so it is tried again.
    let host = hooked(builder(&clock).data_dir(folder.path()), &peer.url("/hook"));
    assert_eq!(pending(&host, "webhook"), 1);
}

#[test]
fn a_killed_host_loses_no_play() {
    if let (Some(data), Some(url)) = (std::env::var_os(DATA), std::env::var(PEER).ok()) {
        return be_killed(Path::new(&data), &url);
    }
    let folder = tempfile::tempdir().unwrap();
    let peer = HttpPeer::start().unwrap();
    let slow = Answer::status(204).delay(Duration::from_secs(50));
    peer.on_each("/hook", [Answer::status(204), slow]);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "listening::a_killed_host_loses_no_play"])
        .env(DATA, folder.path())
        .env(PEER, peer.url("/hook"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // All plays are written down before the delivery begins, so the second request is in the middle of it.
    let reached = peer.wait_for(2, Duration::from_secs(300));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(reached, "the child delivers");
    let before = arrived(&peer);
    assert_eq!(before, ["1", "2"]);

    peer.on("/hook", Answer::status(204));
    peer.clear();
    let host = hooked(
        builder(&ManualClock::default()).data_dir(folder.path()),
        &peer.url("/hook"),
    );
    load(&host, "webhook");
    settle(&host);
    // The one that was under way comes again, those before do not.
    assert_eq!(arrived(&peer), ["2", "3", "4", "5"]);
}

/// Buffers plays and delivers them until somebody ends the process.
fn be_killed(data: &Path, url: &str) {
    let host = hooked(builder(&ManualClock::default()).data_dir(data), url);
    load(&host, "webhook");
    for title in ["1", "2", "3", "4", "5"] {
        let document = serde_json::to_string(&track(title).scrobbler_info(true)).unwrap();
        let store = host.store();
        store
            .buffer_scrobble("webhook", "u1", &document, 1_790_000_000)
            .unwrap();
    }
    let _ = host.scrobbling().flush(Duration::from_secs(600));
}

#[test]
fn outcomes_of_real_plugins_decide_what_is_kept() {
    let clock = ManualClock::default();
    let host = builder(&clock)
        .user("u3", "later")
        .user("u4", "never")
        .user("u5", "unauthorized")
        .user("u6", "panic: scrobbler(retry_later) in a panic")
        .build()
        .unwrap();
    load(&host, "fixture-everything");
    for user in host.users().to_vec() {
        submit(&host, &user.name, "song");
    }
    settle(&host);
    let pending = |user: &str| host.scrobbling().pending("fixture-everything", user);
    assert_eq!(pending("u1").unwrap(), 0);
    assert_eq!(pending("u3").unwrap(), 1, "put off");
    assert_eq!(pending("u4").unwrap(), 0, "refused");
    assert_eq!(pending("u5").unwrap(), 0, "never buffered");
    assert_eq!(pending("u6").unwrap(), 0, "is_authorized failed");
    let calls = host.journal().calls_of("nd_scrobbler_scrobble");
    let inputs = calls.iter().filter_map(|call| call.input.json());
    let users: BTreeSet<String> = inputs
        .filter_map(|input| Some(input["username"].as_str()?.to_owned()))
        .collect();
    assert!(
        users.iter().eq(["ann", "bob", "later", "never"]),
        "{users:?}"
    );
}

#[test]
fn a_playback_reaches_the_plugin_as_now_playing_reports_and_a_play() {
    let clock = ManualClock::default();
    let host = builder(&clock).build().unwrap();
    load(&host, "fixture-everything");
    let (ann, song) = (user(&host, "ann"), track("song"));
    let client = Client::new("c1").name("Kitchen");
    let began = clock.now();
    for (state, seconds) in [
        (PlaybackState::Starting, 0),
        (PlaybackState::Playing, 1),
        (PlaybackState::Stopped, 150),
    ] {
        let report = PlaybackReport {
            state,
            position: Duration::from_secs(seconds),
            rate: 1.0,
        };
        let scrobbling = host.scrobbling();
        scrobbling.report(&ann, &song, report, &client).unwrap();
        settle(&host);
    }
    let inputs = |export: &str| {
        let calls = host.journal().calls_of(export);
        let inputs = calls.iter().filter_map(|call| call.input.json());
        inputs.collect::<Vec<_>>()
    };
    assert_eq!(inputs("nd_scrobbler_now_playing").len(), 2);
    let reports = inputs("nd_scrobbler_playback_report");
    let states: Vec<_> = reports.iter().map(|report| &report["state"]).collect();
    assert_eq!(states, ["starting", "playing", "stopped"]);
    assert_eq!(reports[0]["playerId"], "c1");
    assert_eq!(reports[0]["playerName"], "Kitchen");
    let plays = inputs("nd_scrobbler_scrobble");
    assert_eq!(plays.len(), 1);
    let began = began.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(plays[0]["timestamp"], began.as_secs());
    assert_eq!(plays[0]["track"]["artists"][0]["name"], "Artist");
    assert!(plays[0]["track"].get("path").is_none());
    let authorized = inputs("nd_scrobbler_is_authorized");
    assert_eq!(authorized.len(), 2 + 3 + 1, "asked every time");
}

#[test]
fn a_plugin_without_a_grant_or_without_users_hears_nothing() {
    let clock = ManualClock::default();
    let settings = PluginSettings::new().users(["u2"]);
    let host = builder(&clock)
        .plugin("minimal-scrobbler", settings)
        .build()
        .unwrap();
    host.load_package(package("minimal-scrobbler")).unwrap();
    submit(&host, "ann", "song");
    submit(&host, "bob", "song");
    settle(&host);
    let calls = host.journal().calls_of("nd_scrobbler_scrobble");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].input.json().unwrap()["username"], "bob");
}

/// Exports, and the address of the request behind each call.
type Seen = Arc<Mutex<BTreeSet<(String, Option<String>)>>>;

/// Settings that note which request is behind the call that reads them.
struct Noting {
    hooks: String,
    seen: Seen,
}

impl Config for Noting {
    fn get(&self, ctx: &CallContext, key: String) -> Option<String> {
        let note = (
            ctx.export().to_owned(),
            ctx.request_base().map(str::to_owned),
        );
        self.seen.lock().unwrap().insert(note);
        (key == "hooks").then(|| self.hooks.clone())
    }

    fn get_int(&self, _: &CallContext, _: String) -> Option<i64> {
        None
    }

    fn keys(&self, _: &CallContext, _: String) -> Vec<String> {
        vec!["hooks".to_owned()]
    }
}

#[test]
fn a_scrobbler_knows_the_request_it_is_told_of_a_play_by_but_not_when_it_is_delivered() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(204));
    let events = ["scrobble", "nowPlaying", "playbackReport"];
    let hooks = json!([{ "url": peer.url("/hook"), "events": events }]).to_string();
    let seen = Seen::default();
    let notes = Arc::clone(&seen);
    let builder = builder(&ManualClock::default()).services(move |_, services| {
        services.config = Arc::new(Noting {
            hooks: hooks.clone(),
            seen: Arc::clone(&notes),
        });
    });
    let host = hooked(builder, &peer.url("/hook"));
    load(&host, "webhook");
    seen.lock().unwrap().clear();
    let client = Client::new("c").request_base("https://music.test");
    for (state, seconds) in [(PlaybackState::Playing, 0), (PlaybackState::Stopped, 150)] {
        let report = PlaybackReport {
            state,
            position: Duration::from_secs(seconds),
            rate: 1.0,
        };
        let scrobbling = host.scrobbling();
        scrobbling
            .report(&user(&host, "ann"), &track("one"), report, &client)
            .unwrap();
        settle(&host);
    }
    let base = || Some("https://music.test".to_owned());
    let expected = [
        ("nd_scrobbler_is_authorized", base()),
        ("nd_scrobbler_now_playing", base()),
        ("nd_scrobbler_playback_report", base()),
        ("nd_scrobbler_scrobble", None),
    ];
    let expected = expected.map(|(export, base)| (export.to_owned(), base));
    assert_eq!(*seen.lock().unwrap(), BTreeSet::from(expected));
}

/// A track of 200 seconds.
fn track(title: &str) -> LibraryTrack {
    LibraryTrack {
        id: format!("id of {title}"),
        library_id: 1,
        path: format!("{title}.flac"),
        title: title.to_owned(),
        album: "Album".to_owned(),
        album_id: "al1".to_owned(),
        artist: "Artist".to_owned(),
        album_artist: "Artist".to_owned(),
        artists: vec![TrackArtist {
            id: "ar1".to_owned(),
            name: "Artist".to_owned(),
            mbid: String::new(),
            sort_name: String::new(),
        }],
        track_number: 1,
        disc_number: 1,
        duration: 200.0,
        channels: 2,
        suffix: "flac".to_owned(),
        codec: "FLAC",
        ..LibraryTrack::default()
    }
}
