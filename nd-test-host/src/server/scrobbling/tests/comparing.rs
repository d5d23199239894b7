//! What a comparison of releases notes, and when it has nothing to note.

use super::PlaybackState::{Playing, Starting, Stopped};
use super::*;

fn newer() -> Fixture {
    let rules = Rules::release_0_64().comparing(Rules::release_0_63());
    Fixture::with_rules([Scripted::new("p")], rules)
}

fn older() -> Fixture {
    let rules = Rules::release_0_63().comparing(Rules::release_0_64());
    Fixture::with_rules([Scripted::new("p")], rules)
}

/// Returns what was noted since the last time.
fn notes(fixture: &Fixture) -> Vec<String> {
    fixture.settle();
    let logs = fixture.journal.logs().into_iter();
    let notes = logs.filter_map(|log| {
        let text = log.message.strip_prefix("compare: server release ")?;
        Some(text.to_owned())
    });
    let notes = notes.collect();
    fixture.journal.clear();
    notes
}

#[test]
fn reports_that_one_release_ignores_are_noted() {
    for (fixture, note) in [
        (newer(), "0.63: would pass on the report"),
        (older(), "0.64: would not pass on the report"),
    ] {
        fixture.report(Starting, "a", 0);
        fixture.report(Playing, "a", 5);
        assert_eq!(notes(&fixture), [""; 0]);
        fixture.report(Starting, "a", 0);
        assert_eq!(notes(&fixture), [format!("{note} \"starting\" of \"a\"")]);
        fixture.report(Stopped, "b", 20);
        assert_eq!(notes(&fixture), [format!("{note} \"stopped\" of \"b\"")]);
    }
}

#[test]
fn filtered_tracks_are_noted_where_one_release_tells_scrobblers_of_them() {
    for (fixture, reports, plays) in [
        (
            newer(),
            "0.63: would pass on the report \"playing\" of \"secret\"",
            "0.63: would tell scrobblers that ann plays \"secret\"",
        ),
        (
            older(),
            "0.64: would not pass on the report \"playing\" of \"secret\"",
            "0.64: would tell no scrobbler that ann plays \"secret\"",
        ),
    ] {
        let secret = |track: &LibraryTrack| track.title == "secret";
        fixture.scrobbling.set_filter("u1", secret);
        fixture.report(Playing, "open", 0);
        fixture.submit("u1", "open");
        fixture.submit("u2", "secret");
        assert_eq!(notes(&fixture), [""; 0]);
        fixture.report(Playing, "secret", 0);
        assert_eq!(notes(&fixture), [reports]);
        fixture.submit("u1", "secret");
        assert_eq!(notes(&fixture), [plays]);
        let (ann, song) = (user("u1", "ann"), track("secret"));
        let play = |client: &Client| {
            let scrobbling = &fixture.scrobbling;
            scrobbling.now_playing(&ann, &song, Duration::ZERO, client);
        };
        play(&Client::new("c"));
        assert_eq!(notes(&fixture), [plays]);
        play(&Client::new("c").without_scrobbling());
        assert_eq!(notes(&fixture), [""; 0], "nobody is told in any release");
    }
}

#[test]
fn delays_are_noted_once_the_releases_differ_in_them() {
    for (fixture, first) in [
        (newer(), "0.63: would try again in 5 s instead of 10 s"),
        (older(), "0.64: would try again in 10 s instead of 5 s"),
    ] {
        fixture.target().fails("a", ScrobbleErrorKind::RetryLater);
        fixture.submit("u1", "a");
        assert_eq!(notes(&fixture), [""; 0], "both wait 5 s");
        fixture.advance(5);
        assert_eq!(notes(&fixture), [first]);
    }
}
