//! From a name to an encrypted stream: addresses that passed the allow-list, tried one after the other.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::services::http::{AllowList, Cause, Resolve};

/// As many addresses of one name as are tried.
const MAX_ADDRESSES: usize = 16;
/// Every address gets at least this long.
const SHORTEST_TRY: Duration = Duration::from_secs(2);

/// A connection to a peer, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Returns a configuration that trusts the roots browsers trust.
///
/// The cryptography is named, because a process that happens to link two libraries for it has no default one.
pub(crate) fn browser_roots() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    trusting(roots)
}

/// Returns a configuration that trusts certain roots.
pub(crate) fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(
        builder.with_root_certificates(roots).with_no_client_auth(),
    ))
}

/// Looks a host up. Blocks as long as the resolver does.
pub(crate) fn lookup(resolver: &dyn Resolve, host: &str) -> Result<Vec<IpAddr>, Cause> {
    if let Ok(literal) = host.parse::<IpAddr>() {
        return Ok(vec![literal]);
    }
    match resolver.resolve(host) {
        Ok(found) if found.is_empty() => Err(Cause::Other(format!("lookup {host}: no such host"))),
        Ok(found) => Ok(found.into_iter().take(MAX_ADDRESSES).collect()),
        Err(error) => Err(Cause::Other(format!("lookup {host}: {error}"))),
    }
}

/// Keeps the addresses the allow-list accepts; the refusal counts if there are none.
pub(crate) fn accepted(
    allow: &AllowList,
    found: Vec<IpAddr>,
    port: u16,
) -> Result<Vec<SocketAddr>, Cause> {
    let mut refused = None;
    let mut addresses = Vec::new();
    for ip in found {
        let address = SocketAddr::new(ip, port);
        match allow.check_dial(address) {
            Ok(()) => addresses.push(address),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match (addresses.is_empty(), refused) {
        (true, Some(refusal)) => Err(refusal.into()),
        _ => Ok(addresses),
    }
}

/// Connects to the first of the addresses that answers.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    host: &str,
    tls: Option<Arc<ClientConfig>>,
    due: Instant,
) -> Result<Box<dyn Stream>, Cause> {
    let mut problem = Cause::Other("no address".to_owned());
    for (at, &address) in addresses.iter().enumerate() {
        let left = due.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        match timeout(share.max(SHORTEST_TRY), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return encrypt(stream, host, tls).await,
            Ok(Err(error)) => problem = Cause::Other(format!("dial tcp {address}: {error}")),
            Err(_) => problem = Cause::Other(format!("dial tcp {address}: i/o timeout")),
        }
    }
    Err(problem)
}

async fn encrypt(
    stream: TcpStream,
    host: &str,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Box<dyn Stream>, Cause> {
    let other = |error: &dyn std::fmt::Display| Cause::Other(error.to_string());
    stream.set_nodelay(true).map_err(|error| other(&error))?;
    let Some(tls) = tls else {
        return Ok(Box::new(stream));
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| other(&error))?;
    let stream = TlsConnector::from(tls).connect(name, stream).await;
    let stream = stream.map_err(|error| Cause::Other(format!("tls: {error}")))?;
    Ok(Box::new(stream))
}
