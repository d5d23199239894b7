//! The host: users, libraries, settings, and the plugins loaded into it.

mod adapters;
mod builder;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

pub use builder::{BuildError, HostBuilder};
pub use settings::PluginSettings;

use crate::context::CallContext;
use crate::faults::Faults;
use crate::journal::{Journal, LogLevel};
use crate::manifest::config_map;
use crate::package::{self, Package, PackageError};
use crate::plugin::{LoadError, Plugin, Surroundings};
use crate::server::agents::Stored;
use crate::server::scrobbling::Scrobbling;
use crate::server::{Rules, ServerConfig};
use crate::services::library::{Catalogue, Collection, ScanError, ScanReport, scan_into};
use crate::services::matcher::SongMatcher;
use crate::services::subsonic::EmbeddedSubsonic;
use crate::setup::{HostLibrary, HostUser};
use crate::store::{Database, StoreError};

/// A small server: it loads plugins and gives them what they may have.
///
/// Dropping it unloads every plugin.
pub struct Host {
    pub(crate) surroundings: Surroundings,
    defaults: PluginSettings,
    state: Arc<Mutex<State>>,
    /// Tells that an unload has ended.
    closed: Condvar,
    scrobbling: Scrobbling,
    information: Arc<Stored>,
    /// The data folder, when the host made one of its own; removed with the host.
    _own_data: Option<TempDir>,
}

#[derive(Default)]
struct State {
    settings: BTreeMap<String, PluginSettings>,
    plugins: BTreeMap<String, Plugin>,
    /// Plugins that are being unloaded; the next load of one of them waits, for both would use the same files.
    closing: Vec<String>,
}

impl Host {
    /// Starts describing a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::new()
    }

    /// Loads a package: a `.ndp` archive, a folder, or a bare `.wasm` with its `manifest.json` beside it.
    ///
    /// Takes the server's steps: settings checked, services started, module compiled, imports and exports checked,
    /// and at last `nd_on_init`, whose failure is only logged.
    ///
    /// # Errors
    ///
    /// The first step that fails. Services that had started are closed again.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Plugin, LoadError> {
        let path = path.as_ref();
        // The server looks at the settings before it opens the package.
        let id = package::id_of(path).map_err(PackageError::from)?;
        config_map(self.settings(&id).config_text())?;
        self.load_package(Package::open_for(path, &self.surroundings.rules)?)
    }

    /// Loads a package that has been read already.
    ///
    /// # Errors
    ///
    /// As [`Host::load`].
    pub fn load_package(&self, package: Package) -> Result<Plugin, LoadError> {
        let settings = self.settings(&package.id);
        config_map(settings.config_text())?;
        crate::plugin::check_settings(&package.id, &package.manifest, &settings)?;
        self.start(Arc::new(package), &settings)
    }

    /// Changes the settings of a plugin. If it is loaded it is unloaded and loaded again, as on the server.
    ///
    /// # Errors
    ///
    /// When the settings do not fit the loaded plugin, which then stays as it is; or when the new load fails.
    pub fn configure(&self, id: &str, settings: PluginSettings) -> Result<(), LoadError> {
        let loaded = self.plugin(id);
        if let Some(plugin) = &loaded {
            crate::plugin::check_settings(id, plugin.manifest(), &settings)?;
        }
        self.state()
            .settings
            .insert(id.to_owned(), settings.clone());
        if let Some(plugin) = loaded {
            self.unload(id);
            self.start(Arc::clone(plugin.package()), &settings)?;
        }
        Ok(())
    }

    /// Returns a loaded plugin.
    pub fn plugin(&self, id: &str) -> Option<Plugin> {
        self.state().plugins.get(id).cloned()
    }

    /// Returns all loaded plugins, sorted by id.
    pub fn plugins(&self) -> Vec<Plugin> {
        self.state().plugins.values().cloned().collect()
    }

    /// Unloads a plugin: its services are closed, and calls that still run are cut off. Tells whether it was loaded.
    pub fn unload(&self, id: &str) -> bool {
        let plugin = {
            let mut state = self.state();
            let plugin = state.plugins.remove(id);
            if plugin.is_some() {
                state.closing.push(id.to_owned());
            }
            plugin
        };
        let Some(plugin) = plugin else {
            return false;
        };
        plugin.unload();
        self.state().closing.retain(|closing| closing != id);
        self.closed.notify_all();
        true
    }

    /// Returns what goes wrong on purpose, to add to it.
    pub fn faults(&self) -> &Faults {
        &self.surroundings.faults
    }

    /// Returns the record of all calls and log lines.
    pub fn journal(&self) -> &Journal {
        &self.surroundings.journal
    }

    /// Returns the users.
    pub fn users(&self) -> &[HostUser] {
        &self.surroundings.users
    }

    /// Returns the libraries.
    pub fn libraries(&self) -> &[HostLibrary] {
        &self.surroundings.libraries
    }

    /// Returns the scanned libraries.
    pub fn catalogue(&self) -> &Catalogue {
        &self.surroundings.service_settings.catalogue
    }

    /// Scans every library into the host's database; see [`Host::scan_library`]. One library's trouble does not stop the
    /// others: it is in that library's report.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn scan(&self) -> Result<Vec<ScanReport>, ScanError> {
        let libraries = self.libraries().iter();
        libraries.map(|library| self.scan_one(library)).collect()
    }

    /// Scans a library into the host's database: only new and changed files are opened, files that are gone are marked
    /// as missing, and files found again in another place keep their ids. The catalogue then holds what is there.
    ///
    /// # Errors
    ///
    /// When there is no such library, or the database cannot be read or written.
    pub fn scan_library(&self, id: i32) -> Result<ScanReport, ScanError> {
        let library = self.libraries().iter().find(|library| library.id == id);
        self.scan_one(library.ok_or(ScanError::UnknownLibrary(id))?)
    }

    fn scan_one(&self, library: &HostLibrary) -> Result<ScanReport, ScanError> {
        let clock = &*self.surroundings.service_settings.clock;
        let report = scan_into(self.store(), self.catalogue(), clock, library)?;
        for problem in &report.problems {
            let line = format!("scanning library {}: {problem}", library.id);
            self.journal().log("", LogLevel::Warn, line);
        }
        self.journal().log("", LogLevel::Info, report.to_string());
        Ok(report)
    }

    /// Reads the libraries that were scanned before, unless something was put in their place already.
    fn load_libraries(&self) -> Result<(), StoreError> {
        for library in self.libraries() {
            if self.catalogue().get(library.id).is_none()
                && let Some(collection) = Collection::load(self.store(), library.id)?
            {
                self.catalogue().insert(library.id, collection);
            }
        }
        Ok(())
    }

    /// Returns what finds songs among the scanned libraries.
    pub fn matcher(&self) -> SongMatcher {
        let config = Arc::clone(&self.surroundings.server);
        SongMatcher::new(self.catalogue().clone(), config, self.store().clone())
    }

    /// Returns the server's settings.
    pub fn server_config(&self) -> &ServerConfig {
        &self.surroundings.server
    }

    /// Returns the rules of the server release it follows.
    pub fn rules(&self) -> &Rules {
        &self.surroundings.rules
    }

    /// Returns the host's database.
    pub fn store(&self) -> &Database {
        &self.surroundings.store
    }

    /// Returns a responder that answers the Subsonic API from what the host knows, as its plugins are answered.
    pub fn subsonic(&self) -> EmbeddedSubsonic {
        let host = &self.surroundings;
        host.service_settings.embedded_subsonic(
            Arc::clone(&host.users),
            Arc::clone(&host.libraries),
            Arc::clone(&host.server),
            host.store.clone(),
        )
    }

    /// Returns the data folder; plugins keep theirs under `plugins/<id>` in it.
    pub fn data_dir(&self) -> &Path {
        &self.surroundings.data_dir
    }

    /// Returns the folder a plugin keeps its files in.
    pub fn plugin_data_dir(&self, id: &str) -> PathBuf {
        self.data_dir().join("plugins").join(id)
    }

    /// Loads a package with settings nobody checks again, as the server does with what it has stored.
    pub(crate) fn start(
        &self,
        package: Arc<Package>,
        settings: &PluginSettings,
    ) -> Result<Plugin, LoadError> {
        let id = package.id.clone();
        let taken = || LoadError::AlreadyLoaded { plugin: id.clone() };
        if self.plugin(&id).is_some() {
            return Err(taken());
        }
        self.wait_until_closed(&id);
        let plugin = crate::plugin::load(package, settings, &self.surroundings)?;
        {
            let mut state = self.state();
            if state.plugins.contains_key(&id) {
                // Loaded by another thread in the meantime.
                drop(state);
                plugin.unload();
                return Err(taken());
            }
            state.plugins.insert(id, plugin.clone());
        }
        // The plugin can be called already while it initialises.
        plugin.initialise();
        self.welcome(&plugin);
        Ok(plugin)
    }

    /// Waits for the end of an unload of that plugin, unless it is that plugin's own call that asks.
    fn wait_until_closed(&self, id: &str) {
        let mut state = self.state();
        while state.closing.iter().any(|closing| closing == id)
            && CallContext::current().is_none_or(|call| call.plugin() != id)
        {
            let waited = self.closed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn settings(&self, id: &str) -> PluginSettings {
        let state = self.state();
        state.settings.get(id).unwrap_or(&self.defaults).clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.scrobbling.close();
        self.information.close();
        let plugins = std::mem::take(&mut self.state().plugins);
        for plugin in plugins.into_values() {
            plugin.unload();
        }
        // Their calls have been cut off by now.
        self.scrobbling.join();
        self.information.join();
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("data_dir", &self.data_dir())
            .field("plugins", &self.plugins())
            .finish_non_exhaustive()
    }
}
