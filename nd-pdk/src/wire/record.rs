//! Structs on the wire: generated tables of their fields, and the two loops that follow them.
//!
//! A table costs a plugin sixteen bytes per field, where code that visits the fields costs three times as much, and it
//! is only linked where structs of the type are read or written at all.

use super::reader::{Nothing, Reader};
use super::{Decode, Encode, Failed, Writer};

/// A struct whose fields the two tables name, in the order in which the host writes them.
pub trait Record: Sized {
    /// How to read the fields.
    const DECODE: &'static [DecodeField];
    /// How to write the fields.
    const ENCODE: &'static [EncodeField];
}

/// How to read one field of a struct.
#[derive(Debug)]
pub struct DecodeField {
    /// The name, and the quote and the colon that follow it.
    pub(super) name: &'static str,
    pub(super) offset: usize,
    pub(super) decode: unsafe fn(*mut u8, &mut Reader<'_>) -> Result<(), Failed>,
}

/// How to write one field of a struct.
#[derive(Debug)]
pub struct EncodeField {
    /// A comma, the name in quotes, the colon, and the quote before the value when that is a text.
    name: &'static str,
    offset: usize,
    /// How to write the value; `None` for a text, which most fields are.
    encode: Option<unsafe fn(*const u8, &mut Writer)>,
    /// Tells whether to leave the field out; `None` when it is always written.
    is_empty: Option<unsafe fn(*const u8) -> bool>,
}

impl DecodeField {
    /// Describes a field by its name with the quote and the colon after it; `get` only tells its type.
    ///
    /// # Safety
    ///
    /// A field of type `F` must stand at `offset` in every `T`.
    pub const unsafe fn new<T, F: Decode>(
        name: &'static str,
        offset: usize,
        _get: fn(&T) -> &F,
    ) -> Self {
        Self {
            name,
            offset,
            decode: decode_at::<F>,
        }
    }
}

impl EncodeField {
    /// Describes a field by its name as it is written, with comma, quotes and colon; `get` only tells its type.
    ///
    /// # Safety
    ///
    /// A field of type `F` must stand at `offset` in every `T`.
    pub const unsafe fn new<T, F: Encode>(
        name: &'static str,
        offset: usize,
        omit_empty: bool,
        _get: fn(&T) -> &F,
    ) -> Self {
        Self {
            name,
            offset,
            encode: Some(encode_at::<F>),
            is_empty: if omit_empty {
                Some(is_empty_at::<F>)
            } else {
                None
            },
        }
    }
}

impl EncodeField {
    /// Describes a field that is a text, for which there is a shorter way; the opening quote of the value follows its name.
    ///
    /// # Safety
    ///
    /// A text must stand at `offset` in every `T`.
    pub const unsafe fn text<T>(
        name: &'static str,
        offset: usize,
        omit_empty: bool,
        _get: fn(&T) -> &String,
    ) -> Self {
        Self {
            name,
            offset,
            encode: None,
            is_empty: if omit_empty {
                Some(is_empty_at::<String>)
            } else {
                None
            },
        }
    }
}

impl DecodeField {
    /// Tells whether this is the name of the field.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.strip_suffix("\":") == Some(name)
    }
}

unsafe fn decode_at<F: Decode>(place: *mut u8, r: &mut Reader<'_>) -> Result<(), Failed> {
    // SAFETY: `record!` has put this function into the table beside the offset of a field of type `F`.
    unsafe { &mut *place.cast::<F>() }.decode(r)
}

unsafe fn encode_at<F: Encode>(place: *const u8, w: &mut Writer) {
    // SAFETY: as above.
    unsafe { &*place.cast::<F>() }.encode(w);
}

unsafe fn is_empty_at<F: Encode>(place: *const u8) -> bool {
    // SAFETY: as above.
    unsafe { &*place.cast::<F>() }.is_empty()
}

/// Reads an object into a struct; `null` leaves it alone.
#[inline(always)]
pub(crate) fn decode<T: Record>(value: &mut T, r: &mut Reader<'_>) -> Result<(), Failed> {
    // SAFETY: the table is that of the type.
    unsafe { r.fields((&raw mut *value).cast(), T::DECODE, &mut Nothing) }
}

/// Writes a struct as an object.
#[inline(always)]
pub(crate) fn encode<T: Record>(value: &T, w: &mut Writer) {
    // SAFETY: the table is that of the type.
    unsafe { encode_fields((&raw const *value).cast(), T::ENCODE, w) }
}

/// # Safety
///
/// `fields` must be the table of what `record` points to.
#[inline(never)]
unsafe fn encode_fields(record: *const u8, fields: &[EncodeField], w: &mut Writer) {
    let start = w.length();
    for field in fields {
        // SAFETY: the table belongs to the struct.
        unsafe { encode_field(record, field, w) };
    }
    w.end_fields(start);
}

/// # Safety
///
/// `field` must describe a field of what `record` points to.
#[inline(never)]
unsafe fn encode_field(record: *const u8, field: &EncodeField, w: &mut Writer) {
    // SAFETY: promised by the caller.
    unsafe {
        let place = record.add(field.offset);
        match field.encode {
            None => {
                let text = &*place.cast::<String>();
                if !text.is_empty() || field.is_empty.is_none() {
                    w.text(field.name, text);
                }
            }
            Some(encode) => {
                if field.is_empty.is_none_or(|is_empty| !is_empty(place)) {
                    w.raw(field.name.as_bytes());
                    encode(place, w);
                }
            }
        }
    }
}

/// Describes structs: the name of each field on the wire, `text` where it is one, and `omit_empty` where it is left out
/// when empty.
macro_rules! record {
    ($($type:ident { $($json:literal: $field:ident $($flag:ident)*,)* })*) => {$(
        impl $crate::wire::Record for $type {
            const DECODE: &'static [$crate::wire::DecodeField] = &[$(
                // SAFETY: the offset is that of the field which the closure returns.
                unsafe {
                    $crate::wire::DecodeField::new(
                        concat!($json, "\":"),
                        ::core::mem::offset_of!($type, $field),
                        |it: &$type| &it.$field,
                    )
                },
            )*];
            const ENCODE: &'static [$crate::wire::EncodeField] = &[$(
                // SAFETY: as above.
                unsafe {
                    $crate::wire::record!(
                        @encode
                        $json, (::core::mem::offset_of!($type, $field), |it: &$type| &it.$field)
                        $($flag)*
                    )
                },
            )*];
        }

        impl $crate::wire::Encode for $type {
            fn encode(&self, w: &mut $crate::wire::Writer) {
                $crate::wire::record::encode(self, w);
            }
        }

        impl $crate::wire::Decode for $type {
            fn decode(&mut self, r: &mut $crate::wire::Reader<'_>) -> Result<(), $crate::wire::Failed> {
                $crate::wire::record::decode(self, r)
            }
        }
    )*};
    (@encode $json:literal, ($offset:expr, $get:expr) text $($omit_empty:ident)?) => {
        $crate::wire::EncodeField::text(concat!(",\"", $json, "\":\""), $offset, $crate::wire::record!(@flag $($omit_empty)?), $get)
    };
    (@encode $json:literal, ($offset:expr, $get:expr) $($omit_empty:ident)?) => {
        $crate::wire::EncodeField::new(concat!(",\"", $json, "\":"), $offset, $crate::wire::record!(@flag $($omit_empty)?), $get)
    };
    (@flag omit_empty) => { true };
    (@flag) => { false };
}

pub(crate) use record;
