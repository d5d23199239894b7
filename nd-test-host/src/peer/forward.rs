//! Passing HTTP requests on to a real server, and keeping them with their answers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ureq::http::Request as HttpRequest;

use super::recording::{LeaveOut, Recording};
use super::{Answer, Request};

/// How long the real server may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Longest body that is passed on.
const MAX_BODY: u64 = 64 << 20;
/// Headers that belong to one connection, or that the HTTP library sets. Without `Accept-Encoding` bodies stay readable.
const OWN_HEADERS: [&str; 11] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
    "accept-encoding",
];

/// The way to a real server, and what came along it.
pub(super) struct Forward {
    upstream: String,
    leave_out: LeaveOut,
    agent: ureq::Agent,
    recording: Mutex<Recording>,
}

impl Forward {
    pub(super) fn new(upstream: &str, leave_out: LeaveOut) -> Self {
        use ureq::config::AutoHeaderValue::None as NoHeader;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(NoHeader)
            .accept(NoHeader)
            .accept_encoding(NoHeader)
            .proxy(None)
            .timeout_global(Some(LIMIT))
            .build();
        Self {
            upstream: upstream.trim_end_matches('/').to_owned(),
            recording: Mutex::new(Recording::of_nothing(&leave_out)),
            leave_out,
            agent: config.into(),
        }
    }

    pub(super) fn recorded(&self) -> Recording {
        self.recording().clone()
    }

    /// Asks the real server and keeps the exchange.
    pub(super) fn pass_on(&self, request: &Request) -> Result<Answer, String> {
        let url = format!("{}{}", self.upstream, request.target);
        let asked = self.ask(&url, request);
        let answer = asked.map_err(|error| format!("{} {url}: {error}", request.method))?;
        let request = Request {
            headers: others(&request.headers),
            ..request.clone()
        };
        self.recording()
            .add_exchange(&self.leave_out, &request, &answer);
        Ok(answer)
    }

    fn ask(&self, url: &str, request: &Request) -> Result<Answer, ureq::Error> {
        let mut asked = HttpRequest::builder()
            .method(request.method.as_str())
            .uri(url);
        for (name, value) in others(&request.headers) {
            asked = asked.header(name, value);
        }
        let mut response = match request.body.is_empty() {
            true => self.agent.run(asked.body(())?)?,
            false => self.agent.run(asked.body(request.body.as_slice())?)?,
        };
        let mut answer = Answer::status(response.status().as_u16());
        for (name, value) in response.headers() {
            let mut value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if name == "location"
                && let Some(rest) = value.strip_prefix(&self.upstream)
                && rest.starts_with('/')
            {
                value = rest.to_owned();
            }
            if !is_own(name.as_str()) {
                answer = answer.header(name.as_str(), value);
            }
        }
        let body = response.body_mut().with_config().limit(MAX_BODY);
        Ok(answer.body(body.read_to_vec()?))
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn others(headers: &[(String, String)]) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| !is_own(name));
    kept.cloned().collect()
}

fn is_own(header: &str) -> bool {
    OWN_HEADERS
        .iter()
        .any(|own| header.eq_ignore_ascii_case(own))
}
