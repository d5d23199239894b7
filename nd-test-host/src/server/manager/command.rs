//! What the commands `plugin list`, `info`, `validate` and `edit` do. `enable`, `disable` and `rescan` are methods of
//! the [`Manager`]; texts are made in [`super::render`].
//!
//! Commands work on the database: [`Manager::attach`] gives a manager that does nothing else.

use std::path::Path;

use super::{Changes, Manager, ManagerError};
use crate::manifest::Manifest;
use crate::package::{self, MAX_ARCHIVE, Package};
use crate::server::Rules;
use crate::setup::Grant;
use crate::store::plugins::PluginRow;

/// What `info` is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Described {
    /// A plugin the server knows.
    Stored(Box<PluginRow>),
    /// A package file.
    File(Box<PackageInfo>),
}

/// What a package file says about itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PackageInfo {
    /// The checked manifest.
    pub manifest: Manifest,
    /// Lower-case hex SHA-256 of the file.
    pub sha256: String,
}

/// What `edit` changes; what is not there stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Edit {
    /// The configuration, JSON text of an object.
    pub config: Option<String>,
    /// The granted users. They are ids; names are stored as they are and match nobody.
    pub users: Option<Grant<String>>,
    /// The granted libraries.
    pub libraries: Option<Grant<i32>>,
    /// Whether the plugin may change files in its libraries.
    pub write_access: Option<bool>,
}

/// Tells whether an argument of a command names a package file rather than a plugin.
pub fn is_file(argument: &str) -> bool {
    argument.ends_with(".ndp")
}

/// Reads what a package file says about itself, by the rules of a server release.
///
/// # Errors
///
/// When the file cannot be read or its manifest is refused.
pub fn describe_file(path: impl AsRef<Path>, rules: &Rules) -> Result<PackageInfo, ManagerError> {
    let path = path.as_ref();
    let id = package::id_of(path).map_err(package::PackageError::from)?;
    let bytes = package::read_file(path, "the archive", MAX_ARCHIVE)?;
    Ok(PackageInfo {
        manifest: package::discover_for(&id, &bytes, rules)?,
        sha256: package::sha256(&bytes),
    })
}

/// Checks the manifest of a package file completely.
///
/// # Errors
///
/// As [`describe_file`].
pub fn validate_file(path: impl AsRef<Path>, rules: &Rules) -> Result<(), ManagerError> {
    describe_file(path, rules).map(drop)
}

/// Reads a list of user ids as `edit --users` takes it: with commas between, or a JSON array; empty is nobody.
///
/// # Errors
///
/// When a text that begins with `[` is no JSON array of texts.
pub fn user_list(text: &str) -> Result<Vec<String>, ManagerError> {
    if text.starts_with('[') {
        return super::list(text).map_err(|error| not_json("users", &error));
    }
    Ok(words(text).map(str::to_owned).collect())
}

/// Reads a list of library ids as `edit --libraries` takes it: with commas between, or a JSON array.
///
/// # Errors
///
/// When an entry is no whole number.
pub fn library_list(text: &str) -> Result<Vec<i32>, ManagerError> {
    if text.starts_with('[') {
        let items: Vec<serde_json::Value> =
            serde_json::from_str(text).map_err(|error| not_json("libraries", &error))?;
        return items
            .iter()
            .map(|item| library(&item.to_string()))
            .collect();
    }
    words(text).map(library).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

fn library(text: &str) -> Result<i32, ManagerError> {
    text.parse().map_err(|_| ManagerError::InvalidLibrary {
        id: text.to_owned(),
    })
}

fn not_json(field: &'static str, error: &dyn std::fmt::Display) -> ManagerError {
    ManagerError::NotJson {
        field,
        detail: error.to_string(),
    }
}

impl Manager {
    /// Describes a plugin by its id, or a package file.
    ///
    /// # Errors
    ///
    /// When there is no such plugin, or the file cannot be read. A file needs no plugins switched on.
    pub fn info(&self, argument: &str) -> Result<Described, ManagerError> {
        if is_file(argument) {
            let rules = &self.inner.host.surroundings.rules;
            return Ok(Described::File(Box::new(describe_file(argument, rules)?)));
        }
        Ok(Described::Stored(Box::new(self.plugin(argument)?)))
    }

    /// Checks a package file, or what is stored for a plugin: its manifest, and its configuration, if there is one,
    /// against the schema in the package.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn validate(&self, argument: &str) -> Result<(), ManagerError> {
        let rules = &self.inner.host.surroundings.rules;
        if is_file(argument) {
            return validate_file(argument, rules);
        }
        let row = self.plugin(argument)?;
        self.inner.manifest(&row)?;
        if row.config.is_empty() {
            return Ok(());
        }
        let package = Package::open_for(&row.path, rules)?;
        let checked = package.manifest.validate_config(&row.config);
        checked.map_err(ManagerError::InvalidConfig)
    }

    /// Changes settings and grants: configuration, users, libraries, in this order, each as a change of its own.
    ///
    /// # Errors
    ///
    /// When nothing is asked for, and as [`Manager::update`].
    pub fn edit(&self, id: &str, edit: &Edit) -> Result<PluginRow, ManagerError> {
        self.plugin(id)?;
        if *edit == Edit::default() {
            return Err(ManagerError::NothingToUpdate);
        }
        let mut changes = Changes {
            config: edit.config.clone(),
            allow_write_access: edit.write_access,
            ..Changes::default()
        };
        if let Some(users) = &edit.users {
            let (list, all) = super::stored_grant(users);
            (changes.users, changes.all_users) = (list, Some(all));
        }
        if let Some(libraries) = &edit.libraries {
            let (list, all) = super::stored_grant(libraries);
            (changes.libraries, changes.all_libraries) = (list, Some(all));
        }
        // Text that is no JSON at all is a violation like others here.
        if let Some(config) = &edit.config {
            let row = self.plugin(id)?;
            let checked = self.inner.manifest(&row)?.validate_config(config);
            checked.map_err(ManagerError::InvalidConfig)?;
        }
        self.update(id, &changes)
    }
}
