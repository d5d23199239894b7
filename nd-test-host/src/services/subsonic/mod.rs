//! SubsonicAPI: the server's own API, called by a plugin as one of the server's users.
//!
//! The service checks who is asked for; a [`SubsonicBackend`] answers. There are two: [`EmbeddedSubsonic`] knows what the
//! host knows, [`ProxySubsonic`] asks a live server.

use std::sync::Arc;

pub use self::embedded::{EmbeddedSubsonic, NowPlaying, SubsonicParts, SubsonicServer};
pub use self::proxy::{Credential, ProxySubsonic};
pub use self::request::SubsonicRequest;
use super::acting_user::find_user;
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::SubsonicApi;
use crate::setup::{Grant, HostUser};
use crate::wire;

mod embedded;
mod proxy;
mod request;

/// The version of the Subsonic API that plugins speak.
pub const API_VERSION: &str = "1.16.1";

/// Answers requests of the Subsonic API.
pub trait SubsonicBackend: Send + Sync {
    /// Answers a GET request on behalf of the user it names, who needs no password.
    ///
    /// # Errors
    ///
    /// A text when there is no answer at all. An error of the API is an answer, and so is any HTTP status.
    fn get(&self, ctx: &CallContext, request: &SubsonicRequest) -> Result<SubsonicAnswer, String>;
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubsonicAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content type, as in `application/json`.
    pub content_type: String,
    /// Body.
    pub body: Vec<u8>,
}

/// Who answers the plugins of a host.
#[derive(Clone, Default)]
pub enum SubsonicSource {
    /// The host itself, from its libraries, users and database.
    #[default]
    Embedded,
    /// Something else, for instance a [`ProxySubsonic`].
    Backend(Arc<dyn SubsonicBackend>),
    /// Nobody: every call fails with `router not available`.
    Nobody,
}

/// The SubsonicAPI service of one loaded plugin.
pub struct SubsonicService {
    plugin: String,
    users: Arc<[HostUser]>,
    grant: Grant<String>,
    backend: Option<Arc<dyn SubsonicBackend>>,
}

impl SubsonicService {
    /// Makes the service from the plugin's id, all users of the host, the plugin's grant, and who answers.
    pub fn new(
        plugin: impl Into<String>,
        users: Arc<[HostUser]>,
        grant: Grant<String>,
        backend: Option<Arc<dyn SubsonicBackend>>,
    ) -> Self {
        Self {
            plugin: plugin.into(),
            users,
            grant,
            backend,
        }
    }

    /// Checks a call and has it answered, whatever the status; `format` replaces the parameter `f`.
    fn run(
        &self,
        ctx: &CallContext,
        uri: &str,
        format: Option<&str>,
    ) -> Result<SubsonicAnswer, ServiceError> {
        let backend = self.backend.as_ref();
        let backend = backend.ok_or("SubsonicAPI router not available")?;
        let mut request = SubsonicRequest::parse(uri)
            .map_err(|error| ServiceError::new(format!("invalid URL format: {error}")))?;
        let user = request
            .parameter("u")
            .filter(|user| !user.is_empty())
            .ok_or("missing required parameter 'u'")?;
        self.check_user(user)?;
        request.set("c", &self.plugin);
        request.set("v", API_VERSION);
        if let Some(format) = format {
            request.set("f", format);
        }
        backend.get(ctx, &request).map_err(ServiceError::new)
    }

    fn check_user(&self, name: &str) -> Result<(), ServiceError> {
        if self.grant == Grant::All {
            // Not looked up: an unknown user is the API's business.
            return Ok(());
        }
        if !self.grant.is_configured() {
            return Err("no users configured for this plugin".into());
        }
        let user = find_user(&self.users, name)
            .ok_or_else(|| ServiceError::new(format!("username {name} not found")))?;
        match self.grant.allows(&user.id) {
            true => Ok(()),
            false => Err(ServiceError::new(format!(
                "user {name} is not authorized for this plugin"
            ))),
        }
    }
}

impl SubsonicApi for SubsonicService {
    fn call(&self, ctx: &CallContext, uri: String) -> Result<String, ServiceError> {
        let answer = self.run(ctx, &uri, Some("json"))?;
        Ok(String::from_utf8(answer.body).unwrap_or_else(|error| wire::lossy(error.as_bytes())))
    }

    fn call_raw(&self, ctx: &CallContext, uri: String) -> Result<(String, Vec<u8>), ServiceError> {
        let answer = self.run(ctx, &uri, None)?;
        Ok((answer.content_type, answer.body))
    }
}

/// Returns the token that proves knowledge of a password without showing it.
fn token(password: &str, salt: &str) -> String {
    format!("{:x}", md5::compute(format!("{password}{salt}")))
}

#[cfg(test)]
mod tests;
