//! The webhook example, as it ships, against a server on loopback.

use hmac::{Hmac, Mac};
use nd_test_host::client::ScrobbleError;
use nd_test_host::peer::{Answer, HttpPeer, Request};
use nd_test_host::{Host, Plugin, PluginSettings};
use nd_types::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest, TrackInfo};
use serde_json::{Value, json};
use sha2::Sha256;

struct Setup {
    peer: HttpPeer,
    _host: Host,
    plugin: Plugin,
}

impl Setup {
    /// Loads the example with these hooks, whose `url`s are paths on the server.
    fn new(mut hooks: Value) -> Self {
        let peer = HttpPeer::start().unwrap();
        for hook in hooks.as_array_mut().unwrap() {
            hook["url"] = peer.url(hook["url"].as_str().unwrap()).into();
        }
        let settings = PluginSettings::new()
            .all_users()
            .config(&json!({ "hooks": hooks }));
        let host = Host::builder()
            .user("u1", "ann")
            .user("u2", "bob")
            .plugin("webhook", settings)
            .build()
            .unwrap();
        let plugin = nd_tests::load(&host, "webhook");
        Self {
            peer,
            _host: host,
            plugin,
        }
    }

    fn scrobble(&self, username: &str) -> Result<(), ScrobbleError> {
        self.plugin.scrobbler().scrobble(&ScrobbleRequest {
            username: username.into(),
            track: track(),
            timestamp: 1_790_000_000,
        })
    }

    /// Counts the requests for each path.
    fn arrived<const N: usize>(&self, paths: [&str; N]) -> [usize; N] {
        paths.map(|path| self.peer.requests_for(path).len())
    }
}

fn track() -> TrackInfo {
    TrackInfo {
        id: "t1".into(),
        title: "Hyperballad".into(),
        artist: "Björk".into(),
        duration: 321.5,
        ..TrackInfo::default()
    }
}

fn signature(secret: &str, request: &Request) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&request.body);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

#[test]
fn every_hook_gets_the_play_and_the_one_with_a_secret_a_signature() {
    let setup = Setup::new(json!([
        { "url": "/signed", "secret": "s3cret" },
        { "url": "/plain", "headers": [{ "name": "X-Token", "value": "t" }] },
    ]));
    setup.peer.otherwise(Answer::status(204));
    setup.scrobble("ann").unwrap();
    assert_eq!(setup.arrived(["/signed", "/plain"]), [1, 1]);

    let signed = &setup.peer.requests_for("/signed")[0];
    assert_eq!(signed.method, "POST");
    assert_eq!(signed.header("Content-Type"), Some("application/json"));
    assert_eq!(
        signed.header("X-Navidrome-Signature"),
        Some(signature("s3cret", signed).as_str())
    );
    let body = signed.json().unwrap();
    assert_eq!(body["event"], "scrobble");
    assert_eq!(body["user"], "ann");
    assert_eq!(body["timestamp"], 1_790_000_000);
    assert_eq!(body["track"]["title"], "Hyperballad");
    assert_eq!(body["track"]["duration"], 321.5);

    let plain = &setup.peer.requests_for("/plain")[0];
    assert_eq!(plain.header("X-Navidrome-Signature"), None);
    assert_eq!(plain.header("X-Token"), Some("t"));
    assert_eq!(plain.body, signed.body);
}

#[test]
fn a_hook_gets_the_users_and_events_it_wants() {
    let setup = Setup::new(json!([
        { "url": "/bob", "users": ["Bob"] },
        { "url": "/reports", "users": ["bob"], "events": ["playbackReport"] },
    ]));
    setup.peer.otherwise(Answer::status(204));
    let scrobbler = setup.plugin.scrobbler();
    assert!(scrobbler.is_authorized("bob"));
    assert!(!scrobbler.is_authorized("ann"));
    setup.scrobble("ann").unwrap();
    assert_eq!(setup.arrived(["/bob", "/reports"]), [0, 0]);
    setup.scrobble("bob").unwrap();
    let username = || "bob".to_owned();
    scrobbler
        .now_playing(&NowPlayingRequest {
            username: username(),
            track: track(),
            position: 3,
        })
        .unwrap();
    assert_eq!(setup.arrived(["/bob", "/reports"]), [2, 0]);
    let now = setup.peer.requests_for("/bob")[1].json().unwrap();
    assert_eq!(now["event"], "nowPlaying");
    assert_eq!(now["positionMs"], 3000);
    scrobbler
        .playback_report(&PlaybackReportRequest {
            username: username(),
            track: track(),
            state: "paused".into(),
            ..PlaybackReportRequest::default()
        })
        .unwrap();
    assert_eq!(setup.arrived(["/bob", "/reports"]), [2, 1]);
    let report = setup.peer.requests_for("/reports")[0].json().unwrap();
    assert_eq!(report["state"], "paused");
}

#[test]
fn answers_of_a_hook_become_outcomes() {
    let setup = Setup::new(json!([{ "url": "/hook?key=secret" }]));
    let outcome = |answer: Answer| {
        setup.peer.on("/hook", answer);
        let error = setup.scrobble("ann").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        error
    };
    for status in [429, 500, 503] {
        let error = outcome(Answer::status(status));
        assert!(error.is_retry_later(), "{error}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
    }
    assert!(outcome(Answer::hang_up()).is_retry_later());
    assert!(outcome(Answer::status(401)).is_not_authorized());
    for status in [400, 404, 410] {
        assert!(outcome(Answer::status(status)).is_unrecoverable());
    }
    // Following would turn the POST into a GET and call that a success.
    setup.peer.on("/elsewhere", Answer::status(200));
    assert!(outcome(Answer::redirect("/elsewhere")).is_unrecoverable());
    assert_eq!(setup.arrived(["/elsewhere"]), [0]);
    setup.peer.on("/hook", Answer::status(200));
    setup.scrobble("ann").unwrap();
}

#[test]
fn a_second_try_bothers_only_the_hook_that_was_down() {
    let setup = Setup::new(json!([{ "url": "/up" }, { "url": "/down" }, { "url": "/refuses" }]));
    let paths = ["/up", "/down", "/refuses"];
    setup.peer.on("/up", Answer::status(204));
    setup.peer.on("/refuses", Answer::status(400));
    let down = [Answer::status(503), Answer::hang_up(), Answer::status(204)];
    setup.peer.on_each("/down", down);
    for tries in 1..=2 {
        let error = setup.scrobble("ann").unwrap_err();
        assert!(error.is_retry_later(), "{error}");
        assert_eq!(setup.arrived(paths), [1, tries, 1]);
    }
    setup.scrobble("ann").unwrap();
    assert_eq!(setup.arrived(paths), [1, 3, 1]);
    // Delivered is forgotten: the same play again goes everywhere, and the refusal is reported.
    let error = setup.scrobble("ann").unwrap_err();
    assert!(error.is_unrecoverable(), "{error}");
    assert_eq!(setup.arrived(paths), [2, 4, 2]);
}

#[test]
fn a_play_of_a_deleted_user_is_dropped() {
    let setup = Setup::new(json!([{ "url": "/hook" }]));
    let error = setup.scrobble("").unwrap_err();
    assert!(error.is_unrecoverable(), "{error}");
    assert_eq!(setup.arrived(["/hook"]), [0]);
}
