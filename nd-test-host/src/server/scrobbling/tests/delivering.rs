//! Buffered plays: who gets them, in which order, what keeps them, and for how long.

use super::*;

const OK: [ScrobbleErrorKind; 2] = [
    ScrobbleErrorKind::NotAuthorized,
    ScrobbleErrorKind::Unrecoverable,
];

fn titles(target: &Scripted) -> Vec<String> {
    let heard = target.heard();
    let words = heard.iter().map(|line| line.split(' ').nth(2));
    words.flatten().map(str::to_owned).collect()
}

#[test]
fn a_play_is_counted_written_down_and_delivered() {
    let fixture = Fixture::new([Scripted::new("p")]);
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(fixture.target().heard(), ["scrobble ann a 1000000 0:"]);
    assert_eq!(fixture.pending("p", "u1"), 0);
    for (item, id) in [
        (Item::Track, "id of a"),
        (Item::Album, "al1"),
        (Item::Artist, "ar1"),
    ] {
        let annotation = fixture.store.annotation("u1", item, id).expect("read");
        assert_eq!(
            (annotation.play_count, annotation.played_at),
            (1, Some(1_000_000)),
            "{id}"
        );
    }
}

#[test]
fn paths_are_shown_to_those_who_may_see_them() {
    let sees = Scripted {
        sees_paths: true,
        ..Scripted::new("p")
    };
    let fixture = Fixture::new([sees]);
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(
        fixture.target().heard(),
        ["scrobble ann a 1000000 7:a.flac"]
    );
}

#[test]
fn only_granted_and_authorized_users_are_scrobbled_and_it_is_asked_each_time() {
    let granted = Scripted {
        users: Grant::Listed(vec!["u1".into()]),
        ..Scripted::new("p")
    };
    let fixture = Fixture::new([granted]);
    let target = fixture.target();
    fixture.submit("u2", "not granted");
    assert_eq!(*target.asked.lock().expect("asked"), 0);
    *target.authorized.lock().expect("authorized") = false;
    fixture.submit("u1", "not authorized");
    *target.authorized.lock().expect("authorized") = true;
    fixture.submit("u1", "fine");
    fixture.submit("u1", "fine2");
    fixture.settle();
    assert_eq!(titles(&target), ["fine", "fine2"]);
    // Asked before buffering, never cached, and not again on delivery.
    assert_eq!(*target.asked.lock().expect("asked"), 3);
}

#[test]
fn whatever_is_not_put_off_is_discarded_and_the_next_play_goes_on() {
    for kind in OK {
        let fixture = Fixture::new([Scripted::new("p")]);
        let target = fixture.target();
        target.fails("bad", kind);
        fixture.submit("u1", "bad");
        fixture.submit("u1", "good");
        fixture.settle();
        assert_eq!(titles(&target), ["bad", "good"]);
        assert_eq!(fixture.pending("p", "u1"), 0);
        let logs = fixture.journal.logs();
        assert!(logs.iter().any(|log| log.message.contains("discarded")));
        fixture.advance(1_000);
        assert_eq!(titles(&target), ["bad", "good"]);
    }
}

#[test]
fn a_play_put_off_stops_its_users_queue_and_no_other() {
    let fixture = Fixture::new([Scripted::new("p"), Scripted::new("q")]);
    let target = fixture.target();
    target.fails("first", ScrobbleErrorKind::RetryLater);
    fixture.submit("u1", "first");
    fixture.submit("u1", "second");
    fixture.submit("u2", "other");
    fixture.settle();
    assert_eq!(fixture.pending("p", "u1"), 2);
    assert_eq!(fixture.pending("p", "u2"), 0);
    assert_eq!(fixture.pending("q", "u1"), 0);
    target.recovers();
    fixture.advance(240);
    let delivered = titles(&target);
    assert_eq!(fixture.pending("p", "u1"), 0);
    assert_eq!(delivered[delivered.len() - 2..], ["first", "second"]);
}

/// Moves the clock second by second and returns after how many seconds each of the next tries came.
fn delays(fixture: &Fixture, count: usize) -> Vec<u64> {
    let target = fixture.target();
    let mut delays = Vec::new();
    for _ in 0..count {
        let before = target.heard().len();
        let mut waited = 0;
        while target.heard().len() == before {
            fixture.advance(1);
            waited += 1;
            assert!(waited < 1_000, "no more tries after {delays:?}");
        }
        delays.push(waited);
    }
    delays
}

#[test]
fn rounds_come_later_and_later_and_a_complete_one_starts_afresh() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let target = fixture.target();
    target.fails("a", ScrobbleErrorKind::RetryLater);
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(delays(&fixture, 8), [5, 10, 20, 40, 80, 160, 240, 240]);
    target.recovers();
    fixture.advance(240);
    assert_eq!(fixture.pending("p", "u1"), 0);
    target.fails("b", ScrobbleErrorKind::RetryLater);
    fixture.submit("u1", "b");
    fixture.settle();
    assert_eq!(delays(&fixture, 2), [5, 10]);
}

#[test]
fn release_0_63_waits_five_seconds_each_time() {
    let fixture = Fixture::with_rules([Scripted::new("p")], Rules::release_0_63());
    fixture.target().fails("a", ScrobbleErrorKind::RetryLater);
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(delays(&fixture, 4), [5, 5, 5, 5]);
}

#[test]
fn a_new_play_brings_the_next_round_forward() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let target = fixture.target();
    target.fails("a", ScrobbleErrorKind::RetryLater);
    fixture.submit("u1", "a");
    fixture.settle();
    target.recovers();
    fixture.submit("u2", "b");
    fixture.settle();
    assert_eq!(titles(&target), ["a", "a", "b"]);
    assert_eq!(fixture.pending("p", "u1"), 0);
}

#[test]
fn plays_wait_for_a_scrobbler_that_is_away() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let target = fixture.target();
    target.failures().insert("a".into(), Failure::Unloaded);
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(fixture.pending("p", "u1"), 1);
    fixture.registry.0.lock().expect("targets").clear();
    fixture.advance(1_000);
    assert_eq!(fixture.pending("p", "u1"), 1);
    target.recovers();
    fixture
        .registry
        .0
        .lock()
        .expect("targets")
        .push(target.clone());
    fixture.scrobbling.resume("p");
    fixture.settle();
    assert_eq!(fixture.pending("p", "u1"), 0);
    assert_eq!(titles(&target), ["a", "a"]);
}

#[test]
fn names_are_looked_up_again_and_a_user_who_is_gone_has_none() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let gone = user("u9", "zoe");
    let client = Client::new("c");
    fixture
        .scrobbling
        .submit(&gone, &track("a"), fixture.clock.now(), &client)
        .expect("a written play");
    let renamed = user("u1", "ann before");
    fixture
        .scrobbling
        .submit(&renamed, &track("b"), fixture.clock.now(), &client)
        .expect("a written play");
    fixture.settle();
    assert_eq!(
        fixture.target().heard(),
        ["scrobble  a 1000000 0:", "scrobble ann b 1000000 0:"]
    );
}

#[test]
fn what_waits_for_a_removed_plugin_is_discarded_unless_the_server_has_one_of_that_name() {
    let fixture = Fixture::new([Scripted::new("p"), Scripted::new("lastfm")]);
    for target in fixture.registry.0.lock().expect("targets").iter() {
        target.fails("a", ScrobbleErrorKind::RetryLater);
    }
    fixture.submit("u1", "a");
    fixture.settle();
    let discard = |id| fixture.scrobbling.discard(id).expect("discarded");
    assert_eq!(discard("p"), 1);
    assert_eq!(fixture.pending("p", "u1"), 0);
    assert_eq!(discard("lastfm"), 0);
    assert_eq!(fixture.pending("lastfm", "u1"), 1);
}

#[test]
fn a_plugin_takes_the_place_of_a_built_in_scrobbler_of_its_name() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let (shadowed, other) = (Arc::new(Scripted::new("p")), Arc::new(Scripted::new("own")));
    fixture.scrobbling.add_built_in(shadowed.clone());
    fixture.scrobbling.add_built_in(other.clone());
    fixture.submit("u1", "a");
    fixture.settle();
    assert_eq!(titles(&fixture.target()), ["a"]);
    assert_eq!(titles(&other), ["a"]);
    assert!(shadowed.heard().is_empty());
}

#[test]
fn a_flush_does_not_wait_for_the_delay() {
    let fixture = Fixture::new([Scripted::new("p")]);
    let target = fixture.target();
    target.fails("a", ScrobbleErrorKind::RetryLater);
    fixture.submit("u1", "a");
    fixture.settle();
    target.recovers();
    assert!(fixture.scrobbling.flush(LIMIT).expect("read"));
    assert_eq!(fixture.pending("p", "u1"), 0);
}
