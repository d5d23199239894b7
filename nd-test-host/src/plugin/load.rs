//! Loading: the server's steps, in the server's order, with the server's prefixes.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::callback::Gate;
use super::{Loaded, Plugin};
use crate::client::Slots;
use crate::context::{CallContext, Callback, CancelToken};
use crate::faults::Faults;
use crate::generated::{CAPABILITIES, Capability, Services};
use crate::host::PluginSettings;
use crate::journal::{CallId, Journal, LogLevel};
use crate::manifest::{ConfigErrors, ConfigMapError, Manifest, config_map};
use crate::package::{Package, PackageError};
use crate::runtime::{Compiled, Engine, LinkError, Mount, Shared};
use crate::server::legacy::{self, Noticed};
use crate::server::metrics::Metrics;
use crate::server::{Rules, ServerConfig};
use crate::services::http::RuntimeHttp;
use crate::services::storage::{STORAGE_FOLDER, STORAGE_MOUNT};
use crate::services::{ServiceSet, ServiceSettings, ServiceStartError};
use crate::setup::{HostLibrary, HostUser, PluginSetup};
use crate::store::Database;
use crate::until::until;

/// Why a plugin cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A plugin with this id is loaded. Unload it first, or rename the package.
    #[error("plugin already loaded: {plugin}")]
    AlreadyLoaded {
        /// Plugin id.
        plugin: String,
    },
    /// The package cannot be read. The message names the entry or the rule.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The configuration is not a JSON object.
    #[error(transparent)]
    Config(#[from] ConfigMapError),
    /// The configuration does not fit the plugin's schema. Correct the fields named.
    #[error("invalid config of {plugin}: {errors}")]
    InvalidConfig {
        /// Plugin id.
        plugin: String,
        /// Every violation.
        errors: ConfigErrors,
    },
    /// The manifest asks for users or libraries and nobody granted any.
    #[error(
        "{permission} permission requires configuration: grant {plugin} some {permission} in its PluginSettings"
    )]
    NotConfigured {
        /// Plugin id.
        plugin: String,
        /// `users` or `library`.
        permission: &'static str,
    },
    /// A service cannot start.
    #[error(transparent)]
    Service(#[from] ServiceStartError),
    /// The module is not valid WebAssembly, or uses features no server offers.
    #[error("compiling plugin {plugin}: {detail}")]
    Compile {
        /// Plugin id.
        plugin: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// The module imports what the host does not offer to this plugin.
    #[error("creating instance of {plugin}: {source}")]
    Imports {
        /// Plugin id.
        plugin: String,
        /// Each import, and what to do about it.
        source: LinkError,
    },
    /// No instance of the module can be made.
    #[error("creating instance of {plugin}: {detail}")]
    Instance {
        /// Plugin id.
        plugin: String,
        /// What the runtime said.
        detail: String,
    },
    /// The exports do not fit the manifest.
    #[error("manifest validation: {plugin}: {problem}")]
    Exports {
        /// Plugin id.
        plugin: String,
        /// Which rule is broken.
        problem: &'static str,
    },
}

/// What a host lends to every load.
pub(crate) struct Surroundings {
    pub(crate) engine: Arc<Engine>,
    pub(crate) data_dir: PathBuf,
    pub(crate) users: Arc<[HostUser]>,
    pub(crate) libraries: Arc<[HostLibrary]>,
    pub(crate) journal: Journal,
    pub(crate) timeout: Duration,
    pub(crate) service_settings: ServiceSettings,
    pub(crate) rules: Arc<Rules>,
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) store: Database,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    pub(crate) customise: Vec<ServiceHook>,
}

/// Replaces services of a load by others.
pub(crate) type ServiceHook = Box<dyn Fn(&PluginSetup, &mut Services) + Send + Sync>;

/// Loads a package, up to and without `nd_on_init`.
pub(crate) fn load(
    package: Arc<Package>,
    settings: &PluginSettings,
    host: &Surroundings,
) -> Result<Plugin, LoadError> {
    let id = package.id.clone();
    let config = config_map(settings.config_text())?;
    for note in &package.outdated {
        host.journal.log(&id, LogLevel::Warn, note);
    }
    let manifest = effective_manifest(&package, host)?;
    let gate = Gate::new(&id);
    let weak_gate = Arc::downgrade(&gate);
    let callback: Weak<dyn Callback> = weak_gate;
    let setup = PluginSetup {
        id: id.clone(),
        manifest: Arc::clone(&manifest),
        data_dir: host.data_dir.join("plugins").join(&id),
        config: config.clone(),
        user_grant: settings.user_grant().clone(),
        library_grant: settings.library_grant().clone(),
        users: Arc::clone(&host.users),
        libraries: Arc::clone(&host.libraries),
        callback,
        journal: host.journal.clone(),
        rules: Arc::clone(&host.rules),
        server: Arc::clone(&host.server),
        store: host.store.clone(),
        faults: host.faults.clone(),
    };
    let service_set = ServiceSet::build_with(&setup, &host.service_settings)?;
    let mut services = service_set.services().clone();
    for hook in &host.customise {
        hook(&setup, &mut services);
    }
    let required_hosts = manifest.permissions.http.as_ref();
    let shared = Arc::new(Shared {
        config,
        services,
        faults: host.faults.clone(),
        clock: Arc::clone(&host.service_settings.clock),
        mounts: mounts(&setup, settings.allows_writing()),
        http: RuntimeHttp::new(
            required_hosts.map_or(&[], |http| &http.required_hosts),
            &host.rules,
            &host.service_settings.http,
        ),
        legacy: Noticed::default(),
    });
    let compiled = compile(&package, &manifest, host)?;
    let context = CallContext::new(
        id.as_str(),
        "load",
        until(host.timeout),
        CancelToken::new(),
        host.journal.clone(),
        CallId::NONE,
    );
    compiled
        .probe(&shared, context)
        .map_err(|detail| LoadError::Instance {
            plugin: id.clone(),
            detail,
        })?;
    if let Some(note) = legacy::export(compiled.exports()) {
        host.journal.log(&id, LogLevel::Warn, note);
    }
    let capabilities = detect(&compiled);
    check_exports(&id, &manifest, &compiled, &capabilities)?;
    let loaded = Arc::new(Loaded {
        package,
        manifest,
        settings: settings.clone(),
        compiled,
        shared,
        services: service_set,
        capabilities,
        journal: host.journal.clone(),
        metrics: host.metrics.clone(),
        timeout: host.timeout,
        cancel: CancelToken::new(),
        gate,
        unloaded: false.into(),
        lyrics: Slots::new(Arc::clone(&host.rules)),
    });
    loaded.gate.open(&loaded);
    Ok(Plugin { loaded })
}

/// Checks what an administrator set: a configuration that fits the schema, and a grant for whatever is asked for.
pub(crate) fn check_settings(
    id: &str,
    manifest: &Manifest,
    settings: &PluginSettings,
) -> Result<(), LoadError> {
    if !settings.config_text().is_empty() {
        manifest
            .validate_config(settings.config_text())
            .map_err(|errors| LoadError::InvalidConfig {
                plugin: id.to_owned(),
                errors,
            })?;
    }
    let missing = |permission| LoadError::NotConfigured {
        plugin: id.to_owned(),
        permission,
    };
    if manifest.permissions.users.is_some() && !settings.user_grant().is_configured() {
        return Err(missing("users"));
    }
    if manifest.permissions.library.is_some() && !settings.library_grant().is_configured() {
        return Err(missing("library"));
    }
    Ok(())
}

/// Lists the folders the plugin's instances see: granted libraries, if asked for, and its storage.
fn mounts(setup: &PluginSetup, writable: bool) -> Vec<Mount> {
    let mut mounts = Vec::new();
    if setup.manifest.permissions.mounts_libraries() {
        mounts.extend(setup.granted_libraries().map(|library| Mount {
            guest: format!("/libraries/{}", library.id),
            host: library.path.clone(),
            writable,
        }));
    }
    if setup.manifest.permissions.storage.is_some() {
        // The Storage service has made the folder.
        mounts.push(Mount {
            guest: STORAGE_MOUNT.to_owned(),
            host: setup.data_dir.join(STORAGE_FOLDER),
            writable: true,
        });
    }
    mounts
}

fn compile(
    package: &Package,
    manifest: &Manifest,
    host: &Surroundings,
) -> Result<Compiled, LoadError> {
    let plugin = || package.id.clone();
    let code = host
        .engine
        .compile(&package.wasm)
        .map_err(|detail| LoadError::Compile {
            plugin: plugin(),
            detail,
        })?;
    host.engine
        .link(&code, &manifest.permissions)
        .map_err(|source| LoadError::Imports {
            plugin: plugin(),
            source: match source {
                LinkError::Imports(errors) => errors.in_release(&host.rules).into(),
                other => other,
            },
        })
}

/// Returns the manifest as the server release reads it: permissions it does not know do nothing.
fn effective_manifest(package: &Package, host: &Surroundings) -> Result<Arc<Manifest>, LoadError> {
    let manifest = &package.manifest;
    // A package may have been read by the rules of another release.
    manifest
        .check_dependencies(&host.rules)
        .map_err(|source| PackageError::Manifest {
            name: package.id.clone(),
            source,
        })?;
    host.rules.compare(&host.journal, &package.id, |other| {
        compare(package, host, other)
    });
    let mut manifest = manifest.clone();
    manifest.permissions.read_by(&host.rules);
    Ok(Arc::new(manifest))
}

/// Says what another release would make of the manifest.
fn compare(package: &Package, host: &Surroundings, other: &Rules) -> Option<String> {
    if let Err(error) = package.manifest.check_dependencies(other) {
        return Some(format!("would not load the plugin: {error}"));
    }
    let differing: Vec<_> = ["storage", "scrobbleRetriever"]
        .into_iter()
        .filter(|key| package.manifest.permissions.declares(key))
        .filter(|key| host.rules.knows(key) != other.knows(key))
        .map(|key| format!("\"{key}\""))
        .collect();
    let keys = differing.join(" and ");
    match (differing.is_empty(), other.storage_and_history) {
        (true, _) => None,
        (false, true) => Some(format!("would honour the permission {keys}")),
        (false, false) => Some(format!(
            "would ignore the permission {keys}, and not load the plugin if it imports a function of that service"
        )),
    }
}

/// Finds the capabilities: any one export is enough.
fn detect(compiled: &Compiled) -> Vec<&'static Capability> {
    let present = |capability: &&Capability| {
        let mut exports = capability.exports.iter();
        exports.any(|export| compiled.has_export(export.name))
    };
    CAPABILITIES.iter().filter(present).collect()
}

fn check_exports(
    id: &str,
    manifest: &Manifest,
    compiled: &Compiled,
    capabilities: &[&'static Capability],
) -> Result<(), LoadError> {
    let permissions = &manifest.permissions;
    let scrobbles = capabilities
        .iter()
        .any(|capability| capability.module == "scrobbler");
    let problem = if scrobbles && permissions.users.is_none() {
        "scrobbler capability requires 'users' permission to be declared in the manifest"
    } else if permissions.scheduler.is_some() && !compiled.has_export("nd_scheduler_callback") {
        "'scheduler' permission requires plugin to export 'nd_scheduler_callback' function"
    } else if permissions.taskqueue.is_some() && !compiled.has_export("nd_task_execute") {
        "'taskqueue' permission requires plugin to export 'nd_task_execute' function"
    } else {
        return Ok(());
    };
    Err(LoadError::Exports {
        plugin: id.to_owned(),
        problem,
    })
}
