//! The states of plugins, with guests that do next to nothing.
#![allow(clippy::unwrap_used)]

mod changes;
mod folder;
mod start;
mod watching;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Manager, ManagerError, ManagerOptions, PluginState};
use crate::package::PackageWriter;
use crate::server::ServerConfig;
use crate::services::{ManualClock, ServiceSettings};
use crate::setup::Grant;
use crate::{Host, HostBuilder};

/// A data folder; hosts over it come and go as a server does.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("plugins")).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("plugins").join(name)
    }

    fn builder(&self) -> HostBuilder {
        Host::builder()
            .data_dir(self.dir.path())
            .user("u1", "ann")
            .user("u2", "bob")
            .library(1, "Music", self.dir.path())
    }

    fn start(&self) -> Manager {
        manager(self.builder())
    }

    /// Puts a package there that asks for these permissions and exports `nd_on_init`.
    fn package(&self, id: &str, permissions: &str) {
        self.package_of(
            id,
            permissions,
            r#"(module (func (export "nd_on_init") (result i32) (i32.const 0)))"#,
        );
    }

    /// Puts a package there that can never be loaded.
    fn broken(&self, id: &str) {
        self.package_of(id, "{}", r#"(module (import "odd" "odd" (func)))"#);
    }

    fn package_of(&self, id: &str, permissions: &str, module: &str) {
        let manifest = format!(
            r#"{{"name":"Name of {id}","author":"A","version":"1","permissions":{permissions},
                "config":{{"schema":{{"type":"object","properties":{{"n":{{"type":"integer"}}}}}}}}}}"#
        );
        PackageWriter::new(manifest, wat::parse_str(module).unwrap())
            .write(self.path(&format!("{id}.ndp")))
            .unwrap();
    }
}

fn manager(builder: HostBuilder) -> Manager {
    Manager::start(Arc::new(builder.build().unwrap())).unwrap()
}

fn clocked(builder: HostBuilder) -> (HostBuilder, ManualClock) {
    let clock = ManualClock::default();
    let settings = ServiceSettings {
        clock: Arc::new(clock.clone()),
        ..ServiceSettings::default()
    };
    (builder.service_settings(settings), clock)
}

/// What the server's settings say, as they differ from the defaults.
fn config(set: impl FnOnce(&mut ServerConfig)) -> ServerConfig {
    let mut config = ServerConfig::default();
    set(&mut config);
    config
}

fn ids(manager: &Manager) -> Vec<String> {
    let rows = manager.plugins().unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

fn inits(manager: &Manager) -> usize {
    manager.host().journal().calls_of("nd_on_init").len()
}

/// Waits for something another thread does.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < until, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
