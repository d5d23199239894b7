//! The music libraries that the plugin may see.

/// Describes the music libraries that the administrator granted to the plugin.
///
/// The grant names all libraries or some of them.
/// With `filesystem: true` in the manifest's `library` permission, each granted library is also mounted read-only at
/// `/libraries/` followed by its id; the administrator may allow writing.
/// Mounts are made when the plugin is loaded, so a library added later appears after the next load.
#[host_service(name = "Library", permission = "library", since = "0.60.0")]
pub trait Libraries {
    /// Returns one library by its id.
    ///
    /// Existing servers always fill the result of a successful call.
    ///
    /// # Errors
    ///
    /// - `library not accessible`: the library is not granted to the plugin; an id that does not exist reads the same.
    /// - `library not found`: the library is granted but does not exist any more.
    #[host_fn]
    fn get_library(id: i32) -> Result<Option<Library>>;

    /// Lists the granted libraries.
    ///
    /// The list is empty when none is granted.
    ///
    /// # Errors
    ///
    /// Only the server's database can fail.
    #[host_fn]
    fn get_all_libraries() -> Result<Vec<Library>>;
}

/// Describes a music library.
#[since("0.60.0")]
pub struct Library {
    /// The library id.
    pub id: i32,
    /// The library's name.
    pub name: String,
    /// The library's path on the server.
    ///
    /// Empty unless the manifest's `library` permission sets `filesystem` to true.
    #[omit_empty]
    pub path: String,
    /// The path under which the plugin sees the library, `/libraries/` followed by the id.
    ///
    /// Empty unless the manifest's `library` permission sets `filesystem` to true.
    #[omit_empty]
    pub mount_point: String,
    /// The time of the last scan in Unix seconds.
    ///
    /// A library that was never scanned may show a large negative number.
    pub last_scan_at: i64,
    /// The number of songs.
    pub total_songs: i32,
    /// The number of albums.
    pub total_albums: i32,
    /// The number of artists.
    pub total_artists: i32,
    /// The size of all files together in bytes.
    pub total_size: i64,
    /// The length of all songs together in seconds.
    pub total_duration: f64,
}
