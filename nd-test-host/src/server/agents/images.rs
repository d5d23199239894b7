//! Downloading the pictures whose addresses sources answer with.

use std::time::{Duration, Instant};

use nd_types::http::HTTPRequest;

use super::Agents;
use crate::context::CallContext;
use crate::journal::{CallId, LogLevel};
use crate::services::http::HttpService;

/// Time one download may take.
const TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT_MS: i32 = 30_000;

/// What came of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Download {
    /// The picture.
    Picture(Vec<u8>),
    /// There is none, and will be none: status 404 or 410, or an address the server does not ask.
    Miss,
    /// It failed, and may work later.
    Fault(String),
}

impl Agents {
    /// Downloads a picture for a source. Private addresses are refused if the rules of the release say so, whether
    /// the URL, a name or a redirect leads to them; a refusal is logged and is a miss.
    pub fn download(&self, source: &str, url: &str) -> Download {
        // An empty list allows whatever is public, a star everything.
        let hosts = match self.rules.guard_image_urls {
            true => Vec::new(),
            false => vec!["*".to_owned()],
        };
        let service = match HttpService::new(&hosts, &self.http, &self.rules.http) {
            Ok(service) => service,
            Err(error) => return Download::Fault(error),
        };
        let request = HTTPRequest {
            method: "GET".to_owned(),
            url: url.to_owned(),
            timeout_ms: TIMEOUT_MS,
            ..HTTPRequest::default()
        };
        let context = CallContext::new(
            source,
            "picture",
            Instant::now() + TIMEOUT,
            self.options.cancel.clone().unwrap_or_default(),
            self.journal.clone(),
            CallId::NONE,
        );
        match service.request(&context, &request) {
            Ok(answer) if answer.status_code == 200 => Download::Picture(answer.body),
            Ok(answer) if matches!(answer.status_code, 404 | 410) => Download::Miss,
            Ok(answer) => Download::Fault(format!("{url}: status {}", answer.status_code)),
            Err(error) if error.refusal().is_some() => {
                let text = format!("picture not downloaded: {error}");
                self.journal.log(source, LogLevel::Warn, text);
                Download::Miss
            }
            Err(error) => Download::Fault(error.to_string()),
        }
    }
}
