//! Writing JSON: a byte buffer that knows where commas go.

use super::scan::{copy_plain, plain_until};
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

    /// Writes the name of the next field, with its quotes and the colon.
    #[inline(never)]
    pub(super) fn quoted_key(&mut self, name: &str) {
        self.separate();
        self.raw(name.as_bytes());
    }

    /// Writes a field that is a text; its name with its quotes and the colon.
    #[inline(never)]
    pub(super) fn text_field(&mut self, name: &str, text: &str) {
        // A comma, the name, and the text in quotes.
        buffer::reserve(&mut self.out, name.len() + text.len() + 3);
        self.separate();
        buffer::extend(&mut self.out, name.as_bytes());
        let length = self.out.len();
        // SAFETY: there is room for the quotes and the text, and all of it is written before it counts.
        unsafe {
            let start = self.out.as_mut_ptr().add(length);
            if copy_plain(text.as_bytes(), start.add(1)) {
                start.write(b'"');
                start.add(1 + text.len()).write(b'"');
                self.out.set_len(length + 2 + text.len());
                return;
            }
        }
        self.string(text);
    }

    /// Writes a string, escaping what JSON wants escaped.
    #[inline(never)]
    pub fn string(&mut self, text: &str) {
        let bytes = text.as_bytes();
        // The quotes, and what a few escapes add.
        buffer::reserve(&mut self.out, bytes.len().saturating_add(16));
        self.push(b'"');
        let mut at = 0;
        loop {
            let end = plain_until(bytes, at);
            let before = bytes.get(at..end).unwrap_or_default();
            let Some(byte) = bytes.get(end) else {
                buffer::extend(&mut self.out, before);
                break;
            };
            let short = short_escape(*byte);
            if short == 0 {
                self.raw(before);
                self.escape_by_number(*byte);
            } else {
                buffer::extend(&mut self.out, before);
                buffer::extend(&mut self.out, &[b'\\', short]);
            }
            at = end + 1;
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

    #[cold]
    #[inline(never)]
    fn escape_by_number(&mut self, byte: u8) {
        let digit = |value: u8| {
            if value < 10 {
                b'0' + value
            } else {
                b'a' - 10 + value
            }
        };
        self.raw(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
    }
}

/// The letter that stands for a byte behind a backslash; zero if there is none.
#[inline(always)]
fn short_escape(byte: u8) -> u8 {
    match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => 0,
    }
}
