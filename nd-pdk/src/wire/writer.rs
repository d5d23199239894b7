//! Writing JSON: a byte buffer that knows where commas go.

use super::scan::copy_plain;
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
    pub fn string(&mut self, text: &str) {
        self.text("\"", text);
    }

    /// Writes `before`, which ends with a quote, as it is, then a text, escaped, and its closing quote.
    #[inline(never)]
    pub(super) fn text(&mut self, before: &str, text: &str) {
        let (mut from, mut left) = (text.as_ptr(), text.len());
        // SAFETY: `left` bytes of the text stand at `from`; there is room for all that is written, and all of it is
        // written before it counts.
        unsafe {
            let start = buffer::room(&mut self.out, before.len() + left + 1);
            start.copy_from_nonoverlapping(before.as_ptr(), before.len());
            let mut to = start.add(before.len());
            loop {
                let plain = copy_plain(from, left, to);
                to = to.add(plain);
                if plain == left {
                    break;
                }
                let byte = *from.add(plain);
                from = from.add(plain + 1);
                left -= plain + 1;
                buffer::end_at(&mut self.out, to);
                to = buffer::room(&mut self.out, left + LONGEST_ESCAPE + 1);
                to = escape(byte, to);
            }
            to.write(b'"');
            buffer::end_at(&mut self.out, to.add(1));
        }
    }

    /// Returns the number of bytes written.
    pub(super) fn length(&self) -> usize {
        self.out.len()
    }

    /// Makes an object of the fields written since there were `start` bytes, each behind a comma.
    pub(super) fn end_fields(&mut self, start: usize) {
        buffer::reserve(&mut self.out, 2);
        let end = self.out.len().max(start + 1);
        // SAFETY: there is room for both brackets, and what is between them is written.
        unsafe {
            let base = self.out.as_mut_ptr();
            // In place of the first comma, if there is one.
            base.add(start).write(b'{');
            base.add(end).write(b'}');
            self.out.set_len(end + 1);
        }
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
}

const LONGEST_ESCAPE: usize = 6;

/// Writes the escape of a byte that strings cannot hold, and returns where it ends.
///
/// # Safety
///
/// The longest escape must be writable there.
#[inline(always)]
unsafe fn escape(byte: u8, to: *mut u8) -> *mut u8 {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => 0,
    };
    // SAFETY: no escape is longer than the longest.
    unsafe {
        to.write(b'\\');
        if letter > 0 {
            to.add(1).write(letter);
            return to.add(2);
        }
        let low = byte & 15;
        to.add(1).copy_from_nonoverlapping(b"u000".as_ptr(), 4);
        to.add(4).write(b'0' + (byte >> 4));
        to.add(5)
            .write(low + if low < 10 { b'0' } else { b'a' - 10 });
        to.add(LONGEST_ESCAPE)
    }
}
