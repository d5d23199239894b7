//! A document and a place in it: all of the reader that handles pointers.
//!
//! A document is followed by zeros, which no JSON has outside or inside of strings. Whoever only moves past bytes that
//! it has compared with others than zero stays within the document, and whoever looks at the next eight bytes looks at
//! memory that is there. So nothing here checks bounds, and words can be compared where a text is a few bytes long.

use super::scan::{HIGH, plain_end};
use crate::buffer;
use std::marker::PhantomData;

/// Zeros after each document: as many as are looked at in one go.
const PADDING: usize = super::scan::STEP;

/// A document to read. It ends where it stops being UTF-8.
#[derive(Debug)]
pub struct Document {
    /// The document and its padding.
    bytes: Vec<u8>,
    length: usize,
    /// What followed is not UTF-8.
    broken: bool,
}

impl Document {
    /// Takes a copy of a document.
    pub fn new(document: &[u8]) -> Self {
        Self::filled(document.len(), |start| {
            // SAFETY: there is room for all of the document.
            unsafe { start.copy_from_nonoverlapping(document.as_ptr(), document.len()) };
            HIGH
        })
    }

    /// Makes a document of this length. `fill` gets the place for it and writes every byte, and as many more as padding
    /// has at most; it returns the bits that any of the bytes has, each at its place in a word, or more.
    pub(crate) fn filled(length: usize, fill: impl FnOnce(*mut u8) -> u64) -> Self {
        let mut bytes = buffer::with_room(length.saturating_add(PADDING));
        let start = bytes.as_mut_ptr();
        let bits = fill(start);
        // SAFETY: the capacity is that of document and padding, and both are written now.
        unsafe {
            start.add(length).write_bytes(0, PADDING);
            bytes.set_len(length + PADDING);
        }
        let valid = if bits & HIGH == 0 {
            length
        } else {
            cut_off(&mut bytes, length)
        };
        Self {
            bytes,
            length: valid,
            broken: valid < length,
        }
    }

    /// Tells whether there is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0 && !self.broken
    }

    /// Tells whether the document goes on with something that is not UTF-8.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Returns the bytes of a document that is not read as JSON.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.length);
        self.bytes
    }

    /// Returns the memory of the document, for other use.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

/// Puts zeros behind the part of a document that is UTF-8, and returns its length.
#[inline(never)]
fn cut_off(bytes: &mut [u8], length: usize) -> usize {
    match core::str::from_utf8(bytes.get(..length).unwrap_or_default()) {
        Ok(document) => document.len(),
        Err(error) => {
            let valid = error.valid_up_to();
            if let Some(rest) = bytes.get_mut(valid..) {
                rest.fill(0);
            }
            valid
        }
    }
}

/// A place in a document, never past its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    at: *const u8,
    start: *const u8,
    end: *const u8,
    document: PhantomData<&'a Document>,
}

impl<'a> Cursor<'a> {
    /// Starts at the beginning.
    pub(super) fn new(document: &'a Document) -> Self {
        let start = document.bytes.as_ptr();
        Self {
            at: start,
            start,
            // SAFETY: the document is at least as long as this.
            end: unsafe { start.add(document.length) },
            document: PhantomData,
        }
    }

    /// Returns the number of bytes passed.
    pub(super) fn offset(self) -> usize {
        self.at as usize - self.start as usize
    }

    /// Goes to another place; what is past the end is the end.
    pub(super) fn seek(&mut self, offset: usize) {
        let length = self.end as usize - self.start as usize;
        // SAFETY: the place is within the document or at its end.
        self.at = unsafe { self.start.add(offset.min(length)) };
    }

    /// Returns the next byte, zero at the end.
    #[inline(always)]
    pub(super) fn byte(self) -> u8 {
        // SAFETY: no place is past the end, where a zero stands.
        unsafe { *self.at }
    }

    /// Tells whether nothing follows.
    pub(super) fn is_at_end(self) -> bool {
        self.at >= self.end
    }

    /// Returns what stands between an earlier place and this one.
    #[inline(always)]
    pub(super) fn since(self, from: Self) -> &'a str {
        let length = (self.at as usize).saturating_sub(from.at as usize);
        // SAFETY: both are places of the same document, which is UTF-8, next to bytes of ASCII: everything that moves a
        // cursor stops there.
        unsafe { core::str::from_utf8_unchecked(core::slice::from_raw_parts(from.at, length)) }
    }

    /// Passes the next byte if it is this one, which must not be zero.
    #[inline(always)]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = byte != 0 && self.byte() == byte;
        if found {
            // SAFETY: the byte is not zero, so it is not past the end.
            self.at = unsafe { self.at.add(1) };
        }
        found
    }

    /// Passes the next two bytes if they are these, which must not be zero.
    #[inline(always)]
    pub(super) fn take_both(&mut self, first: u8, second: u8) -> bool {
        // SAFETY: there is padding after the end, and where the first byte is found there is one more.
        unsafe {
            let found = first != 0 && second != 0 && *self.at == first && *self.at.add(1) == second;
            if found {
                self.at = self.at.add(2);
            }
            found
        }
    }

    /// Passes bytes as long as they are wanted, and not zero.
    #[inline(always)]
    pub(super) fn take_while(&mut self, mut wanted: impl FnMut(u8) -> bool) {
        let mut at = *self;
        while at.byte() != 0 && wanted(at.byte()) {
            // SAFETY: the byte is not zero, so it is not past the end.
            at.at = unsafe { at.at.add(1) };
        }
        *self = at;
    }

    /// Passes a text without zeros, if it comes next.
    #[inline(always)]
    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let found = self.is_before(text);
        if found {
            // SAFETY: the text was found in the document.
            self.at = unsafe { self.at.add(text.len()) };
        }
        found
    }

    /// Tells whether a text comes next; the words of it may overlap.
    #[inline(always)]
    fn is_before(self, text: &str) -> bool {
        let (length, text) = (text.len(), text.as_ptr());
        let mut at = 0;
        // SAFETY: all reads of `text` are within it. Those of the document are within it and its padding, because each
        // begins at most one byte after what was found equal, hence without zeros.
        unsafe {
            if length >= 8 {
                while word(self.at.add(at)) == word(text.add(at)) {
                    if at + 8 >= length {
                        return true;
                    }
                    at = (at + 8).min(length - 8);
                }
                return false;
            }
            if length >= 4 {
                let last = length - 4;
                return half(self.at) == half(text)
                    && half(self.at.add(last)) == half(text.add(last));
            }
            while at < length {
                if *self.at.add(at) != *text.add(at) {
                    return false;
                }
                at += 1;
            }
        }
        true
    }

    /// Passes everything that strings can hold as it is: up to a quote, a backslash or a control character.
    #[inline(always)]
    pub(super) fn take_plain(&mut self) {
        // SAFETY: zeros follow the document, as many as are looked at in one go.
        self.at = unsafe { plain_end(self.at) };
    }
}

/// # Safety
///
/// Eight bytes must be readable there.
#[inline(always)]
unsafe fn word(at: *const u8) -> u64 {
    // SAFETY: promised by the caller.
    u64::from_le(unsafe { at.cast::<u64>().read_unaligned() })
}

/// # Safety
///
/// Four bytes must be readable there.
#[inline(always)]
unsafe fn half(at: *const u8) -> u32 {
    // SAFETY: promised by the caller.
    unsafe { at.cast::<u32>().read_unaligned() }
}
