//! Storage: a folder of the plugin's own, mounted at `/storage`.

use std::io;
use std::path::Path;

use crate::context::CallContext;
use crate::generated::Storage;

/// Where the plugin sees its folder.
pub const STORAGE_MOUNT: &str = "/storage";
/// Name of the folder inside the plugin's data folder.
pub const STORAGE_FOLDER: &str = "storage";

/// The Storage service. The files themselves are reached through WASI.
#[derive(Debug, Clone, Copy)]
pub struct StorageService(());

impl StorageService {
    /// Creates the folder, private to this account, if it is not there.
    ///
    /// # Errors
    ///
    /// Any failure to create it, with the folder's path.
    pub fn create(data_dir: &Path) -> Result<Self, String> {
        private_dir(&data_dir.join(STORAGE_FOLDER))?;
        Ok(Self(()))
    }
}

impl Storage for StorageService {
    fn get_storage_path(&self, _ctx: &CallContext) -> String {
        STORAGE_MOUNT.to_owned()
    }
}

/// Creates a folder and its parents with mode 0700; existing ones are left as they are.
pub(super) fn private_dir(path: &Path) -> Result<(), String> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let created = builder.create(path).and_then(|()| match path.is_dir() {
        true => Ok(()),
        false => Err(io::ErrorKind::NotADirectory.into()),
    });
    created.map_err(|error| format!("creating folder {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_made_private_and_kept() -> io::Result<()> {
        let data = tempfile::tempdir()?;
        let plugin = data.path().join("plugins/demo");
        let service = StorageService::create(&plugin).map_err(io::Error::other)?;
        let ctx = CallContext::detached("demo");
        assert_eq!(service.get_storage_path(&ctx), "/storage");
        let folder = plugin.join("storage");
        #[cfg(unix)]
        for made in [&folder, &plugin] {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(made)?.permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", made.display());
        }
        std::fs::write(folder.join("note"), "kept")?;
        StorageService::create(&plugin).map_err(io::Error::other)?;
        assert_eq!(std::fs::read_to_string(folder.join("note"))?, "kept");
        Ok(())
    }

    #[test]
    fn a_file_in_the_way_fails_with_its_path() -> io::Result<()> {
        let data = tempfile::tempdir()?;
        std::fs::write(data.path().join("storage"), "")?;
        let error = StorageService::create(data.path())
            .err()
            .unwrap_or_default();
        assert!(
            error.contains("storage") && error.starts_with("creating folder"),
            "{error}"
        );
        Ok(())
    }
}
