//! Strings: where they end, and their escapes.

use super::{Failed, Reader};
use std::borrow::Cow;

impl<'a> Reader<'a> {
    /// Takes a string whose opening quote is next.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Failed> {
        let from = self.at + 1;
        self.at = plain_end(self.text.as_bytes(), from);
        let text = self.text.get(from..self.at).unwrap_or_default();
        if self.byte() == b'"' {
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        self.escaped(text).map(Cow::Owned)
    }

    /// Takes the rest of a string from its first escape on; `start` is what precedes.
    #[inline(never)]
    fn escaped(&mut self, start: &str) -> Result<String, Failed> {
        let mut out = String::from(start);
        loop {
            match self.byte() {
                b'"' => {
                    self.at += 1;
                    return Ok(out);
                }
                b'\\' => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ if self.at >= self.text.len() => {
                    return Err(self.expected("the closing quote of a string"));
                }
                _ => {
                    return Err(self.fail("control characters in strings must be escaped", self.at));
                }
            }
            let from = self.at;
            self.at = plain_end(self.text.as_bytes(), from);
            out.push_str(self.text.get(from..self.at).unwrap_or_default());
        }
    }

    /// Takes an escape whose backslash is taken.
    fn escape(&mut self) -> Result<char, Failed> {
        let byte = self.byte();
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let high = self.hex()?;
                let mut code = high;
                if high & 0xfc00 == 0xd800
                    && self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u")
                {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if low & 0xfc00 == 0xdc00 {
                        code = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
                    } else {
                        self.at = back;
                    }
                }
                // Half a surrogate pair is not a character.
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                self.at -= 1;
                return Err(self.expected("an escape JSON knows"));
            }
        })
    }

    fn hex(&mut self) -> Result<u32, Failed> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.byte()).to_digit(16) else {
                return Err(self.expected("four hexadecimal digits"));
            };
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}

/// Returns the place of the next byte that strings cannot hold as it is: a quote, a backslash or a control character.
///
/// Strings are most of a document, so this looks at eight bytes at a time. In each word the high bit of a byte is set
/// where the byte is less than a space or becomes zero by exclusive or with the byte looked for; a byte after such one
/// may be marked without reason, which does not matter, as only the first mark counts.
#[inline(never)]
pub(super) fn plain_end(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let mut at = from;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let marks = (below(word, 32) | quote | backslash) & HIGH;
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, 0..=31 | b'"' | b'\\') {
            break;
        }
        at += 1;
    }
    at
}
