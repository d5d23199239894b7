//! What the server makes of questions and answers: names in plain characters, texts without scripts, pictures in order.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use nd_types::metadata::ImageInfo;
use nd_types::{ArtistRef, SongRef};
use serde::{Deserialize, Serialize};

use crate::server::markup::bounded;
use crate::services::library::{LibraryTrack, normalise};

/// Replaces typographic quotes and dashes by plain ones: services outside do not find names that are written with them.
pub(super) fn plain(name: &str) -> String {
    let plain = |c| match c {
        '‘' | '’' | '‚' | '‛' | '′' => '\'',
        '“' | '”' | '„' | '‟' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        other => other,
    };
    name.chars().map(plain).collect()
}

/// Bytes of a biography that are read; what comes after them is left out.
const MOST_BYTES: usize = 64 << 10;
/// Tags of a biography that are read. Articles have a few dozen.
const MOST_TAGS: usize = 1000;

/// Cleans a biography: only harmless markup, on one line, and links open in a window of their own.
pub(super) fn biography(text: &str) -> String {
    static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
        let mut cleaner = ammonia::Builder::default();
        cleaner.link_rel(Some("nofollow"));
        cleaner
    });
    let clean = CLEANER
        .clean(bounded(text, MOST_BYTES, MOST_TAGS))
        .to_string();
    // Every link begins like this now, for the cleaner writes markup in one form only.
    clean
        .replace("\r\n", " ")
        .replace(['\n', '\r'], " ")
        .replace("<a ", "<a target='_blank' ")
}

/// The pictures of an information page; empty addresses where there are fewer than three.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pictures {
    /// The largest.
    pub large: String,
    /// The second.
    pub medium: String,
    /// The third.
    pub small: String,
}

impl Pictures {
    pub(super) fn of(mut images: Vec<ImageInfo>) -> Self {
        images.sort_by_key(|image| std::cmp::Reverse(image.size));
        let mut urls = images.into_iter().map(|image| image.url);
        let mut next = || urls.next().unwrap_or_default();
        Self {
            large: next(),
            medium: next(),
            small: next(),
        }
    }
}

/// Picks the picture to download: the largest with an address on the web, the first of several.
pub(super) fn largest(images: &[ImageInfo]) -> Option<&ImageInfo> {
    let usable = images.iter().filter(|image| is_web_address(&image.url));
    // Of equal ones `max_by_key` takes the last, so the list is turned round.
    usable.rev().max_by_key(|image| image.size)
}

fn is_web_address(text: &str) -> bool {
    // The parser makes up a host where none is written, as browsers do.
    let host = text
        .split_once("://")
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    host.is_some_and(|host| !host.is_empty())
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Gives songs without an artist the one that was asked for.
pub(super) fn attribute(songs: &mut [SongRef], artist: &ArtistRef) {
    for song in songs {
        match song.artists.first_mut() {
            Some(first) if first.name.is_empty() => *first = artist.clone(),
            None if song.artist.is_empty() => song.artists = vec![artist.clone()],
            _ => {}
        }
    }
}

/// Picks from the tracks songs stand for, one per song: what was not found is left out, and a track comes once, unless
/// two of the songs are the very same.
pub(super) fn matched(
    songs: &[SongRef],
    found: impl Iterator<Item = Option<LibraryTrack>>,
) -> Vec<LibraryTrack> {
    let mut seen: HashMap<String, &SongRef> = HashMap::new();
    let mut tracks = Vec::new();
    for (song, track) in songs.iter().zip(found) {
        let Some(track) = track else { continue };
        let first = seen.entry(track.id.clone()).or_insert(song);
        if *first == song {
            tracks.push(track);
        }
    }
    tracks
}

/// An artist that is like another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SimilarArtist {
    /// Artist id; none if the library has no such artist.
    pub id: Option<String>,
    /// Name: the library's, or the source's.
    pub name: String,
    /// MusicBrainz id.
    pub mbid: String,
}

/// Finds artists in the library: by id, by MusicBrainz id, by name. Each comes once.
pub(super) fn known<'a>(
    artists: &[ArtistRef],
    tracks: impl IntoIterator<Item = &'a LibraryTrack>,
) -> Vec<SimilarArtist> {
    let mut by_id = HashMap::new();
    let mut by_mbid = HashMap::new();
    let mut by_name = HashMap::new();
    let credited = tracks
        .into_iter()
        .flat_map(|track| track.artists.iter().chain(&track.album_artists));
    for artist in credited {
        by_id.entry(artist.id.as_str()).or_insert(artist);
        by_name.entry(normalise(&artist.name)).or_insert(artist);
        if !artist.mbid.is_empty() {
            by_mbid.entry(artist.mbid.as_str()).or_insert(artist);
        }
    }
    let mut seen = HashSet::new();
    let found = artists.iter().map(|artist| {
        let by_id = by_id.get(artist.id.as_str());
        let by_mbid = || by_mbid.get(artist.mbid.as_str());
        let by_name = || by_name.get(&normalise(&artist.name));
        match by_id.or_else(by_mbid).or_else(by_name) {
            Some(known) => SimilarArtist {
                id: Some(known.id.clone()),
                name: known.name.clone(),
                mbid: known.mbid.clone(),
            },
            None => SimilarArtist {
                id: None,
                name: artist.name.clone(),
                mbid: artist.mbid.clone(),
            },
        }
    });
    found
        .filter(|artist| {
            let key = artist.id.clone().unwrap_or_else(|| normalise(&artist.name));
            !key.is_empty() && seen.insert((artist.id.is_some(), key))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::sample::track;

    fn image(url: &str, size: i32) -> ImageInfo {
        ImageInfo {
            url: url.to_owned(),
            size,
        }
    }

    #[test]
    fn names_lose_typography_but_not_letters() {
        assert_eq!(
            plain("Don’t “Stop” – Ünder—score"),
            "Don't \"Stop\" - Ünder-score"
        );
    }

    #[test]
    fn a_biography_is_harmless_markup_on_one_line() {
        assert_eq!(
            biography("One\ntwo\r\nthree <script>x()</script><b onclick=\"y()\">bold</b>"),
            "One two three <b>bold</b>"
        );
        let linked = biography("see <a href=\"https://a.test/x\">there</a>");
        assert!(linked.contains("target='_blank'"), "{linked}");
        assert!(linked.contains("href=\"https://a.test/x\""), "{linked}");
        assert!(!biography("<a href=\"javascript:z()\">no</a>").contains("javascript"));
    }

    #[test]
    fn pictures_are_sorted_by_size_and_three_are_used() {
        let images = [image("s", 1), image("l", 9), image("m", 5), image("m2", 5)];
        let pictures = Pictures::of(images.to_vec());
        assert_eq!(
            [pictures.large, pictures.medium, pictures.small],
            ["l", "m", "m2"]
        );
        assert_eq!(Pictures::of(vec![image("only", 0)]).medium, "");
    }

    #[test]
    fn the_picture_to_download_is_the_largest_with_a_web_address() {
        let images = [
            image("ftp://a.test/x", 900),
            image("/relative", 800),
            image("http:///nohost", 700),
            image("http:nohost.test/x", 600),
            image("http://a.test/first", 500),
            image("https://a.test/second", 500),
            image("https://a.test/small", 0),
        ];
        assert_eq!(
            largest(&images).map(|image| image.url.as_str()),
            Some("http://a.test/first")
        );
        assert_eq!(largest(&images[..4]), None);
    }

    #[test]
    fn songs_without_an_artist_get_the_requested_one() {
        let asked = ArtistRef {
            name: "Asked".into(),
            ..ArtistRef::default()
        };
        let named = |names: &[&str], artist: &str| SongRef {
            artists: names
                .iter()
                .map(|&name| ArtistRef {
                    name: name.into(),
                    ..ArtistRef::default()
                })
                .collect(),
            artist: artist.into(),
            ..SongRef::default()
        };
        let mut songs = [
            named(&[], ""),
            named(&[""], "ignored"),
            named(&["Own"], ""),
            named(&[], "Old"),
        ];
        attribute(&mut songs, &asked);
        let first = |song: &SongRef| song.artists.first().map(|artist| artist.name.clone());
        let names: Vec<_> = songs.iter().map(first).collect();
        assert_eq!(
            names,
            [
                Some("Asked".into()),
                Some("Asked".into()),
                Some("Own".into()),
                None
            ]
        );
    }

    #[test]
    fn a_track_comes_once_unless_two_songs_are_the_very_same() {
        let song = |name: &str, album: &str| SongRef {
            name: name.into(),
            album: album.into(),
            ..SongRef::default()
        };
        let songs = [
            song("a", "x"),
            song("unknown", ""),
            song("b", ""),
            song("a", "y"),
            song("a", "x"),
        ];
        let found = songs
            .iter()
            .map(|song| (song.name != "unknown").then(|| track(&song.name)));
        let found = matched(&songs, found);
        let titles: Vec<_> = found.iter().map(|track| track.title.as_str()).collect();
        assert_eq!(titles, ["a", "b", "a"]);
    }

    #[test]
    fn similar_artists_are_found_by_id_mbid_and_name_and_come_once() {
        let mut other = track("b");
        other.artists[0].id = "ar2".into();
        other.artists[0].name = "Other".into();
        other.artists[0].mbid = "m2".into();
        let artist = |id: &str, mbid: &str, name: &str| ArtistRef {
            id: id.into(),
            mbid: mbid.into(),
            name: name.into(),
            ..ArtistRef::default()
        };
        let artists = [
            artist("ar1", "m2", "Stranger"),
            artist("", "m2", "Somebody"),
            artist("", "", "OTHER"),
            artist("", "", "Stranger"),
            artist("", "", "stranger"),
            artist("", "", ""),
        ];
        let tracks = [track("a"), other];
        let ids: Vec<_> = known(&artists, &tracks)
            .into_iter()
            .map(|artist| (artist.id, artist.name))
            .collect();
        let known_as = |id: &str, name: &str| (Some(id.to_owned()), name.to_owned());
        assert_eq!(
            ids,
            [
                known_as("ar1", "Artist"),
                known_as("ar2", "Other"),
                (None, "Stranger".to_owned())
            ]
        );
    }
}
