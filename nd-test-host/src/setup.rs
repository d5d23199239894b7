//! What a host tells the services of one load: who the plugin is, what it may see, and where its data lives.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use crate::context::Callback;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::manifest::Manifest;
use crate::server::{Rules, ServerConfig};
use crate::store::Database;

/// A user of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostUser {
    /// Id, the value grant lists hold.
    pub id: String,
    /// Login name, compared without regard to case.
    pub name: String,
    /// Name shown to people.
    pub display_name: String,
    /// Whether the user administers the server.
    pub admin: bool,
    /// Libraries the user may listen to.
    pub libraries: Grant<i32>,
}

/// A music library of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLibrary {
    /// Id, the value grant lists hold and the last part of the mount point.
    pub id: i32,
    /// Name shown to people.
    pub name: String,
    /// Folder on this machine.
    pub path: PathBuf,
}

/// What an administrator allowed a plugin: everything, or the listed ids only.
///
/// An empty list means nothing, not everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant<T> {
    /// The "all" flag is set; it wins over any list.
    All,
    /// Only these ids.
    Listed(Vec<T>),
}

impl<T: PartialEq> Grant<T> {
    /// Grants nothing.
    pub fn none() -> Self {
        Self::Listed(Vec::new())
    }

    /// Tells whether the id is granted.
    pub fn allows(&self, id: &T) -> bool {
        match self {
            Self::All => true,
            Self::Listed(ids) => ids.contains(id),
        }
    }

    /// Tells whether anything is granted at all, also when no such id exists.
    pub fn is_configured(&self) -> bool {
        match self {
            Self::All => true,
            Self::Listed(ids) => !ids.is_empty(),
        }
    }
}

impl<T> Default for Grant<T> {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// Everything the services of one load are made from.
pub struct PluginSetup {
    /// Plugin id.
    pub id: String,
    /// The checked manifest.
    pub manifest: Arc<Manifest>,
    /// The plugin's own data folder, `<data folder>/plugins/<id>`. Services create it when they need it.
    pub data_dir: PathBuf,
    /// The configuration as the plugin sees it.
    pub config: BTreeMap<String, String>,
    /// Users the plugin may act for and see.
    pub user_grant: Grant<String>,
    /// Libraries the plugin may see.
    pub library_grant: Grant<i32>,
    /// All users of the host.
    pub users: Arc<[HostUser]>,
    /// All libraries of the host.
    pub libraries: Arc<[HostLibrary]>,
    /// The way back into the plugin, for callbacks. Dead once the plugin is unloaded.
    pub callback: Weak<dyn Callback>,
    /// The host's journal.
    pub journal: Journal,
    /// The rules of the server release.
    pub rules: Arc<Rules>,
    /// The server's settings.
    pub server: Arc<ServerConfig>,
    /// The host's database.
    pub store: Database,
    /// What goes wrong on purpose.
    pub faults: Faults,
}

impl PluginSetup {
    /// Returns the libraries the plugin may see, in host order.
    pub fn granted_libraries(&self) -> impl Iterator<Item = &HostLibrary> {
        self.libraries
            .iter()
            .filter(|library| self.library_grant.allows(&library.id))
    }

    /// Returns the users the plugin may see, in host order.
    pub fn granted_users(&self) -> impl Iterator<Item = &HostUser> {
        self.users
            .iter()
            .filter(|user| self.user_grant.allows(&user.id))
    }
}
