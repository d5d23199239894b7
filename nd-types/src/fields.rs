//! `Serialize` and `Deserialize` of the wire types, from a table of the fields of each.
//!
//! Derived, they would be the longest part of building a small plugin, which never uses them: its own codec is in
//! `nd-pdk`. Only the members that differ from field to field are written out per type; the rest is here, once.

use serde_core::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_core::ser::Serializer;
use std::fmt;
use std::marker::PhantomData;

/// A struct with its fields in the order in which they are written.
pub(crate) trait Fields: Default {
    /// The name of the struct.
    const NAME: &'static str;
    /// The names of the fields on the wire.
    const NAMES: &'static [&'static str];

    /// Reads the value of the field with this index into its place; `null` leaves the place alone.
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error>;

    /// Writes all fields but those that are left out.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Reads an object, in which every field may be missing and others are skipped.
pub(crate) fn read<'de, T: Fields, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct(T::NAME, T::NAMES, ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Fields> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct ")?;
        f.write_str(T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut value = T::default();
        while let Some(index) = map.next_key_seed(Name(T::NAMES))? {
            match index {
                Some(index) => value.read(index, &mut map)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(value)
    }
}

/// Reads a name; gives its index among these, if it is one of them.
struct Name(&'static [&'static str]);

impl<'de> serde_core::de::DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

/// Implements `Serialize` and `Deserialize` for a struct. After a field, `bytes` stands for base64 text, and `omit_empty`
/// for being left out when it is empty.
macro_rules! fields {
    ($name:ident { $($json:literal: $field:ident $($flag:ident)*,)* }) => {
        const _: () = {
            use $crate::fields::{Fields, is_left_out, read_field, written};
            use serde_core::ser::SerializeStruct as _;
            use serde_core::{de, ser};

            impl Fields for $name {
                const NAME: &'static str = stringify!($name);
                const NAMES: &'static [&'static str] = &[$($json),*];

                fn read<'de, A: de::MapAccess<'de>>(
                    &mut self,
                    index: usize,
                    map: &mut A,
                ) -> Result<(), A::Error> {
                    #[allow(non_camel_case_types)]
                    enum Place { $($field),* }
                    $(
                        if index == Place::$field as usize {
                            read_field!(self.$field, map, $($flag)*);
                        }
                    )*
                    Ok(())
                }

                fn write<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let length = 0 $(+ usize::from(!is_left_out!(self.$field, $($flag)*)))*;
                    let mut fields = serializer.serialize_struct(Self::NAME, length)?;
                    $(
                        if is_left_out!(self.$field, $($flag)*) {
                            fields.skip_field($json)?;
                        } else {
                            fields.serialize_field($json, written!(self.$field, $($flag)*))?;
                        }
                    )*
                    fields.end()
                }
            }

            impl ser::Serialize for $name {
                fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    Fields::write(self, serializer)
                }
            }

            impl<'de> de::Deserialize<'de> for $name {
                fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    $crate::fields::read(deserializer)
                }
            }
        };
    };
}

/// Tells whether a field is left out.
macro_rules! is_left_out {
    ($place:expr, omit_empty) => {
        $crate::is_zero(&$place)
    };
    ($place:expr, bytes omit_empty) => {
        $crate::is_zero(&$place)
    };
    ($place:expr, $($flag:ident)*) => {
        false
    };
}

/// Reads a field into its place.
macro_rules! read_field {
    ($place:expr, $map:ident, bytes $($flag:ident)*) => {
        $place = $map.next_value::<$crate::bytes::Outer<_>>()?.0
    };
    ($place:expr, $map:ident, $($flag:ident)*) => {
        if let Some(value) = $map.next_value()? {
            $place = value;
        }
    };
}

/// The form in which a field is handed to the serializer.
macro_rules! written {
    ($place:expr, bytes $($flag:ident)*) => {
        &$crate::bytes::Inner(&$place)
    };
    ($place:expr, $($flag:ident)*) => {
        &$place
    };
}

pub(crate) use {fields, is_left_out, read_field, written};
