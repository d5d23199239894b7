//! The one seam between typed values and the JSON on the wire.
//!
//! Plugins rarely need this module: bindings and export shims go through it. It exists because a general JSON library
//! costs a small plugin more than everything else it does: no function here is compiled once per type, structs are tables
//! of their fields, and neither reading nor writing goes through [`core::fmt`]. `CONTRIBUTING.md` has the comparison.
//!
//! Reading is as tolerant as the contract of the interface asks: `null` and missing fields leave the default value,
//! unknown fields are skipped, escapes that are not Unicode become U+FFFD. It never panics, whatever the input.

mod base64;
mod cursor;
mod decimal;
mod error;
mod fault;
pub(crate) mod number;
mod reader;
pub(crate) mod record;
mod scan;
mod strings;
mod values;
mod writer;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use cursor::Document;
pub use error::WireError;
pub use reader::Reader;
pub use record::{DecodeField, EncodeField, Record};
pub use writer::Writer;

pub(crate) use record::record;

/// A value that can be written to the wire.
pub trait Encode {
    /// Writes the value as JSON. The unit type writes nothing at all, which the server reads as "no value".
    fn encode(&self, w: &mut Writer);

    /// Tells whether a field that is left out when empty may leave this value out.
    fn is_empty(&self) -> bool {
        false
    }
}

/// A value that can be read from the wire.
pub trait Decode {
    /// Reads the next JSON value into `self`, which holds its default before; JSON `null` leaves it alone.
    ///
    /// # Errors
    ///
    /// When the document is malformed or holds another kind of value. The reader keeps what was wrong and where.
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed>;
}

/// A JSON object with named fields.
pub trait Fields {
    /// Returns the place of the field called `name`, or `None` when there is no such field and it is to be skipped.
    fn field(&mut self, name: &str) -> Option<&mut dyn Decode>;
}

/// A JSON array that grows while it is read.
pub trait Elements {
    /// Adds a default element and returns its place, or `None` when elements are to be skipped.
    fn element(&mut self) -> Option<&mut dyn Decode>;
}

/// Reading failed; the [`Reader`] knows the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// A list of names with the place of each, the ad-hoc form of a struct.
pub(crate) type Slots<'a, 'b> = [(&'a str, &'b mut dyn Decode)];

/// Writes one value as a whole document.
pub fn encode(value: &dyn Encode) -> Vec<u8> {
    let mut w = Writer::new();
    value.encode(&mut w);
    w.into_bytes()
}

/// Writes an object with these fields, in this order.
pub(crate) fn encode_fields(fields: &[(&str, &dyn Encode)], omit_empty: bool) -> Vec<u8> {
    let mut w = Writer::new();
    w.begin_object();
    for (name, value) in fields {
        if !omit_empty || !value.is_empty() {
            w.field(name, *value);
        }
    }
    w.end_object();
    w.into_bytes()
}

/// Reads a whole document into `value`, which should hold its default before.
///
/// # Errors
///
/// When `document` is not one JSON value of the expected shape; the error names the field and the byte.
pub fn decode(document: &[u8], value: &mut dyn Decode) -> Result<(), WireError> {
    decode_document(&Document::new(document), value)
}

/// Reads a whole document, as [`decode`] does.
#[inline(never)]
pub(crate) fn decode_document(
    document: &Document,
    value: &mut dyn Decode,
) -> Result<(), WireError> {
    let mut reader = Reader::new(document);
    match value.decode(&mut reader).and_then(|()| reader.end()) {
        Ok(()) => Ok(()),
        Err(Failed) => Err(reader.into_error()),
    }
}

/// Reads an object whose fields are given as a list.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn decode_fields(document: &[u8], slots: &mut Slots<'_, '_>) -> Result<(), WireError> {
    decode(document, &mut Object { slots, error: None })
}

/// Reads the answer of a host function: the text of its `error`, if there is one, or its results.
pub(crate) fn decode_answer(
    document: &Document,
    slots: &mut Slots<'_, '_>,
) -> Result<Option<String>, WireError> {
    let mut error = String::new();
    decode_document(
        document,
        &mut Object {
            slots,
            error: Some(&mut error),
        },
    )?;
    Ok((!error.is_empty()).then_some(error))
}

/// Makes a list of fields decodable.
struct Object<'s, 'a, 'b> {
    slots: &'s mut Slots<'a, 'b>,
    error: Option<&'s mut String>,
}

impl Decode for Object<'_, '_, '_> {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        r.object(self)
    }
}

impl Fields for Object<'_, '_, '_> {
    fn field(&mut self, name: &str) -> Option<&mut dyn Decode> {
        for (slot, value) in self.slots.iter_mut() {
            if *slot == name {
                return Some(&mut **value);
            }
        }
        match &mut self.error {
            Some(error) if name == "error" => Some(*error),
            _ => None,
        }
    }
}
