//! JSON as the server reads and writes it, on both sides of a call.
//!
//! Reading is lenient where the server is (`null` is the zero value of any type, keys match without regard to case
//! as a fallback, the last of duplicate keys wins, unknown keys are ignored) and strict where it is (an integer
//! has no fraction, no exponent and fits its type). Stricter than the server, it refuses documents nested deeper than 500
//! or of more than four million values, which would take all memory. Writing escapes `<`, `>` and `&` and prints floats as the
//! server does.

mod de;
mod format;
mod value;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use de::DecodeError;
pub(crate) use de::same_ignoring_case;
pub(crate) use value::Value;

use crate::error::ServiceError;

/// Reads a document by the server's rules.
///
/// # Errors
///
/// When the text is not JSON or does not fit the type; the message names the place.
pub fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    T::deserialize(Value::parse(json)?)
}

/// Writes a compact document by the server's rules.
///
/// # Errors
///
/// When the value cannot be written as JSON, for instance a map with keys that are no strings.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    format::to_vec(value).map_err(|error| EncodeError(error.to_string()))
}

/// A value that cannot be written as JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(String);

/// Reads the output of an export that answers something: no bytes at all are the zero value.
///
/// # Errors
///
/// As [`decode`].
pub fn read<T: DeserializeOwned + Default>(output: &[u8]) -> Result<T, DecodeError> {
    if output.is_empty() {
        return Ok(T::default());
    }
    decode(output)
}

/// Reads the output of an export that answers nothing: no bytes, any object, or `null`.
///
/// # Errors
///
/// When there is output and it is something else.
pub fn read_nothing(output: &[u8]) -> Result<(), DecodeError> {
    if output.is_empty() {
        return Ok(());
    }
    match Value::parse(output)? {
        Value::Object(_) | Value::Null => Ok(()),
        other => Err(DecodeError::mismatch("an object or nothing", &other)),
    }
}

/// Answers a host function that has parameters: reads the request, runs the function, writes the answer.
///
/// A malformed request and a failure both become `{"error": "…"}`.
pub fn answer<Req, Res>(
    request: &[u8],
    function: impl FnOnce(Req) -> Result<Res, ServiceError>,
) -> Vec<u8>
where
    Req: DeserializeOwned + Default,
    Res: Serialize,
{
    match decode(request) {
        Ok(request) => reply(|| function(request)),
        Err(error) => failure(&error.to_string()),
    }
}

/// Answers a host function without parameters: the request is not read at all.
pub fn reply<Res: Serialize>(function: impl FnOnce() -> Result<Res, ServiceError>) -> Vec<u8> {
    match function() {
        Ok(result) => encode(&result).unwrap_or_else(|error| failure(&error.to_string())),
        Err(error) => failure(&error.to_string()),
    }
}

/// Reads bytes as text the way the server does: each byte that is not UTF-8 becomes U+FFFD.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn failure(message: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Failure<'a> {
        error: &'a str,
    }
    encode(&Failure { error: message }).unwrap_or_else(|_| br#"{"error":"unknown"}"#.to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Request {
        user_name: String,
        count: i32,
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_failure_is_an_error_field_and_nothing_else() {
        let got = answer(b"{}", |_: Request| {
            Err::<Request, _>(ServiceError::new("a < b"))
        });
        assert_eq!(text(&got), r#"{"error":"a \u003c b"}"#);
    }

    #[test]
    fn a_malformed_request_never_reaches_the_function() {
        let got = answer(br#"{"count":1.5}"#, |request: Request| Ok(request));
        assert_eq!(
            text(&got),
            r#"{"error":"count: expected an integer, found the number 1.5"}"#
        );
    }

    #[test]
    fn exports_without_output_accept_objects_and_null_only() {
        for good in ["", "{}", r#"{"error":"ignored"}"#, "null", " {} "] {
            assert_eq!(read_nothing(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in [r#""text""#, "true", "[]", "plain text", "{} {}", "1"] {
            assert!(read_nothing(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_output_is_the_zero_value() {
        assert_eq!(read::<bool>(b""), Ok(false));
        assert_eq!(read::<String>(b"null"), Ok(String::new()));
        assert_eq!(read::<Request>(b"null"), Ok(Request::default()));
        assert!(read::<bool>(br#"{"authorized":true}"#).is_err());
    }
}
