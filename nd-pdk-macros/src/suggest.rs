//! "Did you mean": the nearest of a list of names.

/// Returns the candidate that the author most likely meant, if any is near enough.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (name.chars().count() / 4).max(1);
    candidates
        .map(|candidate| (distance(&plain(name), &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Spelling apart from case and underscores is what people get wrong; these two cost nothing.
fn plain(name: &str) -> Vec<char> {
    name.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Counts the letters to insert, remove or replace.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["Scrobbler", "Lyrics", "MetadataAgent", "ArtistURLProvider"];
        for (name, expected) in [
            ("Scrobler", Some("Scrobbler")),
            ("scrobbler", Some("Scrobbler")),
            ("Lyric", Some("Lyrics")),
            ("MetaDataAgents", Some("MetadataAgent")),
            ("ArtistUrlProvider", Some("ArtistURLProvider")),
            ("Display", None),
            ("X", None),
            ("MetadataService", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names.into_iter()), expected, "{name}");
        }
        assert_eq!(
            nearest("nowplaying", ["now_playing", "scrobble"].into_iter()),
            Some("now_playing")
        );
    }
}
