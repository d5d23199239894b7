//! Writing JSON: a byte buffer that knows where commas go.

use super::strings::plain_end;
use super::{Encode, base64, number};

/// Writes one JSON document.
///
/// Names and structure come from generated code, so they are not checked; strings are escaped.
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// Makes an empty writer.
    pub fn new() -> Self {
        Self {
            out: Vec::with_capacity(128),
        }
    }

    /// Makes a writer that writes into a buffer, in place of what it holds.
    pub(crate) fn reusing(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { out: buffer }
    }

    /// Opens an object.
    pub fn begin_object(&mut self) {
        self.open(b'{');
    }

    /// Closes the object opened last.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
    }

    /// Opens an array.
    pub fn begin_array(&mut self) {
        self.open(b'[');
    }

    /// Closes the array opened last.
    pub fn end_array(&mut self) {
        self.out.push(b']');
    }

    /// Writes a field of the open object.
    #[inline]
    pub fn field<T: Encode + ?Sized>(&mut self, name: &str, value: &T) {
        self.key(name);
        value.encode(self);
    }

    /// Writes a field of the open object, unless its value is empty.
    #[inline]
    pub fn field_omit_empty<T: Encode + ?Sized>(&mut self, name: &str, value: &T) {
        if !value.is_empty() {
            self.field(name, value);
        }
    }

    /// Writes an element of the open array.
    #[inline]
    pub fn element<T: Encode + ?Sized>(&mut self, value: &T) {
        self.separate();
        value.encode(self);
    }

    /// Writes the name of the next field.
    #[inline(never)]
    pub fn key(&mut self, name: &str) {
        self.separate();
        self.string(name);
        self.out.push(b':');
    }

    /// Writes a string, escaping what JSON wants escaped.
    #[inline(never)]
    pub fn string(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.out.push(b'"');
        let mut from = 0;
        loop {
            let end = plain_end(bytes, from);
            self.raw(bytes.get(from..end).unwrap_or_default());
            match bytes.get(end) {
                Some(byte) => self.escape(*byte),
                None => break,
            }
            from = end + 1;
        }
        self.out.push(b'"');
    }

    /// Writes bytes as base64 text.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        base64::encode(bytes, &mut self.out);
        self.out.push(b'"');
    }

    /// Writes `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.raw(if value { b"true" } else { b"false" });
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.raw(b"null");
    }

    /// Writes an integer.
    pub fn integer(&mut self, value: i64) {
        if value < 0 {
            self.out.push(b'-');
        }
        self.unsigned(value.unsigned_abs());
    }

    /// Writes an integer without sign.
    pub fn unsigned(&mut self, value: u64) {
        number::push_integer(value, &mut self.out);
    }

    /// Writes a number, or `null` when it is not finite.
    pub fn float(&mut self, value: f64) {
        number::push_f64(value, &mut self.out);
    }

    /// Writes a number of single precision with as few digits as tell it apart, or `null` when it is not finite.
    pub fn float32(&mut self, value: f32) {
        number::push_f32(value, &mut self.out);
    }

    /// Writes text that is JSON already.
    #[inline(never)]
    pub fn raw(&mut self, json: &[u8]) {
        self.out.extend_from_slice(json);
    }

    /// Returns the document.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
    }

    /// Puts a comma in front of a field or element that is not the first.
    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                self.raw(b"\\u00");
                return self.raw(&digits);
            }
        };
        self.out.push(b'\\');
        self.out.push(short);
    }
}
