//! The runtime's own request call, `http_request` of `extism:host/env`, with rules of its own: glob patterns instead of
//! the HTTP service's, redirects that nobody checks, a failure that ends the plugin call.
//!
//! Only old servers offer it; the others refuse every request.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use nd_types::http::HTTPRequest;
use serde::{Deserialize, Serialize};
use ureq::Body;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use ureq::http::{Response, StatusCode};

use self::glob::Glob;
use super::allow::{AllowList, HttpRules};
use super::error::Cause;
use super::message::{asks_for_gzip, headers, method, read_body};
use super::redirect::Hop;
use super::target::Target;
use super::{HttpService, HttpSettings, check_scheme, user_agent};
use crate::context::CallContext;
use crate::server::Rules;

mod glob;

/// Requests in one chain of redirects, the first one included.
const MAX_REQUESTS: usize = 10;
/// Larger bodies end the plugin call.
const MAX_BODY: u64 = 50 << 20;

/// No name is longer, and matching takes time in the product of both lengths.
const MAX_HOST: usize = 255;

/// What a guest asks for. The body comes in a block of its own.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RuntimeRequest {
    /// Absolute URL.
    pub(crate) url: String,
    /// Method in any case; empty means GET.
    pub(crate) method: String,
    /// One value per name.
    pub(crate) headers: HashMap<String, String>,
}

/// What came back.
#[derive(Debug, PartialEq)]
pub(crate) struct RuntimeResponse {
    /// Status code.
    pub(crate) status: u16,
    /// Names in lower case, values joined by commas.
    pub(crate) headers: BTreeMap<String, String>,
    /// At most 50 MiB.
    pub(crate) body: Vec<u8>,
}

/// The request call of one loaded plugin.
pub(crate) struct RuntimeHttp {
    required_hosts: Vec<String>,
    rules: Arc<Rules>,
    settings: HttpSettings,
    /// Made at the first request: most plugins never make one.
    client: OnceLock<Result<HttpService, String>>,
}

impl RuntimeHttp {
    pub(crate) fn new(
        required_hosts: &[String],
        rules: &Arc<Rules>,
        settings: &HttpSettings,
    ) -> Self {
        Self {
            required_hosts: required_hosts.to_vec(),
            rules: rules.clone(),
            settings: settings.clone(),
            client: OnceLock::new(),
        }
    }

    /// Makes a request.
    ///
    /// # Errors
    ///
    /// The text the guest is trapped with.
    pub(crate) fn request(
        &self,
        ctx: &CallContext,
        request: &RuntimeRequest,
        body: &[u8],
    ) -> Result<RuntimeResponse, String> {
        let target =
            Target::parse(&request.url).map_err(|error| format!("Invalid URL: {error}"))?;
        let verdict = self.judge(&self.rules, &request.url, target.host());
        self.rules.compare(ctx.journal(), ctx.plugin(), |other| {
            match (&verdict, self.judge(other, &request.url, target.host())) {
                (Ok(()), Err(text)) => Some(format!("would end the plugin call: {text}")),
                (Err(_), Ok(())) => Some(format!(
                    "would make the runtime's HTTP request to '{}'",
                    request.url
                )),
                _ => None,
            }
        });
        verdict?;
        let client = self.client.get_or_init(|| self.start());
        let client = client.as_ref().map_err(Clone::clone)?;
        let hop = first_hop(request, target, body)?;
        client.cancellable(ctx, || follow(client, ctx, hop))
    }

    fn judge(&self, rules: &Rules, url: &str, host: &str) -> Result<(), String> {
        if !rules.runtime_http {
            return Err(format!(
                "HTTP request to '{url}' is not allowed; use the http service (http_send)"
            ));
        }
        if host.len() > MAX_HOST {
            return Err(format!(
                "HTTP request to '{url}' is not allowed: its host has more than {MAX_HOST} bytes"
            ));
        }
        for pattern in &self.required_hosts {
            if pattern == host {
                return Ok(());
            }
            let glob = Glob::parse(pattern)
                .map_err(|error| format!("requiredHosts entry \"{pattern}\": {error}"))?;
            if glob.matches(host) {
                return Ok(());
            }
        }
        Err(format!(
            "HTTP request to '{url}' is not allowed: no entry of permissions.http.requiredHosts matches \"{host}\""
        ))
    }

    fn start(&self) -> Result<HttpService, String> {
        // The glob list decides, and beyond it nothing is checked.
        let everything = AllowList::new(&["*".to_owned()], HttpRules::release_0_63());
        let agent = user_agent(&self.settings, &self.rules.http)?;
        HttpService::with(everything, &self.settings, agent)
    }

    /// Closes all connections; requests in flight end the plugin call.
    pub(crate) fn close(&self) {
        if let Some(Ok(client)) = self.client.get() {
            client.close();
        }
    }
}

fn first_hop<'a>(
    request: &RuntimeRequest,
    target: Target,
    body: &'a [u8],
) -> Result<Hop<'a>, String> {
    check_scheme(&target).map_err(|error| error.to_string())?;
    target.to_uri()?;
    let asked = HTTPRequest {
        headers: request.headers.clone(),
        ..HTTPRequest::default()
    };
    Ok(Hop {
        method: method(&request.method).map_err(|error| error.to_string())?,
        headers: headers(&asked)?,
        target,
        body,
    })
}

fn follow(
    client: &HttpService,
    ctx: &CallContext,
    mut hop: Hop<'_>,
) -> Result<RuntimeResponse, String> {
    let origin = hop.target.host().to_owned();
    for _ in 0..MAX_REQUESTS {
        let response = client
            .exchange(ctx, &hop, ctx.deadline())
            .map_err(|cause| hop.failed(cause).to_string())?;
        let next = hop
            .next(response.status(), response.headers(), &origin)
            .map_err(|error| hop.failed(Cause::Other(error)).to_string())?;
        match next {
            None => return read(client, &hop, response),
            Some(next) => {
                check_scheme(&next.target).map_err(|error| error.to_string())?;
                hop = next;
            }
        }
    }
    let text = format!("stopped after {MAX_REQUESTS} redirects");
    Err(hop.failed(Cause::Other(text)).to_string())
}

fn read(
    client: &HttpService,
    hop: &Hop<'_>,
    response: Response<Body>,
) -> Result<RuntimeResponse, String> {
    let (mut parts, body) = response.into_parts();
    let encoded = parts.headers.get(CONTENT_ENCODING);
    let gzipped = asks_for_gzip(hop)
        && encoded.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"));
    if gzipped {
        parts.headers.remove(CONTENT_ENCODING);
        parts.headers.remove(CONTENT_LENGTH);
    }
    let body = read_body(body, gzipped, MAX_BODY + 1)
        .map_err(|error| hop.failed(client.cause(error.into())).to_string())?;
    if body.len() as u64 > MAX_BODY {
        return Err(format!("HTTP response exceeds {MAX_BODY} bytes"));
    }
    Ok(RuntimeResponse {
        status: StatusCode::as_u16(&parts.status),
        headers: joined(&parts.headers),
        body,
    })
}

fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match joined.get_mut(name.as_str()) {
            Some(values) => {
                values.push(',');
                values.push_str(&value);
            }
            None => drop(joined.insert(name.as_str().to_owned(), value.into_owned())),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::peer::{Answer, HttpPeer};

    fn http(hosts: &[&str], rules: Rules) -> RuntimeHttp {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        RuntimeHttp::new(&hosts, &Arc::new(rules), &HttpSettings::default())
    }

    fn get(http: &RuntimeHttp, url: &str) -> Result<RuntimeResponse, String> {
        let request = RuntimeRequest {
            url: url.to_owned(),
            ..RuntimeRequest::default()
        };
        http.request(&CallContext::detached("p"), &request, b"")
    }

    #[test]
    fn the_old_release_asks_whom_the_globs_match() {
        let peer = HttpPeer::start().unwrap();
        peer.on(
            "/x",
            Answer::status(404)
                .header("X-Two", "a")
                .header("X-Two", "b")
                .body("gone"),
        );
        let http = http(&["127.*.1"], Rules::release_0_63());
        let response = get(&http, &peer.url("/x")).unwrap();
        assert_eq!((response.status, &response.body[..]), (404, &b"gone"[..]));
        assert_eq!(response.headers["x-two"], "a,b");
        for refused in ["http://example.com/", "http://localhost:1/"] {
            let error = get(&http, refused).unwrap_err();
            let text = format!("HTTP request to '{refused}' is not allowed");
            assert!(error.starts_with(&text), "{error}");
        }
    }

    #[test]
    fn without_a_list_nothing_is_reached_and_the_new_release_reaches_nothing_at_all() {
        let peer = HttpPeer::start().unwrap();
        for (hosts, rules) in [
            (&[][..], Rules::release_0_63()),
            (&["*"][..], Rules::release_0_64()),
        ] {
            let error = get(&http(hosts, rules), &peer.url("/")).unwrap_err();
            assert!(error.contains("is not allowed"), "{error}");
        }
        assert!(peer.requests().is_empty());
    }

    #[test]
    fn a_host_that_no_name_can_be_matches_nothing() {
        let http = http(&["*"], Rules::release_0_63());
        let error = get(&http, &format!("http://{}/", "a".repeat(256))).unwrap_err();
        assert!(
            error.ends_with("is not allowed: its host has more than 255 bytes"),
            "{error}"
        );
        let longest = "a".repeat(255);
        http.judge(&Rules::release_0_63(), "", &longest).unwrap();
    }

    #[test]
    fn redirects_are_followed_anywhere_but_not_for_ever() {
        let peer = HttpPeer::start().unwrap();
        let elsewhere = peer.url("/end").replace("127.0.0.1", "localhost");
        peer.on("/start", Answer::redirect(elsewhere));
        peer.on("/end", Answer::text("there"));
        peer.on("/loop", Answer::redirect("/loop"));
        let http = http(&["127.0.0.1"], Rules::release_0_63());
        assert_eq!(get(&http, &peer.url("/start")).unwrap().body, b"there");
        let error = get(&http, &peer.url("/loop")).unwrap_err();
        assert!(error.contains("stopped after 10 redirects"), "{error}");
        assert_eq!(peer.requests_for("/loop").len(), 10);
    }

    #[test]
    fn a_body_beyond_the_limit_is_a_failure() {
        let peer = HttpPeer::start().unwrap();
        peer.otherwise(Answer::status(200).body(vec![b'x'; MAX_BODY as usize + 1]));
        let http = http(&["*"], Rules::release_0_63());
        let error = get(&http, &peer.url("/")).unwrap_err();
        assert!(error.contains("exceeds 52428800 bytes"), "{error}");
    }

    #[test]
    fn the_difference_between_the_releases_is_noted_when_they_are_compared() {
        let peer = HttpPeer::start().unwrap();
        let (old, new) = (Rules::release_0_63(), Rules::release_0_64());
        let ctx = CallContext::detached("p");
        let request = RuntimeRequest {
            url: peer.url("/"),
            ..RuntimeRequest::default()
        };
        let ask = |rules: Rules| {
            let _ = http(&["*"], rules).request(&ctx, &request, b"");
            ctx.journal().logs().pop().unwrap().message
        };
        let text = ask(old.clone().comparing(new.clone()));
        assert!(
            text.starts_with("compare: server release 0.64: would end"),
            "{text}"
        );
        let text = ask(new.comparing(old));
        assert!(text.contains("0.63: would make the runtime's"), "{text}");
    }
}
