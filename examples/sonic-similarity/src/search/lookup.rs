//! Finds the indexed song that a reference from the server means.

use super::Space;

/// What the server says about a song; empty where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Title.
    pub title: String,
    /// Every name the artists may go by: one by one, and as displayed.
    pub artists: Vec<String>,
    /// Album.
    pub album: String,
    /// MusicBrainz recording id.
    pub mbid: String,
    /// ISRC.
    pub isrc: String,
    /// Length in milliseconds; 0 when unknown.
    pub duration_ms: u32,
}

/// What the server calls the artist of a file without one.
pub const UNKNOWN_ARTIST: &str = "[Unknown Artist]";

/// Lengths that differ by less than this, in milliseconds, count as equal.
const SAME_LENGTH_MS: u32 = 2_000;

/// The song that is meant; `None` if it is not indexed.
///
/// A recording id or ISRC decides, and where several files carry it, or none does, title, artist, album and length,
/// in this order.
pub fn find(space: &Space<'_>, wanted: &Wanted) -> Option<usize> {
    let title = normalise(&wanted.title);
    let album = normalise(&wanted.album);
    let artists: Vec<String> = wanted.artists.iter().map(|a| normalise(a)).collect();
    let unknown = normalise(UNKNOWN_ARTIST);
    let artists: Vec<&String> = artists
        .iter()
        .filter(|a| !a.is_empty() && **a != unknown)
        .collect();
    let mut best = None;
    for (place, song) in space.songs().iter().enumerate() {
        let entry = song.entry;
        let same_mbid = !wanted.mbid.is_empty() && wanted.mbid.eq_ignore_ascii_case(entry.mbid);
        let same_isrc = !wanted.isrc.is_empty() && same_isrc(&wanted.isrc, entry.isrc);
        let same_title = !title.is_empty() && title == normalise(entry.title);
        if !(same_mbid || same_isrc || same_title) {
            continue;
        }
        let names = || {
            entry
                .artists()
                .chain([entry.artist])
                .map(normalise)
                .filter(|n| !n.is_empty())
        };
        let same_artist = names().any(|n| artists.contains(&&n));
        let artist_unknown = artists.is_empty() || names().next().is_none();
        if !(same_mbid || same_isrc || same_artist || artist_unknown) {
            continue;
        }
        let apart = match (wanted.duration_ms, entry.duration_ms) {
            (0, _) | (_, 0) => SAME_LENGTH_MS,
            (a, b) => a.abs_diff(b),
        };
        let rank = (
            same_mbid,
            same_isrc,
            same_title,
            same_artist,
            apart < SAME_LENGTH_MS,
            !album.is_empty() && album == normalise(entry.album),
            std::cmp::Reverse(apart),
        );
        // Only strictly better replaces, so equal candidates resolve to the first path.
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, place));
        }
    }
    best.map(|(_, place)| place)
}

/// ISRCs are compared without the hyphens some taggers put in.
fn same_isrc(a: &str, b: &str) -> bool {
    let plain = |s: &str| {
        s.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_uppercase()
    };
    let a = plain(a);
    !a.is_empty() && a == plain(b)
}

/// A text as it is compared: lower case, single spaces, plain quotes and dashes.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars().flat_map(char::to_lowercase) {
            out.push(match c {
                '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '`' | '\u{b4}' => '\'',
                '\u{201c}' | '\u{201d}' | '\u{201f}' | '\u{2033}' => '"',
                '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
                c => c,
            });
        }
    }
    out
}
