//! What an administrator does: enabling, disabling, settings; and what follows when users or libraries are deleted.

use serde::Deserialize;

use super::{Inner, Manager, ManagerError, PluginEvent, list, stored_grant};
use crate::journal::LogLevel;
use crate::manifest::{Manifest, Permissions};
use crate::setup::Grant;
use crate::store::plugins::PluginRow;

/// Changes of one plugin, as the server's REST interface takes them: what is not there stays as it is.
///
/// Its JSON form is the body of `PUT /api/plugin/{id}`; configuration and lists are JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Changes {
    /// Enables or disables.
    pub enabled: Option<bool>,
    /// The configuration, a JSON object as text.
    pub config: Option<String>,
    /// Ids of the granted users, a JSON array as text.
    pub users: Option<String>,
    /// Grants every user.
    pub all_users: Option<bool>,
    /// Ids of the granted libraries, a JSON array as text.
    pub libraries: Option<String>,
    /// Grants every library.
    pub all_libraries: Option<bool>,
    /// Lets the plugin change files in its libraries.
    pub allow_write_access: Option<bool>,
}

impl Changes {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object with fields of these types.
    pub fn from_json(body: &[u8]) -> Result<Self, crate::wire::DecodeError> {
        crate::wire::decode(body)
    }
}

impl Manager {
    /// Applies changes in the server's order: configuration, users, libraries, enabled. Each is a change of its own,
    /// so three settings of an enabled plugin load it three times. Returns the new row.
    ///
    /// # Errors
    ///
    /// The first change that fails; those before it stay. [`ManagerError::status`] is what the server answers.
    pub fn update(&self, id: &str, changes: &Changes) -> Result<PluginRow, ManagerError> {
        self.plugin(id)?;
        for (field, text) in [
            ("config", &changes.config),
            ("users", &changes.users),
            ("libraries", &changes.libraries),
        ] {
            check_json(field, text.as_deref().unwrap_or_default())?;
        }
        if let Some(config) = &changes.config {
            self.set_config(id, config)?;
        }
        if changes.users.is_some() || changes.all_users.is_some() {
            self.inner.change(id, |row| {
                row.users = changes
                    .users
                    .clone()
                    .unwrap_or(std::mem::take(&mut row.users));
                row.all_users = changes.all_users.unwrap_or(row.all_users);
                Ok(())
            })?;
        }
        if changes.libraries.is_some()
            || changes.all_libraries.is_some()
            || changes.allow_write_access.is_some()
        {
            self.inner.change(id, |row| {
                row.libraries = changes
                    .libraries
                    .clone()
                    .unwrap_or(std::mem::take(&mut row.libraries));
                row.all_libraries = changes.all_libraries.unwrap_or(row.all_libraries);
                row.allow_write_access =
                    changes.allow_write_access.unwrap_or(row.allow_write_access);
                Ok(())
            })?;
        }
        match changes.enabled {
            Some(true) => self.enable(id)?,
            Some(false) => self.disable(id)?,
            None => {}
        }
        self.plugin(id)
    }

    /// Enables a plugin and loads it. Does nothing if it is enabled.
    ///
    /// # Errors
    ///
    /// When it asks for users or libraries and none are granted; when it cannot be loaded, which is stored too.
    pub fn enable(&self, id: &str) -> Result<(), ManagerError> {
        let inner = &self.inner;
        inner.enabled_at_all()?;
        let _claim = inner.claim(id)?;
        let mut row = inner.row(id)?;
        if row.enabled {
            return Ok(());
        }
        check_grants(&inner.permissions(&row)?, &row)?;
        // The flag is set last: a server that dies while a plugin starts does not start it again by itself.
        match inner.load(&row) {
            Ok(()) => {
                row.enabled = true;
                row.last_error.clear();
                if let Err(error) = inner.put(&mut row) {
                    inner.host.unload(id);
                    return Err(error);
                }
                inner.announce(PluginEvent::changed(id), id, "enabled");
                Ok(())
            }
            Err(cause) => {
                inner.log(id, LogLevel::Error, &format!("loading plugin: {cause}"));
                inner.store_failure(row, &cause)?;
                Err(ManagerError::Loading { cause })
            }
        }
    }

    /// Disables a plugin and unloads it. Does nothing if it is disabled.
    ///
    /// # Errors
    ///
    /// When there is no such plugin or the database cannot be written.
    pub fn disable(&self, id: &str) -> Result<(), ManagerError> {
        let inner = &self.inner;
        inner.enabled_at_all()?;
        let _claim = inner.claim(id)?;
        let mut row = inner.row(id)?;
        if row.enabled {
            inner.disable(&mut row, "disabled")?;
        }
        Ok(())
    }

    /// Sets the configuration, JSON text of an object. An enabled plugin is loaded again with it.
    ///
    /// # Errors
    ///
    /// When it does not fit the plugin's schema, with every violation; when the plugin cannot be loaded with it.
    pub fn set_config(&self, id: &str, config: &str) -> Result<(), ManagerError> {
        self.inner.enabled_at_all()?;
        self.inner.change(id, |row| {
            let manifest = self.inner.manifest(row)?;
            manifest
                .validate_config(config)
                .map_err(ManagerError::InvalidConfig)?;
            config.clone_into(&mut row.config);
            Ok(())
        })
    }

    /// Grants users: all of them, or those with these ids, and no others. An enabled plugin is loaded again.
    ///
    /// Granting all keeps the stored list, which counts again when the flag goes.
    ///
    /// # Errors
    ///
    /// When the plugin cannot be loaded with it.
    pub fn set_users(&self, id: &str, users: &Grant<String>) -> Result<(), ManagerError> {
        self.inner.enabled_at_all()?;
        self.inner.change(id, |row| {
            let (users, all) = stored_grant(users);
            row.users = users.unwrap_or_else(|| row.users.clone());
            row.all_users = all;
            Ok(())
        })
    }

    /// Grants libraries: all of them, or those with these ids, and no others; and says whether the plugin may change
    /// files in them, if that is to change. An enabled plugin is loaded again.
    ///
    /// # Errors
    ///
    /// When the plugin cannot be loaded with it.
    pub fn set_libraries(
        &self,
        id: &str,
        libraries: Option<&Grant<i32>>,
        write_access: Option<bool>,
    ) -> Result<(), ManagerError> {
        self.inner.enabled_at_all()?;
        self.inner.change(id, |row| {
            if let Some(libraries) = libraries {
                let (libraries, all) = stored_grant(libraries);
                row.libraries = libraries.unwrap_or_else(|| row.libraries.clone());
                row.all_libraries = all;
            }
            row.allow_write_access = write_access.unwrap_or(row.allow_write_access);
            Ok(())
        })
    }

    /// Takes a deleted user out of all grants. Enabled plugins that need users and are left without any are disabled.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn user_deleted(&self, user: &str) -> Result<(), ManagerError> {
        let edit = |row: &mut PluginRow| without(&mut row.users, |id: &String| id == user);
        self.inner.each_row(edit, |permissions, row| {
            permissions.users.is_some() && !is_configured::<String>(row.all_users, &row.users)
        })
    }

    /// Takes a deleted library out of all grants. Enabled plugins that need libraries and are left without any are
    /// disabled.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn library_deleted(&self, library: i32) -> Result<(), ManagerError> {
        let edit = |row: &mut PluginRow| without(&mut row.libraries, |id: &i32| *id == library);
        self.inner.each_row(edit, |permissions, row| {
            let left = is_configured::<i32>(row.all_libraries, &row.libraries);
            permissions.library.is_some() && !left
        })
    }
}

impl Inner {
    pub(super) fn manifest(&self, row: &PluginRow) -> Result<Manifest, ManagerError> {
        let rules = &self.host.surroundings.rules;
        Manifest::parse_for(row.manifest.as_bytes(), rules).map_err(|error| {
            ManagerError::StoredManifest {
                id: row.id.clone(),
                cause: error.to_string(),
            }
        })
    }

    fn permissions(&self, row: &PluginRow) -> Result<Permissions, ManagerError> {
        Ok(self.manifest(row)?.permissions)
    }

    /// Unloads a plugin and stores that it is disabled.
    pub(super) fn disable(&self, row: &mut PluginRow, text: &str) -> Result<(), ManagerError> {
        self.host.unload(&row.id);
        row.enabled = false;
        self.put(row)?;
        self.announce(PluginEvent::changed(&row.id), &row.id, text);
        Ok(())
    }

    /// Stores a change of the settings. An enabled plugin is loaded again, or disabled if it now lacks a grant.
    fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut PluginRow) -> Result<(), ManagerError>,
    ) -> Result<(), ManagerError> {
        let _claim = self.claim(id)?;
        let mut row = self.row(id)?;
        change(&mut row)?;
        if !row.enabled {
            self.put(&mut row)?;
            self.announce(PluginEvent::changed(id), id, "settings changed");
            return Ok(());
        }
        let granted = self
            .permissions(&row)
            .and_then(|permissions| check_grants(&permissions, &row));
        if let Err(error) = granted {
            return self.disable(&mut row, &format!("disabled: {error}"));
        }
        self.put(&mut row)?;
        self.host.unload(id);
        if let Err(cause) = self.load(&row) {
            self.log(id, LogLevel::Error, &format!("reloading plugin: {cause}"));
            self.store_failure(row, &cause)?;
            return Err(ManagerError::Reloading { cause });
        }
        self.announce(
            PluginEvent::changed(id),
            id,
            "settings changed, loaded again",
        );
        Ok(())
    }

    /// Changes the rows of all plugins; a plugin whose row changed and then lacks something is disabled.
    fn each_row(
        &self,
        edit: impl Fn(&mut PluginRow) -> bool,
        lacks: impl Fn(&Permissions, &PluginRow) -> bool,
    ) -> Result<(), ManagerError> {
        self.enabled_at_all()?;
        for row in self.store().plugin_rows()? {
            let id = row.id;
            let _claim = self.claim(&id)?;
            // It may have gone or changed while others were looked at.
            let Some(mut row) = self.store().plugin_row(&id)? else {
                continue;
            };
            if !edit(&mut row) {
                continue;
            }
            let lacking = |permissions: Permissions| lacks(&permissions, &row);
            let disable = row.enabled && self.permissions(&row).is_ok_and(lacking);
            match disable {
                true => self.disable(&mut row, "disabled: nothing it needs is granted any more")?,
                false => {
                    self.put(&mut row)?;
                    self.announce(PluginEvent::changed(&id), &id, "grants changed");
                }
            }
        }
        Ok(())
    }
}

/// Checks that whatever the plugin asks for is granted: users first, then libraries.
fn check_grants(permissions: &Permissions, row: &PluginRow) -> Result<(), ManagerError> {
    let missing = |permission| Err(ManagerError::NotConfigured { permission });
    if permissions.users.is_some() && !is_configured::<String>(row.all_users, &row.users) {
        return missing("users");
    }
    if permissions.library.is_some() && !is_configured::<i32>(row.all_libraries, &row.libraries) {
        return missing("library");
    }
    Ok(())
}

/// Tells whether a grant says anything: the flag, or a list that can be read and is not empty.
fn is_configured<T: serde::de::DeserializeOwned>(all: bool, ids: &str) -> bool {
    all || list::<T>(ids).is_ok_and(|ids| !ids.is_empty())
}

/// Takes ids out of a stored list. Tells whether there were any.
fn without<T>(ids: &mut String, gone: impl Fn(&T) -> bool) -> bool
where
    T: serde::de::DeserializeOwned + serde::Serialize,
{
    let Ok(mut list) = list::<T>(ids) else {
        return false;
    };
    let before = list.len();
    list.retain(|id| !gone(id));
    let changed = list.len() != before;
    if changed {
        *ids = stored_grant(&Grant::Listed(list)).0.unwrap_or_default();
    }
    changed
}

fn check_json(field: &'static str, text: &str) -> Result<(), ManagerError> {
    // Empty text says "nothing", and is not asked to be JSON.
    if text.is_empty() {
        return Ok(());
    }
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
    parsed.map(drop).map_err(|error| ManagerError::NotJson {
        field,
        detail: error.to_string(),
    })
}
