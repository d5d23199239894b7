//! The codec held against `serde_json`, on arbitrary values, documents and bytes. More cases than usual:
//! `PROPTEST_CASES=1000000 cargo test -p nd-pdk properties`.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic anyway")]

use super::tests::Sample;
use super::{Decode, Encode, decode, encode};
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Texts of everything that JSON treats in its own way.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,20}",
        "(?s).{0,6}",
        "[\"\\\\/\u{0}-\u{1f}é日😀\u{2028}a]{0,40}",
    ]
}

fn double() -> impl Strategy<Value = f64> {
    let bits = any::<u64>().prop_map(f64::from_bits);
    let decimal =
        (any::<i64>(), 0..18i32).prop_map(|(digits, places)| digits as f64 / 10f64.powi(places));
    let short = (-2_000_000i32..2_000_000).prop_map(|thousandths| f64::from(thousandths) / 1e3);
    prop_oneof![bits, decimal, short].prop_filter("JSON has finite numbers only", |x| x.is_finite())
}

fn single() -> impl Strategy<Value = f32> {
    let bits = any::<u32>().prop_map(f32::from_bits);
    let short = (-2_000_000i32..2_000_000).prop_map(|thousandths| thousandths as f32 / 1e3);
    prop_oneof![bits, short].prop_filter("JSON has finite numbers only", |x| x.is_finite())
}

fn sample() -> impl Strategy<Value = Sample> {
    let numbers = (
        any::<i32>(),
        any::<i64>(),
        any::<u32>(),
        any::<u64>(),
        single(),
        double(),
    );
    let lists = (
        vec(text(), 0..4),
        any::<Option<i64>>(),
        hash_map(text(), vec(any::<i32>(), 0..3), 0..3),
    );
    let flat = (text(), any::<bool>(), numbers, lists).prop_map(
        |(text, flag, (small, large, positive, huge, single, double), (list, maybe, map))| Sample {
            text,
            flag,
            small,
            large,
            positive,
            huge,
            single,
            double,
            list,
            maybe,
            map,
            ..Sample::default()
        },
    );
    flat.prop_recursive(3, 12, 3, |inner| {
        (inner.clone(), vec(inner, 0..3)).prop_map(|(mut outer, samples)| {
            outer.inner = samples.first().cloned().map(Box::new);
            outer.samples = samples;
            outer
        })
    })
}

/// Any JSON, with names that mean something among the others.
fn json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        text(),
        prop::sample::select(vec![
            "text", "flag", "small", "large", "positive", "huge", "single", "double", "list",
            "maybe", "map", "inner", "samples",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-300..300i64).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        double().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// What a value of `serde_json` is as a `Sample` under the rules of the interface: `null` is the empty value, members
/// may be missing, integers have neither fraction nor exponent and fit.
fn model(value: &Value) -> Option<Sample> {
    let mut sample = Sample::default();
    let object = match value {
        Value::Null => return Some(sample),
        Value::Object(object) => object,
        _ => return None,
    };
    let get = |name: &str| object.get(name).filter(|value| !value.is_null());
    macro_rules! fill {
        ($($field:ident: $read:expr;)*) => {$(
            if let Some(value) = get(stringify!($field)) {
                sample.$field = $read(value)?;
            }
        )*};
    }
    let text = |value: &Value| match value {
        Value::Null => Some(String::new()),
        other => other.as_str().map(str::to_owned),
    };
    let integer = |value: &Value| match value {
        Value::Null => Some(0),
        other => other.as_i64().and_then(|value| i32::try_from(value).ok()),
    };
    let list = |value: &Value| match value {
        Value::Null => Some(Vec::new()),
        other => other.as_array().cloned(),
    };
    fill! {
        text: text;
        flag: Value::as_bool;
        small: integer;
        large: Value::as_i64;
        positive: |value: &Value| value.as_u64().and_then(|value| u32::try_from(value).ok());
        huge: Value::as_u64;
        single: |value: &Value| value.as_f64().map(|x| x as f32).filter(|x| x.is_finite());
        double: Value::as_f64;
        list: |value: &Value| value.as_array()?.iter().map(text).collect::<Option<Vec<String>>>();
        maybe: |value: &Value| value.as_i64().map(Some);
        map: |value: &Value| value
            .as_object()?
            .iter()
            .map(|(name, value)| Some((name.clone(), list(value)?.iter().map(integer).collect::<Option<Vec<i32>>>()?)))
            .collect::<Option<HashMap<_, _>>>();
        inner: |value: &Value| model(value).map(|inner| Some(Box::new(inner)));
        samples: |value: &Value| value.as_array()?.iter().map(model).collect::<Option<Vec<Sample>>>();
    }
    Some(sample)
}

fn read<T: Decode + Default>(document: &[u8]) -> Option<T> {
    let mut value = T::default();
    decode(document, &mut value).ok().map(|()| value)
}

/// Takes over floats that differ in their last bits: without its feature for it, `serde_json` reads them inexactly.
fn settle(ours: &mut Sample, theirs: &Sample) {
    if (ours.double - theirs.double).abs() <= ours.double.abs() * 1e-15 {
        ours.double = theirs.double;
    }
    if (ours.single - theirs.single).abs() <= ours.single.abs() * 1e-6 {
        ours.single = theirs.single;
    }
    for (ours, theirs) in ours.samples.iter_mut().zip(&theirs.samples) {
        settle(ours, theirs);
    }
    if let (Some(ours), Some(theirs)) = (&mut ours.inner, &theirs.inner) {
        settle(ours, theirs);
    }
}

/// Compares what both make of a document, but for what the interface wants otherwise than `serde_json`.
fn compare(document: &[u8]) {
    let shown = String::from_utf8_lossy(document);
    let mut ours = read::<Sample>(document);
    match serde_json::from_slice::<Value>(document) {
        Ok(value) => {
            let theirs = model(&value);
            if let (Some(ours), Some(theirs)) = (&mut ours, &theirs) {
                settle(ours, theirs);
            }
            assert!(ours == theirs, "{shown}");
        }
        // Half a surrogate pair is replaced, and a number that nobody could hold is passed over where it is not wanted.
        Err(error) => {
            let error = error.to_string();
            let tolerated = [
                "surrogate",
                "unexpected end of hex escape",
                "number out of range",
            ];
            if !tolerated.iter().any(|known| error.contains(known)) {
                assert!(ours.is_none(), "{error}: {shown}");
            }
        }
    }
}

fn written(value: &dyn Encode) -> String {
    String::from_utf8(encode(value)).unwrap()
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same_here_and_there(sample in sample()) {
        let document = written(&sample);
        prop_assert_eq!(read::<Sample>(document.as_bytes()), Some(sample.clone()), "{}", document);
        let mut theirs: Sample = serde_json::from_str(&document).unwrap();
        settle(&mut theirs, &sample);
        prop_assert_eq!(theirs, sample.clone(), "{}", document);
        prop_assert_eq!(read::<Sample>(&serde_json::to_vec(&sample).unwrap()), Some(sample));
    }

    #[test]
    fn floats_are_written_exactly_and_short(double in double(), single in single()) {
        let text = written(&double);
        prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(double.to_bits()));
        prop_assert!(text.len() <= 25, "{}", text);
        prop_assert_eq!(written(&single).parse::<f32>().map(f32::to_bits), Ok(single.to_bits()));
    }

    #[test]
    fn any_json_is_read_alike(value in json(), pretty: bool) {
        let document = if pretty {
            serde_json::to_vec_pretty(&value).unwrap()
        } else {
            serde_json::to_vec(&value).unwrap()
        };
        compare(&document);
        prop_assert!(read::<Value>(&document).is_some());
    }

    #[test]
    fn damaged_documents_are_accepted_alike(
        sample in sample(),
        damage in vec((any::<prop::sample::Index>(), 0..4u8, damage()), 1..4),
    ) {
        let mut document = encode(&sample);
        for (index, kind, byte) in damage {
            let at = index.index(document.len());
            match kind {
                0 => document[at] = byte,
                1 => document.insert(at, byte),
                2 if document.len() > 1 => drop(document.remove(at)),
                _ => document.truncate(at.max(1)),
            }
        }
        compare(&document);
    }

    #[test]
    fn arbitrary_bytes_are_accepted_alike(document in vec(prop_oneof![any::<u8>(), damage()], 0..60)) {
        compare(&document);
        // Types of one token, so that more of it is read.
        let _ = (read::<String>(&document), read::<Vec<u8>>(&document), read::<Vec<Vec<Sample>>>(&document));
        compare(&[b"{\"text\":\"".as_slice(), &document].concat());
        compare(&[b"{\"double\":".as_slice(), &document, b"}"].concat());
    }

    #[test]
    fn numbers_in_every_form_are_read_alike(number in "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][-+]?[0-9]{1,3})?") {
        // Which `serde_json` takes for a float.
        prop_assume!(number != "-0");
        for field in ["small", "large", "positive", "huge", "maybe", "single"] {
            compare(format!("{{\"{field}\":{number}}}").as_bytes());
        }
        let expected = number.parse::<f64>().ok().filter(|x| x.is_finite());
        prop_assert_eq!(read::<f64>(number.as_bytes()).map(f64::to_bits), expected.map(f64::to_bits));
    }
}

/// A byte that means something in JSON.
fn damage() -> impl Strategy<Value = u8> {
    prop::sample::select(b"{}[]\",:\\u0123456789abcdefntr.-+eE \n\x00\x1f\x80\xc3\xff".to_vec())
}

#[test]
fn nesting_ends_where_serde_json_ends_it() {
    for depth in [1, 2, 125, 126, 127, 128, 129, 5000] {
        compare(&[b"{\"x\":".repeat(depth), b"1".to_vec(), b"}".repeat(depth)].concat());
        compare(
            &[
                b"{\"inner\":".repeat(depth),
                b"null".to_vec(),
                b"}".repeat(depth),
            ]
            .concat(),
        );
        compare(
            &[
                b"{\"x\":".to_vec(),
                b"[".repeat(depth),
                b"]".repeat(depth),
                b"}".to_vec(),
            ]
            .concat(),
        );
    }
}
