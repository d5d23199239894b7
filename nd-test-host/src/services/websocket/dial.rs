//! From a URL to an open connection: names, addresses, TLS and the handshake.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, Request};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Host;

use super::target::Target;
use crate::services::http::{AllowList, Resolve};

/// Bytes of one message. The server sets no limit; memory does.
const MAX_MESSAGE: usize = 128 << 20;
/// Headers the handshake makes itself.
const OWN_HEADERS: [&str; 5] = [
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
];

/// An open connection.
pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What connections are opened with.
pub(super) struct Dialer {
    pub(super) allow: Arc<AllowList>,
    /// The manifest names no host.
    pub(super) unlisted: bool,
    /// Private addresses need an IP or CIDR entry, or `*`.
    pub(super) checks_dial: bool,
    pub(super) resolver: Arc<dyn Resolve>,
}

impl Dialer {
    /// Connects and shakes hands.
    pub(super) async fn open(
        &self,
        target: &Target,
        headers: &HashMap<String, String>,
    ) -> Result<Stream, String> {
        let request = request(target, headers)?;
        let socket = self.connect(target).await?;
        // Small messages are the rule, and waiting for more of them only delays.
        let _ = socket.set_nodelay(true);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let shaken = client_async_tls_with_config(request, socket, Some(config), None).await;
        let (stream, _) = shaken.map_err(|error| error.to_string())?;
        Ok(stream)
    }

    /// Tries the addresses of a host one after the other; refused ones are skipped.
    async fn connect(&self, target: &Target) -> Result<TcpStream, String> {
        let mut problem = "the name has no address".to_owned();
        for address in self.addresses(&target.host).await? {
            let address = SocketAddr::new(address, target.port);
            if self.checks_dial
                && let Err(refusal) = self.allow.check_dial(address)
            {
                problem = refusal.to_string();
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(socket) => return Ok(socket),
                Err(error) => problem = format!("dial tcp {address}: {error}"),
            }
        }
        Err(problem)
    }

    async fn addresses(&self, host: &Host<String>) -> Result<Vec<IpAddr>, String> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![(*address).into()]),
            Host::Ipv6(address) => return Ok(vec![(*address).into()]),
            Host::Domain(name) => name.clone(),
        };
        let (resolver, asked) = (self.resolver.clone(), name.clone());
        // Looking a name up cannot be interrupted, so it gets a thread.
        let found = tokio::task::spawn_blocking(move || resolver.resolve(&asked)).await;
        match found {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(format!("lookup {name}: {error}")),
            Err(error) => Err(format!("lookup {name}: {error}")),
        }
    }
}

fn request(target: &Target, headers: &HashMap<String, String>) -> Result<Request<()>, String> {
    if !target.url.username().is_empty() || target.url.password().is_some() {
        return Err("the URL holds user info: send an Authorization header instead".to_owned());
    }
    let request = target.url.as_str().into_client_request();
    let mut request = request.map_err(|error| error.to_string())?;
    for (name, value) in headers {
        let header = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("{name:?} is no header name"))?;
        if OWN_HEADERS.contains(&header.as_str()) {
            return Err(format!(
                "the header {name} is part of the handshake, leave it out"
            ));
        }
        let value = HeaderValue::try_from(value.as_str())
            .map_err(|_| format!("the value of the header {name} cannot be sent"))?;
        request.headers_mut().insert(header, value);
    }
    Ok(request)
}
