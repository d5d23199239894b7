//! A plugins folder with real packages: what an administrator does, what the folder's changes do, and what a server
//! that is killed leaves behind.

use nd_test_host::package::PackageWriter;
use nd_test_host::server::manager::{Changes, ManagerError, PluginState};
use nd_test_host::server::{Manager, ServerConfig};
use nd_test_host::setup::Grant;
use nd_test_host::{Host, HostBuilder};
use nd_tests::{manifest, wasm};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const MINIMAL: &str = "minimal-scrobbler";
/// Tells a child process which data folder is its own.
const CHILD: &str = "ND_TESTS_MANAGER_CHILD";

fn install(data: &Path, plugin: &str, id: &str, version: &str) -> PathBuf {
    let mut manifest = manifest(plugin);
    manifest["version"] = json!(version);
    let path = data.join("plugins").join(format!("{id}.ndp"));
    PackageWriter::new(manifest.to_string(), wasm(plugin))
        .write(&path)
        .unwrap();
    path
}

fn data_folder() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("plugins")).unwrap();
    data
}

fn builder(data: &Path) -> HostBuilder {
    Host::builder()
        .data_dir(data)
        .user("u1", "ann")
        .user("u2", "bob")
}

fn start(builder: HostBuilder) -> Manager {
    Manager::start(Arc::new(builder.build().unwrap())).unwrap()
}

#[test]
fn a_package_becomes_a_running_plugin_and_stays_one() {
    let data = data_folder();
    install(data.path(), MINIMAL, "mine", "1.0");
    let manager = start(builder(data.path()));
    assert!(matches!(
        manager.enable("mine"),
        Err(ManagerError::NotConfigured {
            permission: "users"
        })
    ));
    let mut changes = Changes::default();
    changes.users = Some(r#"["u1"]"#.into());
    changes.enabled = Some(true);
    let row = manager.update("mine", &changes).unwrap();
    assert!(row.enabled);
    let plugin = manager.host().plugin("mine").unwrap();
    assert!(plugin.scrobbler().is_authorized("ann"));
    plugin.scrobbler().now_playing(&Default::default()).unwrap();
    drop((plugin, manager));

    let manager = start(builder(data.path()));
    assert_eq!(manager.state("mine").unwrap(), PluginState::Active);
    install(data.path(), MINIMAL, "mine", "2.0");
    manager.rescan().unwrap();
    let row = manager.plugin("mine").unwrap();
    assert!(!row.enabled && row.manifest.contains("2.0"));
    assert_eq!(row.users, r#"["u1"]"#);
    manager.enable("mine").unwrap();
    assert_eq!(
        manager.host().plugin("mine").unwrap().manifest().version,
        "2.0"
    );
    manager.user_deleted("u1").unwrap();
    assert!(manager.host().plugin("mine").is_none());
}

#[test]
fn a_watched_folder_is_acted_upon_after_two_seconds() {
    let data = data_folder();
    let mut server = ServerConfig::default();
    server.auto_reload = true;
    let manager = start(builder(data.path()).server(server));
    let wait = |what: &str, done: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(60);
        while !done() {
            assert!(Instant::now() < until, "{what} did not happen");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let began = Instant::now();
    let path = install(data.path(), MINIMAL, "mine", "1.0");
    wait("finding", &|| manager.plugin("mine").is_ok());
    assert!(
        began.elapsed() >= Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    manager.set_users("mine", &Grant::All).unwrap();
    manager.enable("mine").unwrap();
    install(data.path(), MINIMAL, "mine", "2.0");
    wait("disabling", &|| manager.host().plugin("mine").is_none());
    std::fs::remove_file(path).unwrap();
    wait("forgetting", &|| manager.plugin("mine").is_err());
}

#[test]
fn settings_that_do_not_fit_are_answered_field_by_field() {
    let data = data_folder();
    install(data.path(), "webhook", "hooks", "1.0");
    let manager = start(builder(data.path()));
    let error = manager
        .set_config("hooks", r#"{"hooks":"no list"}"#)
        .unwrap_err();
    assert_eq!(error.status(), 400);
    let errors = error.config_errors().unwrap();
    assert_eq!(errors["errors"][0]["field"], "hooks", "{errors}");
    manager
        .set_config("hooks", r#"{"hooks":[{"url":"http://127.0.0.1:9/"}]}"#)
        .unwrap();
    manager.validate("hooks").unwrap();
}

/// Not a test of its own: what the next one starts and kills. It changes plugins without end.
#[test]
fn changing_without_end_in_a_process_of_its_own() {
    let Some(data) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let manager = start(builder(&data));
    // A line of its own, whatever the test runner has printed before.
    println!("\nready");
    for round in 0_u64.. {
        // Whatever a killed predecessor left may be refused; what counts is what is stored.
        let _ = manager.set_users("a", &Grant::All);
        let _ = manager.enable("a");
        let _ = manager.set_users("a", &Grant::Listed(vec![format!("u{}", round % 3)]));
        install(
            &data,
            MINIMAL,
            "b",
            if round % 2 == 0 { "1.0" } else { "2.0" },
        );
        let _ = manager.rescan();
        let _ = manager.set_users("b", &Grant::All);
        let _ = manager.enable("b");
        match round % 3 {
            0 => drop(manager.disable("a")),
            1 => drop(std::fs::remove_file(data.join("plugins/c.ndp"))),
            _ => drop(install(&data, MINIMAL, "c", "1.0")),
        }
        let _ = manager.user_deleted("u1");
        let _ = manager.rescan();
    }
}

#[test]
fn a_killed_server_leaves_nothing_half_done() {
    let data = data_folder();
    for id in ["a", "b", "c"] {
        install(data.path(), MINIMAL, id, "1.0");
    }
    for round in 0..8_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "manager::changing_without_end_in_a_process_of_its_own",
                "--nocapture",
            ])
            .env(CHILD, data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.is_ok_and(|line| line == "ready")),
            "the child did not start"
        );
        // Any moment will do; it should not always be the same.
        std::thread::sleep(Duration::from_millis(round * 67 % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        check_after_kill(data.path());
    }
}

/// Looks at the rows as they were left, and starts a server on them.
fn check_after_kill(data: &Path) {
    let left = Manager::attach(Arc::new(builder(data).build().unwrap()), Default::default());
    for row in left.plugins().unwrap() {
        assert!(row.last_error.is_empty(), "{row:?}");
        assert_eq!(row.sha256.len(), 64, "{row:?}");
        assert!(
            row.users.is_empty() || serde_json::from_str::<Vec<String>>(&row.users).is_ok(),
            "{row:?}"
        );
        assert!(
            !row.enabled || row.all_users || row.users != "[]",
            "{row:?}"
        );
        nd_test_host::manifest::Manifest::parse(row.manifest.as_bytes()).unwrap();
    }
    drop(left);
    let manager = start(builder(data));
    for row in manager.plugins().unwrap() {
        assert_eq!(row.last_error, "");
        let loaded = manager.host().plugin(&row.id);
        assert_eq!(loaded.is_some(), row.enabled, "{row:?}");
        if let Some(plugin) = loaded {
            assert!(plugin.scrobbler().is_authorized("ann"));
            assert_eq!(plugin.sha256(), row.sha256);
        }
    }
}
