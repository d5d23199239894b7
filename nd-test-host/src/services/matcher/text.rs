//! Texts in the form they are compared in, and how alike two of them are.

use crate::services::library::{normalise, unaccented};

/// Brings an artist's name to the form it is compared in, without one leading article.
///
/// Accents go before the article and letter case after it: `Ó` in front goes like `O`, and `the` stays where `The` goes.
pub(super) fn artist(name: &str, articles: &[String]) -> String {
    let plain = unaccented(name);
    let name = plain.trim();
    let without = articles.iter().find_map(|article| {
        name.strip_prefix(article.as_str())
            .and_then(|rest| rest.strip_prefix(' '))
    });
    normalise(without.unwrap_or(name))
}

/// Tells how alike two normalised texts are, from 0 to 1: Jaro-Winkler, with a boost for up to four equal letters in
/// front where the texts are more alike than 0.7 anyway.
pub(super) fn likeness(one: &str, other: &str) -> f64 {
    if one == other {
        1.0
    } else if one.is_empty() || other.is_empty() {
        0.0
    } else {
        strsim::jaro_winkler(one, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leading_article_goes_if_it_is_written_like_one() {
        let articles: Vec<String> = ["The", "O", "A", "Los"].map(str::to_owned).into();
        for (name, expected) in [
            ("The Beatles", "beatles"),
            ("the Beatles", "the beatles"),
            ("The The", "the"),
            ("Theatre", "theatre"),
            ("A", "a"),
            ("  The  Band", "band"),
            ("O Rappa", "rappa"),
            ("Ó Riada", "riada"),
            ("Björk", "bjork"),
            ("Ólafur", "olafur"),
        ] {
            assert_eq!(artist(name, &articles), expected, "{name}");
        }
    }

    #[test]
    fn likeness_is_jaro_winkler_with_the_usual_parameters() {
        // The classic examples of Winkler's paper.
        for (one, other, expected) in [
            ("martha", "marhta", 0.961),
            ("dixon", "dicksonx", 0.813),
            ("dwayne", "duane", 0.84),
            ("abc", "abc", 1.0),
            ("abc", "", 0.0),
            ("", "", 1.0),
            ("abc", "xyz", 0.0),
        ] {
            let found = likeness(one, other);
            assert!((found - expected).abs() < 0.001, "{one} {other} {found}");
        }
    }
}
