//! Markup of plugins, in amounts that can be cleaned.

/// Bytes of a text with markup that are read.
const MOST_BYTES: usize = 64 << 10;

/// Cuts a text before the tag that is one too many, and wherever it is too long. Cleaning takes the square of the number
/// of tags, for any of them may have to be closed and opened again wherever another one is; and of the number of
/// attributes, and of ampersands that begin nothing.
pub(super) fn bounded(text: &str, most_tags: usize) -> &str {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let too_many = text.match_indices('<').nth(most_tags);
    too_many.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_before_the_tag_that_is_one_too_many() {
        assert_eq!(bounded("a<b>c<d>e", 2), "a<b>c<d>e");
        assert_eq!(bounded("a<b>c<d>e", 1), "a<b>c");
        assert_eq!(bounded("<b>", 0), "");
        assert_eq!(bounded("no tags", 0), "no tags");
    }

    #[test]
    fn a_text_ends_between_two_letters() {
        let text = "é".repeat(MOST_BYTES);
        assert_eq!(bounded(&text, 0).len(), MOST_BYTES);
        assert_eq!(bounded(&text[..MOST_BYTES], 0).len(), MOST_BYTES);
        assert_eq!(bounded(&format!("a{text}"), 0).len(), MOST_BYTES - 1);
    }
}
