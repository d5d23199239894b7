//! Connections to WebSocket servers.

/// Opens WebSocket connections, whose messages arrive through the plugin's WebSocket exports.
///
/// Only hosts listed in `requiredHosts` of the manifest's `websocket` permission can be reached, by the patterns that HTTP
/// uses; an empty list allows nothing.
/// From release 0.64.0 on, private addresses need an address entry, a CIDR range or `*`.
///
/// A connection belongs to the load of the plugin: it outlives the call that made it, and ends with a reload, a change of
/// settings or a restart of the server.
/// Events of one connection are delivered one at a time, in order, each in a fresh instance of the plugin.
/// The server answers pings but sends none of its own.
#[host_service(name = "WebSocket", permission = "websocket", since = "0.60.0")]
pub trait WebSocket {
    /// Opens a connection and returns its id.
    ///
    /// `url` has the scheme `ws` or `wss` and no user name or password.
    /// `headers` are sent with the handshake, one value per name; `Host` takes effect, and `Sec-WebSocket-Protocol` is
    /// allowed, while the handshake's own headers make the connect fail.
    /// `connection_id` names the connection; when it is empty, the server makes an id of 22 letters and digits.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `invalid URL`: the URL cannot be parsed.
    /// - `must be ws:// or wss://`: the URL has another scheme.
    /// - `is not allowed`: the host is not in `requiredHosts`.
    /// - `connection ID "<id>" already exists`: the id is in use.
    /// - `failed to connect`: there was no handshake within 30 seconds, or the address is private and not allowed.
    #[host_fn(results(new_connection_id))]
    fn connect(url: String, headers: Map<String, String>, connection_id: String) -> Result<String>;

    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// - `connection ID "<id>" not found`: there is no such connection.
    /// - `failed to send text message`: the connection broke; it is not removed by that.
    #[host_fn]
    fn send_text(connection_id: String, message: String) -> Result<()>;

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// - `connection ID "<id>" not found`: there is no such connection.
    /// - `failed to send binary message`: the connection broke; it is not removed by that.
    #[host_fn]
    fn send_binary(connection_id: String, data: Bytes) -> Result<()>;

    /// Closes a connection.
    ///
    /// `code` is a WebSocket close code, 1000 for a normal end; 1005 sends none.
    /// `reason` is a short text for the other side.
    ///
    /// The id is free at once.
    /// The plugin's `nd_websocket_on_close` export is called with the same code and reason before this function returns.
    ///
    /// # Errors
    ///
    /// - `connection ID "<id>" not found`: there is no such connection.
    #[host_fn]
    fn close_connection(connection_id: String, code: i32, reason: String) -> Result<()>;
}
