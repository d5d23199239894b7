//! HTTP: requests a plugin makes through the server, to the hosts its manifest names.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nd_types::http::{HTTPRequest, HTTPResponse};
use ureq::config::AutoHeaderValue;
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue,
    TRAILER, TRANSFER_ENCODING, USER_AGENT,
};
use ureq::http::{Method, Request, Response};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Body, Proxy, ProxyProtocol};

pub(crate) use self::allow::AllowList;
pub use self::allow::HttpRules;
use self::dial::{CallCancelled, GuardedTcp, PatientResolver, cancellable, watching};
pub use self::dial::{Resolve, StaticResolver, SystemResolver};
pub use self::error::{Cause, HttpError};
use self::message::{asks_for_gzip, canonical, credentials, headers, method, read_body};
use self::redirect::Hop;
pub use self::refusal::Refusal;
pub(crate) use self::runtime::{RuntimeHttp, RuntimeRequest};
pub(crate) use self::target::Target;
use crate::context::{CallContext, CancelToken};
use crate::error::ServiceError;
use crate::generated::Http;
use crate::server::Rules;
use crate::wire;

mod allow;
mod dial;
mod error;
mod message;
mod redirect;
mod refusal;
mod runtime;
mod socket;
mod target;

/// Timeout of a request that names none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests in one chain of redirects, the first one included.
pub const MAX_REQUESTS: usize = 5;
/// Bytes of a body that reach the plugin; the rest is dropped without a sign.
pub const MAX_BODY: u64 = 10 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that are kept open to one host.
const KEPT: usize = 3;

/// How a host makes requests for its plugins.
///
/// Certificates of `https` hosts are checked against the roots browsers trust, whatever this machine trusts besides.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpSettings {
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
            server_version: "0.64.2".to_owned(),
            resolver: Arc::new(SystemResolver),
            environment_proxy: true,
        }
    }
}

/// The HTTP service of one loaded plugin, with connections of its own.
///
/// The head of an answer may take 64 KiB and 128 fields, a URL 64 KiB, a header of a request 128 KiB; what is longer is an
/// error. The server takes more. At most sixteen names are looked up at a time; further requests wait inside their timeout.
pub struct HttpService {
    agent: Agent,
    allow: Arc<AllowList>,
    user_agent: HeaderValue,
    closed: CancelToken,
}

impl HttpService {
    /// Makes the service for the manifest's `requiredHosts`.
    ///
    /// # Errors
    ///
    /// A version that cannot stand in a header.
    pub fn new(
        required_hosts: &[String],
        settings: &HttpSettings,
        rules: &HttpRules,
    ) -> Result<Self, String> {
        let user_agent = user_agent(settings, rules)?;
        let allow = AllowList::new(required_hosts, rules.clone());
        Self::with(allow, settings, user_agent)
    }

    /// As [`HttpService::new`], and notes in the journal what other rules would decide otherwise.
    ///
    /// # Errors
    ///
    /// As [`HttpService::new`].
    pub(crate) fn comparing(
        required_hosts: &[String],
        settings: &HttpSettings,
        rules: &Rules,
    ) -> Result<Self, String> {
        let user_agent = user_agent(settings, &rules.http)?;
        let allow = AllowList::new(required_hosts, rules.http.clone());
        Self::with(allow.comparing(rules), settings, user_agent)
    }

    fn with(
        allow: AllowList,
        settings: &HttpSettings,
        user_agent: HeaderValue,
    ) -> Result<Self, String> {
        let allow = Arc::new(allow);
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
            .max_idle_connections_per_host(KEPT)
            .proxy(proxy.filter(|proxy| {
                matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)
            }))
            .build();
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(GuardedTcp(allow.clone()))
                .chain(RustlsConnector::default());
        Ok(Self {
            agent: Agent::with_parts(
                config,
                connector,
                PatientResolver::new(settings.resolver.clone()),
            ),
            allow,
            user_agent,
            closed: CancelToken::new(),
        })
    }

    /// Closes all connections; requests in flight end with `context canceled`.
    pub fn close(&self) {
        self.closed.cancel();
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
        let requests = match request.no_follow_redirects {
            true => 1,
            false => MAX_REQUESTS,
        };
        self.cancellable(ctx, || self.follow(ctx, hop, requests, deadline))
    }

    /// Runs something whose waiting on the network ends when the call is cancelled or the service closed.
    fn cancellable<T>(&self, ctx: &CallContext, run: impl FnOnce() -> T) -> T {
        let tokens = [ctx.cancel_token().clone(), self.closed.clone()];
        cancellable(&CancelToken::child_of(tokens), run)
    }

    /// Makes up to that many requests; the answer to the last one stands, redirect or not.
    fn follow(
        &self,
        ctx: &CallContext,
        mut hop: Hop<'_>,
        mut requests: usize,
        deadline: Instant,
    ) -> Result<HTTPResponse, HttpError> {
        let origin = hop.target.host().to_owned();
        loop {
            let response = self
                .exchange(ctx, &hop, deadline)
                .map_err(|cause| hop.failed(cause))?;
            requests -= 1;
            let next = match requests {
                0 => None,
                _ => self.next(&hop, &response, &origin)?,
            };
            match next {
                Some(next) => hop = next,
                None => return self.read(&hop, response),
            }
        }
    }

    /// Returns the request a redirect asks for; its target passes the checks of a first request.
    fn next<'a>(
        &self,
        hop: &Hop<'a>,
        response: &Response<Body>,
        origin: &str,
    ) -> Result<Option<Hop<'a>>, HttpError> {
        let next = hop.next(response.status(), response.headers(), origin);
        let Some(next) = next.map_err(|error| hop.failed(Cause::Other(error)))? else {
            return Ok(None);
        };
        check_scheme(&next.target).map_err(|error| next.failed(Cause::Other(error.to_string())))?;
        let target = &next.target;
        let checked = self.allow.check_host(&target.authority, target.host());
        checked.map_err(|refusal| next.failed(refusal.into()))?;
        Ok(Some(next))
    }

    /// Sends one request and waits for the head of the answer.
    ///
    /// A peer may close a connection it has kept just when it is used again. What can be asked twice is then asked over
    /// another one.
    fn exchange(
        &self,
        ctx: &CallContext,
        hop: &Hop<'_>,
        deadline: Instant,
    ) -> Result<Response<Body>, Cause> {
        for _ in 0..KEPT {
            let (result, dialled) = watching(|| self.attempt(ctx, hop, deadline));
            match result {
                Err(Failure::Closed(_)) if !dialled && hop.method.is_safe() => {}
                result => return result.map_err(Failure::into_cause),
            }
        }
        self.attempt(ctx, hop, deadline)
            .map_err(Failure::into_cause)
    }

    fn attempt(
        &self,
        ctx: &CallContext,
        hop: &Hop<'_>,
        deadline: Instant,
    ) -> Result<Response<Body>, Failure> {
        if ctx.is_cancelled() {
            return Err(Cause::Cancelled.into());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Cause::DeadlineExceeded.into());
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
        result.map_err(|error| {
            let closed = matches!(&error, ureq::Error::Io(error) if is_end(error.kind()));
            match (closed, self.cause(error)) {
                (true, cause) => Failure::Closed(cause),
                (false, cause) => Failure::Other(cause),
            }
        })
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
        let body = read_body(body, gzipped, MAX_BODY)
            .map_err(|error| HttpError::Body(self.cause(error.into())))?;
        let mut headers = std::collections::HashMap::new();
        for name in parts.headers.keys() {
            // How the body travelled is the HTTP library's business.
            if name != TRANSFER_ENCODING
                && name != TRAILER
                && let Some(value) = parts.headers.get(name)
            {
                headers.insert(canonical(name), wire::lossy(value.as_bytes()));
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
            _ if self.closed.is_cancelled() => Cause::Cancelled,
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

/// Why a request over one connection has no answer.
enum Failure {
    /// The peer closed the connection.
    Closed(Cause),
    Other(Cause),
}

impl Failure {
    fn into_cause(self) -> Cause {
        match self {
            Self::Closed(cause) | Self::Other(cause) => cause,
        }
    }
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self::Other(cause)
    }
}

fn is_end(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        kind,
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe
    )
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

/// Returns what requests without a `User-Agent` call themselves.
fn user_agent(settings: &HttpSettings, rules: &HttpRules) -> Result<HeaderValue, String> {
    let version = &settings.server_version;
    let text = match rules.server_user_agent {
        true => format!("Navidrome/{version} - https://github.com/navidrome"),
        false => concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    text.parse()
        .map_err(|_| format!("the server version {version:?} cannot stand in a header"))
}

fn check_scheme(target: &Target) -> Result<(), HttpError> {
    match target.scheme.as_str() {
        "http" | "https" => Ok(()),
        other => Err(HttpError::Scheme(other.to_owned())),
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

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests;
