//! The JSON shapes that are most easily got wrong, against fixed documents.

#![allow(clippy::unwrap_used)]

use crate::http::{HTTPRequest, HTTPResponse};
use crate::scrobbleretriever::ScrobbleOptions;
use crate::{ArtistRef, SongRef, Track, bytes, scrobbler};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt::Debug;

/// Checks that a value is written as this document and read back from it.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, document: &str) {
    assert_eq!(serde_json::to_string(&value).unwrap(), document);
    assert_eq!(serde_json::from_str::<T>(document).unwrap(), value);
}

#[test]
fn empty_fields_are_left_out_only_where_the_interface_says_so() {
    check(ArtistRef::default(), r#"{"name":""}"#);
    check(SongRef::default(), r#"{"name":""}"#);
    check(
        ScrobbleOptions::default(),
        r#"{"descending":false,"maxItems":0}"#,
    );
}

#[test]
fn names_are_camel_case() {
    check(
        ArtistRef {
            id: "1".to_owned(),
            name: "A".to_owned(),
            mbid: "m".to_owned(),
            sort_name: "a".to_owned(),
            role: "performer".to_owned(),
            sub_role: "oboe".to_owned(),
        },
        r#"{"id":"1","name":"A","mbid":"m","sortName":"a","role":"performer","subRole":"oboe"}"#,
    );
    let track = scrobbler::TrackInfo {
        mbz_release_group_id: "g".to_owned(),
        ..Default::default()
    };
    let document = serde_json::to_string(&track).unwrap();
    assert!(
        document.contains(r#""mbzReleaseGroupId":"g""#),
        "{document}"
    );
}

#[test]
fn bytes_are_base64_text() {
    check(
        HTTPResponse {
            status_code: 200,
            headers: HashMap::new(),
            body: vec![0, 255, 16],
        },
        r#"{"statusCode":200,"body":"AP8Q"}"#,
    );
    check(HTTPRequest::default(), r#"{"method":"","url":""}"#);
}

#[test]
fn null_bytes_read_as_empty() {
    let response: HTTPResponse = serde_json::from_str(r#"{"body":null}"#).unwrap();
    assert_eq!(response, HTTPResponse::default());
}

#[test]
fn optional_numbers_tell_zero_from_nothing() {
    let track = Track {
        rg_album_gain: Some(0.0),
        ..Default::default()
    };
    let document = serde_json::to_string(&track).unwrap();
    assert!(document.contains(r#""rgAlbumGain":0.0"#), "{document}");
    assert!(!document.contains("rgAlbumPeak"), "{document}");
    let track: Track = serde_json::from_str(r#"{"bpm":null,"bitDepth":16}"#).unwrap();
    assert_eq!((track.bpm, track.bit_depth), (None, Some(16)));
}

#[test]
fn missing_and_unknown_fields_are_fine() {
    let song: SongRef = serde_json::from_str(r#"{"name":"S","futureField":[1]}"#).unwrap();
    assert_eq!(song.name, "S");
    assert_eq!(
        serde_json::from_str::<SongRef>("{}").unwrap(),
        SongRef::default()
    );
}

#[test]
fn null_is_the_empty_value_and_the_last_of_two_counts() {
    let nulls = r#"{"id":null,"name":null,"artists":null,"durationMs":null}"#;
    assert_eq!(
        serde_json::from_str::<SongRef>(nulls).unwrap(),
        SongRef::default()
    );
    let song: SongRef = serde_json::from_str(r#"{"name":"a","name":"b","name":null}"#).unwrap();
    assert_eq!(song.name, "b");
}

#[test]
fn errors_name_what_was_expected() {
    for (document, text) in [
        ("[]", "invalid type: sequence, expected struct SongRef"),
        (
            r#""S""#,
            r#"invalid type: string "S", expected struct SongRef"#,
        ),
        (
            r#"{"name":1}"#,
            "invalid type: integer `1`, expected a string",
        ),
        (
            r#"{"artists":[{"name":[]}]}"#,
            "invalid type: sequence, expected a string",
        ),
    ] {
        let error = serde_json::from_str::<SongRef>(document).unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[test]
fn formats_that_count_fields_beforehand_work_too() {
    for song in [
        SongRef::default(),
        SongRef {
            id: "1".to_owned(),
            artists: vec![ArtistRef::default()],
            duration_ms: 1,
            ..Default::default()
        },
    ] {
        let mut bytes = Vec::new();
        ciborium::into_writer(&song, &mut bytes).unwrap();
        let read: SongRef = ciborium::from_reader(&bytes[..]).unwrap();
        assert_eq!(read, song);
    }
}

/// Every place where bytes may stand.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Nested {
    #[serde(with = "bytes")]
    option: Option<Vec<u8>>,
    #[serde(with = "bytes")]
    list: Vec<Vec<u8>>,
    #[serde(with = "bytes")]
    map: HashMap<String, Vec<u8>>,
    #[serde(with = "bytes")]
    deep: HashMap<String, Vec<Option<Vec<u8>>>>,
}

#[test]
fn bytes_are_base64_text_inside_other_types_too() {
    check(
        Nested {
            option: Some(Vec::new()),
            list: vec![vec![1], Vec::new()],
            map: HashMap::from([("k".to_owned(), vec![2])]),
            deep: HashMap::from([("d".to_owned(), vec![None, Some(vec![3])])]),
        },
        r#"{"option":"","list":["AQ==",""],"map":{"k":"Ag=="},"deep":{"d":[null,"Aw=="]}}"#,
    );
    let nulls = r#"{"option":null,"list":null,"map":null,"deep":null}"#;
    assert_eq!(
        serde_json::from_str::<Nested>(nulls).unwrap(),
        Nested::default()
    );
}

#[test]
fn only_padded_standard_base64_is_accepted() {
    let read = |text: &str| serde_json::from_str::<HTTPResponse>(&format!(r#"{{"body":{text}}}"#));
    assert_eq!(read(r#""AQ==""#).unwrap().body, [1]);
    assert_eq!(read(r#""A\r\nQ=\n=""#).unwrap().body, [1]);
    assert_eq!(read(r#""AR==""#).unwrap().body, [1]);
    assert_eq!(read(r#""+/+/""#).unwrap().body, [251, 255, 191]);
    for wrong in [
        r#""AQ""#,
        r#""AQ=""#,
        r#""-_-_""#,
        r#""A Q==""#,
        "[1]",
        "1",
        "{}",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
