//! Why a change of a plugin cannot be made.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::manifest::ConfigErrors;
use crate::package::PackageError;
use crate::store::StoreError;

/// Why a change of a plugin cannot be made, or was made and did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManagerError {
    /// There are no plugins on this server: `Plugins.Enabled` is off.
    #[error("plugins are switched off (Plugins.Enabled)")]
    SwitchedOff,
    /// Nobody knows that plugin. Rescan, or correct the id.
    #[error("plugin not found: {id}")]
    Unknown {
        /// Plugin id.
        id: String,
    },
    /// The plugin itself asked for a change of itself while one is being made.
    #[error("plugin {id} is being changed and cannot change itself meanwhile")]
    Busy {
        /// Plugin id.
        id: String,
    },
    /// The plugin asks for users or libraries, and none are granted. Grant some first.
    #[error("{permission} permission requires configuration")]
    NotConfigured {
        /// `users` or `library`.
        permission: &'static str,
    },
    /// The configuration does not fit the plugin's schema. Nothing was changed.
    #[error("invalid config: {0}")]
    InvalidConfig(ConfigErrors),
    /// A field that holds JSON text does not. Nothing was changed.
    #[error("{field} is not valid JSON: {detail}")]
    NotJson {
        /// `config`, `users` or `libraries`.
        field: &'static str,
        /// What the parser said.
        detail: String,
    },
    /// A list of libraries holds something that is no number.
    #[error("invalid library ID {id:?}: library ids are whole numbers")]
    InvalidLibrary {
        /// What is no number.
        id: String,
    },
    /// Nothing was asked for.
    #[error("nothing to update")]
    NothingToUpdate,
    /// The plugin could not be loaded; it stays disabled, and the reason is stored.
    #[error("loading plugin: {cause}")]
    Loading {
        /// Why.
        cause: String,
    },
    /// The change is stored, but the plugin could not be loaded with it; it is disabled now, and the reason is stored.
    #[error("reloading plugin: {cause}")]
    Reloading {
        /// Why.
        cause: String,
    },
    /// The stored manifest cannot be read.
    #[error("stored manifest of {id}: {cause}")]
    StoredManifest {
        /// Plugin id.
        id: String,
        /// Why.
        cause: String,
    },
    /// A package file cannot be read.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The plugins folder cannot be read.
    #[error("reading {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ManagerError {
    /// Returns the HTTP status the server's REST interface answers with.
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidConfig(_) | Self::NotJson { .. } => 400,
            Self::SwitchedOff | Self::Unknown { .. } => 404,
            Self::Loading { .. } | Self::NotConfigured { .. } => 422,
            _ => 500,
        }
    }

    /// Returns every violation of an invalid configuration as `{"errors":[{"field":…,"message":…}]}`.
    pub fn config_errors(&self) -> Option<Value> {
        match self {
            Self::InvalidConfig(errors) => Some(json!({ "errors": errors.errors })),
            _ => None,
        }
    }
}
