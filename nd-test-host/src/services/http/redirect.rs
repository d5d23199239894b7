//! What the next request is after a redirect.

use ureq::http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE,
    HeaderMap, HeaderName, LOCATION, PROXY_AUTHORIZATION, WWW_AUTHENTICATE,
};
use ureq::http::{Method, StatusCode};

use super::target::Target;

/// One request of a chain.
#[derive(Debug, Clone)]
pub(super) struct Hop<'a> {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) headers: HeaderMap,
    pub(super) body: &'a [u8],
}

impl Hop<'_> {
    /// Returns the request a redirect asks for, or nothing if the answer is no redirect or names no place.
    ///
    /// `origin` is the host of the chain's first request: once a redirect leaves it, credentials are gone for good.
    ///
    /// # Errors
    ///
    /// A text, if the place cannot be read.
    pub(super) fn next(
        &self,
        status: StatusCode,
        answer: &HeaderMap,
        origin: &str,
    ) -> Result<Option<Self>, String> {
        let keeps_body = match status.as_u16() {
            301..=303 => false,
            307 | 308 => true,
            _ => return Ok(None),
        };
        let Some(location) = answer.get(LOCATION).filter(|location| !location.is_empty()) else {
            return Ok(None);
        };
        let location = String::from_utf8_lossy(location.as_bytes());
        let target = self
            .target
            .join(&location)
            .map_err(|error| format!("failed to parse Location header \"{location}\": {error}"))?;
        let mut next = Self {
            target,
            ..self.clone()
        };
        if !keeps_body {
            next.body = &[];
            if next.method != Method::HEAD {
                next.method = Method::GET;
            }
            for describes_body in [
                CONTENT_TYPE,
                CONTENT_ENCODING,
                CONTENT_LANGUAGE,
                CONTENT_LOCATION,
            ] {
                next.headers.remove(describes_body);
            }
        }
        if !same_domain(next.target.host(), origin) {
            let cookie2 = HeaderName::from_static("cookie2");
            for secret in [
                AUTHORIZATION,
                PROXY_AUTHORIZATION,
                WWW_AUTHENTICATE,
                COOKIE,
                cookie2,
            ] {
                next.headers.remove(secret);
            }
        }
        Ok(Some(next))
    }
}

/// Tells whether a host is the origin or a name below it.
fn same_domain(host: &str, origin: &str) -> bool {
    let (host, origin) = (host.to_ascii_lowercase(), origin.to_ascii_lowercase());
    // An address has nothing below it.
    host == origin
        || (!host.contains([':', '%'])
            && host
                .strip_suffix(&origin)
                .is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    fn hop(method: &str, url: &str) -> Hop<'static> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "a"),
            ("cookie", "c"),
            ("x-own", "o"),
            ("content-type", "text/plain"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Hop {
            method: Method::from_bytes(method.as_bytes()).expect("a method"),
            target: Target::parse(url).expect("a URL"),
            headers,
            body: b"body",
        }
    }

    fn follow(hop: &Hop<'static>, status: u16, location: &str) -> Option<Hop<'static>> {
        let mut answer = HeaderMap::new();
        answer.insert(LOCATION, location.parse().expect("a header value"));
        let status = StatusCode::from_u16(status).expect("a status");
        hop.next(status, &answer, "example.com")
            .expect("a location that can be read")
    }

    #[test]
    fn method_and_body_change_with_301_302_303_only() {
        for (status, method, new_method, body) in [
            (301, "POST", "GET", ""),
            (302, "PUT", "GET", ""),
            (303, "DELETE", "GET", ""),
            (303, "HEAD", "HEAD", ""),
            (302, "GET", "GET", ""),
            (307, "POST", "POST", "body"),
            (308, "PATCH", "PATCH", "body"),
        ] {
            let next =
                follow(&hop(method, "http://example.com/a"), status, "/b").expect("a redirect");
            assert_eq!(
                (next.method.as_str(), next.body),
                (new_method, body.as_bytes()),
                "{status} {method}"
            );
            assert_eq!(next.headers.contains_key("content-type"), !body.is_empty());
            assert!(next.headers.contains_key("x-own"));
        }
    }

    #[test]
    fn other_answers_are_no_redirects() {
        for status in [200, 201, 300, 304, 305, 306, 404] {
            assert!(
                follow(&hop("GET", "http://example.com/"), status, "/b").is_none(),
                "{status}"
            );
        }
        let none = hop("GET", "http://example.com/").next(
            StatusCode::FOUND,
            &HeaderMap::new(),
            "example.com",
        );
        assert!(none.is_ok_and(|next| next.is_none()));
    }

    #[test]
    fn credentials_stay_within_the_domain() {
        for (location, kept) in [
            ("http://example.com:81/", true),
            ("https://EXAMPLE.com/", true),
            ("http://api.example.com/", true),
            ("http://notexample.com/", false),
            ("http://com/", false),
            ("http://[::1]/", false),
        ] {
            let next =
                follow(&hop("GET", "http://example.com/"), 302, location).expect("a redirect");
            assert_eq!(
                next.headers.contains_key("authorization"),
                kept,
                "{location}"
            );
            assert_eq!(next.headers.contains_key("cookie"), kept, "{location}");
            assert!(next.headers.contains_key("x-own"), "{location}");
        }
    }

    #[test]
    fn credentials_do_not_come_back() {
        let away = follow(&hop("GET", "http://example.com/"), 302, "http://other.org/")
            .expect("a redirect");
        let back = follow(&away, 302, "http://example.com/").expect("a redirect");
        assert!(!back.headers.contains_key("authorization"));
    }
}
