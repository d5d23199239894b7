//! Artwork: addresses under which anyone may fetch an image of the server.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use url::{Position, Url};

use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::Artwork;
use crate::server::{Rules, ServerConfig};

/// Who the tokens say has issued them.
pub const ISSUER: &str = "ND";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The Artwork service.
#[derive(Clone)]
pub struct ArtworkService {
    config: Arc<ServerConfig>,
    follows_request: bool,
    secret: Arc<[u8]>,
    /// The rules of the release, if others are compared with them.
    compared: Option<Arc<Rules>>,
}

impl ArtworkService {
    /// Makes the service from the server's settings and the secret its tokens are signed with.
    ///
    /// `follows_request` is [`crate::server::Rules::artwork_request_base`].
    pub fn new(config: Arc<ServerConfig>, follows_request: bool, secret: Arc<[u8]>) -> Self {
        Self {
            config,
            follows_request,
            secret,
            compared: None,
        }
    }

    /// Notes in the journal of a plugin call which addresses the rules compared with would build on something else.
    #[must_use]
    pub fn comparing(mut self, rules: &Arc<Rules>) -> Self {
        self.compared = rules.compared_with.is_some().then(|| Arc::clone(rules));
        self
    }

    /// Returns the address of an image; `kind` is the prefix of its id, as in `al`.
    fn url(&self, ctx: &CallContext, kind: &str, id: &str, size: i32) -> String {
        let id = match id {
            "" => String::new(),
            id => format!("{kind}-{id}"),
        };
        let base = self.base(self.follows_request, ctx.request_base());
        if let Some(rules) = &self.compared {
            rules.compare(ctx.journal(), ctx.plugin(), |other| {
                let elsewhere = self.base(other.artwork_request_base, ctx.request_base());
                (elsewhere != base).then(|| format!("this address would begin with {elsewhere}"))
            });
        }
        let token = token(&id, &self.secret);
        match size {
            ..=0 => format!("{base}/share/img/{token}"),
            _ => format!("{base}/share/img/{token}?size={size}"),
        }
    }

    /// Returns what addresses begin with, without a slash at the end.
    fn base(&self, follows_request: bool, request: Option<&str>) -> String {
        let config = &self.config;
        if let Some((host, path)) = split_url(&config.share_url) {
            return host + &path;
        }
        let (host, path) = split_base(&config.base_url);
        let host = match (host, request) {
            (Some(host), _) => host,
            (None, Some(request)) if follows_request => request.trim_end_matches('/').to_owned(),
            (None, _) if follows_request => {
                let scheme = if config.tls { "https" } else { "http" };
                format!("{scheme}://localhost:{}", config.port)
            }
            (None, _) => "http://localhost".to_owned(),
        };
        host + &path
    }
}

/// Takes a base URL apart, which may be no more than a path: scheme and host, if it has any, and the path.
fn split_base(base: &str) -> (Option<String>, String) {
    let absolute = match base.strip_prefix("//") {
        Some(_) => format!("http:{base}"),
        None => base.to_owned(),
    };
    match split_url(&absolute) {
        Some((host, path)) => (Some(host), path),
        None => match base.split(['?', '#']).next().unwrap_or_default() {
            path if path.trim_matches('/').is_empty() => (None, String::new()),
            path => (None, format!("/{}", path.trim_matches('/'))),
        },
    }
}

/// Takes an absolute URL apart: scheme and host, and the path without a slash at its end.
fn split_url(url: &str) -> Option<(String, String)> {
    let url = Url::parse(url).ok().filter(Url::has_host)?;
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let path = url.path().trim_end_matches('/').to_owned();
    Some((format!("{}://{host}", url.scheme()), path))
}

/// Makes a token without expiry for an image id.
fn token(id: &str, secret: &[u8]) -> String {
    let claims = serde_json::json!({ "id": id, "iss": ISSUER }).to_string();
    let [header, claims] = [HEADER, &claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = sign(signed.as_bytes(), secret);
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn sign(message: &[u8], secret: &[u8]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mac) => mac.chain_update(message).finalize().into_bytes().to_vec(),
        // There is no key length that HMAC refuses.
        Err(_) => Vec::new(),
    }
}

impl Artwork for ArtworkService {
    fn get_artist_url(
        &self,
        ctx: &CallContext,
        id: String,
        size: i32,
    ) -> Result<String, ServiceError> {
        Ok(self.url(ctx, "ar", &id, size))
    }

    fn get_album_url(
        &self,
        ctx: &CallContext,
        id: String,
        size: i32,
    ) -> Result<String, ServiceError> {
        Ok(self.url(ctx, "al", &id, size))
    }

    fn get_track_url(
        &self,
        ctx: &CallContext,
        id: String,
        size: i32,
    ) -> Result<String, ServiceError> {
        Ok(self.url(ctx, "mf", &id, size))
    }

    fn get_playlist_url(
        &self,
        ctx: &CallContext,
        id: String,
        size: i32,
    ) -> Result<String, ServiceError> {
        Ok(self.url(ctx, "pl", &id, size))
    }
}

impl std::fmt::Debug for ArtworkService {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArtworkService").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(follows_request: bool, edit: impl FnOnce(&mut ServerConfig)) -> ArtworkService {
        let mut config = ServerConfig::default();
        edit(&mut config);
        ArtworkService::new(config.into(), follows_request, Arc::from(*b"secret"))
    }

    fn base(
        follows_request: bool,
        request: Option<&str>,
        edit: impl FnOnce(&mut ServerConfig),
    ) -> String {
        service(follows_request, edit).base(follows_request, request)
    }

    #[test]
    fn the_token_says_who_issued_it_for_which_image_and_is_signed() {
        let ctx = CallContext::detached("p");
        let service = service(false, |_| {});
        let url = service.get_album_url(&ctx, "x-1".to_owned(), 300);
        // Made with another program.
        assert_eq!(
            url.as_deref(),
            Ok(
                "http://localhost/share/img/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6ImFsLXgtMSIsImlzcyI6Ik5EIn0.GVCA-FQfY-0iCRJJFC6x3nG3LWdWXcZ03IdhyXX7fJ8?size=300"
            )
        );
    }

    #[test]
    fn ids_are_used_as_given_and_sizes_above_0_are_told() {
        let ctx = CallContext::detached("p");
        let service = service(false, |_| {});
        let claims = |url: Result<String, ServiceError>| {
            let url = url.expect("an address");
            let claims = url.split('.').nth(1).unwrap_or_default();
            let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
            (String::from_utf8(claims).expect("text"), url.contains('?'))
        };
        let id = |id: &str| format!(r#"{{"id":"{id}","iss":"ND"}}"#);
        let artist = service.get_artist_url(&ctx, "ar-1".to_owned(), 0);
        assert_eq!(claims(artist), (id("ar-ar-1"), false));
        let track = service.get_track_url(&ctx, "1".to_owned(), -5);
        assert_eq!(claims(track), (id("mf-1"), false));
        let playlist = service.get_playlist_url(&ctx, "1".to_owned(), 1);
        assert_eq!(claims(playlist), (id("pl-1"), true));
        let empty = service.get_album_url(&ctx, String::new(), 0);
        assert_eq!(claims(empty), (id(""), false));
    }

    #[test]
    fn a_comparison_notes_addresses_that_the_other_release_builds_elsewhere() {
        let rules = Arc::new(Rules::release_0_64().comparing(Rules::release_0_63()));
        let notes = |request: Option<&str>, edit: fn(&mut ServerConfig)| {
            let ctx = CallContext::detached("p").caused_by(request.map(Arc::from));
            let service = service(rules.artwork_request_base, edit).comparing(&rules);
            let url = service.get_album_url(&ctx, "1".to_owned(), 0);
            assert!(url.is_ok());
            let logs = ctx.journal().logs().into_iter();
            logs.map(|log| log.message).collect::<Vec<_>>()
        };
        let note =
            "compare: server release 0.63: this address would begin with http://localhost/nd";
        let path = |config: &mut ServerConfig| config.base_url = "/nd".to_owned();
        assert_eq!(notes(Some("https://request.test"), path), [note]);
        assert_eq!(notes(None, path), [note], "the fallback has a port");
        let host = |config: &mut ServerConfig| config.base_url = "https://base.test".to_owned();
        assert_eq!(notes(Some("https://request.test"), host), [""; 0]);
    }

    #[test]
    fn the_share_url_comes_before_everything_else() {
        let edit = |config: &mut ServerConfig| {
            config.share_url = "https://me:pw@share.test/music/?x=1".to_owned();
            config.base_url = "https://base.test/nd".to_owned();
        };
        for follows_request in [true, false] {
            let request = Some("https://request.test");
            assert_eq!(
                base(follows_request, request, edit),
                "https://share.test/music"
            );
        }
    }

    #[test]
    fn a_base_host_comes_before_the_request() {
        for (url, expected) in [
            ("https://base.test", "https://base.test"),
            ("https://base.test:8443/nd/", "https://base.test:8443/nd"),
            ("//base.test/nd", "http://base.test/nd"),
        ] {
            let set = |config: &mut ServerConfig| config.base_url = url.to_owned();
            assert_eq!(base(true, Some("https://request.test"), set), expected);
            assert_eq!(base(false, None, set), expected);
        }
    }

    #[test]
    fn without_a_base_host_the_release_decides() {
        for (path, expected) in [("", ""), ("/", ""), ("/nd/", "/nd"), ("nd", "/nd")] {
            let plain = |config: &mut ServerConfig| config.base_url = path.to_owned();
            let tls = |config: &mut ServerConfig| {
                config.base_url = path.to_owned();
                config.tls = true;
                config.port = 4444;
            };
            let request = Some("https://request.test:99");
            let with = |host: &str| format!("{host}{expected}");
            assert_eq!(base(true, request, plain), with("https://request.test:99"));
            assert_eq!(base(true, None, plain), with("http://localhost:4533"));
            assert_eq!(base(true, None, tls), with("https://localhost:4444"));
            assert_eq!(base(false, request, plain), with("http://localhost"));
            assert_eq!(base(false, None, tls), with("http://localhost"));
        }
    }
}
