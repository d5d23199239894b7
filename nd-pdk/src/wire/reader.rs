//! Reading JSON: one pass over the document, no tree, errors that name field and byte.

use super::{Decode, Elements, Failed, Fields, WireError, number};
use std::borrow::Cow;

/// Objects and arrays may be nested this deep; the wire types need four levels.
const DEEPEST: u32 = 128;

/// Reads one JSON document.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    depth: u32,
    /// The document goes on after `text` with something that is not UTF-8.
    broken: bool,
    fault: Fault,
}

/// What went wrong first. Kept outside the results of the reading functions, which pass on one bit only.
#[derive(Debug, Default)]
struct Fault {
    what: &'static str,
    at: usize,
    /// `what` is what was expected at this place, instead of the whole message.
    expected: bool,
    /// The names of the enclosing fields, gathered on the way out.
    path: String,
}

impl<'a> Reader<'a> {
    /// Starts to read `document`. It ends where it stops being UTF-8.
    pub fn new(document: &'a [u8]) -> Self {
        let (text, broken) = match core::str::from_utf8(document) {
            Ok(text) => (text, false),
            Err(error) => {
                let valid = document.get(..error.valid_up_to()).unwrap_or_default();
                (core::str::from_utf8(valid).unwrap_or_default(), true)
            }
        };
        Self {
            text,
            at: 0,
            depth: 0,
            broken,
            fault: Fault::default(),
        }
    }

    /// Reads an object into the places `fields` names; `null` is an object without fields.
    #[inline(never)]
    pub fn object(&mut self, fields: &mut dyn Fields) -> Result<(), Failed> {
        if self.take_null()? {
            return Ok(());
        }
        self.open(b'{', "an object")?;
        let mut more = !self.take(b'}');
        while more {
            if self.peek() != b'"' {
                return Err(self.expected("a field name in quotes"));
            }
            let name = self.text()?;
            self.require(b':', "`:` after the field name")?;
            let read = match fields.field(&name) {
                Some(value) => value.decode(self),
                None => self.skip(),
            };
            if let Err(failed) = read {
                self.inside(&name);
                return Err(failed);
            }
            more = self.more(b'}', "`,` or `}`")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads an array, asking `elements` for the place of each element; `null` is an empty array.
    #[inline(never)]
    pub fn array(&mut self, elements: &mut dyn Elements) -> Result<(), Failed> {
        if self.take_null()? {
            return Ok(());
        }
        self.open(b'[', "an array")?;
        let mut more = !self.take(b']');
        let mut index = 0;
        while more {
            let read = match elements.element() {
                Some(value) => value.decode(self),
                None => self.skip(),
            };
            if let Err(failed) = read {
                let mut name = String::from("[");
                push_integer(index, &mut name);
                name.push(']');
                self.inside(&name);
                return Err(failed);
            }
            index += 1;
            more = self.more(b']', "`,` or `]`")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string; `None` for `null`.
    #[inline(never)]
    pub fn string(&mut self) -> Result<Option<Cow<'a, str>>, Failed> {
        if self.peek() == b'"' {
            return self.text().map(Some);
        }
        if self.take_null()? {
            Ok(None)
        } else {
            Err(self.expected("a string"))
        }
    }

    /// Reads `true` or `false`; `None` for `null`.
    pub fn boolean(&mut self) -> Result<Option<bool>, Failed> {
        match self.peek() {
            b't' => self.word("true").map(|()| Some(true)),
            b'f' => self.word("false").map(|()| Some(false)),
            _ if self.take_null()? => Ok(None),
            _ => Err(self.expected("true or false")),
        }
    }

    /// Reads an integer within `min..=max`, as the bits of its two's complement; `None` for `null`.
    ///
    /// A fraction or an exponent is refused even where the value would be whole, as the server does.
    #[inline(never)]
    pub fn integer(&mut self, min: i64, max: u64) -> Result<Option<u64>, Failed> {
        if self.take_null()? {
            return Ok(None);
        }
        let from = self.at;
        let text = self.number()?;
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let mut value = Some(0u64);
        for byte in digits {
            if !byte.is_ascii_digit() {
                return Err(self.fail(
                    "expected an integer, found a number with a fraction or an exponent",
                    from,
                ));
            }
            value =
                value.and_then(|value| value.checked_mul(10)?.checked_add(u64::from(byte - b'0')));
        }
        let bound = if negative { min.unsigned_abs() } else { max };
        match value {
            Some(value) if value <= bound => Ok(Some(if negative {
                value.wrapping_neg()
            } else {
                value
            })),
            _ => Err(self.fail("the number is out of range for its type", from)),
        }
    }

    /// Reads a number; `None` for `null`.
    #[inline(never)]
    pub fn float(&mut self) -> Result<Option<f64>, Failed> {
        if self.take_null()? {
            return Ok(None);
        }
        let from = self.at;
        let text = self.number()?;
        match number::parse_f64(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.fail("the number is out of range for its type", from)),
        }
    }

    /// Takes the literal `null` if it is next.
    pub fn take_null(&mut self) -> Result<bool, Failed> {
        if self.peek() == b'n' {
            self.word("null").map(|()| true)
        } else {
            Ok(false)
        }
    }

    /// Passes over one value of any kind.
    #[inline(never)]
    pub fn skip(&mut self) -> Result<(), Failed> {
        match self.peek() {
            b'{' => self.object(&mut Nothing),
            b'[' => self.array(&mut Nothing),
            b'"' => self.text().map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => self.number().map(|_| ()),
            _ => Err(self.expected("a value")),
        }
    }

    /// Passes over one value of any kind and returns its text.
    pub fn raw(&mut self) -> Result<&'a str, Failed> {
        self.peek();
        let from = self.at;
        self.skip()?;
        Ok(self.text.get(from..self.at).unwrap_or_default())
    }

    /// Records that the value before this point cannot be used, and why.
    pub fn refuse(&mut self, what: &'static str) -> Failed {
        self.fail(what, self.at)
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), Failed> {
        if self.peek() == 0 && self.at >= self.text.len() && !self.broken {
            Ok(())
        } else {
            Err(self.expected("the end of the text"))
        }
    }

    /// Describes what went wrong.
    #[cold]
    pub(super) fn into_error(self) -> WireError {
        let Fault {
            what,
            at,
            expected,
            path,
        } = &self.fault;
        let mut message = String::new();
        if *expected {
            message.push_str("expected ");
        }
        message.push_str(what);
        if *expected {
            message.push_str(", found ");
            message.push_str(self.found());
        }
        if !path.is_empty() {
            message.push_str(" at `");
            message.push_str(path);
            message.push('`');
        }
        message.push_str(" (byte ");
        push_integer(*at as u64, &mut message);
        message.push(')');
        WireError { message }
    }

    fn found(&self) -> &str {
        match self.text.as_bytes().get(self.fault.at) {
            Some(b'"') => "a string",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(_) => {
                let rest = self.text.get(self.fault.at..).unwrap_or_default();
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric())
                    .unwrap_or(rest.len())
                    .clamp(1, 10);
                rest.get(..end).unwrap_or("something else")
            }
            None if self.broken => "bytes that are not UTF-8",
            None => "the end of the text",
        }
    }

    /// Returns the next byte that is not white space, without taking it; zero at the end.
    #[inline(always)]
    fn peek(&mut self) -> u8 {
        match self.byte() {
            // What the host writes is compact, so the other case is hardly ever met.
            byte if byte > b' ' => byte,
            _ => self.peek_after_space(),
        }
    }

    #[inline(never)]
    fn peek_after_space(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.byte()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn require(&mut self, byte: u8, what: &'static str) -> Result<(), Failed> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    fn open(&mut self, bracket: u8, what: &'static str) -> Result<(), Failed> {
        self.require(bracket, what)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            Err(self.refuse("the document is nested too deeply"))
        } else {
            Ok(())
        }
    }

    /// Takes the comma before a further entry (true) or the closing bracket (false).
    fn more(&mut self, bracket: u8, what: &'static str) -> Result<bool, Failed> {
        if self.take(b',') {
            Ok(true)
        } else {
            self.require(bracket, what).map(|()| false)
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), Failed> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.expected(word))
        }
    }

    /// Takes a number as JSON spells it.
    fn number(&mut self) -> Result<&'a [u8], Failed> {
        self.peek();
        let from = self.at;
        let found = self.number_end();
        let text = self.text.as_bytes().get(from..self.at).unwrap_or_default();
        if found {
            return Ok(text);
        }
        if text.is_empty() {
            Err(self.expected("a number"))
        } else {
            Err(self.expected("a digit"))
        }
    }

    fn number_end(&mut self) -> bool {
        self.at += usize::from(self.byte() == b'-');
        if self.byte() == b'0' {
            self.at += 1;
        } else if !self.digits() {
            return false;
        }
        if self.byte() == b'.' {
            self.at += 1;
            if !self.digits() {
                return false;
            }
        }
        if self.byte() | 32 == b'e' {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), b'-' | b'+'));
            return self.digits();
        }
        true
    }

    fn digits(&mut self) -> bool {
        let from = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        self.at > from
    }

    pub(super) fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn expected(&mut self, what: &'static str) -> Failed {
        self.fault = Fault {
            what,
            at: self.at,
            expected: true,
            path: String::new(),
        };
        Failed
    }

    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, what: &'static str, at: usize) -> Failed {
        self.fault = Fault {
            what,
            at,
            expected: false,
            path: String::new(),
        };
        Failed
    }

    /// Notes on the way out in which field or element it happened.
    #[cold]
    #[inline(never)]
    fn inside(&mut self, name: &str) {
        let inner = core::mem::replace(&mut self.fault.path, String::from(name));
        if !inner.is_empty() && !inner.starts_with('[') {
            self.fault.path.push('.');
        }
        self.fault.path.push_str(&inner);
    }
}

#[cold]
fn push_integer(value: u64, text: &mut String) {
    let mut digits = Vec::new();
    number::push_integer(value, &mut digits);
    text.push_str(core::str::from_utf8(&digits).unwrap_or_default());
}

/// Takes no fields and no elements.
struct Nothing;

impl Fields for Nothing {
    fn field(&mut self, _name: &str) -> Option<&mut dyn Decode> {
        None
    }
}

impl Elements for Nothing {
    fn element(&mut self) -> Option<&mut dyn Decode> {
        None
    }
}
