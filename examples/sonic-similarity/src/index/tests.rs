//! What the index keeps through writing, rewriting and damage.
#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::decode::Tags;
use crate::descriptor::{Analyzer, Descriptor};

fn descriptor() -> Descriptor {
    let mut analyzer = Analyzer::new(8_000);
    let samples: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.3).sin() * 0.5).collect();
    analyzer.push(&samples);
    analyzer.finish().unwrap()
}

fn key(path: &str) -> FileKey<'_> {
    FileKey { library: 1, path }
}

const STAMP: FileStamp = FileStamp {
    modified: 5,
    size: 6,
};

fn track(path: &str, title: &str) -> Vec<u8> {
    let tags = Tags {
        title: title.into(),
        artists: vec!["Anna".into(), "Björn".into()],
        artist_mbids: vec!["m1".into()],
        ..Tags::default()
    };
    write_track(
        key(path),
        STAMP,
        &NewTrack {
            tags: &tags,
            duration_ms: 1234,
            descriptor: &descriptor(),
        },
    )
}

fn title<'a>(index: &Index<'a>, path: &str) -> Option<&'a str> {
    match index.get(key(path))?.fact {
        Fact::Track(track) => Some(track.title),
        _ => None,
    }
}

#[test]
fn entries_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = IndexFile::in_dir(dir.path());
    assert!(file.read().unwrap().is_empty());
    file.append(&track("a.flac", "A")).unwrap();
    file.append(&write_attempt(key("b.flac"), STAMP, 2))
        .unwrap();
    file.append(&write_failed(key("c.flac"), STAMP, "no sound"))
        .unwrap();
    let bytes = file.read().unwrap();
    let index = Index::parse(&bytes);
    assert_eq!(
        (
            index.damaged,
            index.entries().count(),
            index.tracks().count()
        ),
        (0, 3, 1)
    );
    let (found, entry) = index.tracks().next().unwrap();
    assert_eq!(
        (found, entry.title, entry.duration_ms),
        (key("a.flac"), "A", 1234)
    );
    assert_eq!(entry.artists().collect::<Vec<_>>(), ["Anna", "Björn"]);
    assert_eq!(entry.artist_mbids().collect::<Vec<_>>(), ["m1"]);
    assert_eq!(
        entry.descriptor().unwrap().to_bytes(),
        descriptor().to_bytes()
    );
    assert!(matches!(
        index.get(key("b.flac")).unwrap().fact,
        Fact::Attempt(2)
    ));
    assert!(
        matches!(index.get(key("c.flac")).unwrap().fact, Fact::Failed(f) if f.reason == "no sound")
    );
    assert_eq!(index.get(key("a.flac")).unwrap().stamp, STAMP);
    assert!(
        index
            .get(FileKey {
                library: 2,
                path: "a.flac"
            })
            .is_none()
    );
}

#[test]
fn the_last_word_about_a_file_counts() {
    let bytes = [
        track("a", "old"),
        track("b", "B"),
        track("a", "new"),
        write_removed(key("b")),
    ]
    .concat();
    let index = Index::parse(&bytes);
    assert_eq!(title(&index, "a"), Some("new"));
    assert_eq!(index.entries().count(), 1);
    assert_eq!(index.tracks().count(), 1);
}

#[test]
fn an_entry_costs_about_a_kilobyte() {
    assert!(track("Artist/Album/01 Title.flac", "Title").len() < 1_000);
}

#[test]
fn a_cut_file_loses_only_the_cut_entry_and_can_be_added_to() {
    let (a, b, c) = (track("a", "A"), track("b", "B"), track("c", "C"));
    for cut in [1, 4, 11, 12, b.len() / 2, b.len() - 1] {
        let bytes = [&a[..], &b[..cut], &c[..]].concat();
        let index = Index::parse(&bytes);
        assert_eq!(
            (title(&index, "a"), title(&index, "b"), title(&index, "c")),
            (Some("A"), None, Some("C")),
            "{cut}"
        );
        assert_eq!(index.damaged, cut);
    }
}

#[test]
fn damage_anywhere_spares_the_other_entries() {
    let (a, b, c) = (track("a", "A"), track("b", "B"), track("c", "C"));
    let whole = [&a[..], &b[..], &c[..]].concat();
    for place in (a.len()..a.len() + b.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        let index = Index::parse(&bytes);
        assert_eq!(
            (title(&index, "a"), title(&index, "c")),
            (Some("A"), Some("C")),
            "{place}"
        );
        assert_eq!(title(&index, "b"), None, "{place}");
    }
}

#[test]
fn any_bytes_at_all_are_read_without_harm() {
    let mut state = 7u32;
    let mut bytes = Vec::new();
    for _ in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((state >> 24) as u8);
    }
    assert_eq!(Index::parse(&bytes).entries().count(), 0);
    assert_eq!(Index::parse(&bytes).damaged, bytes.len());
}

#[test]
fn rewriting_drops_what_was_replaced_and_damage() {
    let dir = tempfile::tempdir().unwrap();
    let file = IndexFile::in_dir(dir.path());
    file.append(&[track("a", "old"), track("a", "new"), track("b", "B")].concat())
        .unwrap();
    let bytes = file.read().unwrap();
    assert!(
        !file.compact(&Index::parse(&bytes), &bytes).unwrap(),
        "so little is not worth it"
    );
    file.append(b"half an entry").unwrap();
    let bytes = file.read().unwrap();
    assert!(file.compact(&Index::parse(&bytes), &bytes).unwrap());
    let bytes = file.read().unwrap();
    let index = Index::parse(&bytes);
    assert_eq!(bytes.len(), track("a", "new").len() + track("b", "B").len());
    assert_eq!(
        (title(&index, "a"), title(&index, "b"), index.damaged),
        (Some("new"), Some("B"), 0)
    );
}

#[test]
fn a_rewrite_that_was_cut_off_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = IndexFile::in_dir(dir.path());
    file.append(&track("a", "A")).unwrap();
    fs::write(dir.path().join("tracks.new"), b"started").unwrap();
    let bytes = file.read().unwrap();
    assert_eq!(title(&Index::parse(&bytes), "a"), Some("A"));
}

#[test]
fn writers_at_the_same_time_do_not_harm_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let file = IndexFile::in_dir(dir.path());
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let file = &file;
            scope.spawn(move || {
                for n in 0..50 {
                    file.append(&track(&format!("{writer}/{n}"), "T")).unwrap();
                }
            });
        }
    });
    let bytes = file.read().unwrap();
    let index = Index::parse(&bytes);
    assert_eq!((index.tracks().count(), index.damaged), (200, 0));
}
