//! Writing JSON: a byte buffer that knows where commas go.

use super::cursor::marks;
use super::{Encode, base64, number};
use crate::buffer;

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
        Self { out: Vec::new() }
    }

    /// Makes a writer that writes into a buffer, in place of what it holds.
    pub(crate) fn reusing(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { out: buffer }
    }

    /// Opens an object.
    pub fn begin_object(&mut self) {
        self.push(b'{');
    }

    /// Closes the object opened last.
    pub fn end_object(&mut self) {
        self.push(b'}');
    }

    /// Opens an array.
    pub fn begin_array(&mut self) {
        self.push(b'[');
    }

    /// Closes the array opened last.
    pub fn end_array(&mut self) {
        self.push(b']');
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
        self.push(b':');
    }

    /// Writes a string, escaping what JSON wants escaped.
    #[inline(never)]
    pub fn string(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        self.push(b'"');
        loop {
            let plain = plain_length(rest);
            let (before, after) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
            self.raw(before);
            match after {
                [byte, after @ ..] => {
                    self.escape(*byte);
                    rest = after;
                }
                [] => break,
            }
        }
        self.push(b'"');
    }

    /// Writes bytes as base64 text.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.push(b'"');
        base64::encode(bytes, &mut self.out);
        self.push(b'"');
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
            self.push(b'-');
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
        buffer::append(&mut self.out, json);
    }

    /// Returns the document.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    #[inline(always)]
    fn push(&mut self, byte: u8) {
        buffer::push(&mut self.out, byte);
    }

    /// Puts a comma in front of a field or element that is not the first.
    #[inline(always)]
    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.push(b',');
        }
    }

    #[inline(never)]
    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                let digit = |value: u8| {
                    if value < 10 {
                        b'0' + value
                    } else {
                        b'a' - 10 + value
                    }
                };
                return self.raw(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
        };
        self.raw(&[b'\\', short]);
    }
}

/// Returns the number of bytes before the first one that must be escaped.
///
/// Eight at a time, for strings are most of a document; what is left over at the end is looked at as a word that is
/// filled up with zeros, which count as bytes to escape.
#[inline(always)]
fn plain_length(bytes: &[u8]) -> usize {
    let mut chunks = bytes.chunks_exact(8);
    let mut before = 0;
    let mut found = |word: u64| {
        let marks = marks(word);
        before += marks.trailing_zeros() as usize / 8;
        marks != 0
    };
    for chunk in chunks.by_ref() {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        if found(word) {
            return before;
        }
    }
    let rest = chunks.remainder();
    let mut word = 0;
    for byte in rest.iter().rev() {
        word = word << 8 | u64::from(*byte);
    }
    let _ = found(word);
    before
}
