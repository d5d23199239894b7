//! The HTTP service: nothing leaves the test, requests are checked as the server checks them and answered from a script.

use super::allow::{self, Target};
use super::fake::State;
use super::services::Http;
use crate::host::HostError;
use crate::host::http::{HTTPRequest, HTTPResponse};
use std::collections::VecDeque;

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
        let target = check_url(&url)?;
        if let Some(warning) = allow::check(self.release, &self.required_hosts, target)? {
            self.warn(format!("http_send: {method} {url}: {warning}"));
        }
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

/// Returns where an absolute `http` or `https` URL leads.
fn check_url(url: &str) -> Result<Target<'_>, HostError> {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    if url.contains(|c: char| c.is_ascii_control())
        || !scheme.is_empty() && !scheme.starts_with(|c: char| c.is_alphabetic())
    {
        return Err(format!("invalid URL: cannot parse {url:?}").into());
    }
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => {
            return Err(format!("invalid URL scheme \"{scheme}\": must be http or https").into());
        }
    };
    let rest = rest.strip_prefix("//").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    Ok(Target::new(authority, port))
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
    use super::{Target, canonical, check_url};

    #[test]
    fn urls_lead_to_a_host_and_a_port() {
        for (url, authority, port) in [
            ("https://example.com", "example.com", 443),
            ("HTTP://EXAMPLE.com:8080/x?y#z", "EXAMPLE.com:8080", 8080),
            ("http://user@127.0.0.1/", "127.0.0.1", 80),
            ("http://[::1]:80?x", "[::1]:80", 80),
        ] {
            assert_eq!(check_url(url), Ok(Target::new(authority, port)), "{url}");
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
