//! The plugins folder: what lies there, what of it is enabled, configured and granted, and what happens on a change.
//!
//! A manager sits on a [`Host`] and moves plugins between the states the server knows. Everything an administrator
//! sets is a row in the host's database ([`PluginRow`]) and outlives the process.
//!
//! ```no_run
//! use std::sync::Arc;
//! use nd_test_host::Host;
//! use nd_test_host::server::Manager;
//! use nd_test_host::server::manager::Changes;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Arc::new(Host::builder().data_dir("data").user("u1", "ann").build()?);
//! // Packages lie in data/plugins; new ones are listed and disabled.
//! let manager = Manager::start(host.clone())?;
//! let mut changes = Changes::default();
//! changes.all_users = Some(true);
//! changes.enabled = Some(true);
//! let row = manager.update("webhook", &changes)?;
//! assert!(row.enabled && host.plugin("webhook").is_some());
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`change`] | enabling, disabling, settings, deleted users and libraries |
//! | `sync` | bringing rows and folder together |
//! | `watch` | noticing that a package changed |
//! | [`command`] | what the command line does, as functions |
//! | [`render`] | its outputs as text |
//!
//! The users and libraries of a host are those it was built with; [`Manager::user_deleted`] and
//! [`Manager::library_deleted`] do to the plugins what a server does then.

pub mod change;
mod claim;
pub mod command;
mod error;
mod event;
pub mod render;
mod sync;
mod watch;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

pub use change::Changes;
pub use error::ManagerError;
pub use event::PluginEvent;

use crate::host::{Host, PluginSettings};
use crate::journal::LogLevel;
use crate::manifest::config_map;
use crate::package::{Package, PackageError, check_id};
use crate::plugin::LoadError;
use crate::server::ServerConfig;
use crate::setup::Grant;
use crate::store::Database;
use crate::store::plugins::PluginRow;
use claim::Claims;
use event::Events;
use watch::Watch;

/// Plugins that load at once when the server starts.
const LOADS_AT_ONCE: usize = 3;

/// Manages the plugins of a host.
///
/// Calls may come from any thread. Changes of one plugin happen one after the other, those of different plugins in
/// parallel. Dropping it ends the watching of the folder; loaded plugins stay loaded until the host ends.
pub struct Manager {
    inner: Arc<Inner>,
    watch: Mutex<Option<Watch>>,
}

/// Throws away what waits for the plugin with an id.
pub type DiscardScrobbles = Box<dyn Fn(&str) + Send + Sync>;

/// What a manager does besides.
#[non_exhaustive]
pub struct ManagerOptions {
    /// Called with the id of every package that was removed, so that scrobbles waiting for it can be thrown away. It
    /// must not change that plugin. None for those of the host's own scrobbling.
    pub discard_scrobbles: Option<DiscardScrobbles>,
    /// Ids for which that is not called, because a scrobbler of the server has the same name.
    pub builtin_scrobblers: Vec<String>,
    /// Whether changes in the folder are looked for every few seconds, even where the system would tell of them.
    pub poll: bool,
}

impl Default for ManagerOptions {
    /// Discards nothing, knows the scrobblers `lastfm` and `listenbrainz`, and asks the system about changes.
    fn default() -> Self {
        Self {
            discard_scrobbles: None,
            builtin_scrobblers: ["lastfm", "listenbrainz"].map(str::to_owned).to_vec(),
            poll: false,
        }
    }
}

/// The state of a plugin as it is shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginState {
    /// Found or disabled: not loaded, no failure.
    Disabled,
    /// Enabled and loaded.
    Active,
    /// Not loaded because of a failure; the row says which.
    Failed,
}

struct Inner {
    host: Arc<Host>,
    folder: PathBuf,
    options: ManagerOptions,
    claims: Claims,
    events: Events,
}

impl Manager {
    /// Starts as the server does: clears stored errors, brings rows and folder together, loads what is enabled, three
    /// at a time, and watches the folder if the settings say so. With `Plugins.Enabled` off it does nothing at all.
    ///
    /// A plugin that fails, or makes the host panic, is disabled with the reason and does not stop the others.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn start(host: Arc<Host>) -> Result<Self, ManagerError> {
        Self::start_with(host, ManagerOptions::default())
    }

    /// As [`Manager::start`], with options.
    ///
    /// # Errors
    ///
    /// As [`Manager::start`].
    pub fn start_with(host: Arc<Host>, options: ManagerOptions) -> Result<Self, ManagerError> {
        let manager = Self::attach(host, options);
        if !manager.inner.config().plugins_enabled || !manager.inner.make_folder() {
            return Ok(manager);
        }
        manager.inner.store().clear_plugin_errors()?;
        if let Err(error) = manager.inner.synchronise() {
            // The server goes on with the rows it has.
            manager.inner.log(
                "",
                LogLevel::Error,
                &format!("synchronising the plugins folder: {error}"),
            );
        }
        manager.inner.load_enabled()?;
        if manager.inner.config().auto_reload {
            manager.watch_folder();
        }
        Ok(manager)
    }

    /// Works on the rows of a host without the start: nothing is cleared, looked for or loaded, as in the server's
    /// command line.
    pub fn attach(host: Arc<Host>, options: ManagerOptions) -> Self {
        let folder = match &host.surroundings.server.plugins_folder {
            Some(folder) => folder.clone(),
            None => host.data_dir().join("plugins"),
        };
        Self {
            inner: Arc::new(Inner {
                host,
                folder,
                options,
                claims: Claims::default(),
                events: Events::default(),
            }),
            watch: Mutex::new(None),
        }
    }

    /// Returns the host.
    pub fn host(&self) -> &Arc<Host> {
        &self.inner.host
    }

    /// Returns the folder packages lie in.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Returns all plugins, sorted by id.
    ///
    /// # Errors
    ///
    /// When plugins are switched off or the database cannot be read.
    pub fn plugins(&self) -> Result<Vec<PluginRow>, ManagerError> {
        self.inner.enabled_at_all()?;
        Ok(self.inner.store().plugin_rows()?)
    }

    /// Returns one plugin.
    ///
    /// # Errors
    ///
    /// When there is none, plugins are switched off or the database cannot be read.
    pub fn plugin(&self, id: &str) -> Result<PluginRow, ManagerError> {
        self.inner.enabled_at_all()?;
        self.inner.row(id)
    }

    /// Returns the state of a plugin.
    ///
    /// # Errors
    ///
    /// As [`Manager::plugin`].
    pub fn state(&self, id: &str) -> Result<PluginState, ManagerError> {
        let row = self.plugin(id)?;
        Ok(match self.inner.host.plugin(id) {
            Some(_) if row.enabled => PluginState::Active,
            _ if !row.last_error.is_empty() => PluginState::Failed,
            _ => PluginState::Disabled,
        })
    }

    /// Brings rows and folder together, as the start does.
    ///
    /// # Errors
    ///
    /// When plugins are switched off, the folder cannot be read or the database cannot be written.
    pub fn rescan(&self) -> Result<(), ManagerError> {
        self.inner.enabled_at_all()?;
        self.inner.synchronise()
    }

    /// Returns what is announced to web clients from now on. A receiver that does not keep up misses events.
    pub fn subscribe(&self) -> Receiver<PluginEvent> {
        self.inner.events.subscribe()
    }

    /// Returns the ids of packages that changed in the watched folder and are to be looked at after a time of quiet.
    pub fn pending_changes(&self) -> Vec<String> {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.as_ref().map(Watch::pending).unwrap_or_default()
    }

    fn watch_folder(&self) {
        match Watch::start(&self.inner) {
            Ok(watch) => *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch),
            Err(error) => self.inner.log(
                "",
                LogLevel::Error,
                &format!("watching {}: {error}", self.inner.folder.display()),
            ),
        }
    }
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager")
            .field("folder", &self.inner.folder)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn config(&self) -> &ServerConfig {
        &self.host.surroundings.server
    }

    fn store(&self) -> &Database {
        &self.host.surroundings.store
    }

    fn now(&self) -> SystemTime {
        self.host.surroundings.service_settings.clock.now()
    }

    fn log(&self, id: &str, level: LogLevel, text: &str) {
        self.host.journal().log(id, level, text);
    }

    /// Writes a change into the journal and tells whoever subscribed.
    fn announce(&self, event: PluginEvent, id: &str, text: &str) {
        self.log(id, LogLevel::Info, text);
        self.events.send(&event);
    }

    fn enabled_at_all(&self) -> Result<(), ManagerError> {
        match self.config().plugins_enabled {
            true => Ok(()),
            false => Err(ManagerError::SwitchedOff),
        }
    }

    fn row(&self, id: &str) -> Result<PluginRow, ManagerError> {
        let row = self.store().plugin_row(id)?;
        row.ok_or_else(|| ManagerError::Unknown { id: id.to_owned() })
    }

    /// Loads every enabled plugin. The order is not defined.
    fn load_enabled(&self) -> Result<(), ManagerError> {
        let rows = self.store().plugin_rows()?;
        let waiting = Mutex::new(rows.into_iter().filter(|row| row.enabled));
        let next = || {
            waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next()
        };
        std::thread::scope(|scope| {
            for _ in 0..LOADS_AT_ONCE {
                let worker = || {
                    while let Some(row) = next() {
                        self.load_at_start(&row.id);
                    }
                };
                let thread = std::thread::Builder::new().name("nd-plugin-load".to_owned());
                // With no thread to be had the plugins load here, one after the other.
                if thread.spawn_scoped(scope, worker).is_err() {
                    worker();
                }
            }
        });
        Ok(())
    }

    fn load_at_start(&self, id: &str) {
        let result = self.claim(id).and_then(|_claim| {
            let row = self.row(id)?;
            match self.load(&row) {
                Ok(()) => Ok(()),
                Err(error) => {
                    self.log(id, LogLevel::Error, &format!("loading plugin: {error}"));
                    self.store_failure(row, &error)
                }
            }
        });
        if let Err(error) = result {
            self.log(id, LogLevel::Error, &format!("starting plugin: {error}"));
        }
    }

    /// Stores a failure: the plugin is disabled with the reason.
    fn store_failure(&self, mut row: PluginRow, error: &str) -> Result<(), ManagerError> {
        row.enabled = false;
        row.last_error = error.to_owned();
        self.put(&mut row)?;
        self.announce(
            PluginEvent::changed(&row.id),
            &row.id,
            "disabled after a failure",
        );
        Ok(())
    }

    fn put(&self, row: &mut PluginRow) -> Result<(), ManagerError> {
        row.updated_at = self.now();
        Ok(self.store().put_plugin_row(row)?)
    }

    /// Loads a plugin with what is stored for it, `nd_on_init` included. A panic of the host is a failure like others.
    fn load(&self, row: &PluginRow) -> Result<(), String> {
        match catch_unwind(AssertUnwindSafe(|| self.try_load(row))) {
            Ok(result) => result,
            Err(panic) => {
                // Whatever part of it is there already must not stay.
                self.host.unload(&row.id);
                Err(format!(
                    "panic while loading: {}",
                    crate::runtime::panic_text(&*panic)
                ))
            }
        }
    }

    fn try_load(&self, row: &PluginRow) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        check_id(&row.id).map_err(|error| text(&PackageError::from(error)))?;
        config_map(&row.config).map_err(|error| text(&error))?;
        let settings = stored_settings(row)?;
        let rules = &self.host.surroundings.rules;
        let package =
            Package::open_for(Path::new(&row.path), rules).map_err(|error| text(&error))?;
        let package = Package {
            id: row.id.clone(),
            ..package
        };
        let loaded = self.host.start(Arc::new(package), &settings);
        loaded.map(drop).map_err(|error: LoadError| text(&error))
    }
}

/// Reads what is stored for a plugin.
fn stored_settings(row: &PluginRow) -> Result<PluginSettings, String> {
    let mut settings = PluginSettings::new().config_json(row.config.clone());
    let users: Vec<String> =
        list(&row.users).map_err(|error| format!("parsing plugin users: {error}"))?;
    settings = match row.all_users {
        true => settings.all_users(),
        false => settings.users(users),
    };
    let libraries: Vec<i32> =
        list(&row.libraries).map_err(|error| format!("parsing plugin libraries: {error}"))?;
    settings = match row.all_libraries {
        true => settings.all_libraries(),
        false => settings.libraries(libraries),
    };
    Ok(match row.allow_write_access {
        true => settings.write_access(),
        false => settings,
    })
}

/// Reads a stored list; empty text is an empty list.
fn list<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, crate::wire::DecodeError> {
    match text.is_empty() {
        true => Ok(Vec::new()),
        false => crate::wire::decode(text.as_bytes()),
    }
}

/// Returns a grant as it is stored: the list, and the flag.
fn stored_grant<T: serde::Serialize>(grant: &Grant<T>) -> (Option<String>, bool) {
    match grant {
        Grant::All => (None, true),
        Grant::Listed(ids) => {
            let json = crate::wire::encode(ids).unwrap_or_else(|_| b"[]".to_vec());
            (Some(String::from_utf8_lossy(&json).into_owned()), false)
        }
    }
}
