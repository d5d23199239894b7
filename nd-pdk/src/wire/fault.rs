//! What went wrong while reading: noted where it happens, put into words only when somebody asks.

use super::{Failed, Reader, WireError, number};
use crate::buffer;

/// What went wrong first. Kept outside the results of the reading functions, which pass on one bit only.
#[derive(Debug, Default)]
pub(super) struct Fault {
    what: &'static str,
    at: usize,
    /// `what` is what was expected at this place, instead of the whole message.
    expected: bool,
    /// The names of the enclosing fields, gathered on the way out.
    path: String,
}

impl<'a> Reader<'a> {
    /// Records that something else than `what` comes next.
    #[cold]
    #[inline(never)]
    pub(super) fn expected(&mut self, what: &'static str) -> Failed {
        self.fault.expected = true;
        self.fault.what = what;
        self.fault.at = self.at.offset();
        Failed
    }

    /// Records that the value before this point cannot be used, and why.
    #[cold]
    pub fn refuse(&mut self, what: &'static str) -> Failed {
        let failed = self.expected(what);
        self.fault.expected = false;
        failed
    }

    /// Records that the value which began at `from` cannot be used, and why.
    #[cold]
    #[inline(never)]
    pub(super) fn refuse_since(
        &mut self,
        from: super::cursor::Cursor<'_>,
        what: &'static str,
    ) -> Failed {
        let failed = self.refuse(what);
        self.fault.at = from.offset();
        failed
    }

    /// Notes on the way out in which field it happened.
    #[cold]
    #[inline(never)]
    pub(super) fn inside(&mut self, name: &str) -> Failed {
        let between = match self.fault.path.as_bytes() {
            [] | [b'[', ..] => "",
            _ => ".",
        };
        self.fault.path = buffer::concat(&[name, between, &self.fault.path]);
        Failed
    }

    /// Notes on the way out in which element it happened.
    #[cold]
    #[inline(never)]
    pub(super) fn inside_element(&mut self, index: u64) -> Failed {
        let name = buffer::concat(&["[", &number::decimal(index), "]"]);
        self.inside(&name)
    }

    /// Describes what went wrong.
    #[cold]
    #[inline(never)]
    pub(super) fn into_error(mut self) -> WireError {
        let Fault {
            what,
            at,
            expected,
            path,
        } = core::mem::take(&mut self.fault);
        self.at.seek(at);
        let (before, between, found) = if expected {
            ("expected ", ", found ", self.found())
        } else {
            ("", "", "")
        };
        let (at_path, quote) = if path.is_empty() {
            ("", "")
        } else {
            (" at `", "`")
        };
        let at = number::decimal(at as u64);
        let message = buffer::concat(&[
            before, what, between, found, at_path, &path, quote, " (byte ", &at, ")",
        ]);
        WireError { message }
    }

    /// Names what comes next.
    fn found(&mut self) -> &'a str {
        match self.at.byte() {
            b'"' => "a string",
            b'-' | b'0'..=b'9' => "a number",
            b'{' => "an object",
            b'[' => "an array",
            _ if self.at.is_at_end() => {
                if self.broken {
                    "bytes that are not UTF-8"
                } else {
                    "the end of the text"
                }
            }
            byte => {
                let from = self.at;
                let mut left = 10;
                self.at.take_while(|byte| {
                    left -= 1;
                    left >= 0 && byte.is_ascii_alphanumeric()
                });
                if self.at.offset() == from.offset() && byte.is_ascii_graphic() {
                    self.at.take(byte);
                }
                match self.at.since(from) {
                    "" => "something else",
                    word => word,
                }
            }
        }
    }
}
