//! Markup of plugins, in amounts that can be cleaned.

/// Cuts a text before the tag that is one too many, and wherever it is too long. Cleaning takes the square of the number
/// of tags, for any of them may have to be closed and opened again wherever another one is; and of the number of
/// attributes, and of ampersands that begin nothing.
pub(super) fn bounded(text: &str, most_bytes: usize, most_tags: usize) -> &str {
    let text = &text[..text.floor_char_boundary(most_bytes)];
    let too_many = text.match_indices('<').nth(most_tags);
    too_many.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_before_the_tag_that_is_one_too_many() {
        assert_eq!(bounded("a<b>c<d>e", 99, 2), "a<b>c<d>e");
        assert_eq!(bounded("a<b>c<d>e", 99, 1), "a<b>c");
        assert_eq!(bounded("<b>", 99, 0), "");
        assert_eq!(bounded("no tags", 99, 0), "no tags");
    }

    #[test]
    fn a_text_ends_between_two_letters() {
        assert_eq!(bounded("éé", 4, 0), "éé");
        assert_eq!(bounded("éé", 3, 0), "é");
        assert_eq!(bounded("éé", 1, 0), "");
    }
}
