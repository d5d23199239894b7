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

/// How often each letter is in a text, letters being thrown together into a few groups.
#[derive(Debug, Clone)]
pub(super) struct Letters {
    counts: [u8; 32],
    length: usize,
}

impl Letters {
    pub(super) fn of(text: &str) -> Self {
        let mut letters = Self {
            counts: [0; 32],
            length: 0,
        };
        for letter in text.chars() {
            letters.length += 1;
            let count = letters.counts.get_mut(letter as usize % 32);
            count
                .into_iter()
                .for_each(|count| *count = count.saturating_add(1));
        }
        letters
    }

    /// Returns the number of letters two texts have in common at most.
    fn common(&self, other: &Self) -> usize {
        if self.length.max(other.length) > usize::from(u8::MAX) {
            // Some count may have reached its end.
            return self.length.min(other.length);
        }
        let pairs = self.counts.iter().zip(&other.counts);
        pairs.map(|(one, other)| usize::from(*one.min(other))).sum()
    }
}

/// A text that is compared with many.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    text: &'a str,
    letters: Letters,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            letters: Letters::of(text),
        }
    }

    /// Returns the [`likeness`] to another text if it is at least so much. Most texts are told apart by their letters alone.
    pub(super) fn likeness(&self, text: &str, letters: &Letters, at_least: f64) -> Option<f64> {
        if self.at_most(text, letters) < at_least {
            return None;
        }
        Some(likeness(self.text, text)).filter(|likeness| *likeness >= at_least)
    }

    /// Returns what the likeness would be if all letters in common were in the right order.
    fn at_most(&self, text: &str, letters: &Letters) -> f64 {
        if self.letters.length == 0 || letters.length == 0 {
            return 1.0;
        }
        let common = self.letters.common(letters) as f64;
        let jaro =
            (common / self.letters.length as f64 + common / letters.length as f64 + 1.0) / 3.0;
        let pairs = self.text.chars().zip(text.chars()).take(4);
        let prefix = pairs.take_while(|(one, other)| one == other).count() as f64;
        // A little more, for what rounding may take away.
        jaro + 0.1 * prefix * (1.0 - jaro) + 1e-9
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

    #[test]
    fn telling_texts_apart_by_their_letters_never_loses_one() {
        let long = "la ".repeat(150);
        let texts = [
            "",
            "a",
            "abc",
            "acb",
            "help",
            "help!",
            "helpless",
            "hello",
            "yesterday",
            "yesterdays",
            "today",
            "song number 1",
            "song number 11",
            "song number 2 of the 3 kind",
            "ärger",
            "日本語",
            "日本",
            &long,
        ];
        for one in texts {
            for other in texts {
                let (prepared, letters) = (Prepared::new(one), Letters::of(other));
                let likeness = likeness(one, other);
                assert!(
                    prepared.at_most(other, &letters) >= likeness,
                    "{one} {other}"
                );
                for threshold in [0.0, 0.5, 0.85, 1.0] {
                    let found = prepared.likeness(other, &letters, threshold);
                    let expected = Some(likeness).filter(|likeness| *likeness >= threshold);
                    assert_eq!(found, expected, "{one} {other} {threshold}");
                }
            }
        }
    }
}
