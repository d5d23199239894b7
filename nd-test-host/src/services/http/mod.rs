//! HTTP: requests a plugin makes through the server, to the hosts its manifest names.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nd_types::http::{HTTPRequest, HTTPResponse};
use ureq::config::AutoHeaderValue;
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderMap, HeaderName,
    HeaderValue, RANGE, TRAILER, TRANSFER_ENCODING, USER_AGENT,
};
use ureq::http::{Method, Request, Response};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Body, Proxy, ProxyProtocol};

use self::allow::AllowList;
pub use self::allow::HttpRules;
use self::dial::{CallCancelled, GuardedTcp, PatientResolver, cancellable};
pub use self::dial::{Resolve, StaticResolver, SystemResolver};
use self::redirect::Hop;
pub use self::refusal::Refusal;
use self::target::Target;
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::Http;

mod allow;
mod dial;
mod redirect;
mod refusal;
mod target;

/// Timeout of a request that names none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests in one chain of redirects, the first one included.
pub const MAX_REQUESTS: usize = 5;
/// Bytes of a body that reach the plugin; the rest is dropped without a sign.
pub const MAX_BODY: u64 = 10 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How a host makes requests for its plugins.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// The rules of a server release.
    pub rules: HttpRules,
    /// Version the default `User-Agent` shows.
    pub server_version: String,
    /// What names are looked up with.
    pub resolver: Arc<dyn Resolve>,
    /// Whether `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of this process apply, as they do on the server.
    ///
    /// The first of the three that is set serves both schemes, by `CONNECT`; `localhost` and loopback addresses are
    /// always reached directly. The allow-list then checks the proxy's address when connecting, not the target's.
    pub environment_proxy: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            rules: HttpRules::default(),
            server_version: "0.64.2".to_owned(),
            resolver: Arc::new(SystemResolver),
            environment_proxy: true,
        }
    }
}

/// Why a request has no answer. `Display` gives the text the plugin reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The URL cannot be read. Write an absolute one.
    #[error("invalid URL: {0}")]
    Url(String),
    /// The URL has another scheme. Use `http` or `https`.
    #[error("invalid URL scheme \"{0}\": must be http or https")]
    Scheme(String),
    /// The manifest does not allow that host. The refusal says which entry is missing.
    #[error(transparent)]
    Host(#[from] Refusal),
    /// Method or URL cannot be put into a request.
    #[error("creating request: {0}")]
    Request(String),
    /// The request was begun and failed.
    #[error("{verb} \"{url}\": {cause}")]
    Exchange {
        /// The method as a word, such as `Get`.
        verb: String,
        /// The URL that was being asked, redirects counted.
        url: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
    /// The answer began and its body could not be read to the end.
    #[error("reading response body: {0}")]
    Body(#[source] Cause),
}

/// What went wrong on the network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A redirect led to a host, or a name to an address, that the manifest does not allow.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The time for the request or for the whole plugin call was up.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
    /// The plugin call was cancelled or the plugin unloaded.
    #[error("context canceled")]
    Cancelled,
    /// Anything else: connection refused, unknown name, TLS, a malformed answer or header.
    #[error("{0}")]
    Other(String),
}

impl HttpError {
    /// Returns the refusal, if the manifest is why there is no answer.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Host(refusal)
            | Self::Exchange {
                cause: Cause::Refused(refusal),
                ..
            } => Some(refusal),
            _ => None,
        }
    }
}

/// The HTTP service of one loaded plugin, with connections of its own.
pub struct HttpService {
    agent: Agent,
    allow: Arc<AllowList>,
    user_agent: HeaderValue,
    closed: AtomicBool,
}

impl HttpService {
    /// Makes the service for the manifest's `requiredHosts`.
    ///
    /// # Errors
    ///
    /// A version that cannot stand in a header.
    pub fn new(required_hosts: &[String], settings: &HttpSettings) -> Result<Self, String> {
        let user_agent = match settings.rules.server_user_agent {
            true => format!(
                "Navidrome/{} - https://github.com/navidrome",
                settings.server_version
            ),
            false => concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let user_agent = user_agent.parse().map_err(|_| {
            format!(
                "the server version {:?} cannot stand in a header",
                settings.server_version
            )
        })?;
        let allow = Arc::new(AllowList::new(required_hosts, settings.rules.clone()));
        let proxy = settings
            .environment_proxy
            .then(Proxy::try_from_env)
            .flatten();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .proxy(proxy.filter(|proxy| {
                matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)
            }))
            .build();
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(GuardedTcp::new(allow.clone()))
                .chain(RustlsConnector::default());
        Ok(Self {
            agent: Agent::with_parts(
                config,
                connector,
                PatientResolver(settings.resolver.clone()),
            ),
            allow,
            user_agent,
            closed: AtomicBool::new(false),
        })
    }

    /// Closes all connections; requests in flight end with `context canceled`.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.agent.clone().shutdown();
    }

    /// Makes a request and follows redirects; any status is a success.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the order of the variants of [`HttpError`].
    pub fn request(
        &self,
        ctx: &CallContext,
        request: &HTTPRequest,
    ) -> Result<HTTPResponse, HttpError> {
        let target = Target::parse(&request.url).map_err(HttpError::Url)?;
        check_scheme(&target)?;
        self.allow.check_host(&target.authority, target.host())?;
        let method = method(&request.method)?;
        target.to_uri().map_err(HttpError::Request)?;
        let deadline = deadline(ctx, request.timeout_ms);
        let mut hop = Hop {
            method,
            target,
            headers: HeaderMap::new(),
            body: &request.body,
        };
        hop.headers = headers(request).map_err(|error| hop.failed(Cause::Other(error)))?;
        let origin = hop.target.host().to_owned();
        cancellable(ctx.cancel_token(), || {
            let follows = if request.no_follow_redirects {
                0
            } else {
                MAX_REQUESTS - 1
            };
            for _ in 0..follows {
                let response = self
                    .exchange(&hop, deadline)
                    .map_err(|cause| hop.failed(cause))?;
                let next = hop.next(response.status(), response.headers(), &origin);
                let Some(next) = next.map_err(|error| hop.failed(Cause::Other(error)))? else {
                    return self.read(&hop, response);
                };
                check_scheme(&next.target)
                    .map_err(|error| next.failed(Cause::Other(error.to_string())))?;
                let checked = self
                    .allow
                    .check_host(&next.target.authority, next.target.host());
                checked.map_err(|refusal| next.failed(refusal.into()))?;
                hop = next;
            }
            let response = self
                .exchange(&hop, deadline)
                .map_err(|cause| hop.failed(cause))?;
            self.read(&hop, response)
        })
    }

    /// Sends one request and waits for the head of the answer.
    fn exchange(&self, hop: &Hop<'_>, deadline: Instant) -> Result<Response<Body>, Cause> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Cause::DeadlineExceeded);
        }
        let uri = hop.target.to_uri().map_err(Cause::Other)?;
        let mut request = Request::new(());
        *request.method_mut() = hop.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.complete_headers(hop);
        // Methods that usually carry a body say so when they carry none.
        let announces = matches!(hop.method, Method::POST | Method::PUT | Method::PATCH);
        let result = match hop.body.is_empty() && !announces {
            true => self.run(hop, request, left),
            false => self.run(hop, request.map(|()| hop.body), left),
        };
        result.map_err(|error| self.cause(error))
    }

    fn run<S: ureq::AsSendBody>(
        &self,
        hop: &Hop<'_>,
        request: Request<S>,
        left: Duration,
    ) -> Result<Response<Body>, ureq::Error> {
        let configured = self
            .agent
            .configure_request(request)
            .timeout_global(Some(left));
        let configured = match is_loopback(hop.target.host()) {
            true => configured.proxy(None),
            false => configured,
        };
        self.agent.run(configured.build())
    }

    fn complete_headers(&self, hop: &Hop<'_>) -> HeaderMap {
        let mut headers = hop.headers.clone();
        match headers.get(USER_AGENT) {
            None => drop(headers.insert(USER_AGENT, self.user_agent.clone())),
            // An empty one counts as set, and means none at all.
            Some(value) if value.is_empty() => drop(headers.remove(USER_AGENT)),
            Some(_) => {}
        }
        if asks_for_gzip(hop) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(user_info) = &hop.target.user_info
            && !headers.contains_key(AUTHORIZATION)
        {
            let credentials = BASE64_STANDARD.encode(credentials(user_info));
            if let Ok(value) = HeaderValue::try_from(format!("Basic {credentials}")) {
                headers.insert(AUTHORIZATION, value);
            }
        }
        headers
    }

    fn read(&self, hop: &Hop<'_>, response: Response<Body>) -> Result<HTTPResponse, HttpError> {
        let (mut parts, body) = response.into_parts();
        let encoded = parts.headers.get(CONTENT_ENCODING);
        let gzipped = asks_for_gzip(hop)
            && encoded.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"));
        if gzipped {
            parts.headers.remove(CONTENT_ENCODING);
            parts.headers.remove(CONTENT_LENGTH);
        }
        let body =
            read_body(body, gzipped).map_err(|error| HttpError::Body(self.cause(error.into())))?;
        let mut headers = std::collections::HashMap::new();
        for name in parts.headers.keys() {
            // How the body travelled is the HTTP library's business.
            if name != TRANSFER_ENCODING
                && name != TRAILER
                && let Some(value) = parts.headers.get(name)
            {
                headers.insert(
                    canonical(name),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                );
            }
        }
        Ok(HTTPResponse {
            status_code: i32::from(parts.status.as_u16()),
            headers,
            body,
        })
    }

    fn cause(&self, error: ureq::Error) -> Cause {
        match error {
            _ if self.closed.load(Ordering::Acquire) => Cause::Cancelled,
            ureq::Error::Timeout(_) => Cause::DeadlineExceeded,
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Cause::DeadlineExceeded
            }
            ureq::Error::Io(error) => Cause::Other(error.to_string()),
            ureq::Error::HostNotFound => Cause::Other("lookup: no such host".to_owned()),
            ureq::Error::Other(other) => match other.downcast::<Refusal>() {
                Ok(refusal) => Cause::Refused(*refusal),
                Err(other) if other.is::<CallCancelled>() => Cause::Cancelled,
                Err(other) => Cause::Other(other.to_string()),
            },
            error => Cause::Other(error.to_string()),
        }
    }
}

impl Http for HttpService {
    fn send(
        &self,
        ctx: &CallContext,
        request: HTTPRequest,
    ) -> Result<Option<HTTPResponse>, ServiceError> {
        self.request(ctx, &request)
            .map(Some)
            .map_err(|error| ServiceError::new(error.to_string()))
    }
}

impl Hop<'_> {
    fn failed(&self, cause: Cause) -> HttpError {
        let method = self.method.as_str().to_ascii_lowercase();
        let verb = method
            .chars()
            .take(1)
            .map(|first| first.to_ascii_uppercase())
            .chain(method.chars().skip(1))
            .collect();
        HttpError::Exchange {
            verb,
            url: self.target.to_string(),
            cause,
        }
    }
}

fn check_scheme(target: &Target) -> Result<(), HttpError> {
    match target.scheme.as_str() {
        "http" | "https" => Ok(()),
        other => Err(HttpError::Scheme(other.to_owned())),
    }
}

fn method(name: &str) -> Result<Method, HttpError> {
    match name {
        "" => Ok(Method::GET),
        name => Method::from_bytes(name.to_uppercase().as_bytes())
            .map_err(|_| HttpError::Request(format!("\"{name}\" is not an HTTP method"))),
    }
}

/// The request's own timeout, but never beyond the plugin call. A negative one is over at once.
fn deadline(ctx: &CallContext, timeout_ms: i32) -> Instant {
    let timeout = match u64::try_from(timeout_ms) {
        Ok(0) => DEFAULT_TIMEOUT,
        Ok(timeout) => Duration::from_millis(timeout),
        Err(_) => Duration::ZERO,
    };
    ctx.deadline().min(Instant::now() + timeout)
}

/// The plugin's headers, without those that are not its business: they follow from URL and body.
fn headers(request: &HTTPRequest) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let parsed: HeaderName = name
            .parse()
            .map_err(|_| format!("invalid header field name \"{name}\""))?;
        if matches!(parsed, HOST | CONTENT_LENGTH | TRANSFER_ENCODING | TRAILER) {
            continue;
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("invalid header field value for \"{name}\""))?;
        headers.insert(parsed, value);
    }
    Ok(headers)
}

/// Tells whether the answer may come compressed and is decoded for the plugin: not if it speaks of encodings itself.
fn asks_for_gzip(hop: &Hop<'_>) -> bool {
    hop.method != Method::HEAD
        && !hop.headers.contains_key(ACCEPT_ENCODING)
        && !hop.headers.contains_key(RANGE)
}

fn read_body(body: Body, gzipped: bool) -> std::io::Result<Vec<u8>> {
    let mut raw = BufReader::new(body.into_reader());
    let mut bytes = Vec::new();
    // The limit counts decoded bytes, so a small answer cannot swell beyond it. An empty body is no broken archive.
    match gzipped && !raw.fill_buf()?.is_empty() {
        true => flate2::bufread::MultiGzDecoder::new(raw)
            .take(MAX_BODY)
            .read_to_end(&mut bytes)?,
        false => raw.take(MAX_BODY).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Writes a header name the way servers show it: `Content-Type`.
fn canonical(name: &HeaderName) -> String {
    let mut upper = true;
    let spelled = name.as_str().chars().map(|c| {
        let c = if upper { c.to_ascii_uppercase() } else { c };
        upper = c == '-';
        c
    });
    spelled.collect()
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Turns the user info of a URL into `user:password`, percent escapes resolved.
fn credentials(user_info: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(user_info.len() + 1);
    let mut bytes = user_info.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            // The URL was refused if an escape in it is malformed.
            b'%' => {
                let digit = |byte: Option<u8>| {
                    byte.and_then(|byte| char::from(byte).to_digit(16))
                        .unwrap_or(0) as u8
                };
                let high = digit(bytes.next());
                decoded.push(high * 16 + digit(bytes.next()));
            }
            byte => decoded.push(byte),
        }
    }
    if !user_info.contains(':') {
        decoded.push(b':');
    }
    decoded
}

#[cfg(test)]
mod tests;
