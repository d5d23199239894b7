//! The scrobbler's four exports on `fixture-everything`, and what the server makes of each failure.

use crate::exports::{everything, logged};
use nd_test_host::client::{ScrobbleError, ScrobbleErrorKind};
use nd_types::ArtistRef;
use nd_types::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest, TrackInfo};

fn track() -> TrackInfo {
    TrackInfo {
        id: "t1".into(),
        title: "Hyperballad".into(),
        artist: "Björk".into(),
        artists: vec![ArtistRef {
            name: "Björk".into(),
            ..ArtistRef::default()
        }],
        duration: 321.5,
        track_number: 2,
        ..TrackInfo::default()
    }
}

/// Sends the three kinds of report for a user and returns how each ended.
fn report(username: &str) -> [Result<(), ScrobbleError>; 3] {
    let scrobbler = everything().scrobbler();
    let username = || username.to_owned();
    [
        scrobbler.now_playing(&NowPlayingRequest {
            username: username(),
            track: track(),
            position: 61,
        }),
        scrobbler.scrobble(&ScrobbleRequest {
            username: username(),
            track: track(),
            timestamp: 1_790_000_000,
        }),
        scrobbler.playback_report(&PlaybackReportRequest {
            username: username(),
            track: track(),
            state: "paused".into(),
            position_ms: 61_500,
            playback_rate: 1.25,
            player_id: "p1".into(),
            player_name: "Kitchen".into(),
            timestamp: 1_790_000_061,
        }),
    ]
}

#[test]
fn plays_arrive_with_all_they_carry() {
    assert!(report("ann").iter().all(Result::is_ok));
    let song = ["ann", "Hyperballad", "Björk", "321.5", "track_number: 2"];
    for own in [
        ["NowPlayingRequest", "position: 61"].as_slice(),
        &["ScrobbleRequest", "timestamp: 1790000000"],
        &[
            "PlaybackReportRequest",
            "paused",
            "position_ms: 61500",
            "playback_rate: 1.25",
            "p1",
            "Kitchen",
        ],
    ] {
        assert!(logged(&[own, song.as_slice()].concat()), "{own:?}");
    }
}

#[test]
fn outcomes_are_told_apart() {
    for (username, kind, message) in [
        (
            "unauthorized",
            ScrobbleErrorKind::NotAuthorized,
            "log in again",
        ),
        (
            "later",
            ScrobbleErrorKind::RetryLater,
            "the service is down",
        ),
        (
            "never",
            ScrobbleErrorKind::Unrecoverable,
            "the play is refused",
        ),
        (
            "fail: no marker at all",
            ScrobbleErrorKind::Unrecoverable,
            "no marker at all",
        ),
        ("panic", ScrobbleErrorKind::Unrecoverable, "asked to panic"),
    ] {
        for result in report(username) {
            let error = result.unwrap_err();
            assert_eq!(error.kind, kind, "{username}: {error}");
            assert!(error.to_string().contains(message), "{username}: {error}");
        }
    }
}

#[test]
fn a_user_is_authorized_by_a_yes_alone() {
    let scrobbler = everything().scrobbler();
    assert!(scrobbler.is_authorized("ann"));
    assert!(!scrobbler.is_authorized("unauthorized"));
    // No answer is a no; why is still there to see.
    for username in ["panic", "index", "fail: broken"] {
        assert!(!scrobbler.is_authorized(username), "{username}");
        assert!(scrobbler.try_is_authorized(username).is_err(), "{username}");
    }
}
