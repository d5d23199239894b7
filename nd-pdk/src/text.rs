//! Three string operations in their smallest form: those of the standard library are made for speed on long texts, and
//! bring in two-way search and Unicode tables that a plugin needs for nothing else.

/// Returns the place of the first `part` in `text`.
pub(crate) fn find(text: &str, part: &str) -> Option<usize> {
    text.as_bytes()
        .windows(part.len())
        .position(|window| window == part.as_bytes())
}

/// Tells whether `part` occurs in `text`.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// Puts texts together.
#[inline(never)]
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut whole = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        whole.push_str(part);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::{concat, contains, find};

    #[test]
    fn parts_are_found_and_put_together() {
        assert_eq!(find("aabaab", "aab"), Some(0));
        assert_eq!(find("xaab", "aab"), Some(1));
        assert_eq!(find("aa", "aab"), None);
        assert!(contains("äöü", "ö"));
        assert_eq!(concat(&["a", "", "bc"]), "abc");
    }
}
