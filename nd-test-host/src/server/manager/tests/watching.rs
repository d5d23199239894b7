//! The watched folder, with a clock moved by hand: the file system tells in its own time, acting is up to the clock.

use super::*;

const QUIET: Duration = Duration::from_secs(2);

fn watched(place: &Place, poll: bool) -> (Manager, ManualClock) {
    let server = config(|config| config.auto_reload = true);
    let (builder, clock) = clocked(place.builder().server(server));
    let options = ManagerOptions {
        poll,
        ..ManagerOptions::default()
    };
    let host = Arc::new(builder.build().unwrap());
    (Manager::start_with(host, options).unwrap(), clock)
}

/// Waits until the system told of a change and moves the clock past the quiet, as often as it takes: a file that is
/// written is told of several times.
fn settle(manager: &Manager, clock: &ManualClock, what: &str, mut done: impl FnMut() -> bool) {
    wait_for(what, || {
        if !manager.pending_changes().is_empty() {
            clock.advance(QUIET);
        }
        done()
    });
}

fn comes_changes_goes(poll: bool) {
    let place = Place::new();
    let (manager, clock) = watched(&place, poll);
    place.package("a", "{}");
    wait_for("the message", || manager.pending_changes() == ["a"]);
    assert_eq!(ids(&manager), [""; 0], "not before the quiet");
    settle(&manager, &clock, "finding", || ids(&manager) == ["a"]);
    manager.enable("a").unwrap();

    place.package("a", r#"{"cache":{}}"#);
    settle(&manager, &clock, "disabling", || {
        !manager.plugin("a").unwrap().enabled
    });
    assert!(manager.host().plugin("a").is_none());
    assert!(manager.plugin("a").unwrap().manifest.contains("cache"));

    std::fs::remove_file(place.path("a.ndp")).unwrap();
    settle(&manager, &clock, "forgetting", || ids(&manager).is_empty());
}

#[test]
fn packages_are_noticed_when_they_come_change_and_go() {
    comes_changes_goes(false);
}

#[test]
fn they_are_noticed_without_the_systems_help_too() {
    comes_changes_goes(true);
}

#[test]
fn a_file_that_came_back_unchanged_means_nothing() {
    let place = Place::new();
    place.package("a", "{}");
    place.package("b", "{}");
    let (manager, clock) = watched(&place, false);
    manager.enable("a").unwrap();
    let before = manager.plugin("a").unwrap();
    let (here, away) = (place.path("a.ndp"), place.dir.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    wait_for("the message", || manager.pending_changes() == ["a"]);
    std::fs::rename(&away, &here).unwrap();
    std::fs::write(place.path("a.txt"), "not a package").unwrap();
    std::fs::remove_file(place.path("b.ndp")).unwrap();
    // The last one tells that all before it has been seen.
    wait_for("the second message", || {
        manager.pending_changes() == ["a", "b"]
    });
    settle(&manager, &clock, "forgetting", || ids(&manager) == ["a"]);
    wait_for("quiet", || manager.pending_changes().is_empty());
    drop(manager.inner.claim("a"));
    assert_eq!(manager.plugin("a").unwrap(), before);
    assert_eq!(manager.state("a").unwrap(), PluginState::Active);
}

#[test]
fn nobody_watches_unless_the_settings_say_so() {
    let place = Place::new();
    let manager = place.start();
    assert!(manager.watch.lock().unwrap().is_none());
    drop(manager);
    let (manager, _) = watched(&place, false);
    assert!(manager.watch.lock().unwrap().is_some());
}
