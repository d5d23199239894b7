//! Describing a host before it starts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::adapters::LoadedScrobblers;
use super::{Host, PluginSettings, State};
use crate::faults::Faults;
use crate::generated::Services;
use crate::journal::{self, Journal, LogHook, LogLevel, LogRecord, PrintHook, PrintedRecord};
use crate::own::{self, OwnService};
use crate::plugin::{ServiceHook, Surroundings};
use crate::runtime::{CodeCache, Engine};
use crate::server::agents::Stored;
use crate::server::metrics::Metrics;
use crate::server::scrobbling::{self, Scrobbling};
use crate::server::{Rules, ServerConfig, SettingsError};
use crate::services::ServiceSettings;
use crate::services::library::ScanError;
use crate::setup::{Grant, HostLibrary, HostUser, PluginSetup};
use crate::store::{self, Database, StoreError};

/// Time a server gives one plugin call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Memory a guest may have. The server sets no limit; a host on a developer's machine should survive a leak.
const MEMORY_LIMIT: usize = 1 << 30;

/// Describes a host.
///
/// ```
/// use nd_test_host::{Host, PluginSettings};
///
/// let host = Host::builder()
///     .user("u1", "ann")
///     .admin("u2", "root")
///     .plugin("webhook", PluginSettings::all())
///     .build()?;
/// assert!(host.plugins().is_empty());
/// # Ok::<(), nd_test_host::BuildError>(())
/// ```
#[must_use]
pub struct HostBuilder {
    data_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
    users: Vec<HostUser>,
    libraries: Vec<HostLibrary>,
    state: State,
    defaults: PluginSettings,
    call_timeout: Duration,
    memory_limit: usize,
    count_fuel: bool,
    log_level: Option<LogLevel>,
    on_log: Option<LogHook>,
    on_print: Option<PrintHook>,
    journal_capacity: usize,
    service_settings: ServiceSettings,
    rules: Rules,
    server: ServerConfig,
    notes: Vec<String>,
    scan_on_start: bool,
    customise: Vec<ServiceHook>,
    own: Vec<OwnService>,
}

/// Why a host cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The data folder cannot be made.
    #[error("creating the data folder: {0}")]
    DataDir(#[from] io::Error),
    /// The folder for compiled code, which is trimmed at each start, holds other files as well.
    #[error(
        "the folder for compiled code {} would be trimmed together with {}: choose another cache folder",
        cache.display(), kept.display()
    )]
    CacheHoldsMore {
        /// The folder for compiled code.
        cache: PathBuf,
        /// The folder of packages, of plugin data, or of music.
        kept: PathBuf,
    },
    /// The folder for compiled code cannot be made, or nothing can be written there.
    #[error("opening the cache of compiled code: {0}")]
    Cache(io::Error),
    /// The host's database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The libraries cannot be scanned.
    #[error("scanning: {0}")]
    Scan(#[from] ScanError),
    /// Two host services have a function of this import name, or the server has one. Rename the service.
    #[error("the host function \"{import}\" exists already")]
    TakenImport {
        /// The import name.
        import: &'static str,
    },
    /// The WebAssembly engine cannot start on this machine.
    #[error("starting the WebAssembly engine: {0}")]
    Engine(String),
}

impl HostBuilder {
    pub(super) fn new() -> Self {
        Self {
            data_dir: None,
            cache_dir: None,
            users: Vec::new(),
            libraries: Vec::new(),
            state: State::default(),
            defaults: PluginSettings::new(),
            call_timeout: CALL_TIMEOUT,
            memory_limit: MEMORY_LIMIT,
            count_fuel: true,
            log_level: None,
            on_log: None,
            on_print: None,
            journal_capacity: journal::DEFAULT_CAPACITY,
            service_settings: ServiceSettings::default(),
            rules: Rules::default(),
            server: ServerConfig::default(),
            notes: Vec::new(),
            scan_on_start: false,
            customise: Vec::new(),
            own: Vec::new(),
        }
    }

    /// Keeps plugin data in this folder. Default: a temporary folder that goes with the host.
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Keeps compiled plugins under `plugins` in this folder, so that the next host need not compile them again.
    /// Default: `cache` in the data folder; a host with a temporary data folder keeps none. Hosts of one process share
    /// compiled plugins in any case.
    ///
    /// Starting the host trims that folder, whatever is in it, to [`ServerConfig::cache_size`]. What is kept is code that
    /// the next host runs as it is, so on Unix only files count that belong to the user who runs the host and that
    /// nobody else may write to; elsewhere choose a folder that is private.
    pub fn cache_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(path.into());
        self
    }

    /// Adds a user; the display name is the name.
    pub fn user(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        let name = name.into();
        self.full_user(HostUser {
            id: id.into(),
            display_name: name.clone(),
            name,
            admin: false,
            libraries: Grant::All,
        })
    }

    /// Adds a user who administers the server; the display name is the name.
    pub fn admin(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        let name = name.into();
        self.full_user(HostUser {
            id: id.into(),
            display_name: name.clone(),
            name,
            admin: true,
            libraries: Grant::All,
        })
    }

    /// Adds a user with everything there is to say about one.
    pub fn full_user(mut self, user: HostUser) -> Self {
        self.users.push(user);
        self
    }

    /// Adds a library.
    pub fn library(mut self, id: i32, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.libraries.push(HostLibrary {
            id,
            name: name.into(),
            path: path.into(),
        });
        self
    }

    /// Scans every library when the host starts. Default: no; what was scanned before is known all the same.
    pub fn scan_on_start(mut self, scan: bool) -> Self {
        self.scan_on_start = scan;
        self
    }

    /// Sets what the plugin with this id is granted and configured with.
    pub fn plugin(mut self, id: impl Into<String>, settings: PluginSettings) -> Self {
        self.state.settings.insert(id.into(), settings);
        self
    }

    /// Sets what plugins are granted and configured with that have no settings of their own.
    pub fn every_plugin(mut self, settings: PluginSettings) -> Self {
        self.defaults = settings;
        self
    }

    /// Sets the time one plugin call may take, initialisation and host functions included. Default: 30 s.
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = limit;
        self
    }

    /// Sets how many bytes of memory an instance may have. Default: 1 GiB; the server sets no limit.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Sets whether the journal tells the fuel each call used. Counting costs a guest a few percent of its time, and in
    /// the tightest loops several times as much.
    /// Default: yes.
    pub fn count_fuel(mut self, count: bool) -> Self {
        self.count_fuel = count;
        self
    }

    /// Sets the level below which log lines are dropped. Default: what the server's settings say, else info.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Calls a function for every log line that is kept, while it happens.
    pub fn on_log(mut self, hook: impl Fn(&LogRecord) + Send + Sync + 'static) -> Self {
        self.on_log = Some(Box::new(hook));
        self
    }

    /// Calls a function for every line a plugin prints to standard output or standard error, while it happens.
    ///
    /// The real server throws such lines away: what is meant for its log has to go through the log functions.
    pub fn on_print(mut self, hook: impl Fn(&PrintedRecord) + Send + Sync + 'static) -> Self {
        self.on_print = Some(Box::new(hook));
        self
    }

    /// Sets how many entries the journal keeps. Default: [`journal::DEFAULT_CAPACITY`].
    pub fn journal_capacity(mut self, entries: usize) -> Self {
        self.journal_capacity = entries;
        self
    }

    /// Sets what the host's own services work with: the clock, the resolver, the scanned libraries.
    pub fn service_settings(mut self, settings: ServiceSettings) -> Self {
        self.service_settings = settings;
        self
    }

    /// Follows the rules of another server release than the newest.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the server's settings, those of `navidrome.toml`.
    pub fn server(mut self, config: ServerConfig) -> Self {
        self.server = config;
        self
    }

    /// Reads the server's settings from a `navidrome.toml`. Keys of no effect and outdated ones are logged as warnings.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or a value is not what its key takes.
    pub fn server_file(mut self, path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        let read = ServerConfig::from_file(path)?;
        self.server = read.config;
        self.note_unknown(&read.unknown);
        self.notes.extend(read.notes);
        Ok(self)
    }

    /// Sets what `ND_…` variables say, over what is set already; see [`ServerConfig::apply_env`].
    ///
    /// # Errors
    ///
    /// When a value is not what its key takes.
    pub fn server_env(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<Self, SettingsError> {
        let unknown = self.server.apply_env(variables)?;
        self.note_unknown(&unknown);
        Ok(self)
    }

    fn note_unknown(&mut self, keys: &[String]) {
        if !keys.is_empty() {
            let keys = keys.join(", ");
            self.notes
                .push(format!("settings that mean nothing to plugins: {keys}"));
        }
    }

    /// Replaces services of each load, after the host's own have started.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use nd_test_host::context::CallContext;
    /// use nd_test_host::error::ServiceError;
    /// use nd_test_host::generated::Artwork;
    /// use nd_test_host::Host;
    ///
    /// struct Covers;
    ///
    /// impl Artwork for Covers {
    ///     fn get_artist_url(&self, _: &CallContext, id: String, _: i32) -> Result<String, ServiceError> {
    ///         Ok(format!("http://covers.test/artist/{id}"))
    ///     }
    /// #   fn get_album_url(&self, _: &CallContext, id: String, _: i32) -> Result<String, ServiceError> { Ok(id) }
    /// #   fn get_track_url(&self, _: &CallContext, id: String, _: i32) -> Result<String, ServiceError> { Ok(id) }
    /// #   fn get_playlist_url(&self, _: &CallContext, id: String, _: i32) -> Result<String, ServiceError> { Ok(id) }
    ///     // … and the other three
    /// }
    ///
    /// let host = Host::builder()
    ///     .services(|_setup, services| services.artwork = Arc::new(Covers))
    ///     .build()?;
    /// # Ok::<(), nd_test_host::BuildError>(())
    /// ```
    pub fn services(
        mut self,
        customise: impl Fn(&PluginSetup, &mut Services) + Send + Sync + 'static,
    ) -> Self {
        self.customise.push(Box::new(customise));
        self
    }

    /// Offers a host service that is not the server's; `nd-hostgen bindings` writes what makes one of its trait.
    ///
    /// Plugins may import its functions, after they have declared its permission if it has one.
    pub fn service(mut self, service: OwnService) -> Self {
        self.own.push(service);
        self
    }

    /// Starts the host.
    ///
    /// # Errors
    ///
    /// When the data folder, the database or the engine cannot be made, or an own service has a name that is taken.
    pub fn build(self) -> Result<Host, BuildError> {
        let (data_dir, own_data, store) = match self.data_dir {
            Some(path) => {
                std::fs::create_dir_all(&path)?;
                let store = Database::open(&path.join(store::FILE_NAME))?;
                (path, None, store)
            }
            None => {
                let own = tempfile::Builder::new().prefix("nd-host-").tempdir()?;
                (own.path().to_owned(), Some(own), Database::in_memory()?)
            }
        };
        let cache_dir = match (self.cache_dir, &own_data) {
            (Some(path), _) => Some(path),
            (None, None) => Some(data_dir.join("cache")),
            // Gone before another host could use it.
            (None, Some(_)) => None,
        };
        let cache = match cache_dir.filter(|_| self.server.plugins_enabled) {
            Some(path) => {
                let folder = path.join("plugins");
                let cache = CodeCache::open(&folder).map_err(BuildError::Cache)?;
                let packages = self.server.plugins_folder.clone();
                let mut kept = vec![packages.unwrap_or_default(), data_dir.join("plugins")];
                kept.extend(self.libraries.iter().map(|library| library.path.clone()));
                apart(&folder, &kept)?;
                if let Some(limit) = self.server.cache_size {
                    cache.trim(limit);
                }
                Some(cache)
            }
            None => None,
        };
        let own = own::functions(self.own).map_err(|import| BuildError::TakenImport { import })?;
        let engine = Engine::start(self.memory_limit, self.count_fuel, cache, own)
            .map_err(BuildError::Engine)?;
        let level = self.log_level.unwrap_or(self.server.plugin_log_level);
        let journal = Journal::with(self.journal_capacity, level, self.on_log, self.on_print);
        for note in self.notes {
            journal.log("", LogLevel::Warn, note);
        }
        let mut surroundings = Surroundings {
            engine,
            data_dir,
            users: self.users.into(),
            libraries: self.libraries.into(),
            journal,
            timeout: self.call_timeout,
            service_settings: self.service_settings,
            rules: Arc::new(self.rules),
            server: Arc::new(self.server),
            store,
            faults: Faults::default(),
            metrics: Metrics::default(),
            customise: self.customise,
        };
        let state = Arc::new(Mutex::new(self.state));
        let scrobbling = Scrobbling::new(scrobbling::Parts {
            targets: Box::new(LoadedScrobblers(Arc::downgrade(&state))),
            users: Arc::clone(&surroundings.users),
            store: surroundings.store.clone(),
            journal: surroundings.journal.clone(),
            clock: Arc::clone(&surroundings.service_settings.clock),
            rules: Arc::clone(&surroundings.rules),
        });
        let information = Arc::new(Stored::new(
            surroundings.store.clone(),
            Arc::clone(&surroundings.service_settings.clock),
        ));
        let plays = &mut surroundings.service_settings.plays;
        plays.get_or_insert_with(|| Arc::new(scrobbling.clone()));
        let host = Host {
            closed: Condvar::new(),
            surroundings,
            defaults: self.defaults,
            state,
            scrobbling,
            information,
            _own_data: own_data,
        };
        if self.scan_on_start {
            host.scan()?;
        }
        host.load_libraries()?;
        Ok(host)
    }
}

/// Refuses a folder for compiled code that is one of these, or has one in it: trimming it would lose their files.
fn apart(cache: &Path, kept: &[PathBuf]) -> Result<(), BuildError> {
    let cache = cache.canonicalize().map_err(BuildError::Cache)?;
    // What does not exist yet has nothing to lose.
    let mut kept = kept.iter().filter_map(|path| path.canonicalize().ok());
    match kept.find(|path| path.starts_with(&cache)) {
        Some(kept) => Err(BuildError::CacheHoldsMore { cache, kept }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_compiled_code_never_reaches_other_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, packages) = (folder.path().join("data"), folder.path().join("a/plugins"));
        let music = folder.path().join("b/plugins/music");
        for path in [&data.join("plugins"), &packages, &music] {
            std::fs::create_dir_all(path).expect("a folder");
        }
        std::fs::write(packages.join("mine.ndp"), "precious").expect("a file");
        let start = |cache: &Path| {
            let mut server = ServerConfig::default();
            server.plugins_folder = Some(packages.clone());
            server.cache_size = Some(0);
            let host = Host::builder().data_dir(&data).cache_dir(cache);
            host.library(1, "Music", &music).server(server).build()
        };
        for cache in [&data, &folder.path().join("a"), &folder.path().join("b")] {
            let refused = start(cache).expect_err("refused").to_string();
            assert!(refused.contains("choose another cache folder"), "{refused}");
        }
        start(&folder.path().join("c")).expect("a folder of its own");
        assert!(packages.join("mine.ndp").exists());
    }
}
