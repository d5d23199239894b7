//! HTTP requests to other machines, made by the server.

/// Sends HTTP requests on behalf of the plugin.
///
/// The hosts that a plugin may reach follow from `requiredHosts` in the manifest's `http` permission:
///
/// - A list with entries decides alone. An entry is a host name or address, `*.example.com` for every host below
///   `example.com` (not `example.com` itself), or `*` for everything. Ports are removed before comparing, so an entry with
///   a port never matches.
/// - Without a list, or with an empty one, every host is allowed except `localhost` and private, loopback and link-local
///   addresses.
/// - From release 0.64.0 on, entries may also be CIDR ranges such as `192.168.0.0/16`, and the address that is really
///   connected to is checked once more: a private one needs an address entry, a range or `*`, whatever the host's name.
///
/// Every redirect target goes through the same checks.
/// Use this service and not the HTTP call of the Extism runtime, which servers from 0.64.0 on refuse by ending the plugin
/// call.
#[host_service(name = "HTTP", permission = "http", since = "0.61.0")]
pub trait Http {
    /// Sends a request and returns the response.
    ///
    /// Every status is a success, also 4xx and 5xx; look at `status_code`.
    /// At most five requests are made in a chain of redirects, and the fifth response is returned even if it is a redirect.
    /// After a 301, 302 or 303 the next request is a GET without a body (a HEAD stays a HEAD); a 307 or 308 keeps both.
    /// Credentials in headers are dropped when a redirect leaves the domain.
    /// A response body is cut off after 10 MiB (10 485 760 bytes) without any sign.
    /// No cookies are kept between requests.
    ///
    /// Existing servers always fill the result of a successful call.
    ///
    /// # Errors
    ///
    /// - `invalid URL`: the URL cannot be parsed.
    /// - `must be http or https`: the URL has another scheme.
    /// - `is not allowed`: the host, or that of a redirect, is not in `requiredHosts`.
    /// - `private/loopback`: the address is private and no entry of `requiredHosts` allows it.
    /// - `creating request`: the method or the URL is unusable.
    /// - `deadline exceeded`: the response was not complete within `timeout_ms` or within the time of the plugin call.
    /// - `context canceled`: the plugin call was cancelled meanwhile.
    /// - `reading response body`: the connection broke while the body arrived.
    ///
    /// Failures to connect carry the text of the server's HTTP library.
    #[host_fn]
    fn send(request: HTTPRequest) -> Result<Option<HTTPResponse>>;
}

/// Describes an HTTP request.
#[since("0.61.0")]
pub struct HTTPRequest {
    /// The method in any letter case; empty means `GET`.
    pub method: String,
    /// The absolute URL, with scheme `http` or `https`.
    pub url: String,
    /// The headers, one value per name.
    ///
    /// A `Host` header has no effect.
    /// Without `Accept-Encoding`, compressed responses are decompressed; with it, they are handed over as received.
    #[omit_empty]
    pub headers: Map<String, String>,
    /// Whether a redirect response is handed back instead of being followed.
    #[omit_empty]
    pub no_follow_redirects: bool,
    /// The body, allowed with every method; sent only when it is not empty.
    #[omit_empty]
    pub body: Bytes,
    /// The time limit in milliseconds for connecting, redirects and body together.
    ///
    /// 0 means 10 000; a negative value expires at once.
    /// The 30 seconds of the plugin call limit it further.
    #[omit_empty]
    pub timeout_ms: i32,
}

/// Describes an HTTP response.
#[since("0.61.0")]
pub struct HTTPResponse {
    /// The status code, for example 200.
    pub status_code: i32,
    /// The headers under their canonical names, for example `Content-Type`; only the first value of each.
    #[omit_empty]
    pub headers: Map<String, String>,
    /// The body, at most 10 485 760 bytes.
    #[omit_empty]
    pub body: Bytes,
}
