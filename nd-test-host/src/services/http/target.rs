//! URLs as the server reads them: the host is compared as it is spelled, so nothing may normalise it.
//!
//! A browser-style parser would lower-case hosts and turn `127.1` into `127.0.0.1` before the allow-list sees them.

/// An absolute URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) scheme: String,
    /// User name and password, still percent-encoded, without the `@`.
    pub(crate) user_info: Option<String>,
    /// Host and port as spelled, with the brackets of an IPv6 address.
    pub(crate) authority: String,
    /// Path, beginning with `/` or empty.
    pub(crate) path: String,
    /// Query without its `?`.
    pub(crate) query: Option<String>,
}

impl Target {
    /// Takes a URL apart. A text without scheme is fine here and has an empty one.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the URL.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        if url.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("it contains a control character".to_owned());
        }
        let url = url.split('#').next().unwrap_or_default();
        let (scheme, rest) = split_scheme(url)?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned())),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        if scheme.is_empty()
            && authority.is_empty()
            && path
                .split('/')
                .next()
                .is_some_and(|first| first.contains(':'))
        {
            return Err(
                "it has a colon but no scheme; begin it with http:// or https://".to_owned(),
            );
        }
        check_escapes(path)?;
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, authority)) => (Some(user_info.to_owned()), authority),
            None => (None, authority),
        };
        if let Some(user_info) = &user_info {
            check_escapes(user_info)?;
        }
        check_authority(authority)?;
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user_info,
            authority: authority.to_owned(),
            path: path.to_owned(),
            query,
        })
    }

    /// Resolves the `Location` of a redirect against this URL.
    pub(crate) fn join(&self, location: &str) -> Result<Self, String> {
        let mut next = if let Some(rest) = location.strip_prefix("//") {
            Self::parse(&format!("{}://{rest}", self.scheme))?
        } else if split_scheme(location).is_ok_and(|(scheme, _)| !scheme.is_empty()) {
            return Self::parse(location);
        } else {
            // Parsed on its own first, so that a `?` or `#` in it is read as such.
            let relative = Self::parse(location)?;
            let path = match relative.path.as_str() {
                "" => self.path.clone(),
                path if path.starts_with('/') => path.to_owned(),
                path => {
                    let folder = self.path.rfind('/').map_or("", |slash| &self.path[..slash]);
                    format!("{folder}/{path}")
                }
            };
            let query = match (&relative.query, relative.path.is_empty()) {
                (None, true) => self.query.clone(),
                (query, _) => query.clone(),
            };
            Self {
                path,
                query,
                ..self.clone()
            }
        };
        next.path = without_dots(&next.path);
        Ok(next)
    }

    /// Returns the host alone: no port, no brackets.
    pub(crate) fn host(&self) -> &str {
        split_port(&self.authority)
            .0
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// Returns the URL in the form the HTTP library takes: no user info, everything unusual percent-encoded.
    pub(crate) fn to_uri(&self) -> Result<ureq::http::Uri, String> {
        if self.host().is_empty() {
            return Err("the URL has no host".to_owned());
        }
        // A zone would have to be judged by the machine's interfaces; nothing public needs one.
        if self.authority.contains('%') {
            return Err(format!(
                "the host \"{}\" has a zone or an escape",
                self.authority
            ));
        }
        let (host, port) = split_port(&self.authority);
        // Only names beyond ASCII are rewritten; everything else goes to the resolver as the plugin spelled it.
        let host = match host.is_ascii() {
            true => host.to_owned(),
            false => url::Host::parse(host)
                .map_err(|error| error.to_string())?
                .to_string(),
        };
        let port = port
            .filter(|port| !port.is_empty())
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        let query = self
            .query
            .as_ref()
            .map(|query| format!("?{}", encode(query)))
            .unwrap_or_default();
        let uri = format!("{}://{host}{port}{}{query}", self.scheme, encode(path));
        uri.parse()
            .map_err(|error: ureq::http::uri::InvalidUri| error.to_string())
    }
}

impl std::fmt::Display for Target {
    /// Writes the URL for messages; a password is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if let Some(user_info) = &self.user_info {
            match user_info.split_once(':') {
                Some((user, _)) => write!(f, "{user}:***@")?,
                None => write!(f, "{user_info}@")?,
            }
        }
        write!(f, "{}{}", self.authority, self.path)?;
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

fn split_scheme(url: &str) -> Result<(&str, &str), String> {
    for (at, c) in url.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at > 0 => return Ok((&url[..at], &url[at + 1..])),
            ':' => {
                return Err(
                    "it begins with a colon; write http:// or https:// before it".to_owned(),
                );
            }
            _ => break,
        }
    }
    Ok(("", url))
}

/// Splits host and port; the port is `None` without a colon and may be empty with one.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let host_end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    match authority[host_end..].rfind(':') {
        Some(colon) => (
            &authority[..host_end + colon],
            Some(&authority[host_end + colon + 1..]),
        ),
        None => (authority, None),
    }
}

fn check_authority(authority: &str) -> Result<(), String> {
    let (host, port) = split_port(authority);
    if let Some(port) = port.filter(|port| !port.is_empty())
        && (port.parse::<u16>().is_err() || port.starts_with('+'))
    {
        return Err(format!("\"{port}\" is not a port"));
    }
    let inside = match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .ok_or("a bracket of the host is not closed")?,
        None if host.contains(':') => {
            return Err(format!(
                "the host \"{host}\" has too many colons; put an IPv6 address in brackets"
            ));
        }
        None => host,
    };
    match inside
        .chars()
        .find(|&c| c.is_ascii_whitespace() || "\"\\^`{|}[]".contains(c))
    {
        Some(c) => Err(format!("the host contains the character {c:?}")),
        None => Ok(()),
    }
}

fn check_escapes(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        let valid = bytes
            .get(at + 1..at + 3)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if !valid {
            let wrong: String = text[at..].chars().take(3).collect();
            return Err(format!("\"{wrong}\" is not a percent escape"));
        }
    }
    Ok(())
}

/// Percent-encodes what cannot stand in a request line; existing escapes stay.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' if !b"\"<>\\^`{|}".contains(&byte) => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Resolves `.` and `..` segments of an absolute path.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let last = path.rsplit('/').next().unwrap_or_default();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let folder = if matches!(last, "." | "..") { "/" } else { "" };
    match kept.is_empty() {
        true => "/".to_owned(),
        false => format!("/{}{folder}", kept.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, String, String, String) {
        let target = Target::parse(url).expect(url);
        let host = target.host().to_owned();
        (
            target.scheme,
            target.authority,
            host,
            target.path + &target.query.map(|q| format!("?{q}")).unwrap_or_default(),
        )
    }

    #[test]
    fn urls_come_apart_without_normalisation() {
        let cases = [
            (
                "http://example.com",
                ("http", "example.com", "example.com", ""),
            ),
            (
                "HTTPS://Example.COM:8080/a?b#c",
                ("https", "Example.COM:8080", "Example.COM", "/a?b"),
            ),
            ("http://user:pw@host/", ("http", "host", "host", "/")),
            ("http://127.1/", ("http", "127.1", "127.1", "/")),
            ("http://[::1]:80/x", ("http", "[::1]:80", "::1", "/x")),
            ("http://[::1]", ("http", "[::1]", "::1", "")),
            (
                "http://[fe80::1%25eth0]/",
                ("http", "[fe80::1%25eth0]", "fe80::1%25eth0", "/"),
            ),
            ("http://host?x=/y", ("http", "host", "host", "?x=/y")),
            ("http://a@b@c/", ("http", "c", "c", "/")),
            ("http://host:/", ("http", "host:", "host", "/")),
            ("", ("", "", "", "")),
            ("/path", ("", "", "", "/path")),
            ("localhost:80/x", ("localhost", "", "", "80/x")),
            ("ftp://host", ("ftp", "host", "host", "")),
            ("mailto:a@b", ("mailto", "", "", "a@b")),
        ];
        for (url, (scheme, authority, host, path)) in cases {
            let expected = (
                scheme.to_owned(),
                authority.to_owned(),
                host.to_owned(),
                path.to_owned(),
            );
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in [
            "http://a b/",
            "http://host:x/",
            "http://host:99999/",
            "http://host:+80/",
            "http://[::1/",
            "http://::1/",
            "://host",
            "127.0.0.1:80",
            "http://host/%zz",
            "http://host/%2",
            "http://h\nost/",
            "http://ho{st/",
            "http://us%er@host/",
            "http://a\\b/",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn redirects_resolve_against_the_url_they_came_from() {
        let base = Target::parse("http://u:p@host:8080/a/b/c?q").expect("a URL");
        let cases = [
            ("https://other/x", "https://other/x"),
            ("HTTP://OTHER/", "http://OTHER/"),
            ("//other:1/x", "http://other:1/x"),
            ("/x/../y", "http://u:***@host:8080/y"),
            ("x", "http://u:***@host:8080/a/b/x"),
            ("../x?y#z", "http://u:***@host:8080/a/x?y"),
            ("./", "http://u:***@host:8080/a/b/"),
            ("..", "http://u:***@host:8080/a/"),
            ("../../../../x", "http://u:***@host:8080/x"),
            ("?new", "http://u:***@host:8080/a/b/c?new"),
            ("#part", "http://u:***@host:8080/a/b/c?q"),
        ];
        for (location, expected) in cases {
            assert_eq!(
                base.join(location).map(|next| next.to_string()),
                Ok(expected.to_owned()),
                "{location}"
            );
        }
        let bare = Target::parse("http://host").expect("a URL");
        assert_eq!(
            bare.join("x").map(|next| next.to_string()),
            Ok("http://host/x".to_owned())
        );
    }

    #[test]
    fn request_lines_hold_no_spaces_and_no_secrets() {
        let uri = |url: &str| {
            Target::parse(url)
                .and_then(|target| target.to_uri())
                .map(|uri| uri.to_string())
        };
        assert_eq!(
            uri("http://u:p@host:81/a b/ż?x=\"y z\"&%20"),
            Ok("http://host:81/a%20b/%C5%BC?x=%22y%20z%22&%20".to_owned())
        );
        assert_eq!(
            uri("http://żółw.pl/"),
            Ok("http://xn--w-uga1v8h.pl/".to_owned())
        );
        assert_eq!(uri("http://host:"), Ok("http://host/".to_owned()));
        assert_eq!(uri("http://[::1]:80"), Ok("http://[::1]:80/".to_owned()));
        assert!(uri("http:///x").is_err());
        assert!(uri("http://[fe80::1%25eth0]/").is_err());
    }
}
