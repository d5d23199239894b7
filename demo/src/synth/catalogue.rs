//! What the made-up library holds: six albums of six styles, four pieces each.

use super::rng::Rng;
use super::theory::{DORIAN, Key, MAJOR, MINOR, MIXOLYDIAN};
use super::{Container, Style, SynthTrack};
use std::path::PathBuf;

struct Album {
    style: Style,
    artist: &'static str,
    title: &'static str,
    genre: &'static str,
    year: u32,
    pieces: [Piece; 4],
}

struct Piece {
    title: &'static str,
    key: Key,
    bpm: f32,
}

const fn piece(title: &'static str, root: i32, scale: [i32; 7], bpm: f32) -> Piece {
    Piece {
        title,
        key: Key { root, scale },
        bpm,
    }
}

const ALBUMS: [Album; 6] = [
    Album {
        style: Style::Ballad,
        artist: "Inès Halloran",
        title: "Rooms With Lamps",
        genre: "Piano",
        year: 2011,
        pieces: [
            piece("First Lamp", 60, MAJOR, 66.0),
            piece("Letters Unsent", 57, MINOR, 70.0),
            piece("Window Over the Canal", 65, MAJOR, 74.0),
            piece("Half Past Snow", 62, MINOR, 68.0),
        ],
    },
    Album {
        style: Style::Techno,
        artist: "Kilowatt Parade",
        title: "Substation",
        genre: "Techno",
        year: 2019,
        pieces: [
            piece("Busbar", 57, MINOR, 126.0),
            piece("Grid Tie", 53, MINOR, 132.0),
            piece("Night Shift", 60, DORIAN, 128.0),
            piece("Breaker", 55, MINOR, 130.0),
        ],
    },
    Album {
        style: Style::Ambient,
        artist: "Vesper Field",
        title: "Slow Weather",
        genre: "Ambient",
        year: 2016,
        pieces: [
            piece("Stratus", 50, MAJOR, 60.0),
            piece("Long Dusk", 53, DORIAN, 56.0),
            piece("Meltwater", 48, MAJOR, 64.0),
            piece("Far Shore", 52, MINOR, 58.0),
        ],
    },
    Album {
        style: Style::Folk,
        artist: "Tam Orchard",
        title: "Hedge and Lane",
        genre: "Folk",
        year: 2008,
        pieces: [
            piece("Hawthorn", 55, MAJOR, 104.0),
            piece("Milk Cart", 60, MIXOLYDIAN, 112.0),
            piece("The Ferryman’s Daughter", 57, DORIAN, 98.0),
            piece("Barley Moon", 62, MAJOR, 108.0),
        ],
    },
    Album {
        style: Style::DrumAndBass,
        artist: "Axial Tilt",
        title: "Ninety Degrees",
        genre: "Drum and Bass",
        year: 2021,
        pieces: [
            piece("Perihelion", 57, MINOR, 172.0),
            piece("Night Bus North", 53, DORIAN, 174.0),
            piece("Undertow", 55, MINOR, 170.0),
            piece("Carrier Wave", 58, MINOR, 176.0),
        ],
    },
    Album {
        style: Style::Swing,
        artist: "The Corner Street Seven",
        title: "Late Set",
        genre: "Jazz",
        year: 1998,
        pieces: [
            piece("Two Stops Early", 58, MAJOR, 148.0),
            piece("Umbrella Stand", 60, MIXOLYDIAN, 160.0),
            piece("Mister Pellegrin", 55, DORIAN, 140.0),
            piece("Last Tram", 63, MAJOR, 168.0),
        ],
    },
];

/// Lists every piece with its tags and what it takes to perform it.
pub(super) fn tracks() -> Vec<(SynthTrack, Key, f32)> {
    let mut all = Vec::new();
    for (album_number, album) in ALBUMS.iter().enumerate() {
        let mut ids = Rng::new(0xa1b0_0000 + album_number as u64);
        let (artist_mbid, album_mbid, release_group_mbid) = (ids.uuid(), ids.uuid(), ids.uuid());
        for (index, piece) in album.pieces.iter().enumerate() {
            // Both containers in every style, so that none can be told by its container.
            let container = if index % 2 == 0 {
                Container::Flac
            } else {
                Container::Wav
            };
            let number = index as u32 + 1;
            let file = format!("{number:02} {}.{}", piece.title, container.extension());
            let track = SynthTrack {
                path: PathBuf::from(album.artist).join(album.title).join(file),
                style: album.style,
                container,
                seed: 1000 * (album_number as u64 + 1) + u64::from(number),
                title: piece.title.to_owned(),
                artist: album.artist.to_owned(),
                album: album.title.to_owned(),
                genre: album.genre.to_owned(),
                year: album.year,
                number,
                seconds: 0.0,
                artist_mbid: artist_mbid.clone(),
                album_mbid: album_mbid.clone(),
                release_group_mbid: release_group_mbid.clone(),
                recording_mbid: ids.uuid(),
                release_track_mbid: ids.uuid(),
                // ZZ is no country, so nobody owns these codes.
                isrc: format!(
                    "ZZSYN{:02}{:05}",
                    album.year % 100,
                    album_number * 100 + index + 1
                ),
            };
            all.push((track, piece.key, piece.bpm));
        }
    }
    all
}
