//! Searching in texts in its smallest form: that of the standard library is made for speed on long texts, and brings in
//! two-way search and Unicode tables that a plugin needs for nothing else.

/// Returns the place of the first `part` in `text`.
#[inline(never)]
pub(crate) fn find(text: &str, part: &str) -> Option<usize> {
    let text = text.as_bytes();
    let mut at = 0;
    while text.len() - at >= part.len() {
        if text.get(at..at + part.len())? == part.as_bytes() {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Tells whether `part` occurs in `text`.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::{contains, find};

    #[test]
    fn parts_are_found() {
        assert_eq!(find("aabaab", "aab"), Some(0));
        assert_eq!(find("xaab", "aab"), Some(1));
        assert_eq!(find("aa", "aab"), None);
        assert!(contains("äöü", "ö"));
    }
}
