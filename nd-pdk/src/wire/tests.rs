//! What the wire accepts, refuses and says; compared with `serde_json`, which the host uses.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic anyway")]

use super::{Decode, Encode, Failed, Reader, Writer, decode, encode, record};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A struct with one field of each kind, in the shape of generated ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Sample {
    pub(super) text: String,
    pub(super) flag: bool,
    pub(super) small: i32,
    pub(super) large: i64,
    pub(super) positive: u32,
    pub(super) huge: u64,
    pub(super) single: f32,
    pub(super) double: f64,
    pub(super) list: Vec<String>,
    pub(super) maybe: Option<i64>,
    pub(super) map: HashMap<String, Vec<i32>>,
    pub(super) inner: Option<Box<Sample>>,
    pub(super) samples: Vec<Sample>,
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    fn encode(&self, w: &mut Writer) {
        (**self).encode(w);
    }
}

impl<T: Decode + ?Sized> Decode for Box<T> {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        (**self).decode(r)
    }
}

record! {
    Sample {
        "text": text text,
        "flag": flag,
        "small": small,
        "large": large,
        "positive": positive,
        "huge": huge,
        "single": single,
        "double": double,
        "list": list,
        "maybe": maybe,
        "map": map,
        "inner": inner,
        "samples": samples omit_empty,
    }
}

/// A struct that may have nothing to write.
#[derive(Default)]
struct Sparse {
    text: String,
    number: i32,
    inner: Option<Box<Sparse>>,
}

record! {
    Sparse {
        "text": text text omit_empty,
        "number": number omit_empty,
        "inner": inner omit_empty,
    }
}

fn read<T: Decode + Default>(document: &str) -> Result<T, String> {
    let mut value = T::default();
    decode(document.as_bytes(), &mut value)
        .map(|()| value)
        .map_err(|error| error.to_string())
}

fn written(value: &dyn Encode) -> String {
    String::from_utf8(encode(value)).unwrap()
}

/// A small generator of well-spread numbers (SplitMix64), so that failures come back on the next run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn text(&mut self) -> String {
        const SAMPLES: [&str; 12] = [
            "",
            "a",
            "\"",
            "\\",
            "\n",
            "\u{1}",
            "é",
            "日本",
            "😀",
            "</script>",
            "\u{2028}",
            "long text without anything special",
        ];
        (0..self.below(4))
            .map(|_| SAMPLES[self.below(SAMPLES.len())])
            .collect()
    }

    fn sample(&mut self, depth: usize) -> Sample {
        Sample {
            text: self.text(),
            flag: self.next() & 1 == 0,
            small: self.next() as i32 >> self.below(32),
            large: self.next() as i64 >> self.below(64),
            positive: self.next() as u32 >> self.below(32),
            huge: self.next() >> self.below(64),
            single: Some(f32::from_bits(self.next() as u32))
                .filter(|x| x.is_finite())
                .unwrap_or(1.5),
            // At most 15 digits: `serde_json` reads longer ones less exactly than we do.
            double: (self.next() % 1_000_000_000_000) as f64 / 1000.0,
            list: (0..self.below(3)).map(|_| self.text()).collect(),
            maybe: (self.next() & 1 == 0).then(|| self.next() as i64),
            map: (0..self.below(3))
                .map(|_| (self.text(), vec![self.next() as i32; self.below(3)]))
                .collect(),
            inner: (depth > 0 && self.next() & 1 == 0).then(|| Box::new(self.sample(depth - 1))),
            samples: (0..if depth > 0 { self.below(3) } else { 0 })
                .map(|_| self.sample(depth - 1))
                .collect(),
        }
    }
}

#[test]
fn random_values_agree_with_serde_json_in_both_directions() {
    let mut random = Random(1);
    for _ in 0..500 {
        let sample = random.sample(2);
        let ours = written(&sample);
        assert_eq!(
            serde_json::from_str::<Sample>(&ours).unwrap(),
            sample,
            "{ours}"
        );
        for theirs in [
            serde_json::to_string(&sample).unwrap(),
            serde_json::to_string_pretty(&sample).unwrap(),
        ] {
            assert_eq!(read::<Sample>(&theirs).unwrap(), sample, "{theirs}");
        }
    }
}

#[test]
fn damaged_documents_never_panic_and_only_json_is_accepted() {
    let mut random = Random(2);
    const SPARE: &[u8] = b"{}[]\",:\\u0tfn-.eE19 \x00\x80\xff\xed";
    for _ in 0..5_000 {
        let mut document = written(&random.sample(1)).into_bytes();
        for _ in 0..1 + random.below(3) {
            let at = random.below(document.len());
            let byte = SPARE[random.below(SPARE.len())];
            match random.below(4) {
                0 => document[at] = byte,
                1 => document.insert(at, byte),
                2 => document.truncate(at.max(1)),
                _ => drop(document.remove(at)),
            }
            if document.is_empty() {
                document.push(b'{');
            }
        }
        let mut value = Sample::default();
        let ours = decode(&document, &mut value);
        let shown = String::from_utf8_lossy(&document);
        match ours {
            // We alone take half a surrogate pair, and pass over numbers that nobody could hold.
            Ok(()) => {
                let theirs = serde_json::from_slice::<serde_json::Value>(&document);
                let range = theirs
                    .as_ref()
                    .is_err_and(|e| e.to_string().starts_with("number out of range"));
                assert!(theirs.is_ok() || range || shown.contains("\\u"), "{shown}");
            }
            Err(error) => {
                // `serde_json` passes over what is not UTF-8 in parts it does not keep, and makes singles infinite.
                let text = std::str::from_utf8(&document).unwrap_or_default();
                let theirs = serde_json::from_str::<Sample>(text);
                let range = error.message().starts_with("the number is out of range");
                assert!(theirs.is_err() || range, "{error} for {shown}");
            }
        }
    }
}

#[test]
fn null_and_missing_leave_the_default_and_unknown_fields_are_skipped() {
    let nulls = serde_json::to_string(&Sample::default()).unwrap();
    let nulls: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&nulls).unwrap();
    let nulls: serde_json::Map<_, _> = nulls
        .into_iter()
        .map(|(name, _)| (name, serde_json::Value::Null))
        .collect();
    assert_eq!(
        read::<Sample>(&serde_json::to_string(&nulls).unwrap()),
        Ok(Sample::default())
    );
    assert_eq!(read::<Sample>("null"), Ok(Sample::default()));
    assert_eq!(read::<Sample>(" { } "), Ok(Sample::default()));
    let skipped = r#"{"x":[{"y":[null,true,false,-1.5e3,"\u00e9"]},{}],"small":7,"z":{"small":8}}"#;
    assert_eq!(read::<Sample>(skipped).map(|sample| sample.small), Ok(7));
}

#[test]
fn of_duplicate_fields_the_last_one_counts() {
    assert_eq!(
        read::<Sample>(r#"{"text":"a","text":"b"}"#).map(|sample| sample.text),
        Ok("b".to_owned())
    );
    assert_eq!(read::<Vec<i32>>("[1,2]"), Ok(vec![1, 2]));
    assert_eq!(
        read::<Sample>(r#"{"list":["a"],"list":["b"]}"#).map(|sample| sample.list),
        Ok(vec!["b".to_owned()])
    );
    let map = read::<HashMap<String, Vec<i32>>>(r#"{"k":[1],"k":[2],"n":null}"#).unwrap();
    assert_eq!(
        map,
        HashMap::from([("k".to_owned(), vec![2]), ("n".to_owned(), vec![])])
    );
}

#[test]
fn escapes_are_read_and_half_surrogates_replaced() {
    for (document, expected) in [
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u00e9\u65e5\uD83D\uDE00\u003c""#, "é日😀<"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ud83dx""#, "\u{fffd}x"),
        (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
    ] {
        assert_eq!(
            read::<String>(document),
            Ok(expected.to_owned()),
            "{document}"
        );
    }
}

#[test]
fn integers_are_checked_against_their_type() {
    assert_eq!(read::<i32>("-2147483648"), Ok(i32::MIN));
    assert_eq!(read::<i64>("-9223372036854775808"), Ok(i64::MIN));
    assert_eq!(read::<u64>("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(read::<u32>("-0"), Ok(0));
    for (document, message) in [
        (
            "2147483648",
            "the number is out of range for its type (byte 0)",
        ),
        (
            "-2147483649",
            "the number is out of range for its type (byte 0)",
        ),
        (
            "99999999999999999999",
            "the number is out of range for its type (byte 0)",
        ),
        (
            "1.0",
            "expected an integer, found a number with a fraction or an exponent (byte 0)",
        ),
        (
            "1e3",
            "expected an integer, found a number with a fraction or an exponent (byte 0)",
        ),
    ] {
        assert_eq!(read::<i32>(document), Err(message.to_owned()), "{document}");
    }
    assert!(read::<u32>("-1").is_err());
    assert!(read::<u64>("18446744073709551616").is_err());
    assert!(read::<f32>("1e39").is_err());
    assert!(read::<f64>("1e309").is_err());
}

#[test]
fn errors_say_what_where_and_in_which_field() {
    for (document, message) in [
        ("", "expected an object, found the end of the text (byte 0)"),
        ("[]", "expected an object, found an array (byte 0)"),
        (
            r#"{"text":5}"#,
            "expected a string, found a number at `text` (byte 8)",
        ),
        (
            r#"{"inner":{"samples":[{},{"flag":"x"}]}}"#,
            "expected true or false, found a string at `inner.samples[1].flag` (byte 32)",
        ),
        (
            r#"{"map":{"k":[1,{}]}}"#,
            "expected a number, found an object at `map.k[1]` (byte 15)",
        ),
        (
            r#"{"list":[["#,
            "expected a string, found an array at `list[0]` (byte 9)",
        ),
        (
            r#"{"text":"a"#,
            "expected the closing quote of a string, found the end of the text at `text` (byte 10)",
        ),
        (
            r#"{"text" "a"}"#,
            "expected `:` after the field name, found a string (byte 8)",
        ),
        (
            r#"{"text":"a" "flag":true}"#,
            "expected `,` or `}`, found a string (byte 12)",
        ),
        (
            r#"{"text":"a",}"#,
            "expected a field name in quotes, found } (byte 12)",
        ),
        (
            r#"{"flag":troe}"#,
            "expected true, found troe at `flag` (byte 8)",
        ),
        (
            r#"{"text":"\x"}"#,
            "expected an escape JSON knows, found x at `text` (byte 10)",
        ),
        (
            r#"{} {}"#,
            "expected the end of the text, found an object (byte 3)",
        ),
        (
            r#"{"double":-}"#,
            "expected a digit, found } at `double` (byte 11)",
        ),
        (
            "{\"text\":\"a\nb\"}",
            "control characters in strings must be escaped at `text` (byte 10)",
        ),
    ] {
        assert_eq!(
            read::<Sample>(document),
            Err(message.to_owned()),
            "{document}"
        );
    }
    let broken = decode(b"{\"text\":\"\xff\"}", &mut Sample::default()).unwrap_err();
    assert_eq!(
        broken.message(),
        "expected the closing quote of a string, found bytes that are not UTF-8 at `text` (byte 9)"
    );
    let after = decode(b"{}\xff", &mut Sample::default()).unwrap_err();
    assert_eq!(
        after.message(),
        "expected the end of the text, found bytes that are not UTF-8 (byte 2)"
    );
    assert_eq!(
        read::<Vec<u8>>("\"a\""),
        Err("the text is not base64 (byte 3)".to_owned())
    );
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let skipped = |depth: usize| format!("{{\"unknown\":{}}}", nested(depth));
    assert_eq!(read::<Sample>(&skipped(126)), Ok(Sample::default()));
    let error = read::<Sample>(&skipped(127)).unwrap_err();
    assert!(
        error.starts_with("the document is nested too deeply at `unknown[0][0]"),
        "{error}"
    );
    assert!(read::<Sample>(&"[{\"inner\":".repeat(100_000)).is_err());
}

#[test]
fn bytes_are_base64_wherever_they_stand() {
    assert_eq!(written(&b"hi".to_vec()), r#""aGk=""#);
    assert_eq!(written(&vec![b"hi".to_vec(), Vec::new()]), r#"["aGk=",""]"#);
    let map = read::<HashMap<String, Vec<u8>>>(r#"{"k":"aGk=","n":null}"#).unwrap();
    assert_eq!(
        map,
        HashMap::from([
            ("k".to_owned(), b"hi".to_vec()),
            ("n".to_owned(), Vec::new())
        ])
    );
    assert_eq!(
        read::<Option<Vec<u8>>>(r#""aGk=""#),
        Ok(Some(b"hi".to_vec()))
    );
}

#[test]
fn values_of_any_shape_pass() {
    let value = serde_json::json!({"a": [1, 2.5, null, {"b": "\""}]});
    assert_eq!(written(&value), value.to_string());
    assert_eq!(read::<serde_json::Value>(&format!(" {value} ")), Ok(value));
}

#[test]
fn nothing_is_written_for_the_unit_type() {
    assert_eq!(written(&()), "");
    assert_eq!(written(&None::<String>), "null");
    assert_eq!(written(&"a\u{7f}\u{1f}\""), "\"a\u{7f}\\u001f\\\"\"");
}

#[test]
fn empty_fields_are_left_out_wherever_they_stand() {
    let sparse = |text: &str, number: i32, inner: Option<Sparse>| Sparse {
        text: text.to_owned(),
        number,
        inner: inner.map(Box::new),
    };
    assert_eq!(written(&Sparse::default()), "{}");
    assert_eq!(
        written(&vec![Sparse::default(), Sparse::default()]),
        "[{},{}]"
    );
    assert_eq!(written(&sparse("a\"", 0, None)), r#"{"text":"a\""}"#);
    assert_eq!(
        written(&sparse("", 0, Some(sparse("", 7, Some(Sparse::default()))))),
        r#"{"inner":{"number":7,"inner":{}}}"#
    );
    assert_eq!(
        written(&HashMap::from([("k".to_owned(), sparse("", 1, None))])),
        r#"{"k":{"number":1}}"#
    );
}

#[test]
fn every_escape_is_written_wherever_it_stands() {
    for length in 0..40 {
        for place in 0..=length {
            for special in ["\"", "\\", "\n", "\r", "\t", "\u{0}", "\u{1f}", "\n\"\u{b}"] {
                let mut text = "é".repeat(length);
                text.insert_str(place * 2, special);
                let document = written(&text);
                assert_eq!(serde_json::from_str::<String>(&document).unwrap(), text);
            }
        }
    }
    let whole: String = (0..128u8).map(char::from).collect();
    let expected = serde_json::to_string(&whole).unwrap();
    // `serde_json` has two short escapes more.
    let expected = expected.replace(r"\b", r"\u0008").replace(r"\f", r"\u000c");
    assert_eq!(written(&whole), expected);
}
