//! The Subsonic API of a live server: requests are passed on with credentials of that server.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use ureq::Agent;
use ureq::http::header::CONTENT_TYPE;
use url::Url;

use super::{SubsonicAnswer, SubsonicBackend, SubsonicRequest, token};
use crate::context::CallContext;
use crate::services::id;

/// Bytes of an answer that are taken. The server has no limit; a host must not run out of memory over one song.
const MAX_BODY: u64 = 1 << 30;

/// How to log in to a live server. Its `Debug` form shows no secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A user and a password, of which only a salted hash is sent. What servers expect.
    Token {
        /// User name on that server.
        user: String,
        /// Password.
        password: String,
    },
    /// A user and a password, which is sent as it is, for servers that keep no plain passwords.
    Password {
        /// User name on that server.
        user: String,
        /// Password.
        password: String,
    },
    /// A key that stands for a user, for servers with the OpenSubsonic extension `apiKeyAuthentication`.
    ApiKey(String),
}

/// Asks a live server that speaks the Subsonic API, such as Navidrome.
///
/// Any status is an answer, redirects included. A request may take what is left of the plugin call; an answer is held in
/// memory whole, and one above 1 GiB fails.
pub struct ProxySubsonic {
    base: Url,
    agent: Agent,
    everybody: Option<Credential>,
    users: HashMap<String, Credential>,
}

impl ProxySubsonic {
    /// Makes a proxy to the server with this address, the part before `/rest`. Nobody can log in yet.
    ///
    /// # Errors
    ///
    /// An address that is not one of HTTP.
    pub fn new(address: &str) -> Result<Self, String> {
        let base = Url::parse(address).map_err(|error| format!("server address: {error}"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err("server address: it must begin with http:// or https://".to_owned());
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // The credentials of a request are for this server alone.
            .max_redirects(0)
            .max_redirects_will_error(false);
        Ok(Self {
            base,
            agent: config.build().into(),
            everybody: None,
            users: HashMap::new(),
        })
    }

    /// Logs in like this for every user who has no credential of their own.
    #[must_use]
    pub fn everybody(mut self, credential: Credential) -> Self {
        self.everybody = Some(credential);
        self
    }

    /// Logs in like this for one user of the host, named in any case.
    #[must_use]
    pub fn user(mut self, name: &str, credential: Credential) -> Self {
        self.users.insert(name.to_lowercase(), credential);
        self
    }

    /// Returns the address of a request, credentials included.
    fn address(&self, request: &SubsonicRequest) -> Result<Url, String> {
        let user = request.parameter("u").unwrap_or_default();
        let credential = self.users.get(&user.to_lowercase());
        let credential = credential
            .or(self.everybody.as_ref())
            .ok_or_else(|| format!("no credential of {} for user {user:?}", self.shown()))?;
        let mut request = request.clone();
        for name in ["u", "p", "t", "s", "apiKey"] {
            request.remove(name);
        }
        match credential {
            Credential::Token { user, password } => {
                let salt = id::random();
                request.set("u", user);
                request.set("t", &token(password, &salt));
                request.set("s", &salt);
            }
            Credential::Password { user, password } => {
                request.set("u", user);
                let hex: String = password.bytes().map(|byte| format!("{byte:02x}")).collect();
                request.set("p", &format!("enc:{hex}"));
            }
            Credential::ApiKey(key) => request.set("apiKey", key),
        }
        let mut address = self.base.clone();
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(["rest", request.endpoint()]);
        }
        address.set_query(Some(&request.encoded_query()));
        address.set_fragment(None);
        Ok(address)
    }

    /// Returns the address of the server without anything secret.
    fn shown(&self) -> String {
        let mut shown = self.base.clone();
        // Both fail only for addresses without a host.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_query(None);
        shown.set_fragment(None);
        shown.to_string()
    }
}

impl SubsonicBackend for ProxySubsonic {
    /// Passes a request on. It may take what is left of the plugin call.
    fn get(&self, ctx: &CallContext, request: &SubsonicRequest) -> Result<SubsonicAnswer, String> {
        let address = self.address(request)?;
        let failed = |error: &dyn fmt::Display| format!("asking {}: {error}", self.shown());
        let response = self
            .agent
            .get(address.as_str())
            .config()
            .timeout_global(Some(ctx.remaining()))
            .build()
            .call()
            .map_err(|error| match error {
                // The only text that quotes the address.
                ureq::Error::BadUri(_) => failed(&"the address cannot be used"),
                error => failed(&error),
            })?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        body.into_with_config()
            .limit(MAX_BODY)
            .reader()
            .read_to_end(&mut bytes)
            .map_err(|error| failed(&error))?;
        let content_type = parts.headers.get(CONTENT_TYPE);
        Ok(SubsonicAnswer {
            status: parts.status.as_u16(),
            content_type: content_type
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .unwrap_or_default(),
            body: bytes,
        })
    }
}

impl fmt::Debug for ProxySubsonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySubsonic")
            .field("server", &self.shown())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, user) = match self {
            Self::Token { user, .. } => ("Token", user.as_str()),
            Self::Password { user, .. } => ("Password", user.as_str()),
            Self::ApiKey(_) => ("ApiKey", ""),
        };
        f.debug_struct(kind)
            .field("user", &user)
            .finish_non_exhaustive()
    }
}
