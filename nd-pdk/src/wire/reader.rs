//! Reading JSON: one pass over the document, no tree, errors that name field and byte.

use super::cursor::{Cursor, Document};
use super::fault::Fault;
use super::record::DecodeField;
use super::{Decode, Elements, Failed, Fields, number};
use std::borrow::Cow;

/// Objects and arrays may be nested this deep, as in `serde_json`; the wire types need four levels.
const DEEPEST: u32 = 127;

/// Reads one JSON document.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) at: Cursor<'a>,
    depth: u32,
    /// The document goes on with something that is not UTF-8.
    pub(super) broken: bool,
    pub(super) fault: Fault,
}

impl<'a> Reader<'a> {
    /// Starts to read a document.
    pub fn new(document: &'a Document) -> Self {
        Self {
            at: Cursor::new(document),
            depth: 0,
            broken: document.is_broken(),
            fault: Fault::default(),
        }
    }

    /// Reads an object into the places `fields` names; `null` is an object without fields.
    pub fn object(&mut self, fields: &mut dyn Fields) -> Result<(), Failed> {
        // SAFETY: there is no table.
        unsafe { self.fields(core::ptr::null_mut(), &[], fields) }
    }

    /// Reads an object into the fields of a struct, those that are not in the table into the places `others` names;
    /// `null` leaves them alone.
    ///
    /// # Safety
    ///
    /// `fields` must be the table of the struct that `record` points to.
    #[inline(never)]
    pub(super) unsafe fn fields(
        &mut self,
        record: *mut u8,
        fields: &[DecodeField],
        others: &mut dyn Fields,
    ) -> Result<(), Failed> {
        if !self.open(b'{', "an object")? {
            return Ok(());
        }
        // The host writes fields in the order of the table, so the one after the last is the one to expect, and as it
        // is expected: without white space before the colon.
        let mut rest = fields.iter();
        let mut more = !self.take(b'}');
        let mut quoted = false;
        while more {
            if !quoted && !self.take(b'"') {
                return Err(self.expected("a field name in quotes"));
            }
            let from = self.at;
            let mut other = None;
            let mut known = rest.by_ref().find(|field| self.at.take_text(field.name));
            if known.is_none() {
                let name = self.text()?;
                if !self.take(b':') {
                    return Err(self.expected("`:` after the field name"));
                }
                rest = fields.iter();
                known = rest.by_ref().find(|field| field.is_called(&name));
                if known.is_none() {
                    rest = fields.iter();
                    other = others.field(&name);
                }
            }
            let read = match (known, other) {
                // SAFETY: the table belongs to the struct.
                (Some(field), _) => unsafe { (field.decode)(record.add(field.offset), self) },
                (None, Some(place)) => place.decode(self),
                (None, None) => self.skip(),
            };
            if read.is_err() {
                return Err(self.inside_field(from));
            }
            quoted = self.at.take_both(b',', b'"');
            more = quoted || self.more(b'}', "`,` or `}`")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads an array, asking `elements` for the place of each element; `null` is an empty array.
    #[inline(never)]
    pub fn array(&mut self, elements: &mut dyn Elements) -> Result<(), Failed> {
        if !self.open(b'[', "an array")? {
            return Ok(());
        }
        let mut more = !self.take(b']');
        let mut index = 0;
        while more {
            let read = match elements.element() {
                Some(value) => value.decode(self),
                None => self.skip(),
            };
            if read.is_err() {
                return Err(self.inside_element(index));
            }
            index += 1;
            more = self.more(b']', "`,` or `]`")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string; `None` for `null`.
    pub fn string(&mut self) -> Result<Option<Cow<'a, str>>, Failed> {
        self.peek();
        if self.at.take(b'"') {
            return self.text().map(Some);
        }
        self.null_or("a string").map(|()| None)
    }

    /// Reads `true` or `false`; `None` for `null`.
    #[inline(never)]
    pub fn boolean(&mut self) -> Result<Option<bool>, Failed> {
        match self.peek() {
            b't' => self.word("true").map(|()| Some(true)),
            b'f' => self.word("false").map(|()| Some(false)),
            _ => self.null_or("true or false").map(|()| None),
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
        let negative = self.at.take(b'-');
        let first = self.at;
        let mut value = 0u64;
        // Nothing follows a zero in front.
        if !self.at.take(b'0') {
            self.at.take_while(|byte| {
                let digit = byte.wrapping_sub(b'0');
                if digit < 10 {
                    value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
                }
                digit < 10
            });
        }
        let digits = self.at.since(first);
        if digits.is_empty() || matches!(self.at.byte(), b'.' | b'e' | b'E') {
            self.at = from;
            self.number()?;
            return Err(self.refuse_since(
                from,
                "expected an integer, found a number with a fraction or an exponent",
            ));
        }
        // Of the numbers with 20 digits, those of 64 bits begin with a one, and what others leave over is shorter.
        let fits = match digits.len() {
            0..=19 => true,
            20 => first.byte() == b'1' && value >= 10_000_000_000_000_000_000,
            _ => false,
        };
        let bound = if negative { min.unsigned_abs() } else { max };
        if !fits || value > bound {
            return Err(self.refuse_since(from, "the number is out of range for its type"));
        }
        Ok(Some(if negative {
            value.wrapping_neg()
        } else {
            value
        }))
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
            None => Err(self.refuse_since(from, "the number is out of range for its type")),
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
            b'"' => self.string().map(|_| ()),
            b't' | b'f' => self.boolean().map(|_| ()),
            b'-' | b'0'..=b'9' => self.number().map(|_| ()),
            _ => self.null_or("a value"),
        }
    }

    /// Passes over one value of any kind and returns its text.
    pub fn raw(&mut self) -> Result<&'a str, Failed> {
        self.peek();
        let from = self.at;
        self.skip()?;
        Ok(self.at.since(from))
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), Failed> {
        self.peek();
        if self.at.is_at_end() && !self.broken {
            Ok(())
        } else {
            Err(self.expected("the end of the text"))
        }
    }

    /// Returns the next byte that is not white space, without taking it; zero at the end.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> u8 {
        // What the host writes is compact, so there is hardly ever any.
        if self.at.byte() <= b' ' {
            self.pass_space();
        }
        self.at.byte()
    }

    #[cold]
    #[inline(never)]
    fn pass_space(&mut self) {
        self.at
            .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    }

    #[inline(always)]
    fn take(&mut self, byte: u8) -> bool {
        self.peek();
        self.at.take(byte)
    }

    /// Takes an opening bracket (true) or `null` (false).
    #[inline(always)]
    fn open(&mut self, bracket: u8, what: &'static str) -> Result<bool, Failed> {
        if !self.take(bracket) {
            return self.null_or(what).map(|()| false);
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            Err(self.refuse("the document is nested too deeply"))
        } else {
            Ok(true)
        }
    }

    /// Takes the comma before a further entry (true) or the closing bracket (false).
    #[inline(always)]
    fn more(&mut self, bracket: u8, what: &'static str) -> Result<bool, Failed> {
        if self.take(b',') {
            Ok(true)
        } else if self.at.take(bracket) {
            Ok(false)
        } else {
            Err(self.expected(what))
        }
    }

    /// Takes `null` where something else was expected.
    #[cold]
    #[inline(never)]
    pub(super) fn null_or(&mut self, what: &'static str) -> Result<(), Failed> {
        if self.at.byte() == b'n' {
            self.word("null")
        } else {
            Err(self.expected(what))
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), Failed> {
        if self.at.take_text(word) {
            Ok(())
        } else {
            Err(self.expected(word))
        }
    }

    /// Takes a number as JSON spells it.
    #[inline(never)]
    fn number(&mut self) -> Result<&'a [u8], Failed> {
        self.peek();
        let from = self.at;
        if self.take_number() {
            return Ok(self.at.since(from).as_bytes());
        }
        Err(self.expected(if self.at.offset() == from.offset() {
            "a number"
        } else {
            "a digit"
        }))
    }

    fn take_number(&mut self) -> bool {
        self.at.take(b'-');
        if !self.at.take(b'0') && !self.digits() || self.at.take(b'.') && !self.digits() {
            return false;
        }
        if self.at.take(b'e') || self.at.take(b'E') {
            let _ = self.at.take(b'-') || self.at.take(b'+');
            return self.digits();
        }
        true
    }

    fn digits(&mut self) -> bool {
        let found = self.at.byte().is_ascii_digit();
        self.at.take_while(|byte| byte.is_ascii_digit());
        found
    }

    /// Notes in which field it happened; `from` is where its name begins, which is told as it is spelt.
    #[cold]
    #[inline(never)]
    fn inside_field(&mut self, from: Cursor<'a>) -> Failed {
        let mut end = from;
        end.take_plain();
        self.inside(end.since(from))
    }
}

/// Takes no fields and no elements.
pub(super) struct Nothing;

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
