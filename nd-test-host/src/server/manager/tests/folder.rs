//! Packages that come, change and go.

use std::sync::Mutex;

use super::*;
use crate::server::manager::PluginEvent;

/// An enabled plugin with a configuration and grants.
fn enabled(place: &Place) -> Manager {
    place.package("a", r#"{"users":{},"kvstore":{}}"#);
    let manager = place.start();
    manager.set_config("a", r#"{"n":1}"#).unwrap();
    manager.set_users("a", &Grant::All).unwrap();
    manager.enable("a").unwrap();
    manager
}

#[test]
fn a_changed_package_is_disabled_and_keeps_what_was_set() {
    let place = Place::new();
    let manager = enabled(&place);
    let before = manager.plugin("a").unwrap();
    place.package("a", r#"{"users":{},"cache":{}}"#);
    let events = manager.subscribe();
    manager.rescan().unwrap();
    let after = manager.plugin("a").unwrap();
    assert!(!after.enabled && manager.host().plugin("a").is_none());
    assert_ne!(after.sha256, before.sha256);
    assert!(after.manifest.contains("cache"), "{}", after.manifest);
    assert_eq!((&after.config, after.all_users), (&before.config, true));
    assert_eq!(
        events.try_iter().collect::<Vec<_>>(),
        [PluginEvent::changed("a")]
    );
    manager.rescan().unwrap();
    assert_eq!(manager.plugin("a").unwrap(), after);
}

#[test]
fn a_package_that_cannot_be_read_any_more_is_disabled_and_looked_at_again() {
    let place = Place::new();
    let manager = enabled(&place);
    let before = manager.plugin("a").unwrap();
    std::fs::write(place.path("a.ndp"), "no archive").unwrap();
    std::fs::write(place.path("new.ndp"), "no archive").unwrap();
    manager.rescan().unwrap();
    let row = manager.plugin("a").unwrap();
    assert!(
        row.last_error.starts_with("opening package a"),
        "{}",
        row.last_error
    );
    assert_eq!(
        (row.sha256.as_str(), row.enabled),
        (before.sha256.as_str(), false)
    );
    assert!(manager.host().plugin("a").is_none());
    // One nobody knew is only logged.
    assert_eq!(ids(&manager), ["a"]);
    let logs = manager.host().journal().logs();
    assert!(
        logs.iter()
            .any(|log| log.plugin == "new" && log.message.contains("opening package"))
    );
    place.package("a", r#"{"cache":{}}"#);
    manager.rescan().unwrap();
    assert_eq!(manager.plugin("a").unwrap().last_error, "");
}

#[test]
fn a_removed_package_takes_its_row_along_but_not_its_data() {
    let place = Place::new();
    let discarded = Arc::new(Mutex::new(Vec::new()));
    let seen = discarded.clone();
    drop(enabled(&place));
    place.package("lastfm", "{}");
    let options = ManagerOptions {
        discard_scrobbles: Some(Box::new(move |id| seen.lock().unwrap().push(id.to_owned()))),
        ..ManagerOptions::default()
    };
    let host = Arc::new(place.builder().build().unwrap());
    let manager = Manager::start_with(host, options).unwrap();
    let data = place.path("a/kvstore.db");
    assert!(data.is_file());
    for name in ["a.ndp", "lastfm.ndp"] {
        std::fs::remove_file(place.path(name)).unwrap();
    }
    let events = manager.subscribe();
    manager.rescan().unwrap();
    assert_eq!(ids(&manager), [""; 0]);
    assert!(manager.host().plugin("a").is_none() && data.is_file());
    assert_eq!(*discarded.lock().unwrap(), ["a"]);
    let events: Vec<_> = events.try_iter().map(|event| event.id).collect();
    assert_eq!(events, ["*", "*"]);

    place.package("a", "{}");
    manager.rescan().unwrap();
    let row = manager.plugin("a").unwrap();
    assert!(
        row.config.is_empty() && !row.all_users,
        "a new plugin of the old name has nothing"
    );
}

#[cfg(unix)]
#[test]
fn a_package_that_cannot_be_reached_is_disabled_and_keeps_what_was_set() {
    let place = Place::new();
    let manager = enabled(&place);
    let before = manager.plugin("a").unwrap();
    let (here, away) = (place.path("a.ndp"), place.dir.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    // A link that leads through a file: it cannot be followed, whoever asks.
    std::os::unix::fs::symlink(away.join("a.ndp"), &here).unwrap();
    std::os::unix::fs::symlink(away.join("b.ndp"), place.path("b.ndp")).unwrap();
    let kept = |manager: &Manager| {
        let row = manager.plugin("a").unwrap();
        assert!(
            row.last_error.starts_with("opening package"),
            "{}",
            row.last_error
        );
        assert_eq!(
            (&row.config, row.all_users),
            (&before.config, before.all_users)
        );
        assert!(!row.enabled && row.sha256 == before.sha256);
        assert!(manager.host().plugin("a").is_none());
        assert_eq!(ids(manager), ["a"]);
    };
    manager.rescan().unwrap();
    kept(&manager);
    manager.enable("a").unwrap_err();
    manager.inner.file_changed("a").unwrap();
    kept(&manager);
    drop(manager);
    kept(&place.start());
}

#[test]
fn a_package_that_came_back_after_the_listing_is_still_there() {
    let place = Place::new();
    place.package("first", "{}");
    place.package("second", "{}");
    let (here, away) = (place.path("second.ndp"), place.dir.path().join("away"));
    let (back, from) = (here.clone(), away.clone());
    let options = ManagerOptions {
        discard_scrobbles: Some(Box::new(move |_| std::fs::rename(&from, &back).unwrap())),
        ..ManagerOptions::default()
    };
    let host = Arc::new(place.builder().build().unwrap());
    let manager = Manager::start_with(host, options).unwrap();
    manager.set_config("second", r#"{"n":1}"#).unwrap();
    std::fs::remove_file(place.path("first.ndp")).unwrap();
    std::fs::rename(&here, &away).unwrap();
    manager.rescan().unwrap();
    assert_eq!(ids(&manager), ["second"]);
    assert_eq!(manager.plugin("second").unwrap().config, r#"{"n":1}"#);
}

#[test]
fn a_row_with_an_id_that_makes_no_file_name_goes() {
    let place = Place::new();
    place.package("a", "{}");
    let manager = place.start();
    let mut row = manager.plugin("a").unwrap();
    row.id = "../plugins/a".into();
    manager.inner.store().put_plugin_row(&row).unwrap();
    manager.rescan().unwrap();
    assert_eq!(ids(&manager), ["a"]);
}

#[test]
fn a_package_that_moved_unchanged_only_changes_its_path() {
    let place = Place::new();
    let before = enabled(&place).plugin("a").unwrap();
    let other = place.dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::rename(place.path("a.ndp"), other.join("a.ndp")).unwrap();
    let folder = other.clone();
    let manager = manager(
        place
            .builder()
            .server(config(|config| config.plugins_folder = Some(folder))),
    );
    let after = manager.plugin("a").unwrap();
    assert_eq!(after.path, other.join("a.ndp").to_str().unwrap());
    assert_eq!(
        crate::store::plugins::PluginRow {
            path: before.path.clone(),
            ..after
        },
        before
    );
    assert_eq!(manager.state("a").unwrap(), PluginState::Active);
}

#[test]
fn only_files_that_make_an_id_are_packages() {
    let place = Place::new();
    for id in ["good", ".hidden", "a.b", "My Plugin"] {
        place.package(id, "{}");
    }
    for id in ["bad.", "bad "] {
        place.package(id, "{}");
    }
    std::fs::write(place.path(".ndp"), "").unwrap();
    std::fs::write(place.path("UPPER.NDP"), "").unwrap();
    std::fs::write(place.path("bare.wasm"), "").unwrap();
    std::fs::create_dir(place.path("folder.ndp")).unwrap();
    std::fs::create_dir(place.path("good")).unwrap();
    let manager = place.start();
    assert_eq!(ids(&manager), [".hidden", "My Plugin", "a.b", "good"]);
    let logs: Vec<_> = manager
        .host()
        .journal()
        .logs()
        .into_iter()
        .map(|log| log.message)
        .collect();
    assert_eq!(
        logs.iter()
            .filter(|log| log.contains("invalid plugin ID"))
            .count(),
        3,
        "{logs:?}"
    );
    assert!(
        logs.iter()
            .any(|log| log.starts_with("bare.wasm is skipped: bare modules are outdated"))
    );
}

#[test]
fn a_package_without_a_module_is_listed_and_fails_when_enabled() {
    let place = Place::new();
    let file = std::fs::File::create(place.path("a.ndp")).unwrap();
    let mut writer = zip::ZipWriter::new(file);
    writer
        .start_file("manifest.json", zip::write::SimpleFileOptions::default())
        .unwrap();
    std::io::Write::write_all(&mut writer, br#"{"name":"N","author":"A","version":"1"}"#).unwrap();
    writer.finish().unwrap();
    let manager = place.start();
    let error = manager.enable("a").unwrap_err().to_string();
    assert!(error.ends_with("package missing plugin.wasm"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_folder_does_not_hang_the_server() {
    let place = Place::new();
    let made = std::process::Command::new("mkfifo")
        .arg(place.path("pipe.ndp"))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    assert_eq!(ids(&place.start()), [""; 0]);
}

#[test]
fn a_folder_that_cannot_be_read_is_an_error_of_the_rescan() {
    let place = Place::new();
    let manager = enabled(&place);
    std::fs::remove_dir_all(place.path("")).unwrap();
    let error = manager.rescan().unwrap_err();
    assert!(matches!(error, ManagerError::Folder { .. }), "{error}");
    assert_eq!(
        ids(&manager),
        ["a"],
        "nothing is forgotten because a disk is away"
    );
}
