//! Receives the events of the plugin's WebSocket connections.

/// Reacts to what arrives on the plugin's WebSocket connections.
///
/// The other half is the WebSocket service.
/// Events of one connection come one at a time and in order: the next message is read only after the call has returned.
/// There is no user, and each call has 30 seconds.
/// An event whose export is missing is lost; the connection is not affected.
#[capability(name = "websocket", identity = "WebSocket", since = "0.60.0")]
pub trait WebSocketCallback {
    /// Takes a text message.
    ///
    /// # Errors
    ///
    /// A failure is logged; the connection is not affected.
    #[export(
        name = "nd_websocket_on_text_message",
        provider = "TextMessageProvider",
        register = "text_message"
    )]
    fn on_text_message(req: OnTextMessageRequest);

    /// Takes a binary message.
    ///
    /// # Errors
    ///
    /// A failure is logged; the connection is not affected.
    #[export(
        name = "nd_websocket_on_binary_message",
        provider = "BinaryMessageProvider",
        register = "binary_message"
    )]
    fn on_binary_message(req: OnBinaryMessageRequest);

    /// Learns that a connection broke.
    ///
    /// Called when the connection was lost, when the other side broke the protocol, and when it closed with a code other
    /// than 1000 and 1001.
    /// The connection is gone and no close event follows; its id is free again after the call.
    ///
    /// # Errors
    ///
    /// A failure is logged.
    #[export(
        name = "nd_websocket_on_error",
        provider = "ErrorProvider",
        register = "error"
    )]
    fn on_error(req: OnErrorRequest);

    /// Learns that a connection was closed in an orderly way.
    ///
    /// Called when the other side closed with code 1000, 1001 or none, in which case the id is free again after the call.
    /// Also called, with the plugin's own code and reason, while the plugin closes a connection; the id is free by then.
    /// Not called when the plugin is unloaded.
    ///
    /// # Errors
    ///
    /// A failure is logged.
    #[export(
        name = "nd_websocket_on_close",
        provider = "CloseProvider",
        register = "close"
    )]
    fn on_close(req: OnCloseRequest);
}

/// Holds a text message.
#[since("0.60.0")]
pub struct OnTextMessageRequest {
    /// The id of the connection.
    pub connection_id: String,
    /// The message.
    pub message: String,
}

/// Holds a binary message.
#[since("0.60.0")]
pub struct OnBinaryMessageRequest {
    /// The id of the connection.
    pub connection_id: String,
    /// The message; a server older than 0.61.0 sends it in another form.
    pub data: Bytes,
}

/// Describes why a connection broke.
#[since("0.60.0")]
pub struct OnErrorRequest {
    /// The id of the connection.
    pub connection_id: String,
    /// The reason as a text for people.
    pub error: String,
}

/// Describes how a connection was closed.
#[since("0.60.0")]
pub struct OnCloseRequest {
    /// The id of the connection.
    pub connection_id: String,
    /// The WebSocket close code; 1005 when there was none.
    pub code: i32,
    /// The reason given by the side that closed; often empty.
    pub reason: String,
}
