//! Bytes as padded standard base64 text, for `#[serde(with = "nd_types::bytes")]`.
//!
//! Works for `Vec<u8>` and for options, lists and maps of it. `null` reads as the empty value. As on the
//! server, line breaks in the text are skipped, and an array of numbers is refused.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_core::de::{Error, Visitor};
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};

/// Demands padding and ignores surplus bits of the last character, as the server's decoder does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Writes a value whose bytes become base64 text.
///
/// # Errors
///
/// Fails only if the serializer does.
pub fn serialize<T: Base64, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize_base64(serializer)
}

/// Reads a value whose bytes are base64 text.
///
/// # Errors
///
/// Fails if a text is not padded standard base64, or if something else stands in its place.
pub fn deserialize<'de, T: Base64, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize_base64(deserializer)
}

/// Bytes, and lists, maps and options of them.
pub trait Base64: Sized {
    /// Writes the value, its bytes as text.
    ///
    /// # Errors
    ///
    /// Fails only if the serializer does.
    fn serialize_base64<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the value; `null` reads as the empty one.
    ///
    /// # Errors
    ///
    /// Fails if the document has another shape, or if a text is not base64.
    fn deserialize_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl Base64 for Vec<u8> {
    fn serialize_base64<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(self))
    }

    fn deserialize_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<Text>::deserialize(deserializer)?;
        Ok(text.map(|text| text.0).unwrap_or_default())
    }
}

impl<T: Base64> Base64 for Option<T> {
    fn serialize_base64<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Inner).serialize(serializer)
    }

    fn deserialize_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Outer<T>>::deserialize(deserializer)?;
        Ok(value.map(|value| value.0))
    }
}

impl<T: Base64> Base64 for Vec<T> {
    fn serialize_base64<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Inner))
    }

    fn deserialize_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Option::<Vec<Outer<T>>>::deserialize(deserializer)?;
        Ok(list.into_iter().flatten().map(|value| value.0).collect())
    }
}

impl<K, T, H> Base64 for HashMap<K, T, H>
where
    K: Serialize + for<'a> Deserialize<'a> + Eq + Hash,
    T: Base64,
    H: BuildHasher + Default,
{
    fn serialize_base64<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, Inner(value))))
    }

    fn deserialize_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Option::<HashMap<K, Outer<T>>>::deserialize(deserializer)?;
        let entries = map.into_iter().flatten();
        Ok(entries.map(|(key, value)| (key, value.0)).collect())
    }
}

/// A value inside another one, on writing.
pub(crate) struct Inner<'a, T>(pub(crate) &'a T);

impl<T: Base64> Serialize for Inner<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_base64(serializer)
    }
}

/// A value inside another one, on reading.
pub(crate) struct Outer<T>(pub(crate) T);

impl<'de, T: Base64> Deserialize<'de> for Outer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize_base64(deserializer).map(Self)
    }
}

/// The bytes of one base64 text.
struct Text(Vec<u8>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        let decoded = if text.contains(['\r', '\n']) {
            BASE64.decode(text.replace(['\r', '\n'], ""))
        } else {
            BASE64.decode(text)
        };
        decoded.map(Text).map_err(E::custom)
    }
}
