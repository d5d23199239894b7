//! The manifest of a plugin, read as leniently as the server reads it.
//!
//! The loader accepts more than the published schema: unknown keys are ignored, `website` is any text, `version` is
//! any text that is not empty. What it refuses, it refuses in the server's order and with the server's texts.

mod config;
mod encode;
mod load;
mod schema;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use config::{ConfigErrors, ConfigMapError, ConfigViolation, config_map};
pub use load::ManifestError;

use crate::server::Rules;

/// A manifest that passed the loader's checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Name shown to people; not the plugin id.
    pub name: String,
    /// Who wrote the plugin.
    pub author: String,
    /// Version of the plugin, any text.
    pub version: String,
    /// What the plugin does.
    pub description: Option<String>,
    /// Where to read more; not checked.
    pub website: Option<String>,
    /// What the plugin asks for.
    pub permissions: Permissions,
    /// The plugin's settings, if it has any.
    pub config: Option<ConfigDefinition>,
}

impl Manifest {
    /// Reads and checks a `manifest.json`.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, in the server's order.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        Self::parse_for(json, &Rules::default())
    }

    /// As [`Manifest::parse`], by the rules of a server release: permissions it does not know need no others, and
    /// whatever stands there is ignored.
    ///
    /// # Errors
    ///
    /// As [`Manifest::parse`].
    pub fn parse_for(json: &[u8], rules: &Rules) -> Result<Self, ManifestError> {
        load::parse(json, rules)
    }

    /// Checks that every permission has the others it needs.
    pub(crate) fn check_dependencies(&self, rules: &Rules) -> Result<(), ManifestError> {
        load::check_dependencies(&self.permissions, rules)
    }

    /// Checks a configuration against the manifest's schema, as the server does when settings are saved.
    ///
    /// An empty text counts as `{}`.
    ///
    /// # Errors
    ///
    /// Every violation, each with the path of the field; or the fact that the plugin has no settings at all.
    pub fn validate_config(&self, config: &str) -> Result<(), ConfigErrors> {
        config::validate(self.config_schema(), config)
    }

    /// Returns the schema of the plugin's settings.
    pub fn config_schema(&self) -> Option<&serde_json::Value> {
        self.config.as_ref()?.schema.as_ref()
    }
}

/// The permissions a manifest declares. A permission is declared by being there and not `null`; `{}` is enough.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Permissions {
    /// HTTP service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpPermission>,
    /// WebSocket service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websocket: Option<WebSocketPermission>,
    /// Scheduler service; the plugin must export `nd_scheduler_callback`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<PlainPermission>,
    /// Task service; the plugin must export `nd_task_execute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taskqueue: Option<TaskQueuePermission>,
    /// Cache service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<PlainPermission>,
    /// Key-value store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kvstore: Option<KvStorePermission>,
    /// Storage service and the `/storage` mount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<PlainPermission>,
    /// Artwork service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artwork: Option<PlainPermission>,
    /// Library service, and with `filesystem` the library mounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<LibraryPermission>,
    /// Matcher service; needs `library`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matcher: Option<PlainPermission>,
    /// Users service; scrobblers need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<PlainPermission>,
    /// Subsonic API service; needs `users`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subsonicapi: Option<PlainPermission>,
    /// Scrobble history service; needs `users`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scrobble_retriever: Option<PlainPermission>,
    /// Keys that mean nothing to the server, but may open a service of somebody's own ([`crate::own`]).
    #[serde(skip)]
    pub others: BTreeSet<String>,
}

impl Permissions {
    /// Tells whether the permission with this manifest key is declared.
    pub fn has(&self, key: &str) -> bool {
        match key {
            "http" => self.http.is_some(),
            "websocket" => self.websocket.is_some(),
            "scheduler" => self.scheduler.is_some(),
            "taskqueue" => self.taskqueue.is_some(),
            "cache" => self.cache.is_some(),
            "kvstore" => self.kvstore.is_some(),
            "storage" => self.storage.is_some(),
            "artwork" => self.artwork.is_some(),
            "library" => self.library.is_some(),
            "matcher" => self.matcher.is_some(),
            "users" => self.users.is_some(),
            "subsonicapi" => self.subsonicapi.is_some(),
            "scrobbleRetriever" => self.scrobble_retriever.is_some(),
            other => self.others.contains(other),
        }
    }

    /// Tells whether a key is there, whether or not the release by whose rules it was read knows it.
    pub(crate) fn declares(&self, key: &str) -> bool {
        self.has(key) || self.others.contains(key)
    }

    /// Makes these the permissions that a release reads, if they were read by the rules of another one. A permission
    /// the other one does not know has no reason then.
    pub(crate) fn read_by(&mut self, rules: &Rules) {
        for (key, permission) in [
            ("storage", &mut self.storage),
            ("scrobbleRetriever", &mut self.scrobble_retriever),
        ] {
            if !rules.knows(key) {
                if permission.take().is_some() {
                    self.others.insert(key.to_owned());
                }
            } else if self.others.remove(key) {
                permission.get_or_insert_default();
            }
        }
    }

    /// Tells whether library folders are to be mounted.
    pub fn mounts_libraries(&self) -> bool {
        self.library
            .as_ref()
            .is_some_and(|library| library.filesystem)
    }
}

/// A permission without settings of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PlainPermission {
    /// Why the plugin wants it, shown to the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Permission for the HTTP service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpPermission {
    /// Why the plugin wants it, shown to the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Hosts the plugin may reach; empty means every public host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_hosts: Vec<String>,
}

/// Permission for the WebSocket service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WebSocketPermission {
    /// Why the plugin wants it, shown to the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Hosts the plugin may reach; empty means none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_hosts: Vec<String>,
}

/// Permission for the Task service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TaskQueuePermission {
    /// Why the plugin wants it, shown to the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Tasks that may run at once over all queues of the plugin, at least 1.
    #[serde(deserialize_with = "load::max_concurrency")]
    pub max_concurrency: i64,
}

impl Default for TaskQueuePermission {
    fn default() -> Self {
        Self {
            reason: None,
            max_concurrency: 1,
        }
    }
}

/// Permission for the key-value store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KvStorePermission {
    /// Why the plugin wants it, shown to the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Limit of all values together, for instance `10MB`; read when the service starts. Default 1 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<String>,
}

/// Permission for the Library service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LibraryPermission {
    /// Why the plugin wants it, shown to the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether library folders are mounted and file paths are shown.
    pub filesystem: bool,
}

/// The settings a plugin offers.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigDefinition {
    /// JSON Schema of the settings; `None` when the manifest says `null`.
    pub schema: Option<serde_json::Value>,
    /// JSONForms description of the settings form, opaque to the server.
    pub ui_schema: Option<serde_json::Value>,
}
