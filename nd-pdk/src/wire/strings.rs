//! Strings: where they end, and their escapes.

use super::cursor::Cursor;
use super::{Failed, Reader};
use crate::buffer;
use std::borrow::Cow;

impl<'a> Reader<'a> {
    /// Takes a string whose opening quote is taken.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Failed> {
        let from = self.at;
        self.at.take_plain();
        let text = self.at.since(from);
        if self.at.take(b'"') {
            Ok(Cow::Borrowed(text))
        } else {
            self.escaped(from).map(Cow::Owned)
        }
    }

    /// Reads a string into a place; `null` leaves it alone.
    #[inline(never)]
    pub(super) fn text_into(&mut self, place: &mut String) -> Result<(), Failed> {
        if self.at.take(b'"') || self.peek() == b'"' && self.at.take(b'"') {
            let from = self.at;
            self.at.take_plain();
            let text = self.at.since(from);
            let text = if self.at.take(b'"') {
                buffer::copy(text)
            } else {
                self.escaped(from)?
            };
            let before = core::mem::replace(place, text);
            // Nearly always there is nothing to free, which this finds out sooner than the drop.
            if before.capacity() == 0 {
                core::mem::forget(before);
            }
            return Ok(());
        }
        self.null_or("a string")
    }

    /// Takes the rest of a string that began at `from`, from its first escape on.
    #[inline(never)]
    fn escaped(&mut self, from: Cursor<'a>) -> Result<String, Failed> {
        let mut out = String::new();
        buffer::append_text(&mut out, self.at.since(from));
        loop {
            if self.at.take(b'"') {
                return Ok(out);
            }
            if self.at.take(b'\\') {
                let char = self.escape()?;
                buffer::append_text(&mut out, char.encode_utf8(&mut [0; 4]));
            } else if self.at.is_at_end() {
                return Err(self.expected("the closing quote of a string"));
            } else {
                return Err(self.refuse("control characters in strings must be escaped"));
            }
            let from = self.at;
            self.at.take_plain();
            buffer::append_text(&mut out, self.at.since(from));
        }
    }

    /// Takes an escape whose backslash is taken.
    fn escape(&mut self) -> Result<char, Failed> {
        const SHORT: &[u8; 16] = b"\"\"\\\\//n\nr\rt\tb\x08f\x0c";
        if !self.at.take(b'u') {
            for pair in SHORT.chunks_exact(2) {
                if let [name, byte] = *pair {
                    if self.at.take(name) {
                        return Ok(char::from(byte));
                    }
                }
            }
            return Err(self.expected("an escape JSON knows"));
        }
        let mut code = self.hex()?;
        if code & 0xfc00 == 0xd800 {
            let back = self.at;
            if self.at.take_both(b'\\', b'u') {
                let low = self.hex()?;
                if low & 0xfc00 == 0xdc00 {
                    code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                } else {
                    self.at = back;
                }
            }
        }
        // Half a surrogate pair is not a character.
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Failed> {
        let mut at = self.at;
        let mut code = 0;
        for _ in 0..4 {
            let byte = at.byte();
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'A'..=b'F' | b'a'..=b'f' => (byte | 32) - b'a' + 10,
                _ => {
                    self.at = at;
                    return Err(self.expected("four hexadecimal digits"));
                }
            };
            at.take(byte);
            code = code << 4 | u32::from(digit);
        }
        self.at = at;
        Ok(code)
    }
}
