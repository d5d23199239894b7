//! A directory of the plugin's own.

/// Gives the plugin a directory that it can read and write with ordinary file functions.
///
/// The directory is private to the plugin, has no size limit, and outlives restarts, disabling and uninstalling.
/// It is mounted when the plugin is loaded; if the server cannot make it, the load fails.
/// Paths that climb out of it and new symbolic links are refused.
#[host_service(name = "Storage", permission = "storage", since = "0.64.0")]
pub trait Storage {
    /// Returns the path of the directory as the plugin sees it, which is always `/storage`.
    #[host_fn]
    fn get_storage_path() -> String;
}
