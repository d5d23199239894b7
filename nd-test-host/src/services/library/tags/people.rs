//! Who took part in a track, and as what.

use lofty::tag::ItemKey;

use super::Tags;
use crate::services::id;
use crate::services::library::track::{Participant, TrackArtist};

/// Where one tag names several artists. Longer ones come before those they begin with.
const ARTIST_SEPARATORS: &[&str] = &[" / ", " feat. ", " feat ", " ft. ", " ft ", "; "];
/// Where one tag names several people of a role.
const ROLE_SEPARATORS: &[&str] = &["/", ";"];

/// The roles beside artist, album artist and performer: name, and the tag with the people's names.
const ROLES: &[(&str, ItemKey)] = &[
    ("arranger", ItemKey::Arranger),
    ("composer", ItemKey::Composer),
    ("conductor", ItemKey::Conductor),
    ("director", ItemKey::Director),
    ("djmixer", ItemKey::MixDj),
    ("engineer", ItemKey::Engineer),
    ("lyricist", ItemKey::Lyricist),
    ("mixer", ItemKey::MixEngineer),
    ("producer", ItemKey::Producer),
    ("remixer", ItemKey::Remixer),
];

/// Returns the artists of the track.
pub(super) fn artists(tags: &Tags<'_>) -> Vec<TrackArtist> {
    let names = names(tags, ItemKey::TrackArtists, ItemKey::TrackArtist);
    let mbids = tags.all(ItemKey::MusicBrainzArtistId, ItemKey::MusicBrainzArtistId);
    let sort = tags.raw(&["ARTISTSSORT"]);
    let sort = match sort.is_empty() {
        true => tags.all(ItemKey::TrackArtistSortOrder, ItemKey::TrackArtistSortOrder),
        false => sort,
    };
    people(names, &mbids, &split_one(sort, ARTIST_SEPARATORS))
}

/// Returns the artists of the album.
pub(super) fn album_artists(tags: &Tags<'_>) -> Vec<TrackArtist> {
    let names = names(tags, ItemKey::AlbumArtists, ItemKey::AlbumArtist);
    let key = ItemKey::MusicBrainzReleaseArtistId;
    let mbids = tags.all(key, key);
    let sort = tags.raw(&["ALBUMARTISTSSORT"]);
    let sort = match sort.is_empty() {
        true => tags.all(ItemKey::AlbumArtistSortOrder, ItemKey::AlbumArtistSortOrder),
        false => sort,
    };
    people(names, &mbids, &split_one(sort, ARTIST_SEPARATORS))
}

/// Returns everybody else.
pub(super) fn others(tags: &Tags<'_>) -> Vec<Participant> {
    let mut others = Vec::new();
    for &(role, key) in ROLES {
        let upper = role.to_uppercase();
        let names = match tags.all(key, key) {
            none if none.is_empty() => tags.raw(&[&upper]),
            names => names,
        };
        let sort = tags.raw(&[&format!("{upper}SORT")]);
        let sort = match (sort.is_empty(), key) {
            (true, ItemKey::Composer) => {
                tags.all(ItemKey::ComposerSortOrder, ItemKey::ComposerSortOrder)
            }
            _ => sort,
        };
        let mbids = tags.raw(&[
            &format!("MUSICBRAINZ_{upper}ID"),
            &format!("MUSICBRAINZ {upper} ID"),
        ]);
        let people = people(
            split(names, ROLE_SEPARATORS),
            &mbids,
            &split(sort, ROLE_SEPARATORS),
        );
        others.extend(people.into_iter().map(|artist| Participant {
            role: role.to_owned(),
            sub_role: String::new(),
            artist,
        }));
    }
    others.extend(performers(tags));
    others
}

/// Returns the performers; each may have an instrument, in the field's name or in brackets behind the person's.
fn performers(tags: &Tags<'_>) -> Vec<Participant> {
    let mut named: Vec<(String, String)> = Vec::new();
    for value in tags.raw(&["PERFORMER"]) {
        named.push(
            match value
                .strip_suffix(')')
                .and_then(|text| text.rsplit_once(" ("))
            {
                Some((name, instrument)) => (instrument.to_owned(), name.to_owned()),
                None => (String::new(), value),
            },
        );
    }
    for (instrument, names) in tags.fields.beginning("PERFORMER:") {
        for name in split(names.to_vec(), ROLE_SEPARATORS) {
            named.push((instrument.to_lowercase(), name));
        }
    }
    let mbids = tags.raw(&["MUSICBRAINZ_PERFORMERID", "MUSICBRAINZ PERFORMER ID"]);
    let (instruments, names): (Vec<_>, Vec<_>) = named.into_iter().unzip();
    let people = people(names, &mbids, &tags.raw(&["PERFORMERSORT"]));
    let people = instruments.into_iter().zip(people);
    let performers = people.map(|(instrument, artist)| Participant {
        role: "performer".to_owned(),
        sub_role: capitalised(instrument.trim()),
        artist,
    });
    performers.collect()
}

fn capitalised(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => String::new(),
        }
    });
    words.collect::<Vec<String>>().join(" ")
}

/// Makes artists of their names, and of ids and sort forms that belong to them by position.
pub(super) fn people(names: Vec<String>, mbids: &[String], sort: &[String]) -> Vec<TrackArtist> {
    // More or fewer of them than names belong to nobody.
    let of = |list: &[String], n: usize| match list.len() == names.len() {
        true => list.get(n).cloned().unwrap_or_default(),
        false => String::new(),
    };
    let artists = names.iter().enumerate().map(|(n, name)| TrackArtist {
        id: id::stable(&["artist", &name.to_lowercase()]),
        mbid: of(mbids, n),
        sort_name: of(sort, n),
        name: name.clone(),
    });
    artists.collect()
}

/// Returns the names of the list tag, or else of the text tag, which may hold several in one text.
fn names(tags: &Tags<'_>, list: ItemKey, text: ItemKey) -> Vec<String> {
    match tags.all(list, list) {
        none if none.is_empty() => split_one(tags.all(text, text), ARTIST_SEPARATORS),
        names => names,
    }
}

/// Splits a single text; several were separated by the file.
fn split_one(values: Vec<String>, separators: &[&str]) -> Vec<String> {
    match values.len() {
        1 => split(values, separators),
        _ => values,
    }
}

/// Splits every text at the separators, whatever their case.
pub(super) fn split(values: Vec<String>, separators: &[&str]) -> Vec<String> {
    let mut parts = Vec::with_capacity(values.len());
    for value in values {
        let mut rest = value.as_str();
        while let Some((before, after)) = cut(rest, separators) {
            parts.push(before.trim().to_owned());
            rest = after;
        }
        parts.push(rest.trim().to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn cut<'a>(text: &'a str, separators: &[&str]) -> Option<(&'a str, &'a str)> {
    text.char_indices().find_map(|(at, _)| {
        let separator = separators.iter().find(|separator| {
            let there = text.get(at..at + separator.len());
            there.is_some_and(|there| there.eq_ignore_ascii_case(separator))
        })?;
        Some((&text[..at], &text[at + separator.len()..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_may_name_several() {
        for (text, separators, expected) in [
            ("Ann feat. Bob", ARTIST_SEPARATORS, vec!["Ann", "Bob"]),
            (
                "Ann FT Bob / Cid; Dan",
                ARTIST_SEPARATORS,
                vec!["Ann", "Bob", "Cid", "Dan"],
            ),
            ("AC/DC", ARTIST_SEPARATORS, vec!["AC/DC"]),
            ("Feature", ARTIST_SEPARATORS, vec!["Feature"]),
            ("A;;B/ C", ROLE_SEPARATORS, vec!["A", "B", "C"]),
            ("Ä/Ö", ROLE_SEPARATORS, vec!["Ä", "Ö"]),
            (" / ", ROLE_SEPARATORS, vec![]),
        ] {
            assert_eq!(split(vec![text.to_owned()], separators), expected, "{text}");
        }
    }

    #[test]
    fn ids_belong_to_people_by_position_or_to_nobody() {
        let list = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let mbids = |given: &[&str]| -> Vec<String> {
            let people = people(list(&["Ann", "Bob"]), &list(given), &[]);
            people.into_iter().map(|artist| artist.mbid).collect()
        };
        assert_eq!(mbids(&["1", "2"]), ["1", "2"]);
        assert_eq!(mbids(&["1"]), ["", ""]);
        assert_eq!(mbids(&["1", "2", "3"]), ["", ""]);
    }
}
