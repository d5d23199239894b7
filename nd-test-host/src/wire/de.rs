//! From a parsed document to Rust types, by the server's lenient rules.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::Value;

/// Fields that the server reads with 64 bits and bounds itself, by struct and name. Here they have 32, as in the guest's
/// kit: a number that does not fit stands for the nearest one that does.
const READ_WIDE: [(&str, &str); 2] = [
    ("ScrobbleOptions", "maxItems"),
    ("ScrobbleOptions", "offset"),
];

/// Why a document was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// Keys and indexes from the root, outermost last while the error travels up.
    path: Vec<String>,
    message: String,
}

impl DecodeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            message: message.into(),
        }
    }

    pub(crate) fn mismatch(expected: &str, found: &Value) -> Self {
        Self::new(format!("expected {expected}, found {}", found.describe()))
    }

    fn inside(mut self, place: &str) -> Self {
        self.path.push(place.to_owned());
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in self.path.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(place)?;
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }
}

/// Reads an integer: `null` is zero, a fraction or an exponent is refused even where the value is whole.
macro_rules! integers {
    ($($method:ident as $number:ty => $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self {
                Value::Null => visitor.$visit(0),
                Value::Number(text) => match text.parse::<$number>() {
                    Ok(number) => visitor.$visit(number),
                    Err(_) if text.contains(['.', 'e', 'E']) => {
                        Err(DecodeError::mismatch("an integer", &Value::Number(text)))
                    }
                    Err(_) => Err(DecodeError::new(format!("the number {text} is out of range"))),
                },
                other => Err(DecodeError::mismatch("an integer", &other)),
            }
        }
    )*};
}

/// Reads a float: `null` is zero, a number too large for the type is refused.
macro_rules! floats {
    ($($method:ident as $number:ty => $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self {
                Value::Null => visitor.$visit(0.0),
                Value::Number(text) => match text.parse::<$number>() {
                    Ok(number) if number.is_finite() => visitor.$visit(number),
                    _ => Err(DecodeError::new(format!("the number {text} is out of range"))),
                },
                other => Err(DecodeError::mismatch("a number", &other)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(text) => {
                if let Ok(number) = text.parse::<i64>() {
                    visitor.visit_i64(number)
                } else if let Ok(number) = text.parse::<u64>() {
                    visitor.visit_u64(number)
                } else {
                    Self::Number(text).deserialize_f64(visitor)
                }
            }
            Self::String(text) => visitor.visit_string(text),
            Self::Array(items) => visitor.visit_seq(Items::new(items)),
            Self::Object(members) => visitor.visit_map(Members::new(members)),
        }
    }

    integers! {
        deserialize_i8 as i8 => visit_i8;
        deserialize_i16 as i16 => visit_i16;
        deserialize_i32 as i32 => visit_i32;
        deserialize_i64 as i64 => visit_i64;
        deserialize_u8 as u8 => visit_u8;
        deserialize_u16 as u16 => visit_u16;
        deserialize_u32 as u32 => visit_u32;
        deserialize_u64 as u64 => visit_u64;
    }

    floats! {
        deserialize_f32 as f32 => visit_f32;
        deserialize_f64 as f64 => visit_f64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_bool(false),
            Self::Bool(value) => visitor.visit_bool(value),
            other => Err(DecodeError::mismatch("a boolean", &other)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_string(String::new()),
            Self::String(text) => visitor.visit_string(text),
            other => Err(DecodeError::mismatch("a string", &other)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_seq(Items::new(Vec::new())),
            Self::Array(items) => visitor.visit_seq(Items::new(items)),
            other => Err(DecodeError::mismatch("a list", &other)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_map(Members::new(Vec::new())),
            Self::Object(members) => visitor.visit_map(Members::new(last_of_each(members))),
            other => Err(DecodeError::mismatch("an object", &other)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_map(Members::new(Vec::new())),
            Self::Object(members) => {
                let named = members.into_iter().filter_map(|(key, value)| {
                    let field = field_for(&key, fields)?;
                    let value = match READ_WIDE.contains(&(name, field)) {
                        true => narrowed(value),
                        false => value,
                    };
                    Some((field.to_owned(), value))
                });
                visitor.visit_map(Members::new(last_of_each(named.collect())))
            }
            other => Err(DecodeError::mismatch("an object", &other)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Self::String(text) => visitor.visit_enum(text.into_deserializer()),
            other => Err(DecodeError::mismatch("a string", &other)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

impl<'de> IntoDeserializer<'de, DecodeError> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Brings a number of 64 bits into the range of 32.
fn narrowed(value: Value) -> Value {
    match value {
        Value::Number(text) => Value::Number(match text.parse::<i64>() {
            Ok(number) => number.clamp(i32::MIN.into(), i32::MAX.into()).to_string(),
            Err(_) => text,
        }),
        other => other,
    }
}

/// Finds the field a key names: exactly, else without regard to case.
fn field_for(key: &str, fields: &'static [&'static str]) -> Option<&'static str> {
    let exact = fields.iter().find(|field| **field == key);
    exact
        .or_else(|| fields.iter().find(|field| same_ignoring_case(field, key)))
        .copied()
}

/// Compares as the server folds names: ASCII letters, and the two other characters that fold onto ASCII ones.
pub(crate) fn same_ignoring_case(field: &str, key: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    field.chars().map(fold).eq(key.chars().map(fold))
}

/// Keeps the last member of each key, at the place of the first.
fn last_of_each(members: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut places = std::collections::HashMap::new();
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(members.len());
    for (key, value) in members {
        match places.get(&key) {
            Some(&place) => {
                let slot: &mut (String, Value) = &mut kept[place];
                slot.1 = value;
            }
            None => {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
    }
    kept
}

struct Items {
    items: std::vec::IntoIter<Value>,
    index: usize,
}

impl Items {
    fn new(items: Vec<Value>) -> Self {
        Self {
            items: items.into_iter(),
            index: 0,
        }
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        seed.deserialize(item)
            .map(Some)
            .map_err(|error| error.inside(&index.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members {
    members: std::vec::IntoIter<(String, Value)>,
    current: Option<(String, Value)>,
}

impl Members {
    fn new(members: Vec<(String, Value)>) -> Self {
        Self {
            members: members.into_iter(),
            current: None,
        }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        self.current = self.members.next();
        let Some((key, _)) = &self.current else {
            return Ok(None);
        };
        let key: StringDeserializer<DecodeError> = key.clone().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        let Some((key, value)) = self.current.take() else {
            return Err(DecodeError::custom("a value was asked for before its key"));
        };
        seed.deserialize(value).map_err(|error| error.inside(&key))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use serde::Deserialize;

    use crate::wire::decode;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Inner {
        duration_ms: u32,
        rating: Option<i32>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Outer {
        name: String,
        library_id: i32,
        rate: f64,
        gain: f32,
        on: bool,
        inner: Inner,
        list: Vec<Inner>,
        map: HashMap<String, String>,
        json: serde_json::Value,
    }

    fn check(json: &str, expected: &Outer) {
        assert_eq!(
            &decode::<Outer>(json.as_bytes()).unwrap(),
            expected,
            "{json}"
        );
    }

    fn refused(json: &str, expected: &str) {
        let error = decode::<Outer>(json.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{json}");
    }

    #[test]
    fn null_is_the_zero_value_everywhere() {
        check("null", &Outer::default());
        check(
            r#"{"name":null,"libraryId":null,"rate":null,"gain":null,"on":null,"inner":null,"list":null,"map":null}"#,
            &Outer::default(),
        );
        check(
            r#"{"list":[null],"map":{"a":null}}"#,
            &Outer {
                list: vec![Inner::default()],
                map: HashMap::from([("a".into(), String::new())]),
                ..Outer::default()
            },
        );
    }

    #[test]
    fn keys_match_without_regard_to_case_and_the_last_wins() {
        check(
            r#"{"NAME":"a","LibraryID":3,"name":"b","Name":"c","unknown":{"x":[1]}}"#,
            &Outer {
                name: "c".into(),
                library_id: 3,
                ..Outer::default()
            },
        );
        check(
            r#"{"inner":{"duration\u004ds":5},"map":{"A":"1","a":"2","A":"3"}}"#,
            &Outer {
                inner: Inner {
                    duration_ms: 5,
                    rating: None,
                },
                map: HashMap::from([("A".into(), "3".into()), ("a".into(), "2".into())]),
                ..Outer::default()
            },
        );
    }

    #[test]
    fn floats_accept_integers_and_any_json_is_kept() {
        check(
            r#"{"rate":2,"gain":1e3,"json":{"a":[1,2.5,null,"x"]}}"#,
            &Outer {
                rate: 2.0,
                gain: 1000.0,
                json: serde_json::json!({"a": [1, 2.5, null, "x"]}),
                ..Outer::default()
            },
        );
    }

    #[test]
    fn what_the_server_reads_wide_is_brought_into_range() {
        use nd_types::scrobbleretriever::ScrobbleOptions;
        let read = |json: &str| decode::<ScrobbleOptions>(json.as_bytes());
        let options = read(r#"{"MaxItems":2147483648,"offset":-9223372036854775808}"#).unwrap();
        assert_eq!((options.max_items, options.offset), (i32::MAX, i32::MIN));
        let options = read(r#"{"maxItems":7,"offset":null}"#).unwrap();
        assert_eq!((options.max_items, options.offset), (7, 0));
        for (json, expected) in [
            (
                r#"{"offset":9223372036854775808}"#,
                "offset: the number 9223372036854775808 is out of range",
            ),
            (
                r#"{"maxItems":1.5}"#,
                "maxItems: expected an integer, found the number 1.5",
            ),
        ] {
            assert_eq!(read(json).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn wrong_types_are_refused_with_their_place() {
        refused(
            r#"{"libraryId":1.0}"#,
            "libraryId: expected an integer, found the number 1.0",
        );
        refused(
            r#"{"libraryId":1e3}"#,
            "libraryId: expected an integer, found the number 1e3",
        );
        refused(
            r#"{"libraryId":2147483648}"#,
            "libraryId: the number 2147483648 is out of range",
        );
        refused(
            r#"{"list":[{},{"durationMs":-1}]}"#,
            "list.1.durationMs: the number -1 is out of range",
        );
        refused(r#"{"gain":1e39}"#, "gain: the number 1e39 is out of range");
        refused(
            r#"{"inner":{"rating":"5"}}"#,
            "inner.rating: expected an integer, found a string",
        );
        refused(
            r#"{"map":{"a":1}}"#,
            "map.a: expected a string, found the number 1",
        );
        refused(r#"{"on":1}"#, "on: expected a boolean, found the number 1");
        refused("[]", "expected an object, found a list");
        refused(r#"{"name":[]}"#, "name: expected a string, found a list");
    }
}
