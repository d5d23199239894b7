//! Finding, ranking and walking among made-up songs.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::decode::Tags;
use crate::descriptor::gaussian::{DIM, Gaussian, TRIANGLE};
use crate::descriptor::{Descriptor, WEIGHTS};
use crate::index::{FileKey, FileStamp, Index, NewTrack, write_track};

/// A song whose timbre lies at `place` on a line, with a little spread in the other directions.
fn sound(place: f32, spread: u32) -> Descriptor {
    let mut mean = [0.0; DIM];
    mean[1] = place;
    for (i, value) in mean.iter_mut().enumerate().skip(2) {
        *value = ((spread.wrapping_mul(2_654_435_761) >> i) & 7) as f32 * 0.3;
    }
    let mut covariance = [0.0; TRIANGLE];
    (0..DIM).for_each(|i| covariance[i * (i + 3) / 2] = 25.0);
    Descriptor {
        timbre: Gaussian::new(mean, covariance).unwrap(),
        rhythm: None,
        chroma: [0.0; 12],
    }
}

struct One {
    path: String,
    tags: Tags,
    duration_ms: u32,
    sound: Descriptor,
}

fn song(n: usize, place: f32) -> One {
    One {
        path: format!("{n:05}.flac"),
        tags: Tags {
            title: format!("Song {n}"),
            artist: "Anna".into(),
            ..Tags::default()
        },
        duration_ms: 200_000,
        sound: sound(place, n as u32),
    }
}

fn with_space<T>(songs: &[One], ask: impl FnOnce(&Space<'_>) -> T) -> T {
    let mut bytes = Vec::new();
    for song in songs {
        let key = FileKey {
            library: 1,
            path: &song.path,
        };
        let track = NewTrack {
            tags: &song.tags,
            duration_ms: song.duration_ms,
            descriptor: &song.sound,
        };
        bytes.extend(write_track(key, FileStamp::default(), &track));
    }
    let index = Index::parse(&bytes);
    let songs = index.tracks().map(|(key, entry)| Song {
        key,
        entry,
        descriptor: entry.descriptor().unwrap(),
    });
    ask(&Space::new(songs.collect(), WEIGHTS))
}

fn line(count: usize) -> Vec<One> {
    (0..count).map(|n| song(n, n as f32 * 2.0)).collect()
}

#[test]
fn neighbours_are_ranked_without_the_seed() {
    with_space(&line(30), |space| {
        let found = neighbours(space, 10, 4);
        let mut places: Vec<usize> = found.iter().map(|m| m.song).collect();
        assert!(
            found
                .windows(2)
                .all(|pair| pair[0].similarity >= pair[1].similarity)
        );
        assert!(
            found
                .iter()
                .all(|m| m.similarity > 0.0 && m.similarity < 1.0)
        );
        places.sort_unstable();
        assert_eq!(places, [8, 9, 11, 12]);
        assert_eq!(neighbours(space, 10, 100).len(), 29);
        assert!(neighbours(space, 10, 0).is_empty());
    });
    with_space(&line(1), |space| {
        assert!(neighbours(space, 0, 5).is_empty())
    });
}

#[test]
fn similarity_is_symmetric_and_one_to_oneself() {
    with_space(&line(20), |space| {
        for a in 0..20 {
            assert_eq!(Space::similarity(space.distance(a, a)), 1.0);
            for b in 0..a {
                assert!((space.distance(a, b) - space.distance(b, a)).abs() < 1e-6);
                assert!((0.0..1.0).contains(&Space::similarity(space.distance(a, b))));
            }
        }
    });
}

#[test]
fn the_order_of_the_index_does_not_matter() {
    let songs = line(40);
    let mut turned = line(40);
    turned.reverse();
    let ask = |space: &Space<'_>| (neighbours(space, 7, 10), path(space, 3, 30, 8));
    assert_eq!(with_space(&songs, ask), with_space(&turned, ask));
}

#[test]
fn copies_of_a_song_are_left_out() {
    let mut songs = line(10);
    // The seed in another format, and two copies of a neighbour; a live version sounds different.
    songs.push(One {
        path: "copy.mp3".into(),
        duration_ms: 200_400,
        ..song(5, 10.0)
    });
    songs.push(One {
        path: "copy of 6.mp3".into(),
        ..song(6, 12.0)
    });
    songs.push(One {
        path: "live.mp3".into(),
        sound: sound(40.0, 5),
        ..song(5, 0.0)
    });
    with_space(&songs, |space| {
        let found = neighbours(space, 5, 100);
        let titles: Vec<&str> = found
            .iter()
            .map(|m| space.songs()[m.song].entry.title)
            .collect();
        assert_eq!(titles.iter().filter(|t| **t == "Song 6").count(), 1);
        assert_eq!(
            titles.iter().filter(|t| **t == "Song 5").count(),
            1,
            "the live version only"
        );
        assert_eq!(found.len(), 10);
    });
}

fn wanted(title: &str) -> Wanted {
    Wanted {
        title: title.into(),
        ..Wanted::default()
    }
}

#[test]
fn a_song_is_found_by_id_isrc_or_name() {
    let mut songs = line(6);
    songs[1].tags.mbid = "ABC".into();
    songs[2].tags.isrc = "US-RC1-76-07839".into();
    songs[3].tags.artists = vec!["Björn".into(), "Benny".into()];
    with_space(&songs, |space| {
        assert_eq!(
            find(
                space,
                &Wanted {
                    mbid: "abc".into(),
                    ..wanted("other")
                }
            ),
            Some(1)
        );
        assert_eq!(
            find(
                space,
                &Wanted {
                    isrc: "USRC17607839".into(),
                    ..wanted("")
                }
            ),
            Some(2)
        );
        assert_eq!(
            find(
                space,
                &Wanted {
                    artists: vec!["benny".into()],
                    ..wanted("  song   3 ")
                }
            ),
            Some(3)
        );
        assert_eq!(
            find(
                space,
                &Wanted {
                    artists: vec!["[Unknown Artist]".into()],
                    ..wanted("Song 4")
                }
            ),
            Some(4)
        );
        assert_eq!(find(space, &wanted("Song 4")), Some(4));
        assert_eq!(
            find(
                space,
                &Wanted {
                    artists: vec!["Carl".into()],
                    ..wanted("Song 4")
                }
            ),
            None
        );
        assert_eq!(find(space, &wanted("Song 9")), None);
        assert_eq!(find(space, &Wanted::default()), None);
    });
}

#[test]
fn of_several_songs_with_one_id_or_name_the_best_fit_is_taken() {
    let mut songs = line(4);
    for (n, song) in songs.iter_mut().enumerate() {
        song.tags.mbid = "same".into();
        song.tags.title = if n < 2 {
            "Part one".into()
        } else {
            "Part two".into()
        };
        song.tags.album = format!("Album {n}");
        song.duration_ms = 100_000 + 50_000 * (n as u32 % 2);
    }
    with_space(&songs, |space| {
        let mut query = Wanted {
            mbid: "same".into(),
            artists: vec!["Anna".into()],
            ..wanted("Part two")
        };
        assert_eq!(find(space, &query), Some(2));
        query.duration_ms = 149_500;
        assert_eq!(find(space, &query), Some(3));
        query.duration_ms = 0;
        query.album = "Album 3".into();
        assert_eq!(find(space, &query), Some(3));
    });
}

#[test]
fn texts_are_compared_without_case_spaces_and_typography() {
    assert_eq!(
        normalise("  It\u{2019}s  \u{201c}SO\u{201d} \u{2013} Ærø "),
        "it's \"so\" - ærø"
    );
}

#[test]
fn a_path_goes_from_start_to_end_without_repetition() {
    with_space(&line(60), |space| {
        for count in [2, 3, 5, 10, 40] {
            let found = path(space, 5, 50, count);
            assert_eq!(
                (found.len(), found[0].song, found[count - 1].song),
                (count, 5, 50)
            );
            assert_eq!(found[0].similarity, 1.0);
            let mut songs: Vec<usize> = found.iter().map(|m| m.song).collect();
            songs.sort_unstable();
            songs.dedup();
            assert_eq!(songs.len(), count);
        }
    });
}

#[test]
fn a_path_is_smooth() {
    with_space(&line(60), |space| {
        let found = path(space, 5, 50, 10);
        let order: Vec<usize> = found.iter().map(|m| m.song).collect();
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?}");
        let steps: Vec<f32> = order
            .windows(2)
            .map(|p| space.distance(p[0], p[1]))
            .collect();
        let largest = steps.iter().copied().fold(0.0, f32::max);
        let smallest = steps.iter().copied().fold(f32::MAX, f32::min);
        assert!(
            largest < smallest * 1.5 && largest < space.distance(5, 50) * 0.7,
            "{steps:?}"
        );
    });
}

#[test]
fn paths_have_sensible_ends() {
    with_space(&line(4), |space| {
        let places = |found: Vec<Match>| found.iter().map(|m| m.song).collect::<Vec<_>>();
        assert!(path(space, 0, 3, 0).is_empty());
        assert_eq!(places(path(space, 0, 3, 1)), [0]);
        assert_eq!(places(path(space, 0, 3, 2)), [0, 3]);
        assert_eq!(places(path(space, 2, 2, 9)), [2]);
        assert_eq!(places(path(space, 0, 3, 9)), [0, 1, 2, 3]);
    });
    with_space(&line(2), |space| assert_eq!(path(space, 1, 0, 5).len(), 2));
}

#[test]
fn the_longest_path_through_a_large_library_is_found() {
    with_space(&line(2_000), |space| {
        assert_eq!(path(space, 0, 1_999, usize::MAX).len(), LONGEST_PATH);
    });
}
