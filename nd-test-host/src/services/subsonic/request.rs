//! Requests as plugins write them: of the URI only the last part of the path and the query count.

use url::form_urlencoded;

use crate::services::http::Target;

/// A request of the Subsonic API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubsonicRequest {
    endpoint: String,
    query: Vec<(String, String)>,
}

impl SubsonicRequest {
    /// Reads a URI, absolute or not.
    ///
    /// Pairs of the query that cannot be read are passed over.
    ///
    /// # Errors
    ///
    /// A text that says why the URI cannot be parsed.
    pub fn parse(uri: &str) -> Result<Self, String> {
        let Target { path, query, .. } = Target::parse(uri)?;
        let path = decode(&path).ok_or_else(|| format!("bad escape in {path:?}"))?;
        let endpoint = path.trim_end_matches('/').rsplit('/').next();
        Ok(Self {
            endpoint: endpoint.unwrap_or_default().to_owned(),
            query: parse_query(query.as_deref().unwrap_or_default()),
        })
    }

    /// Returns the endpoint as it was named, with or without `.view`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns all parameters, those of equal name in the order of the request.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// Returns the first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Sets a parameter, in place of all values it has.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.query.push((name.to_owned(), value.to_owned()));
    }

    /// Removes a parameter with all its values.
    pub fn remove(&mut self, name: &str) {
        self.query.retain(|(key, _)| key != name);
    }

    /// Adds parameters from elsewhere, such as the body of a form.
    pub(super) fn extend(&mut self, query: &str) {
        self.query.extend(parse_query(query));
    }

    /// Returns the parameters as a query, sorted by name.
    pub fn encoded_query(&self) -> String {
        let mut sorted: Vec<_> = self.query.iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(sorted)
            .finish()
    }
}

/// Undoes percent-encoding; none if an escape is not one.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.first_chunk::<2>()?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(digits[0])? * 16 + digit(digits[1])?;
        bytes.push(u8::try_from(value).ok()?);
        rest = tail.get(2..)?;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    let readable = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.contains(';') && decode(pair).is_some());
    readable
        .flat_map(|pair| form_urlencoded::parse(pair.as_bytes()))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_the_path_and_the_query_count() {
        for uri in [
            "ping.view?u=a",
            "/ping.view?u=a",
            "/rest/ping.view?u=a",
            "/rest/ping.view/?u=a",
            "http://elsewhere.test:99/x/y/ping.view?u=a#part",
            "//elsewhere.test/ping.view?u=a",
            "/rest/x%2Fping%2eview?u=a",
        ] {
            let request = SubsonicRequest::parse(uri).expect(uri);
            assert_eq!(request.endpoint(), "ping.view", "{uri}");
            assert_eq!(request.query(), [("u".to_owned(), "a".to_owned())]);
        }
        for uri in ["", "/", "http://host.test", "?u=a"] {
            assert_eq!(SubsonicRequest::parse(uri).expect(uri).endpoint(), "");
        }
    }

    #[test]
    fn what_is_no_uri_is_an_error() {
        for uri in [
            "ping\n?u=a",
            "1a:b",
            ":ping?u=a",
            "/rest/%zz",
            "/rest/%4",
            "a b:c",
            "http://a b/ping?u=a",
            "http://[::1/ping?u=a",
            "http://host:port/ping?u=a",
        ] {
            assert!(SubsonicRequest::parse(uri).is_err(), "{uri:?}");
        }
    }

    #[test]
    fn parameters_are_replaced_and_encoded_again() {
        let mut request =
            SubsonicRequest::parse("x?id=2&u=J%C3%B3ga+B&f=xml&f=y&bad=%zz&a;b=1&id=1&=&e")
                .expect("a request");
        assert_eq!(request.parameter("u"), Some("Jóga B"));
        request.set("f", "json");
        assert_eq!(
            request.encoded_query(),
            "=&e=&f=json&id=2&id=1&u=J%C3%B3ga+B"
        );
        assert_eq!(request.parameter("f"), Some("json"));
        assert_eq!(request.parameter("v"), None);
    }
}
