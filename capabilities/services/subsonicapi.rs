//! The server's Subsonic API, called from inside.

/// Calls the server's Subsonic API as one of its users, without a password.
///
/// The manifest must also declare `users`, and the administrator must grant users; being an administrator is no exemption.
///
/// A call is always a GET.
/// Of the URI only the last path segment and the query count: `/rest/ping.view?u=anna` and `ping.view?u=anna` are the same.
/// The server sets the parameters `c` to the plugin id and `v` to `1.16.1`, replacing what was given; all others are passed
/// on.
/// An error of the API itself is not a failure of the call: it arrives as an ordinary Subsonic response.
#[host_service(name = "SubsonicAPI", permission = "subsonicapi", since = "0.60.0")]
pub trait SubsonicApi {
    /// Calls an endpoint and returns its answer as JSON text.
    ///
    /// `uri` names the endpoint and its parameters, of which `u`, the user's name, is required.
    /// The server sets `f` to `json`.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `router not available`: the API does not run in this process.
    /// - `invalid URL`: the URI cannot be parsed.
    /// - `missing required parameter 'u'`: the URI names no user.
    /// - `no users configured`: no user is granted to the plugin.
    /// - `username <name> not found`: there is no such user; not checked when all users are granted.
    /// - `user <name> is not authorized for this plugin`: that user is not granted.
    #[host_fn(results(response_json))]
    fn call(uri: String) -> Result<String>;

    /// Calls an endpoint and returns the content type and the body of its answer.
    ///
    /// Made for endpoints that answer with binary data, such as `getCoverArt` or `stream`.
    /// `uri` names the endpoint and its parameters, of which `u`, the user's name, is required.
    /// The parameter `f` is left as given.
    /// The whole body is held in memory, without a size limit, and must arrive within the time of the plugin call.
    /// When the endpoint fails, the content type is that of an ordinary Subsonic response instead of the expected one.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `router not available`: the API does not run in this process.
    /// - `invalid URL`: the URI cannot be parsed.
    /// - `missing required parameter 'u'`: the URI names no user.
    /// - `no users configured`: no user is granted to the plugin.
    /// - `username <name> not found`: there is no such user; not checked when all users are granted.
    /// - `user <name> is not authorized for this plugin`: that user is not granted.
    #[host_fn(since = "0.60.2", results(content_type, data))]
    fn call_raw(uri: String) -> Result<(String, Bytes)>;
}
