//! Writing JSON as the server does: escapes that are safe inside HTML, and its way of printing floats.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

pub(super) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut json,
        ServerFormat,
    ))?;
    Ok(json)
}

/// Prints a float as the server does: whole numbers without a fraction, very large and very small ones with an exponent.
fn float_text(value: f64) -> String {
    with_signed_exponent(value.abs(), &value.to_string(), || format!("{value:e}"))
}

fn float32_text(value: f32) -> String {
    with_signed_exponent(f64::from(value).abs(), &value.to_string(), || {
        format!("{value:e}")
    })
}

fn with_signed_exponent(
    magnitude: f64,
    plain: &str,
    exponent_form: impl FnOnce() -> String,
) -> String {
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return plain.to_owned();
    }
    let text = exponent_form();
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

struct ServerFormat;

impl Formatter for ServerFormat {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        writer.write_all(float32_text(value).as_bytes())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float_text(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let mut after = rest[at..].chars();
            if let Some(special) = after.next() {
                write!(writer, "\\u{:04x}", u32::from(special))?;
            }
            rest = after.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check<T: Serialize>(value: T, expected: &str) {
        assert_eq!(
            String::from_utf8(to_vec(&value).unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn floats_are_printed_as_the_server_prints_them() {
        check(1.0, "1");
        check(0.0, "0");
        check(-2.5, "-2.5");
        check(0.000001, "0.000001");
        check(0.0000001, "1e-7");
        check(1.5e-10, "1.5e-10");
        check(1e20, "100000000000000000000");
        check(1e21, "1e+21");
        check(1.25e300, "1.25e+300");
        check(0.1_f32, "0.1");
        check(3.4e38_f32, "3.4e+38");
    }

    #[test]
    fn markup_is_escaped_inside_strings_and_keys() {
        check(
            "a<b>&\u{2028}\"\n",
            "\"a\\u003cb\\u003e\\u0026\\u2028\\\"\\n\"",
        );
        check(
            std::collections::BTreeMap::from([("<k>", 1)]),
            "{\"\\u003ck\\u003e\":1}",
        );
        check("über", "\"über\"");
    }
}
