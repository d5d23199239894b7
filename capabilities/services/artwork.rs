//! Public URLs of artist, album, track and playlist images.

/// Makes URLs under which anyone can fetch an image from the server without logging in.
///
/// Each URL ends in `/share/img/` and a signed token that does not expire, followed by `?size=` and the size when that is
/// above 0.
/// The part before it is, in this order: the configured share URL; the configured base URL; from release 0.64.0 on, the
/// address of the client request during which the plugin was called; and the server's own address on `localhost`.
/// So a URL may only make sense to the client it was made for, and one that starts with `http://localhost` or
/// `https://localhost` (with any port) is of no use to other machines.
///
/// Ids are used as given, without a look-up, so an unknown id yields a URL too.
#[host_service(name = "Artwork", permission = "artwork", since = "0.60.0")]
pub trait Artwork {
    /// Returns the URL of an artist's image.
    ///
    /// `id` is the server's artist id, without any prefix.
    /// `size` is the wanted edge length in pixels; with 0 or less the image keeps its own size.
    ///
    /// # Errors
    ///
    /// There is no error of its own: any id yields a URL.
    #[host_fn(results(url))]
    fn get_artist_url(id: String, size: i32) -> Result<String>;

    /// Returns the URL of an album's cover.
    ///
    /// `id` is the server's album id, without any prefix.
    /// `size` is the wanted edge length in pixels; with 0 or less the image keeps its own size.
    ///
    /// # Errors
    ///
    /// There is no error of its own: any id yields a URL.
    #[host_fn(results(url))]
    fn get_album_url(id: String, size: i32) -> Result<String>;

    /// Returns the URL of a track's image.
    ///
    /// `id` is the server's media file id, without any prefix.
    /// `size` is the wanted edge length in pixels; with 0 or less the image keeps its own size.
    ///
    /// # Errors
    ///
    /// There is no error of its own: any id yields a URL.
    #[host_fn(results(url))]
    fn get_track_url(id: String, size: i32) -> Result<String>;

    /// Returns the URL of a playlist's image.
    ///
    /// `id` is the server's playlist id, without any prefix.
    /// `size` is the wanted edge length in pixels; with 0 or less the image keeps its own size.
    ///
    /// # Errors
    ///
    /// There is no error of its own: any id yields a URL.
    #[host_fn(results(url))]
    fn get_playlist_url(id: String, size: i32) -> Result<String>;
}
