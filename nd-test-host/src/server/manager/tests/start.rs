//! Starting.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use super::*;

#[test]
fn new_packages_are_listed_and_disabled() {
    let place = Place::new();
    place.package("a", r#"{"users":{}}"#);
    let manager = place.start();
    let row = manager.plugin("a").unwrap();
    assert!(!row.enabled && row.last_error.is_empty() && row.config.is_empty());
    assert_eq!(row.path, place.path("a.ndp").to_str().unwrap());
    assert!(row.manifest.contains("Name of a"), "{}", row.manifest);
    assert_eq!(row.sha256.len(), 64);
    assert_eq!(manager.state("a").unwrap(), PluginState::Disabled);
    assert!(manager.host().plugins().is_empty());
}

#[test]
fn what_was_set_outlives_the_server_and_errors_do_not() {
    let place = Place::new();
    place.package("a", r#"{"users":{},"library":{}}"#);
    place.broken("b");
    let manager = place.start();
    manager.set_config("a", r#"{"n":1}"#).unwrap();
    manager
        .set_users("a", &Grant::Listed(vec!["u1".into()]))
        .unwrap();
    manager
        .set_libraries("a", Some(&Grant::All), Some(true))
        .unwrap();
    manager.enable("a").unwrap();
    assert!(manager.enable("b").is_err());
    assert_eq!(manager.state("b").unwrap(), PluginState::Failed);
    let before = manager.plugin("a").unwrap();
    drop(manager);

    let manager = place.start();
    assert_eq!(manager.plugin("a").unwrap(), before);
    assert_eq!(manager.state("a").unwrap(), PluginState::Active);
    assert_eq!(inits(&manager), 1);
    assert_eq!(manager.plugin("b").unwrap().last_error, "");
    assert_eq!(manager.state("b").unwrap(), PluginState::Disabled);
}

#[test]
fn a_failure_or_a_panic_of_one_plugin_does_not_stop_the_others() {
    let place = Place::new();
    for id in ["a", "b", "c", "d"] {
        place.package(id, "{}");
    }
    let manager = place.start();
    for id in ["a", "b", "c", "d"] {
        manager.enable(id).unwrap();
    }
    drop(manager);
    let manager = manager_of(place.builder().services(|setup, _| {
        if setup.id == "b" {
            panic!("no service for b");
        }
    }));
    let row = manager.plugin("b").unwrap();
    assert!(!row.enabled);
    assert_eq!(row.last_error, "panic while loading: no service for b");
    for id in ["a", "c", "d"] {
        assert_eq!(manager.state(id).unwrap(), PluginState::Active, "{id}");
    }
}

fn manager_of(builder: HostBuilder) -> Manager {
    manager(builder)
}

#[test]
fn grants_are_not_checked_again_at_the_start() {
    let place = Place::new();
    place.package("a", r#"{"users":{}}"#);
    let manager = place.start();
    manager.set_users("a", &Grant::All).unwrap();
    manager.enable("a").unwrap();
    let mut row = manager.plugin("a").unwrap();
    row.all_users = false;
    row.config = r#"{"n":"no integer"}"#.into();
    manager.inner.store().put_plugin_row(&row).unwrap();
    drop(manager);
    assert_eq!(place.start().state("a").unwrap(), PluginState::Active);
}

#[test]
fn three_plugins_load_at_once() {
    let place = Place::new();
    let names: Vec<String> = (0..8).map(|n| format!("p{n}")).collect();
    for id in &names {
        place.package(id, "{}");
    }
    let manager = place.start();
    for id in &names {
        manager.enable(id).unwrap();
    }
    drop(manager);
    let peak = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    let seen = peak.clone();
    let manager = manager_of(place.builder().services(move |_, _| {
        let (state, changed) = &*seen;
        let mut now = state.lock().unwrap();
        now.0 += 1;
        now.1 = now.1.max(now.0);
        changed.notify_all();
        // Nobody goes on before three are here.
        let limit = Duration::from_secs(30);
        let (mut now, _) = changed
            .wait_timeout_while(now, limit, |(_, peak)| *peak < 3)
            .unwrap();
        now.0 -= 1;
    }));
    assert_eq!(*peak.0.lock().unwrap(), (0, 3));
    assert_eq!(manager.host().plugins().len(), 8);
}

#[test]
fn nothing_happens_when_plugins_are_switched_off() {
    let place = Place::new();
    place.package("a", "{}");
    let manager = manager(
        place
            .builder()
            .server(config(|config| config.plugins_enabled = false)),
    );
    let off = [
        manager.plugins().map(drop),
        manager.rescan(),
        manager.enable("a"),
        manager.disable("a"),
        manager.user_deleted("u1"),
    ];
    for result in off {
        assert!(
            matches!(result, Err(ManagerError::SwitchedOff)),
            "{result:?}"
        );
    }
    assert!(manager.inner.store().plugin_rows().unwrap().is_empty());
    // A file needs no plugins switched on.
    let file = place.path("a.ndp");
    manager.validate(file.to_str().unwrap()).unwrap();
}

#[cfg(unix)]
#[test]
fn the_folder_is_made_for_the_server_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let folder = place.dir.path().join("deep/own");
    let own = folder.clone();
    let manager = manager(
        place
            .builder()
            .server(config(|config| config.plugins_folder = Some(own))),
    );
    assert_eq!(manager.folder(), folder);
    assert_eq!(
        folder.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_failed_start_of_the_guest_is_logged_only() {
    let place = Place::new();
    place.package_of(
        "a",
        "{}",
        r#"(module (func (export "nd_on_init") (result i32) (unreachable)))"#,
    );
    let manager = place.start();
    manager.enable("a").unwrap();
    assert_eq!(manager.state("a").unwrap(), PluginState::Active);
    let logs = manager.host().journal().logs();
    assert!(
        logs.iter()
            .any(|log| log.message.starts_with("nd_on_init failed: "))
    );
}

#[test]
fn a_plugin_cannot_wait_for_itself() {
    let place = Place::new();
    place.package("a", "{}");
    let slot: Arc<Mutex<Option<Arc<Manager>>>> = Arc::default();
    let (inside, refused) = (slot.clone(), Arc::new(AtomicUsize::new(0)));
    let count = refused.clone();
    let builder = place.builder().services(move |setup, _| {
        let manager = inside.lock().unwrap().clone();
        if let Some(manager) = manager {
            let result = manager.disable(&setup.id);
            assert!(
                matches!(result, Err(ManagerError::Busy { .. })),
                "{result:?}"
            );
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let manager = Arc::new(manager_of(builder));
    *slot.lock().unwrap() = Some(manager.clone());
    manager.enable("a").unwrap();
    assert_eq!(refused.load(Ordering::SeqCst), 1);
    *slot.lock().unwrap() = None;
}
