//! The HTTP service: nothing leaves the test, requests are checked as the server checks them and answered from a script.

use super::fake::State;
use super::services::Http;
use crate::host::HostError;
use crate::host::http::{HTTPRequest, HTTPResponse};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a scripted request is answered with.
#[derive(Debug, Clone)]
pub struct Reply {
    result: Result<HTTPResponse, String>,
}

impl Reply {
    /// An answer with this status, without headers or body.
    pub fn status(status_code: i32) -> Self {
        Self {
            result: Ok(HTTPResponse {
                status_code,
                ..HTTPResponse::default()
            }),
        }
    }

    /// An answer with status 200 and this body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).with_body(body)
    }

    /// A failure, with the message that the server would give: `dial tcp: connection refused`, `context deadline exceeded`…
    pub fn failure(message: impl Into<String>) -> Self {
        Self {
            result: Err(message.into()),
        }
    }

    /// Adds a header. Names are made canonical (`content-type` → `Content-Type`), as the server does.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Ok(response) = &mut self.result {
            response.headers.insert(canonical(name), value.into());
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Ok(response) = &mut self.result {
            response.body = body.into();
        }
        self
    }
}

/// A scripted method and URL with the replies that are left; the last one stays.
#[derive(Debug)]
pub(super) struct Route {
    method: String,
    url: String,
    replies: VecDeque<Reply>,
}

impl Route {
    fn matches(&self, method: &str, url: &str) -> bool {
        self.method == method
            && match self.url.strip_suffix('*') {
                Some(prefix) => url.starts_with(prefix),
                None => self.url == url,
            }
    }
}

impl State {
    /// Adds a reply to the route of this method and URL.
    pub(super) fn script(&mut self, method: &str, url: &str, reply: Reply) {
        let method = method.to_uppercase();
        match self
            .routes
            .iter_mut()
            .find(|route| route.method == method && route.url == url)
        {
            Some(route) => route.replies.push_back(reply),
            None => self.routes.push(Route {
                method,
                url: url.to_owned(),
                replies: VecDeque::from([reply]),
            }),
        }
    }
}

impl Http for State {
    fn send(&mut self, request: HTTPRequest) -> Result<Option<HTTPResponse>, HostError> {
        let method = if request.method.is_empty() {
            "GET".to_owned()
        } else {
            request.method.to_uppercase()
        };
        let url = request.url.clone();
        let timeout = request.timeout_ms;
        let authority = check_url(&url)?;
        check_host(&self.required_hosts, authority)?;
        self.requests.push(HTTPRequest {
            method: method.clone(),
            ..request
        });
        if timeout < 0 {
            return Err(format!("{method} \"{url}\": context deadline exceeded").into());
        }
        let Some(route) = self
            .routes
            .iter_mut()
            .find(|route| route.matches(&method, &url))
        else {
            return Err(format!(
                "no reply is scripted for {method} {url}: add `host.reply(\"{method}\", \"{url}\", Reply::ok(\"…\"))`"
            )
            .into());
        };
        let reply = if route.replies.len() > 1 {
            route.replies.pop_front()
        } else {
            route.replies.front().cloned()
        };
        match reply.map(|reply| reply.result) {
            Some(Ok(response)) => Ok(Some(response)),
            Some(Err(message)) => Err(message.into()),
            None => Ok(None),
        }
    }
}

/// Returns the authority of an absolute `http` or `https` URL.
fn check_url(url: &str) -> Result<&str, HostError> {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    if url.contains(|c: char| c.is_ascii_control())
        || !scheme.is_empty() && !scheme.starts_with(|c: char| c.is_alphabetic())
    {
        return Err(format!("invalid URL: cannot parse {url:?}").into());
    }
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Err(format!("invalid URL scheme \"{scheme}\": must be http or https").into());
    }
    let rest = rest.strip_prefix("//").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Ok(authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host))
}

/// Applies the allow-list, or without one the ban on private addresses.
fn check_host(required: &[String], authority: &str) -> Result<(), HostError> {
    let host = without_port(authority);
    if required.is_empty() {
        if is_private(host) {
            return Err(format!("host \"{authority}\" is not allowed: private/loopback addresses must be listed in requiredHosts").into());
        }
        return Ok(());
    }
    if required.iter().any(|pattern| allows(pattern, host)) {
        return Ok(());
    }
    Err(format!("host \"{authority}\" is not allowed").into())
}

fn without_port(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').map_or(authority, |(host, _)| host);
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

fn allows(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(suffix) if suffix.starts_with('.') => host.ends_with(suffix),
        _ => pattern == host,
    }
}

fn is_private(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(ip)) => is_private_v4(ip),
        Ok(IpAddr::V6(ip)) => is_private_v6(ip),
        Err(_) => false,
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.octets().starts_with(&[224, 0, 0])
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return is_private_v4(mapped);
    }
    let [first, ..] = ip.segments();
    let local_multicast = first & 0xff0f == 0xff02;
    ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || local_multicast
}

/// Makes a header name canonical: a capital at the start and after each hyphen.
fn canonical(name: &str) -> String {
    let mut start = true;
    name.chars()
        .map(|c| {
            let c = if start {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
            start = c == '-';
            c
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{canonical, check_host, check_url};

    fn allowed(required: &[&str], url: &str) -> bool {
        let required: Vec<String> = required.iter().map(|host| (*host).to_owned()).collect();
        check_url(url)
            .and_then(|authority| check_host(&required, authority))
            .is_ok()
    }

    #[test]
    fn without_a_list_all_but_private_hosts_are_allowed() {
        for url in [
            "https://example.com",
            "http://EXAMPLE.com:8080/x?y#z",
            "http://8.8.8.8",
            "http://0.0.0.0",
            "http://[::]/",
        ] {
            assert!(allowed(&[], url), "{url}");
        }
        for url in [
            "http://localhost",
            "http://LocalHost:1/",
            "http://127.0.0.2",
            "http://10.1.1.1",
            "http://172.31.0.1",
            "http://192.168.1.1:80",
            "http://169.254.1.1",
            "http://224.0.0.9",
            "http://[::1]:80",
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://[ff02::1]",
            "http://[::ffff:10.0.0.1]",
            "http://user@127.0.0.1/",
        ] {
            assert!(!allowed(&[], url), "{url}");
        }
    }

    #[test]
    fn a_list_decides_alone() {
        for (pattern, url, expected) in [
            ("*", "http://localhost", true),
            ("127.0.0.1", "http://127.0.0.1:8080", true),
            ("example.com", "https://example.com:443", true),
            ("example.com:443", "https://example.com:443", false),
            ("example.com", "https://EXAMPLE.com", false),
            ("example.com", "https://a.example.com", false),
            ("*.example.com", "https://a.b.example.com", true),
            ("*.example.com", "https://example.com", false),
            ("*.0.0.1", "http://127.0.0.1", true),
            ("api.*.com", "https://api.x.com", false),
            ("::1", "http://[::1]:8080", true),
        ] {
            assert_eq!(allowed(&[pattern], url), expected, "{pattern} {url}");
        }
    }

    #[test]
    fn urls_are_checked_first() {
        for (url, part) in [
            (
                "ftp://example.com",
                "invalid URL scheme \"ftp\": must be http or https",
            ),
            ("example.com/x", "invalid URL scheme \"\""),
            ("http://exa\nmple.com", "invalid URL"),
            ("1http://x", "invalid URL"),
        ] {
            let message = check_url(url)
                .err()
                .map(|error| error.message().to_owned())
                .unwrap_or_default();
            assert!(message.contains(part), "{url}: {message}");
        }
    }

    #[test]
    fn header_names_are_made_canonical() {
        assert_eq!(canonical("content-TYPE"), "Content-Type");
    }
}
