//! A JSON parser that keeps what the server's rules need: document order, duplicate keys and the text of numbers.

use super::DecodeError;

/// Documents nested deeper than this are refused, so that hostile input cannot exhaust the stack.
const MAX_DEPTH: usize = 500;
/// Documents of more values than this are refused: two bytes of text become fifty here and more, and guests have memory
/// for hundreds of millions of values.
const MAX_VALUES: usize = 1 << 22;

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// The number as written.
    Number(String),
    String(String),
    Array(Vec<Value>),
    /// Members in document order, duplicates included.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Parses one document with nothing but white space around it.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, DecodeError> {
        let mut parser = Parser {
            json,
            at: 0,
            values: 0,
        };
        let value = parser.value(0)?;
        match parser.peek() {
            None => Ok(value),
            Some(_) => Err(parser.unexpected("after the document")),
        }
    }

    /// Names the value in an error message.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Number(text) => format!("the number {text}"),
            Self::String(_) => "a string".into(),
            Self::Array(_) => "a list".into(),
            Self::Object(_) => "an object".into(),
        }
    }
}

struct Parser<'a> {
    json: &'a [u8],
    at: usize,
    /// Values begun so far.
    values: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::new("the document is nested too deeply"));
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(DecodeError::new("the document has too many values"));
        }
        match self.peek() {
            None => Err(self.unexpected("")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.unexpected("looking for a value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, DecodeError> {
        self.at += 1;
        let mut members = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for a key"));
            }
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after a key"));
            }
            self.at += 1;
            members.push((key, self.value(depth + 1)?));
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.unexpected("after a member")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, DecodeError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return Err(self.unexpected("after an item")),
            }
        }
    }

    /// Reads a string; each byte that is not UTF-8 and each lone surrogate becomes U+FFFD, as on the server.
    fn string(&mut self) -> Result<String, DecodeError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while matches!(self.json.get(self.at), Some(byte) if !matches!(byte, b'"' | b'\\' | 0..=0x1f))
            {
                self.at += 1;
            }
            text.push_str(&super::lossy(&self.json[start..self.at]));
            match self.json.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.unexpected("inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, DecodeError> {
        let plain = match self.json.get(self.at) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.unexpected("in an escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, DecodeError> {
        let first = self.hex4()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // A high surrogate: only a low one right behind it completes a character.
        let back = self.at;
        if self.json[self.at..].starts_with(b"\\u") {
            self.at += 1;
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.at = back;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// Reads `uXXXX`.
    fn hex4(&mut self) -> Result<u32, DecodeError> {
        self.at += 1;
        let mut code = 0;
        for _ in 0..4 {
            let digit = self
                .json
                .get(self.at)
                .and_then(|byte| char::from(*byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in a \\u escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        let start = self.at;
        if self.json[self.at] == b'-' {
            self.at += 1;
        }
        match self.json.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.unexpected("in a number")),
        }
        if self.json.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.json.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.json.get(self.at) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        let text = String::from_utf8_lossy(&self.json[start..self.at]).into_owned();
        Ok(Value::Number(text))
    }

    fn some_digits(&mut self) -> Result<(), DecodeError> {
        match self.json.get(self.at) {
            Some(b'0'..=b'9') => {
                self.digits();
                Ok(())
            }
            _ => Err(self.unexpected("in a number")),
        }
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.json.get(self.at) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, DecodeError> {
        if self.json[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.unexpected("looking for a value"))
    }

    /// Skips white space and looks at the next byte.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.json.get(self.at) {
            self.at += 1;
        }
        self.json.get(self.at).copied()
    }

    fn unexpected(&self, place: &str) -> DecodeError {
        match self.json.get(self.at) {
            None => DecodeError::new("unexpected end of JSON input"),
            Some(byte) => DecodeError::new(format!(
                "invalid character {:?} {place} at byte {}",
                char::from(*byte),
                self.at
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn order_duplicates_and_number_text_survive() {
        let value = Value::parse(br#" {"a":1.0,"b":[true,null],"a":-0e+1} "#).unwrap();
        assert_eq!(
            value,
            Value::Object(vec![
                ("a".into(), Value::Number("1.0".into())),
                (
                    "b".into(),
                    Value::Array(vec![Value::Bool(true), Value::Null])
                ),
                ("a".into(), Value::Number("-0e+1".into())),
            ])
        );
    }

    #[test]
    fn strings_keep_their_meaning() {
        let check = |json: &[u8], expected: &str| {
            assert_eq!(
                Value::parse(json).unwrap(),
                Value::String(expected.into()),
                "{json:?}"
            );
        };
        check(br#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t");
        check(br#""\u003c\ud83d\ude00""#, "<😀");
        check(br#""\ud83d!""#, "\u{fffd}!");
        check(br#""\ud83d\u0041""#, "\u{fffd}A");
        check(br#""\udc00""#, "\u{fffd}");
        check(b"\"\xffx\"", "\u{fffd}x");
        check(b"\"\xe2\x82x\"", "\u{fffd}\u{fffd}x");
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (json, expected) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("{}x", "invalid character 'x' after the document at byte 2"),
            (
                "[1,]",
                "invalid character ']' looking for a value at byte 3",
            ),
            ("{a:1}", "invalid character 'a' looking for a key at byte 1"),
            ("01", "invalid character '1' after the document at byte 1"),
            ("1.", "unexpected end of JSON input"),
            ("-x", "invalid character 'x' in a number at byte 1"),
            ("nul", "invalid character 'n' looking for a value at byte 0"),
            (
                "\"\n\"",
                "invalid character '\\n' inside a string at byte 1",
            ),
            (r#""\x""#, "invalid character 'x' in an escape at byte 2"),
            (
                r#""\u12g4""#,
                "invalid character 'g' in a \\u escape at byte 5",
            ),
        ] {
            assert_eq!(
                Value::parse(json.as_bytes()).unwrap_err().to_string(),
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn a_flood_of_values_is_an_error_before_it_takes_all_memory() {
        let parse = |values: usize| {
            let json = b"[0,0]";
            let mut parser = Parser {
                json,
                at: 0,
                values,
            };
            parser.value(0)
        };
        assert!(parse(MAX_VALUES - 3).is_ok());
        assert_eq!(
            parse(MAX_VALUES - 2).unwrap_err().to_string(),
            "the document has too many values"
        );
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(
            Value::parse(deep.as_bytes()).unwrap_err().to_string(),
            "the document is nested too deeply"
        );
    }
}
