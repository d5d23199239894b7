//! Downloading the pictures whose addresses sources answer with.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nd_types::http::HTTPRequest;

use super::Agents;
use crate::context::CallContext;
use crate::journal::{CallId, LogLevel};
use crate::services::http::{AllowList, HttpRules, HttpService, HttpSettings, Resolve, Target};

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
        let lookups = Arc::new(Lookups::by(&self.http.resolver));
        let settings = HttpSettings {
            resolver: lookups.clone(),
            ..self.http.clone()
        };
        let service = match HttpService::new(&hosts, &settings, &self.rules.http) {
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
        let result = service.request(&context, &request);
        let refused = result
            .as_ref()
            .is_err_and(|error| error.refusal().is_some());
        self.rules.compare(&self.journal, source, |other| {
            match (self.rules.guard_image_urls, other.guard_image_urls) {
                (true, false) if refused => Some(format!("would download {url}")),
                (false, true) if lookups.lead_to_refusal(url, &other.http) => Some(format!(
                    "would not download {url}, which leads to a private address"
                )),
                _ => None,
            }
        });
        match result {
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

/// A resolver that remembers what it has found, for what other rules would have made of it.
struct Lookups {
    resolver: Arc<dyn Resolve>,
    found: Mutex<Vec<Vec<IpAddr>>>,
}

impl Lookups {
    fn by(resolver: &Arc<dyn Resolve>) -> Self {
        Self {
            resolver: Arc::clone(resolver),
            found: Mutex::default(),
        }
    }

    /// Tells whether a guard would have stopped the download these lookups were made for, at its URL or at a name that a
    /// redirect leads to. An address that a redirect spells out is not looked up, and not seen here.
    fn lead_to_refusal(&self, url: &str, rules: &HttpRules) -> bool {
        let guard = AllowList::new(&[], rules.clone());
        let literal = Target::parse(url).is_ok_and(|target| {
            let spelled = guard.check_host(&target.authority, target.host());
            spelled.is_err()
        });
        let private = |ip: &IpAddr| guard.check_dial(SocketAddr::new(*ip, 0)).is_err();
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        // Of several addresses the first that is not refused is connected to.
        literal
            || found
                .iter()
                .any(|found| !found.is_empty() && found.iter().all(private))
    }
}

impl Resolve for Lookups {
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = self.resolver.resolve(host)?;
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(found.clone());
        Ok(found)
    }
}
