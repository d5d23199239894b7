//! The host services: real implementations behind the traits of [`crate::generated`], made anew for every load.
//!
//! | service | module | state |
//! | --- | --- | --- |
//! | Config | [`config`] | the plugin's settings |
//! | Scheduler | [`scheduler`] | schedules in memory, a timer thread |
//! | WebSocket | [`websocket`] | connections, a thread for all of them |
//! | Cache | [`cache`] | entries in memory |
//! | Artwork | [`artwork`] | signed addresses |
//! | SubsonicAPI | [`subsonic`] | the host's own answers, or a live server's |
//! | Library | [`library`] | the host's libraries and their scanned tracks |
//! | KVStore | [`kvstore`] | `kvstore.db` in the plugin's data folder |
//! | Matcher | [`matcher`] | an index of the scanned tracks |
//! | Users | [`users`] | the host's users |
//! | HTTP | [`http`] | a pool of connections |
//! | Task | [`task`] | `taskqueue.db` in the plugin's data folder, worker threads |
//! | Storage | [`storage`] | the folder `storage` in the plugin's data folder |
//! | ScrobbleRetriever | [`scrobble_retriever`] | the listening history in the host's database |

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use self::artwork::ArtworkService;
use self::cache::CacheService;
pub use self::clock::{Clock, ManualClock, Sleeper, SystemClock};
use self::config::ConfigService;
use self::http::{HttpService, HttpSettings};
use self::kvstore::KvStoreService;
use self::library::{Catalogue, LibraryService};
use self::matcher::{MatcherService, SongMatcher};
use self::scheduler::SchedulerService;
use self::scrobble_retriever::ScrobbleRetrieverService;
use self::storage::StorageService;
use self::subsonic::{
    EmbeddedSubsonic, NowPlaying, SubsonicParts, SubsonicService, SubsonicSource,
};
use self::task::{TaskService, TaskSetup};
use self::users::UsersService;
use self::websocket::{WebSocketService, WebSocketSetup};
use crate::generated::Services;
use crate::server::{Plays, ServerConfig};
use crate::setup::{HostLibrary, HostUser, PluginSetup};
use crate::store::Database;

pub(crate) mod acting_user;
pub mod artwork;
pub mod cache;
pub mod clock;
pub mod config;
pub mod http;
pub(crate) mod id;
pub mod kvstore;
pub mod library;
pub mod matcher;
pub mod scheduler;
pub mod scrobble_retriever;
pub mod storage;
pub mod subsonic;
pub mod task;
pub mod users;
pub mod websocket;

/// What the services of all plugins of a host have in common.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServiceSettings {
    /// Where expiry, schedules and time stamps take the time from.
    pub clock: Arc<dyn Clock>,
    /// How HTTP requests are made.
    pub http: HttpSettings,
    /// The scanned libraries.
    pub catalogue: Catalogue,
    /// Who answers the plugins' calls of the Subsonic API.
    pub subsonic: SubsonicSource,
    /// What users play at the moment, as far as they told the embedded Subsonic responder.
    pub now_playing: NowPlaying,
    /// Who else that responder tells of what users play; none for the host's scrobbling.
    pub plays: Option<Arc<dyn Plays>>,
}

impl Default for ServiceSettings {
    /// Returns the clock, resolver and proxies of this machine, and no scanned library.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            http: HttpSettings::default(),
            catalogue: Catalogue::new(),
            subsonic: SubsonicSource::default(),
            now_playing: NowPlaying::default(),
            plays: None,
        }
    }
}

impl ServiceSettings {
    /// Makes the responder that answers the Subsonic API from what a host knows.
    pub(crate) fn embedded_subsonic(
        &self,
        users: Arc<[HostUser]>,
        libraries: Arc<[HostLibrary]>,
        config: Arc<ServerConfig>,
        store: Database,
    ) -> EmbeddedSubsonic {
        EmbeddedSubsonic::new(SubsonicParts {
            users,
            libraries,
            catalogue: self.catalogue.clone(),
            store,
            clock: self.clock.clone(),
            config,
            server_version: self.http.server_version.clone(),
            now_playing: self.now_playing.clone(),
            plays: self.plays.clone(),
        })
    }
}

/// A service that could not be made; the load fails with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("creating {service} service: {cause}")]
pub struct ServiceStartError {
    /// Name of the service, as in `KVStore`.
    pub service: &'static str,
    /// What went wrong, and with which file or manifest entry.
    pub cause: String,
}

/// The services of one load. They end with it: dropping the set closes them.
pub struct ServiceSet {
    services: Services,
    scheduler: Option<Arc<SchedulerService>>,
    websocket: Option<Arc<WebSocketService>>,
    cache: Option<Arc<CacheService>>,
    kvstore: Option<Arc<KvStoreService>>,
    http: Option<Arc<HttpService>>,
    task: Option<Arc<TaskService>>,
    closed: AtomicBool,
}

impl ServiceSet {
    /// Makes the services the manifest has a permission for, with default settings. See [`ServiceSet::build_with`].
    ///
    /// # Errors
    ///
    /// The first service that cannot be made.
    pub fn build(setup: &PluginSetup) -> Result<Self, ServiceStartError> {
        Self::build_with(setup, &ServiceSettings::default())
    }

    /// Makes the services the manifest has a permission for; Config needs none.
    ///
    /// They are made in the server's order. If one fails, those already made are closed.
    ///
    /// # Errors
    ///
    /// The first service that cannot be made.
    pub fn build_with(
        setup: &PluginSetup,
        settings: &ServiceSettings,
    ) -> Result<Self, ServiceStartError> {
        let permissions = &setup.manifest.permissions;
        let clock = || settings.clock.clone();
        let failed = |service| move |cause| ServiceStartError { service, cause };
        let mut set = Self {
            services: Services::unavailable(),
            scheduler: None,
            websocket: None,
            cache: None,
            kvstore: None,
            http: None,
            task: None,
            closed: AtomicBool::new(false),
        };
        set.services.config = Arc::new(ConfigService::new(setup.config.clone()));
        if permissions.subsonicapi.is_some() {
            let backend = match &settings.subsonic {
                SubsonicSource::Embedded => {
                    let (users, libraries) = (setup.users.clone(), setup.libraries.clone());
                    let (server, store) = (setup.server.clone(), setup.store.clone());
                    Some(Arc::new(settings.embedded_subsonic(users, libraries, server, store)) as _)
                }
                SubsonicSource::Backend(backend) => Some(backend.clone()),
                SubsonicSource::Nobody => None,
            };
            set.services.subsonicapi = Arc::new(SubsonicService::new(
                &setup.id,
                setup.users.clone(),
                setup.user_grant.clone(),
                backend,
            ));
        }
        if permissions.scheduler.is_some() {
            let scheduler = SchedulerService::new(
                &setup.id,
                setup.callback.clone(),
                setup.journal.clone(),
                clock(),
            );
            set.services.scheduler = set.scheduler.insert(Arc::new(scheduler)).clone();
        }
        if let Some(permission) = &permissions.websocket {
            let websocket = WebSocketService::new(WebSocketSetup {
                plugin: &setup.id,
                required_hosts: &permission.required_hosts,
                rules: &setup.rules,
                resolver: settings.http.resolver.clone(),
                callback: setup.callback.clone(),
                journal: setup.journal.clone(),
                clock: clock(),
            });
            set.services.websocket = set
                .websocket
                .insert(Arc::new(websocket.map_err(failed("WebSocket"))?))
                .clone();
        }
        if permissions.artwork.is_some() {
            let secret = setup.store.secret("artwork");
            let secret = secret.map_err(|error| failed("Artwork")(error.to_string()))?;
            let artwork = ArtworkService::new(
                setup.server.clone(),
                setup.rules.artwork_request_base,
                secret.into(),
            );
            set.services.artwork = Arc::new(artwork.comparing(&setup.rules));
        }
        if permissions.cache.is_some() {
            set.services.cache = set
                .cache
                .insert(Arc::new(CacheService::new(clock())))
                .clone();
        }
        if let Some(permission) = &permissions.library {
            let (libraries, grant) = (setup.libraries.clone(), setup.library_grant.clone());
            let library = LibraryService::new(
                libraries,
                grant,
                permission.filesystem,
                settings.catalogue.clone(),
            );
            set.services.library = Arc::new(library);
        }
        if let Some(permission) = &permissions.kvstore {
            let kvstore = KvStoreService::open(
                &setup.data_dir,
                permission.max_size.as_deref(),
                clock(),
                setup.faults.clone(),
            );
            set.services.kvstore = set
                .kvstore
                .insert(Arc::new(kvstore.map_err(failed("KVStore"))?))
                .clone();
        }
        if permissions.users.is_some() {
            set.services.users = Arc::new(UsersService::new(
                setup.users.clone(),
                setup.user_grant.clone(),
            ));
        }
        if permissions.matcher.is_some() {
            let matcher = SongMatcher::new(
                settings.catalogue.clone(),
                setup.server.clone(),
                setup.store.clone(),
            );
            let library = permissions.library.as_ref();
            set.services.matcher = Arc::new(MatcherService::new(
                matcher,
                setup.libraries.clone(),
                setup.users.clone(),
                setup.library_grant.clone(),
                setup.user_grant.clone(),
                library.is_some_and(|library| library.filesystem),
            ));
        }
        if let Some(permission) = &permissions.http {
            let http =
                HttpService::comparing(&permission.required_hosts, &settings.http, &setup.rules);
            set.services.http = set
                .http
                .insert(Arc::new(http.map_err(failed("HTTP"))?))
                .clone();
        }
        if let Some(permission) = &permissions.taskqueue {
            let task = TaskService::open(
                &setup.data_dir,
                TaskSetup {
                    plugin: setup.id.clone(),
                    max_concurrency: permission.max_concurrency,
                    callback: setup.callback.clone(),
                    journal: setup.journal.clone(),
                    clock: clock(),
                    faults: setup.faults.clone(),
                },
            );
            set.services.task = set
                .task
                .insert(Arc::new(task.map_err(failed("Task"))?))
                .clone();
        }
        if permissions.storage.is_some() {
            let storage = StorageService::create(&setup.data_dir);
            set.services.storage = Arc::new(storage.map_err(failed("Storage"))?);
        }
        if permissions.scrobble_retriever.is_some() && setup.rules.storage_and_history {
            set.services.scrobbleretriever = Arc::new(ScrobbleRetrieverService::new(
                setup.users.clone(),
                setup.user_grant.clone(),
                setup.store.clone(),
            ));
        }
        Ok(set)
    }

    /// Returns the services as the glue of the host functions wants them; undeclared ones are unavailable.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Returns the scheduler, if the manifest asks for it, for tests that fire schedules without waiting.
    pub fn scheduler(&self) -> Option<&Arc<SchedulerService>> {
        self.scheduler.as_ref()
    }

    /// Returns the WebSocket connections, if the manifest asks for them, for tests that wait for their events.
    pub fn websocket(&self) -> Option<&Arc<WebSocketService>> {
        self.websocket.as_ref()
    }

    /// Returns the task queues, if the manifest asks for them, for tests that look at stored tasks or wait for them.
    pub fn task(&self) -> Option<&Arc<TaskService>> {
        self.task.as_ref()
    }

    /// Lets no task start any more and cancels those that run, so that none finds its plugin gone.
    pub(crate) fn stop_tasks(&self) {
        if let Some(task) = &self.task {
            task.stop();
        }
    }

    /// Closes the services in the order they were made. Closing again does nothing.
    pub fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(scheduler) = &self.scheduler {
            scheduler.close();
        }
        if let Some(websocket) = &self.websocket {
            websocket.close();
        }
        if let Some(cache) = &self.cache {
            cache.close();
        }
        if let Some(kvstore) = &self.kvstore {
            kvstore.close();
        }
        if let Some(http) = &self.http {
            http.close();
        }
        if let Some(task) = &self.task {
            task.close();
        }
    }
}

impl Drop for ServiceSet {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
