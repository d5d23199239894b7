//! Reading requests as plugins write them, and writing answers as plugins read them.

use std::io::{BufRead, BufReader, Read};

use nd_types::http::HTTPRequest;
use ureq::Body;
use ureq::http::Method;
use ureq::http::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, RANGE, TRAILER,
    TRANSFER_ENCODING,
};

use super::error::HttpError;
use super::redirect::Hop;

/// Headers a request may have; the HTTP library has room for some more.
const MAX_HEADERS: usize = 10_000;

pub(super) fn method(name: &str) -> Result<Method, HttpError> {
    match name {
        "" => Ok(Method::GET),
        name => Method::from_bytes(name.to_uppercase().as_bytes())
            .map_err(|_| HttpError::Request(format!("\"{name}\" is not an HTTP method"))),
    }
}

/// The plugin's headers, without those that are not its business: they follow from URL and body.
pub(super) fn headers(request: &HTTPRequest) -> Result<HeaderMap, String> {
    if request.headers.len() > MAX_HEADERS {
        return Err(format!("more than {MAX_HEADERS} header fields"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let parsed: HeaderName = name
            .parse()
            .map_err(|_| format!("invalid header field name \"{name}\""))?;
        if matches!(parsed, HOST | CONTENT_LENGTH | TRANSFER_ENCODING | TRAILER) {
            continue;
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("invalid header field value for \"{name}\""))?;
        headers.insert(parsed, value);
    }
    Ok(headers)
}

/// Tells whether the answer may come compressed and is decoded for the plugin: not if it speaks of encodings itself.
pub(super) fn asks_for_gzip(hop: &Hop<'_>) -> bool {
    hop.method != Method::HEAD
        && !hop.headers.contains_key(ACCEPT_ENCODING)
        && !hop.headers.contains_key(RANGE)
}

/// Reads a body up to that many decoded bytes; what comes after is dropped.
pub(super) fn read_body(body: Body, gzipped: bool, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut raw = BufReader::new(body.into_reader());
    let mut bytes = Vec::new();
    // The limit counts decoded bytes, so a small answer cannot swell beyond it. An empty body is no broken archive.
    match gzipped && !raw.fill_buf()?.is_empty() {
        true => flate2::bufread::MultiGzDecoder::new(raw)
            .take(limit)
            .read_to_end(&mut bytes)?,
        false => raw.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Writes a header name the way servers show it: `Content-Type`.
pub(super) fn canonical(name: &HeaderName) -> String {
    let mut upper = true;
    let spelled = name.as_str().chars().map(|c| {
        let c = if upper { c.to_ascii_uppercase() } else { c };
        upper = c == '-';
        c
    });
    spelled.collect()
}

/// Turns the user info of a URL into `user:password`, percent escapes resolved.
pub(super) fn credentials(user_info: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(user_info.len() + 1);
    let mut bytes = user_info.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            // The URL was refused if an escape in it is malformed.
            b'%' => {
                let digit = |byte: Option<u8>| {
                    byte.and_then(|byte| char::from(byte).to_digit(16))
                        .unwrap_or(0) as u8
                };
                let high = digit(bytes.next());
                decoded.push(high * 16 + digit(bytes.next()));
            }
            byte => decoded.push(byte),
        }
    }
    if !user_info.contains(':') {
        decoded.push(b':');
    }
    decoded
}
