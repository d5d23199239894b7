//! Texts without markup.

use std::sync::LazyLock;

/// Everything goes but the text; what is inside scripts and style sheets is not text.
static STRICT: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut strict = ammonia::Builder::empty();
    strict.clean_content_tags(["script", "style"].into());
    strict
});

/// Removes HTML and decodes entities. The spaces stay as they are.
pub(super) fn plain(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_owned();
    }
    // The cleaner decodes all entities and writes back these; `&amp;` last, for it may stand before one of the others.
    let cleaned = STRICT.clean(text).to_string();
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", "\u{a0}"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(cleaned, |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn markup_goes_and_entities_become_letters() {
        for (text, expected) in [
            ("a b", "a b"),
            ("<b>bold</b> &amp; <i>bright</i>", "bold & bright"),
            ("I &lt;3 you", "I <3 you"),
            ("I <3 you", "I <3 you"),
            ("&eacute;t&#233; &#x1F3B5;", "été 🎵"),
            ("&amp;lt;", "&lt;"),
            ("<script>alert(1)</script>la", "la"),
            ("  <br>la ", "  la "),
            ("a < b > c", "a < b > c"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
