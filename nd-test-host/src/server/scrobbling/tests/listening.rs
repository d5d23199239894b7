//! What reports of clients lead to.

use super::PlaybackState::{Paused, Playing, Starting, Stopped};
use super::*;

/// Returns what was heard, sorted by kind: now playing, reports and scrobbles come from threads of their own.
fn heard(fixture: &Fixture, kind: &str) -> Vec<String> {
    let heard = fixture.target().heard();
    heard
        .iter()
        .filter_map(|line| line.strip_prefix(kind))
        .map(|rest| rest.trim_start().to_owned())
        .collect()
}

#[test]
fn a_playback_from_start_to_stop() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let kitchen = Client::new("c").name("Kitchen");
    let song = track("a");
    fixture.report_with(Starting, &song, 0, &kitchen);
    fixture.advance(3);
    fixture.report_with(Playing, &song, 2, &kitchen);
    fixture.report_with(Paused, &song, 60, &kitchen);
    assert_eq!(fixture.scrobbling.playing().len(), 1);
    fixture.report_with(Stopped, &song, 100, &kitchen);
    assert!(fixture.scrobbling.playing().is_empty());
    assert_eq!(heard(&fixture, "now"), ["ann a 0", "ann a 2"]);
    assert_eq!(
        heard(&fixture, "report"),
        [
            "starting a 0 1 c/Kitchen 1000000",
            "playing a 2000 1 c/Kitchen 1000003",
            "paused a 60000 1 c/Kitchen 1000003",
            "stopped a 100000 1 c/Kitchen 1000003",
        ]
    );
    // The time of a play is when it began.
    assert_eq!(heard(&fixture, "scrobble"), ["ann a 1000000 0:"]);
}

#[test]
fn a_play_counts_from_half_of_the_track_or_four_minutes_on() {
    for (duration, position, counts) in [
        (200.0, 99, false),
        (200.0, 100, true),
        (2_000.0, 239, false),
        (2_000.0, 240, true),
    ] {
        let fixture = Fixture::new([Scripted::new("p")]);
        let song = LibraryTrack {
            duration,
            ..track("a")
        };
        let client = Client::new("c");
        fixture.report_with(Playing, &song, 0, &client);
        fixture.report_with(Stopped, &song, position, &client);
        assert_eq!(
            heard(&fixture, "scrobble").len(),
            usize::from(counts),
            "{position} of {duration}"
        );
    }
}

#[test]
fn a_late_start_and_a_foreign_stop_are_not_passed_on() {
    let fixture = Fixture::new([Scripted::new("p")]);
    fixture.report(Playing, "a", 5);
    fixture.report(Starting, "a", 0);
    assert_eq!(heard(&fixture, "now"), ["ann a 5"]);
    fixture.report(Stopped, "b", 20);
    assert_eq!(heard(&fixture, "report").len(), 1);
    assert_eq!(fixture.scrobbling.playing().len(), 1, "a goes on");
    // It may still count.
    fixture.report(Stopped, "b", 150);
    assert_eq!(heard(&fixture, "report").len(), 1);
    assert_eq!(heard(&fixture, "scrobble"), ["ann b 999850 0:"]);
    // The same track from the beginning, after a pause, is a new start.
    fixture.report(Paused, "a", 6);
    fixture.report(Starting, "a", 0);
    assert_eq!(heard(&fixture, "now").len(), 2);
}

#[test]
fn before_0_64_a_late_start_and_a_foreign_stop_are_taken_like_any_other_report() {
    let fixture = Fixture::with_rules([Scripted::new("p")], Rules::release_0_63());
    fixture.report(Playing, "a", 5);
    fixture.report(Starting, "a", 0);
    assert_eq!(heard(&fixture, "now"), ["ann a 5", "ann a 0"]);
    fixture.report(Stopped, "b", 20);
    let reports = heard(&fixture, "report");
    assert_eq!(reports.len(), 3);
    assert!(reports[2].starts_with("stopped b"), "{reports:?}");
    assert!(fixture.scrobbling.playing().is_empty(), "a was stopped");
}

#[test]
fn positions_beyond_all_time_are_as_good_as_any() {
    let fixture = Fixture::new([Scripted::new("p")]);
    for (state, rate) in [(Starting, 1.0), (Playing, 0.0001), (Stopped, 0.0001)] {
        let report = PlaybackReport {
            state,
            position: Duration::MAX,
            rate,
        };
        let (ann, client) = (user("u1", "ann"), Client::new("c"));
        fixture
            .scrobbling
            .report(&ann, &track("a"), report, &client)
            .expect("a written play");
    }
    assert!(fixture.scrobbling.wait_idle(Duration::MAX));
    assert_eq!(heard(&fixture, "report").len(), 3);
    assert_eq!(heard(&fixture, "scrobble"), ["ann a 1000000 0:"]);
}

#[test]
fn scrobblers_are_called_for_the_request_that_tells_of_a_play() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let target = fixture.target();
    let base = || Some("https://music.test".to_owned());
    let client = Client::new("c").request_base("https://music.test");
    let (ann, song) = (user("u1", "ann"), track("a"));
    fixture.report_with(Playing, &song, 0, &client);
    assert_eq!(
        target.requests(),
        [
            ("asked", base()),
            ("asked", base()),
            ("now", base()),
            ("report", base())
        ]
    );
    let scrobbling = &fixture.scrobbling;
    scrobbling.now_playing(&ann, &song, Duration::ZERO, &client);
    fixture.settle();
    assert_eq!(target.requests(), [("asked", base()), ("now", base())]);
    fixture.submit_with("u1", &song, &client);
    fixture.settle();
    assert_eq!(target.requests(), [("asked", base())]);
    // A time-out is no request.
    fixture.advance(1_000);
    assert_eq!(target.requests(), [("asked", None), ("report", None)]);
    // What is told from inside a plugin call is caused by what has caused the call.
    let outer = CallContext::detached("p").caused_by(base().map(Arc::from));
    {
        let _inside = outer.enter();
        scrobbling.now_playing(&ann, &song, Duration::ZERO, &Client::new("c"));
    }
    fixture.settle();
    assert_eq!(target.requests(), [("asked", base()), ("now", base())]);
}

#[test]
fn clients_are_followed_one_by_one() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let (one, two) = (Client::new("one"), Client::new("two"));
    fixture.report_with(Playing, &track("a"), 0, &one);
    fixture.report_with(Starting, &track("a"), 0, &two);
    fixture.report_with(Stopped, &track("a"), 0, &one);
    let playing = fixture.scrobbling.playing();
    assert_eq!(playing.len(), 1);
    assert_eq!(playing[0].client.id, "two");
    assert_eq!(heard(&fixture, "report").len(), 3);
}

#[test]
fn a_client_that_falls_silent_expires() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let expired = |fixture: &Fixture| {
        let reports = heard(fixture, "report");
        reports.iter().any(|report| report.starts_with("expired"))
    };
    // 150 s are left at double speed, and 5 s grace.
    let report = PlaybackReport {
        state: Playing,
        position: Duration::from_secs(50),
        rate: 2.0,
    };
    fixture
        .scrobbling
        .report(&user("u1", "ann"), &track("a"), report, &Client::new("c"))
        .expect("a report");
    fixture.advance(79);
    assert!(!expired(&fixture));
    fixture.advance(1);
    let reports = heard(&fixture, "report");
    assert_eq!(
        reports.last().map(String::as_str),
        Some("expired a 50000 2 c/c 1000080")
    );
    assert!(fixture.scrobbling.playing().is_empty());
    assert!(heard(&fixture, "scrobble").is_empty());

    fixture.report(Paused, "b", 10);
    fixture.advance(30 * 60 - 1);
    assert_eq!(fixture.scrobbling.playing().len(), 1);
    fixture.advance(1);
    let reports = heard(&fixture, "report");
    assert!(
        reports
            .last()
            .is_some_and(|last| last.starts_with("expired b"))
    );
}

#[test]
fn a_player_without_scrobbling_still_counts_and_reports() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let client = Client::new("c").without_scrobbling();
    fixture.report_with(Playing, &track("a"), 0, &client);
    fixture.report_with(Stopped, &track("a"), 150, &client);
    assert_eq!(heard(&fixture, "report").len(), 2);
    assert_eq!(fixture.target().heard().len(), 2);
    let annotation = fixture.store.annotation("u1", Item::Track, "id of a");
    assert_eq!(annotation.expect("read").play_count, 1);
}

#[test]
fn a_play_that_is_not_to_count_is_announced_and_reported_only() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let client = Client::new("c").without_counting();
    fixture.report_with(Playing, &track("a"), 0, &client);
    fixture.report_with(Stopped, &track("a"), 150, &client);
    fixture.submit_with("u1", &track("a"), &client);
    assert_eq!(heard(&fixture, "now"), ["ann a 0"]);
    assert_eq!(heard(&fixture, "report").len(), 2);
    assert_eq!(fixture.target().heard().len(), 3, "no scrobble");
    let annotation = fixture.store.annotation("u1", Item::Track, "id of a");
    assert_eq!(annotation.expect("read").play_count, 0);
}

#[test]
fn an_unknown_artist_is_not_scrobbled() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let song = LibraryTrack {
        artist: UNKNOWN_ARTIST.to_owned(),
        ..track("a")
    };
    let client = Client::new("c");
    fixture.report_with(Playing, &song, 0, &client);
    fixture.report_with(Stopped, &song, 150, &client);
    assert_eq!(heard(&fixture, "report").len(), 2);
    assert_eq!(fixture.target().heard().len(), 2);
}

#[test]
fn what_a_users_filter_matches_nobody_hears_of() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let secret = |track: &LibraryTrack| track.title == "secret";
    fixture.scrobbling.set_filter("u1", secret);
    fixture.report(Playing, "secret", 0);
    fixture.report(Stopped, "secret", 150);
    fixture.report(Playing, "secret", 0);
    fixture.advance(1_000);
    assert!(fixture.target().heard().is_empty());
    fixture.report(Playing, "open", 0);
    assert_eq!(fixture.target().heard().len(), 2);
    fixture.submit("u2", "secret");
    fixture.settle();
    assert_eq!(heard(&fixture, "scrobble").len(), 1, "bob has no filter");
    fixture.scrobbling.clear_filter("u1");
    fixture.submit("u1", "secret");
    fixture.settle();
    assert_eq!(heard(&fixture, "scrobble").len(), 2);
}

#[test]
fn before_0_64_a_filter_has_no_effect() {
    let fixture = Fixture::with_rules([Scripted::new("p")], Rules::release_0_63());
    fixture.scrobbling.set_filter("u1", |_| true);
    fixture.report(Playing, "a", 0);
    fixture.advance(1_000);
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(heard(&fixture, "now").len(), 1);
    assert_eq!(heard(&fixture, "report").len(), 2);
    assert_eq!(heard(&fixture, "scrobble").len(), 1);
}

#[test]
fn failures_of_notices_are_logged_and_forgotten() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let failing = ScrobbleErrorKind::RetryLater;
    fixture.target().fails("a", failing);
    let (ann, song, client) = (user("u1", "ann"), track("a"), Client::new("c"));
    let position = Duration::from_millis(61_900);
    fixture
        .scrobbling
        .now_playing(&ann, &song, position, &client);
    fixture.settle();
    fixture.advance(1_000);
    assert_eq!(fixture.target().heard(), ["now ann a 61"]);
    let logs = fixture.journal.logs();
    assert!(logs.iter().any(|log| log.message.contains("now playing")));
}
