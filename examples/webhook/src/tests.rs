//! The plugin against the fake host: settings, outcomes, signatures, retries.
#![allow(clippy::unwrap_used)]

use crate::{Webhook, delivery};
use nd_pdk::scrobbler::{
    Error, IsAuthorizedRequest, NowPlayingRequest, Outcome, PlaybackReportRequest, ScrobbleRequest,
    Scrobbler, TrackInfo,
};
use nd_pdk::testing::{FakeHost, Reply};
use serde_json::{Value, json};

const PLACE: &str = "https://example.com";
const URL: &str = "https://example.com/hook?token=secret";
const OTHER: &str = "http://192.168.1.20:8080/plays";

fn host(hooks: Value) -> FakeHost {
    FakeHost::builder()
        .required_host("*")
        .config("hooks", hooks)
        .install()
}

fn play() -> ScrobbleRequest {
    let track = TrackInfo {
        id: "mf-1".into(),
        title: "Jóga".into(),
        artist: "Björk".into(),
        ..Default::default()
    };
    ScrobbleRequest {
        username: "alice".into(),
        track,
        timestamp: 1_790_000_000,
    }
}

fn scrobble() -> Result<(), Error> {
    Webhook.scrobble(play())
}

#[test]
fn a_play_is_posted_as_json() {
    let host = host(json!([{ "url": URL, "headers": [{ "name": "X-Token", "value": "t" }] }]));
    host.reply("POST", URL, Reply::status(204));
    scrobble().unwrap();
    let request = &host.requests()[0];
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["event"], "scrobble");
    assert_eq!(body["user"], "alice");
    assert_eq!(body["timestamp"], 1_790_000_000);
    assert_eq!(body["track"]["title"], "Jóga");
    assert_eq!(body.get("state"), None);
    assert_eq!(request.headers["Content-Type"], "application/json");
    assert_eq!(request.headers["X-Token"], "t");
    assert!(request.headers["User-Agent"].starts_with("navidrome-webhook/"));
    assert!(!request.headers.contains_key("X-Navidrome-Signature"));
}

#[test]
fn a_secret_signs_the_body() {
    let host = host(json!([{ "url": URL, "secret": "key" }]));
    host.reply("POST", URL, Reply::status(200));
    scrobble().unwrap();
    let request = &host.requests()[0];
    assert_eq!(
        request.headers["X-Navidrome-Signature"],
        delivery::signature("key", &request.body)
    );
    // RFC 4231, test case 2.
    let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(
        delivery::signature("Jefe", b"what do ya want for nothing?"),
        expected
    );
}

#[test]
fn the_status_decides_the_outcome() {
    for (status, expected) in [
        (400, Outcome::Unrecoverable),
        (401, Outcome::NotAuthorized),
        (403, Outcome::NotAuthorized),
        (404, Outcome::Unrecoverable),
        (408, Outcome::RetryLater),
        (429, Outcome::RetryLater),
        (302, Outcome::Unrecoverable),
        (500, Outcome::RetryLater),
        (503, Outcome::RetryLater),
    ] {
        let host = host(json!([{ "url": URL }]));
        host.reply("POST", URL, Reply::status(status));
        let error = scrobble().unwrap_err();
        assert_eq!(error.outcome(), expected, "{status}");
        assert!(error.message.contains(PLACE), "{error}");
        assert!(!error.message.contains(URL), "{error}");
    }
}

#[test]
fn a_network_failure_is_tried_again_later() {
    let host = host(json!([{ "url": URL }]));
    let failure = format!("Post \"{URL}\": dial tcp: connection refused");
    host.reply("POST", URL, Reply::failure(failure));
    let error = scrobble().unwrap_err();
    assert_eq!(error.outcome(), Outcome::RetryLater);
    assert!(
        !error.message.contains("token"),
        "the address is a secret: {error}"
    );
}

#[test]
fn a_retry_leaves_out_the_hooks_that_have_the_play() {
    let host = host(json!([{ "url": URL }, { "url": OTHER }]));
    host.reply("POST", URL, Reply::status(200));
    host.reply("POST", OTHER, Reply::status(503));
    host.reply("POST", OTHER, Reply::status(200));
    assert_eq!(scrobble().unwrap_err().outcome(), Outcome::RetryLater);
    assert_eq!(host.kvstore_keys().len(), 1);
    scrobble().unwrap();
    let urls: Vec<String> = host
        .requests()
        .into_iter()
        .map(|request| request.url)
        .collect();
    assert_eq!(urls, [URL, OTHER, OTHER]);
    assert!(
        host.kvstore_keys().is_empty(),
        "nothing is remembered once every hook has the play"
    );
}

#[test]
fn a_play_is_not_lost_to_a_store_that_fails() {
    let host = host(json!([{ "url": URL }, { "url": OTHER }]));
    host.fail("kvstore_get", "database is locked");
    host.fail("kvstore_setwithttl", "storage limit exceeded");
    host.reply("POST", URL, Reply::status(200));
    host.reply("POST", OTHER, Reply::status(503));
    host.reply("POST", OTHER, Reply::status(200));
    assert_eq!(scrobble().unwrap_err().outcome(), Outcome::RetryLater);
    scrobble().unwrap();
    assert_eq!(host.requests().len(), 4, "better twice than never");
}

#[test]
fn what_is_remembered_lasts_as_long_as_the_server_asks() {
    let host = host(json!([{ "url": URL }, { "url": OTHER }]));
    host.reply("POST", URL, Reply::status(200));
    host.reply("POST", OTHER, Reply::status(503));
    for _ in 0..3 {
        assert_eq!(scrobble().unwrap_err().outcome(), Outcome::RetryLater);
        host.advance(std::time::Duration::from_secs(5 * 24 * 3600));
    }
    let delivered = host.requests().iter().filter(|r| r.url == URL).count();
    assert_eq!(delivered, 1);
}

#[test]
fn redirects_are_not_followed() {
    let host = host(json!([{ "url": URL }]));
    host.reply("POST", URL, Reply::status(200));
    scrobble().unwrap();
    assert!(host.requests()[0].no_follow_redirects);
}

#[test]
fn own_headers_replace_ours_but_not_the_signature() {
    let host = host(json!([{ "url": URL, "secret": "key", "headers": [
        { "name": "user-agent", "value": "me" },
        { "name": "x-navidrome-signature", "value": "forged" },
    ] }]));
    host.reply("POST", URL, Reply::status(200));
    scrobble().unwrap();
    let headers = &host.requests()[0].headers;
    assert_eq!(headers["user-agent"], "me");
    assert_eq!(headers.len(), 3, "{headers:?}");
    assert!(headers["X-Navidrome-Signature"].starts_with("sha256="));
}

#[test]
fn plays_of_deleted_users_are_dropped() {
    let host = host(json!([{ "url": URL }]));
    let nobody = ScrobbleRequest {
        username: String::new(),
        ..play()
    };
    let error = Webhook.scrobble(nobody).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unrecoverable);
    assert!(host.requests().is_empty());
}

#[test]
fn one_bad_hook_does_not_keep_the_play_from_the_others() {
    let host = host(json!([{ "url": OTHER }, { "url": URL }]));
    host.reply("POST", OTHER, Reply::status(404));
    host.reply("POST", URL, Reply::status(200));
    assert_eq!(scrobble().unwrap_err().outcome(), Outcome::Unrecoverable);
    assert_eq!(host.requests().len(), 2);
}

#[test]
fn hooks_get_what_they_ask_for() {
    let host = host(json!([
        { "url": URL, "users": ["Bob"], "events": ["nowPlaying"] },
        { "url": OTHER, "events": ["playbackReport"] },
    ]));
    host.reply("POST", "*", Reply::status(200));
    let track = play().track;
    scrobble().unwrap();
    Webhook
        .now_playing(NowPlayingRequest {
            username: "alice".into(),
            track: track.clone(),
            position: 3,
        })
        .unwrap();
    assert!(host.requests().is_empty());
    Webhook
        .now_playing(NowPlayingRequest {
            username: "bob".into(),
            track: track.clone(),
            position: 3,
        })
        .unwrap();
    let report = PlaybackReportRequest {
        username: "alice".into(),
        track,
        state: "paused".into(),
        position_ms: 1500,
        ..Default::default()
    };
    Webhook.playback_report(report).unwrap();
    let bodies: Vec<Value> = host
        .requests()
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    assert_eq!(bodies[0]["positionMs"], 3000);
    assert!(bodies[0]["timestamp"].as_i64().unwrap() > 1_700_000_000);
    assert_eq!(bodies[1]["state"], "paused");
    assert_eq!(bodies.len(), 2);
}

#[test]
fn users_are_authorised_by_the_hooks_that_want_them() {
    let _host = host(json!([{ "url": URL, "users": ["bob"] }]));
    let authorised = |username: &str| {
        Webhook
            .is_authorized(IsAuthorizedRequest {
                username: username.into(),
            })
            .unwrap()
    };
    assert!(authorised("bob") && authorised("BOB") && !authorised("alice"));
}

#[test]
fn without_hooks_nobody_is_authorised_and_nothing_is_sent() {
    let _host = FakeHost::builder().install();
    assert!(
        !Webhook
            .is_authorized(IsAuthorizedRequest {
                username: "bob".into()
            })
            .unwrap()
    );
    scrobble().unwrap();
}

#[test]
fn unusable_settings_keep_the_play() {
    for hooks in [
        "{",
        "{}",
        r#"[{"url": 5}]"#,
        r#"[{"users": ["bob"]}]"#,
        r#"[{"url": "https://a", "user": ["bob"]}]"#,
        r#"[{"url": "https://a", "events": ["dance"]}]"#,
    ] {
        let _host = FakeHost::builder().config("hooks", hooks).install();
        let error = scrobble().unwrap_err();
        assert_eq!(error.outcome(), Outcome::RetryLater);
        assert!(error.message.contains("the setting `hooks`"), "{error}");
    }
}

#[test]
fn the_manifest_agrees_with_the_code() {
    let manifest: Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    let hook = &manifest["config"]["schema"]["properties"]["hooks"]["items"]["properties"];
    for event in hook["events"]["items"]["enum"].as_array().unwrap() {
        let example =
            json!([{ "url": URL, "users": [], "events": [event], "secret": "", "headers": [] }]);
        let keys = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            keys(hook),
            keys(&example[0]),
            "every setting is in this test"
        );
        let _host = host(example);
        crate::settings::load().unwrap();
    }
}
