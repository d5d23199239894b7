//! What an administrator sets for one plugin.

use crate::setup::Grant;

/// The configuration and the grants of one plugin.
///
/// A new plugin has nothing: no configuration, no users, no libraries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PluginSettings {
    config: String,
    users: Grant<String>,
    libraries: Grant<i32>,
    write_access: bool,
}

impl PluginSettings {
    /// Settings of a new plugin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Settings that grant every user and every library, read-only.
    pub fn all() -> Self {
        Self::new().all_users().all_libraries()
    }

    /// Sets the configuration, a JSON object; it is checked against the plugin's schema when the plugin is loaded.
    #[must_use]
    pub fn config(self, config: &serde_json::Value) -> Self {
        self.config_json(config.to_string())
    }

    /// Sets the configuration as JSON text. Empty text is no configuration.
    #[must_use]
    pub fn config_json(mut self, config: impl Into<String>) -> Self {
        self.config = config.into();
        self
    }

    /// Grants every user.
    #[must_use]
    pub fn all_users(mut self) -> Self {
        self.users = Grant::All;
        self
    }

    /// Grants the users with these ids, and no others.
    #[must_use]
    pub fn users(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.users = Grant::Listed(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Grants every library.
    #[must_use]
    pub fn all_libraries(mut self) -> Self {
        self.libraries = Grant::All;
        self
    }

    /// Grants the libraries with these ids, and no others.
    #[must_use]
    pub fn libraries(mut self, ids: impl IntoIterator<Item = i32>) -> Self {
        self.libraries = Grant::Listed(ids.into_iter().collect());
        self
    }

    /// Lets the plugin change files in the libraries it is granted.
    #[must_use]
    pub fn write_access(mut self) -> Self {
        self.write_access = true;
        self
    }

    pub(crate) fn config_text(&self) -> &str {
        &self.config
    }

    pub(crate) fn user_grant(&self) -> &Grant<String> {
        &self.users
    }

    pub(crate) fn library_grant(&self) -> &Grant<i32> {
        &self.libraries
    }

    pub(crate) fn allows_writing(&self) -> bool {
        self.write_access
    }
}
