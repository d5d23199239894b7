//! A song as it is looked for.

use nd_types::SongRef;

use super::text;
use crate::services::library::normalise;

/// Letters of a title or an album that are compared. Tags are shorter, and comparing takes the product of both lengths.
const COMPARED: usize = 4096;

/// A song that has a title and artists to look for.
pub(super) struct Query {
    pub(super) title: String,
    pub(super) album: String,
    pub(super) album_mbid: String,
    /// Seconds; none if unknown.
    pub(super) duration: Option<f64>,
    pub(super) artists: Vec<QueryArtist>,
}

/// One artist of a song that is looked for: there is an id, an MBID, or a name.
pub(super) struct QueryArtist {
    pub(super) id: String,
    pub(super) mbid: String,
    /// Without leading article, in the form names are compared in.
    pub(super) name: String,
}

impl Query {
    /// Reads what there is to look for; none if the song names no artist.
    pub(super) fn new(song: &SongRef, articles: &[String]) -> Option<Self> {
        let artist = |id: &str, mbid: &str, name: &str| QueryArtist {
            id: id.to_owned(),
            mbid: mbid.to_owned(),
            name: text::artist(name, articles),
        };
        let mut artists: Vec<QueryArtist> = match song.artists.is_empty() {
            false => {
                let named = song.artists.iter();
                named.map(|a| artist(&a.id, &a.mbid, &a.name)).collect()
            }
            true => vec![artist("", &song.artist_mbid, &song.artist)],
        };
        artists.retain(|a| !(a.id.is_empty() && a.mbid.is_empty() && a.name.is_empty()));
        if artists.is_empty() {
            return None;
        }
        Some(Self {
            title: normalise(cut(&song.name)),
            album: normalise(cut(&song.album)),
            album_mbid: song.album_mbid.clone(),
            duration: duration(song),
            artists,
        })
    }
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(COMPARED);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Returns the length in seconds: that in milliseconds if there is one, else the one in seconds, cut to milliseconds.
fn duration(song: &SongRef) -> Option<f64> {
    let milliseconds = match song.duration_ms {
        // In the width of the field: 3.1 s are 3,100 ms.
        0 => f64::from((song.duration.max(0.0) * 1_000.0).trunc()),
        given => f64::from(given),
    };
    (milliseconds > 0.0).then_some(milliseconds / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_length_wins_and_a_negative_one_is_none() {
        let song = |duration, duration_ms| SongRef {
            duration,
            duration_ms,
            ..SongRef::default()
        };
        assert_eq!(duration(&song(3.0, 2_500)), Some(2.5));
        assert_eq!(duration(&song(3.0, 0)), Some(3.0));
        assert_eq!(duration(&song(3.1, 0)), Some(3.1));
        assert_eq!(duration(&song(-3.0, 0)), None);
        assert_eq!(duration(&song(0.0, 0)), None);
        assert_eq!(duration(&song(f32::NAN, 0)), None);
    }
}
