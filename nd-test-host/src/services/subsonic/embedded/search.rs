//! Searching artists, albums and songs: every word asked for must begin a word of the item.

use std::collections::BTreeSet;

use super::document::Object;
use super::fault::Fault;
use super::index::{Album, Artist, Index};
use super::shapes::{self, Notes};
use super::{Call, Reply};
use crate::services::library::unaccented;

const DEFAULT_COUNT: usize = 20;

/// What items can be found by, in the order of the index: words in plain lower case, each with a space before it.
pub(super) struct Words {
    artists: Vec<String>,
    albums: Vec<String>,
    tracks: Vec<String>,
}

impl Words {
    fn of(index: &Index) -> Self {
        let artists = index.artists.iter();
        let albums = index.albums.iter();
        Self {
            artists: artists
                .map(|artist| plain(&[&artist.name, &artist.sort_name]))
                .collect(),
            albums: albums
                .map(|album| plain(&[&album.name, &album.artist]))
                .collect(),
            tracks: index
                .tracks()
                .map(|track| {
                    plain(&[
                        &track.title,
                        &track.album,
                        &track.artist,
                        &track.album_artist,
                    ])
                })
                .collect(),
        }
    }
}

pub(super) fn search2(call: &Call<'_>) -> Result<Reply, Fault> {
    search(
        call,
        "searchResult2",
        shapes::artist_folder,
        shapes::album_folder,
    )
}

pub(super) fn search3(call: &Call<'_>) -> Result<Reply, Fault> {
    search(call, "searchResult3", shapes::artist, shapes::album)
}

/// Without a query everything is found; so it is with a pair of quotes, which some clients send instead.
fn search(
    call: &Call<'_>,
    name: &'static str,
    artist: fn(&Artist, &Notes) -> Object,
    album: fn(&Album, &Index, &Notes) -> Object,
) -> Result<Reply, Fault> {
    let (index, notes) = (call.index_of_folders()?, call.notes()?);
    let words = index.words.get_or_init(|| Words::of(&index));
    let query = plain(&[call.params.text("query").unwrap_or_default()]);
    let query: BTreeSet<&str> = query.split_whitespace().collect();
    let page = |texts: &[String], kind: &str| {
        let number = |what: &str| call.params.number(&format!("{kind}{what}"));
        let count = number("Count").unwrap_or(DEFAULT_COUNT);
        let offset = number("Offset").unwrap_or(0);
        let found = (0..texts.len()).filter(|&n| matches(&texts[n], &query));
        found.skip(offset).take(count).collect::<Vec<_>>()
    };
    let artists = page(&words.artists, "artist").into_iter();
    let albums = page(&words.albums, "album").into_iter();
    let tracks = page(&words.tracks, "song").into_iter();
    let found = Object::new()
        .with_list(
            "artist",
            artists.map(|n| artist(&index.artists[n], &notes)).collect(),
        )
        .with_list(
            "album",
            albums
                .map(|n| album(&index.albums[n], &index, &notes))
                .collect(),
        )
        .with_list(
            "song",
            tracks
                .map(|n| shapes::song(index.track(n), &notes))
                .collect(),
        );
    Reply::object(name, found)
}

fn matches(text: &str, query: &BTreeSet<&str>) -> bool {
    query.iter().all(|word| {
        let mut words = text.split_whitespace();
        words.any(|known| known.starts_with(word))
    })
}

/// Returns the words of some texts without accents and letter case; quotes are no part of words.
fn plain(texts: &[&str]) -> String {
    let mut words = String::new();
    for text in texts {
        words.push(' ');
        words.extend(
            unaccented(text)
                .chars()
                .filter(|c| !matches!(c, '"' | '\'' | '’' | '‘' | '“' | '”'))
                .flat_map(char::to_lowercase),
        );
    }
    words
}
