//! Bringing rows and folder together.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use ring::digest::{Context, SHA256};

use super::{Inner, ManagerError, PluginEvent};
use crate::journal::LogLevel;
use crate::package::{self, EXTENSION, MAX_ARCHIVE, PackageError};
use crate::server::legacy;
use crate::store::plugins::PluginRow;

impl Inner {
    /// Makes the folder if it is not there. Tells whether it is.
    pub(super) fn make_folder(&self) -> bool {
        if self.folder.is_dir() {
            return true;
        }
        let made = make_private(&self.folder);
        if let Err(error) = &made {
            let text = format!("no plugins: making {}: {error}", self.folder.display());
            self.log("", LogLevel::Error, &text);
        }
        made.is_ok()
    }

    /// Looks at every package in the folder and at every row without one.
    ///
    /// A plugin that cannot be changed at the moment does not keep the others from being looked at.
    pub(super) fn synchronise(&self) -> Result<(), ManagerError> {
        let listed = self.packages()?;
        let rows = self.store().plugin_rows()?;
        let unlisted = rows.into_iter().map(|row| row.id);
        let unlisted = unlisted.filter(|id| !listed.contains(id));
        let mut result = Ok(());
        for id in listed.iter().cloned().chain(unlisted) {
            if let Err(error) = self.file_changed(&id) {
                self.log(&id, LogLevel::Error, &format!("synchronising: {error}"));
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Lists the ids of the packages in the folder: files ending in `.ndp` whose name makes an id.
    fn packages(&self) -> Result<BTreeSet<String>, ManagerError> {
        let failed = |source| self.folder_failed(source);
        let mut packages = BTreeSet::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|_| may_be_file(&path)) else {
                continue;
            };
            if name.ends_with(".wasm") {
                self.log("", LogLevel::Warn, &legacy::bare_module(name));
            } else if let Some(id) = id_in_folder(name) {
                match package::check_id(id) {
                    Ok(()) => drop(packages.insert(id.to_owned())),
                    Err(error) => {
                        self.log("", LogLevel::Warn, &format!("{name} is skipped: {error}"))
                    }
                }
            }
        }
        Ok(packages)
    }

    /// Does what one file asks for; whether it is there decides, not what happened to it or what a listing said.
    pub(super) fn file_changed(&self, id: &str) -> Result<(), ManagerError> {
        let _claim = self.claim(id)?;
        let row = self.store().plugin_row(id)?;
        // Rows of older releases may have ids that make no file name, or one elsewhere.
        if package::check_id(id).is_err() {
            return self.package_gone(row);
        }
        let path = self.folder.join(format!("{id}.{EXTENSION}"));
        match hash(&path) {
            Ok(Some(hash)) => self.look_at(id, &path, row, &hash),
            Ok(None) => self.package_gone(row),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.folder.is_dir() => {
                self.package_gone(row)
            }
            // A disk that is away for a while does not make an administrator's settings go.
            Err(error) if path.symlink_metadata().is_err() => Err(self.folder_failed(error)),
            Err(source) => self.unreadable(id, row, &PackageError::Read { path, source }),
        }
    }

    /// Compares a package with its row.
    fn look_at(
        &self,
        id: &str,
        path: &Path,
        row: Option<PluginRow>,
        hash: &str,
    ) -> Result<(), ManagerError> {
        let path_text = path.to_string_lossy().into_owned();
        let row = match row {
            Some(mut row) if row.sha256 == hash => {
                if row.path != path_text {
                    row.path = path_text;
                    self.store().put_plugin_row(&row)?;
                }
                return Ok(());
            }
            row => row,
        };
        let (manifest, sha256) = match self.read(id, path) {
            Ok(read) => read,
            Err(error) => return self.unreadable(id, row, &error),
        };
        match row {
            None => {
                let row = PluginRow::found(id, path_text, manifest, sha256, self.now());
                self.store().put_plugin_row(&row)?;
                self.announce(PluginEvent::list_changed(), id, "package found, disabled");
            }
            Some(mut row) => {
                row.path = path_text;
                row.manifest = manifest;
                row.sha256 = sha256;
                row.last_error.clear();
                self.disable(&mut row, "package changed, disabled")?;
            }
        }
        Ok(())
    }

    /// Reads what discovery needs: the manifest, written anew, and the hash of the bytes it was read from.
    fn read(&self, id: &str, path: &Path) -> Result<(String, String), PackageError> {
        let bytes = package::read_file(path, "the archive", MAX_ARCHIVE)?;
        let rules = &self.host.surroundings.rules;
        let manifest = package::discover_for(id, &bytes, rules)?;
        let text = manifest.to_json().map_err(|error| PackageError::Read {
            path: path.to_owned(),
            source: io::Error::other(error.to_string()),
        })?;
        Ok((text, package::sha256(&bytes)))
    }

    /// Notes that a package cannot be read. Its hash stays, so that it is looked at again next time.
    fn unreadable(
        &self,
        id: &str,
        row: Option<PluginRow>,
        error: &PackageError,
    ) -> Result<(), ManagerError> {
        self.log(
            id,
            LogLevel::Error,
            &format!("package cannot be read: {error}"),
        );
        match row {
            None => Ok(()),
            Some(mut row) => {
                row.last_error = error.to_string();
                self.disable(&mut row, "package changed and cannot be read, disabled")
            }
        }
    }

    /// Forgets a plugin whose package is gone. Its data files stay.
    fn package_gone(&self, row: Option<PluginRow>) -> Result<(), ManagerError> {
        let Some(PluginRow { id, .. }) = &row else {
            return Ok(());
        };
        self.host.unload(id);
        // Before the row goes: if the server dies in between, the next start comes here again.
        if !self
            .options
            .builtin_scrobblers
            .iter()
            .any(|name| name == id)
        {
            match &self.options.discard_scrobbles {
                Some(discard) => discard(id),
                None => drop(self.host.scrobbling().discard(id)?),
            }
        }
        self.store().delete_plugin_row(id)?;
        self.announce(PluginEvent::list_changed(), id, "package removed");
        Ok(())
    }

    fn folder_failed(&self, source: io::Error) -> ManagerError {
        ManagerError::Folder {
            path: self.folder.clone(),
            source,
        }
    }
}

/// Returns the id of a file in the folder, if it is a package.
pub(super) fn id_in_folder(name: &str) -> Option<&str> {
    name.strip_suffix(".ndp")
}

/// Tells whether there is a file, by way of links too, or something that cannot be reached; a pipe would never end.
fn may_be_file(path: &Path) -> bool {
    match path.metadata() {
        Ok(file) => file.is_file(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Returns the lower-case hex SHA-256 of a file, without holding it in memory; `None` for what is no file.
fn hash(path: &Path) -> io::Result<Option<String>> {
    if !path.metadata()?.is_file() {
        return Ok(None);
    }
    let mut file = fs::File::open(path)?;
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => digest.update(&buffer[..length]),
        }
    }
    Ok(Some(package::hex(&digest.finish())))
}
