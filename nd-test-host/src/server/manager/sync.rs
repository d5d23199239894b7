//! Bringing rows and folder together.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

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
        let files = self.packages()?;
        let rows = self.store().plugin_rows()?;
        let mut result = Ok(());
        let gone = rows.into_iter().map(|row| row.id);
        let gone = gone
            .filter(|id| !files.contains_key(id))
            .map(|id| (id, None));
        let there = files.iter().map(|(id, path)| (id.clone(), Some(path)));
        for (id, path) in there.chain(gone) {
            let looked = match path {
                Some(path) => self.look_at(&id, path),
                None => self.package_gone(&id),
            };
            if let Err(error) = looked {
                self.log(&id, LogLevel::Error, &format!("synchronising: {error}"));
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Lists the packages in the folder: files ending in `.ndp` whose name makes an id.
    fn packages(&self) -> Result<BTreeMap<String, PathBuf>, ManagerError> {
        let failed = |source| ManagerError::Folder {
            path: self.folder.clone(),
            source,
        };
        let mut packages = BTreeMap::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|_| is_file(&path)) else {
                continue;
            };
            if name.ends_with(".wasm") {
                self.log("", LogLevel::Warn, &legacy::bare_module(name));
            } else if let Some(id) = id_in_folder(name) {
                match package::check_id(id) {
                    Ok(()) => drop(packages.insert(id.to_owned(), path)),
                    Err(error) => {
                        self.log("", LogLevel::Warn, &format!("{name} is skipped: {error}"))
                    }
                }
            }
        }
        Ok(packages)
    }

    /// Does what a change of one file asks for; whether the file is there decides, not what happened to it.
    pub(super) fn file_changed(&self, id: &str) -> Result<(), ManagerError> {
        let path = self.folder.join(format!("{id}.{EXTENSION}"));
        match path.metadata() {
            Ok(file) if file.is_file() => self.look_at(id, &path),
            // A disk that is away for a while does not make an administrator's settings go.
            Err(source) if source.kind() != io::ErrorKind::NotFound || !self.folder.is_dir() => {
                let path = self.folder.clone();
                Err(ManagerError::Folder { path, source })
            }
            _ => self.package_gone(id),
        }
    }

    /// Compares a package with its row.
    fn look_at(&self, id: &str, path: &Path) -> Result<(), ManagerError> {
        let claim = self.claim(id)?;
        let row = self.store().plugin_row(id)?;
        let hash = match hash(path) {
            Ok(hash) => hash,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                drop(claim);
                return self.package_gone(id);
            }
            Err(source) => {
                let path = path.to_owned();
                return self.unreadable(id, row, &PackageError::Read { path, source });
            }
        };
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
    fn package_gone(&self, id: &str) -> Result<(), ManagerError> {
        let _claim = self.claim(id)?;
        if self.store().plugin_row(id)?.is_none() {
            return Ok(());
        }
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
}

/// Returns the id of a file in the folder, if it is a package.
pub(super) fn id_in_folder(name: &str) -> Option<&str> {
    name.strip_suffix(".ndp")
}

/// Tells whether there is a file, by way of links too; a pipe would never end.
fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file())
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Returns the lower-case hex SHA-256 of a file, without holding it in memory.
fn hash(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => digest.update(&buffer[..length]),
        }
    }
    Ok(package::hex(&digest.finish()))
}
