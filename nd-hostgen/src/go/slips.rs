//! Comments that look like annotations and are none.

use super::annotation::{Word, is_space};
use crate::diagnostic::nearest;

/// Other words for an annotation, which are too far from it to be a slip of the finger.
const OTHERS: [(&str, &str); 7] = [
    ("hostfunction", "hostfunc"),
    ("hostfn", "hostfunc"),
    ("function", "hostfunc"),
    ("func", "hostfunc"),
    ("service", "hostservice"),
    ("cap", "capability"),
    ("exports", "export"),
];

/// What was meant by a comment line that begins almost like an annotation.
pub(super) fn misspelt(text: &str) -> Option<String> {
    if Word::ALL.iter().any(|word| word.is_in(text)) {
        return None;
    }
    let body = text.strip_prefix("//")?;
    // A comment inside a comment that is set off is a quotation.
    let set_off = body.starts_with('\t') || body.starts_with("  ");
    if set_off && body.trim_start().starts_with("//") {
        return None;
    }
    let trimmed = body.trim_start_matches(['/', ' ', '\t']);
    let (prefix, rest) = letters(trimmed);
    let after = rest.trim_start_matches(' ').strip_prefix([':', ';']);
    match after.filter(|_| prefix.eq_ignore_ascii_case("nd")) {
        Some(after) => behind_prefix(after.trim_start(), body.starts_with("nd:")),
        None => other_prefix(trimmed, body == trimmed),
    }
}

/// What was meant by the word behind `nd:`; if it is that exactly, some annotation was.
fn behind_prefix(text: &str, is_exact: bool) -> Option<String> {
    let is_word = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let (written, after) = text.split_at(end);
    let plain = written.replace(['_', '-'], "");
    let mut others = OTHERS.iter();
    let near = nearest(&plain, Word::ALL.map(bare)).or_else(|| {
        let other = others.find(|(other, _)| plain.eq_ignore_ascii_case(other));
        other.map(|(_, meant)| *meant)
    });
    match near {
        Some(known) => Some(hint(known, after)),
        None if is_exact => {
            let words = Word::ALL.map(Word::written);
            Some(format!("known annotations: {}", words.join(", ")))
        }
        None => None,
    }
}

/// What was meant by a text that begins with anything but `nd:`: only what nobody else writes is told from prose.
fn other_prefix(text: &str, is_directive: bool) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let meant = |word: Word| {
        let known = bare(word);
        let at = lower.find(known)?;
        let (before, after) = (&text[..at], &text[at + known.len()..]);
        let (prefix, mark) = letters(before);
        let is_nd = prefix.eq_ignore_ascii_case("nd");
        let is_mark = mark.len() <= 2 && !mark.contains(char::is_alphanumeric);
        let is_apart = before.is_empty() || !mark.is_empty() || is_nd;
        let ends = !after.starts_with(char::is_alphanumeric);
        // The other two are words of other tools and of English.
        let is_ours = matches!(word, Word::Service | Word::Function)
            || (!mark.is_empty() && after.trim_start().starts_with("name="));
        let looks_so = is_mark && is_apart && ends && is_ours && (is_directive || is_nd);
        looks_so.then(|| hint(known, after))
    };
    Word::ALL.into_iter().find_map(meant)
}

/// An annotation without what all of them begin with.
fn bare(word: Word) -> &'static str {
    word.written().strip_prefix("//nd:").unwrap_or_default()
}

/// The letters that a text begins with, and the rest.
fn letters(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphabetic());
    text.split_at(end.unwrap_or(text.len()))
}

/// The hint for an annotation that was meant; what follows it may be a space that only looks like one.
fn hint(known: &str, after: &str) -> String {
    match after.chars().next() {
        Some(c) if c.is_whitespace() && !is_space(c) => format!(
            "write `//nd:{known}`, then an ordinary space; what stands there is U+{:04X}",
            u32::from(c)
        ),
        _ => format!("write `//nd:{known}`, its parameters after a space"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_prose() {
        for slip in [
            "//nd:hostfnuc",
            "// nd:hostfunc",
            "//nd : hostfunc",
            "//ND:EXPORT name=x",
            "//nd:host_func",
            "//nd:anything",
            "//nd-hostfunc",
            "// nd hostfunc",
            "//ndhostfunc",
            "//nb:hostservice name=x",
            "//hostfunc",
            "//nb:export name=nd_x",
            "//nd.capability name=x",
        ] {
            assert!(misspelt(slip).is_some(), "{slip}");
        }
        for prose in [
            "//nd:hostfunc",
            "// hostfunc is a word.",
            "// A hostservice: what is it?",
            "// an nd: prefix",
            "//\t//nd:hostfnuc",
            "//go:export name",
            "//export Name",
            "// export name=x",
            "// nd is short.",
            "//é:hostfunc",
            "//",
        ] {
            assert_eq!(misspelt(prose), None, "{prose}");
        }
    }
}
