//! Which paths of a guest stay inside a mount.

use std::path::{Component, Path, PathBuf};

/// Puts a guest's path into normal form, purely by its text; `None` if it leaves the directory it is relative to.
///
/// `""`, `.` and `/` are the directory itself. The parts of a path need not exist: `a/../b` is `b`.
pub(super) fn local(path: &str) -> Option<PathBuf> {
    if path == "/" {
        return Some(PathBuf::new());
    }
    let mut inside = PathBuf::new();
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if !inside.pop() {
                    return None;
                }
            }
            name if is_plain(name) => inside.push(name),
            _ => return None,
        }
    }
    Some(inside)
}

/// Tells whether this machine reads the text as one name: on Windows a drive or a backslash is more than that.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside_the_mount_are_normalised_by_their_text() {
        for (path, expected) in [
            ("", ""),
            (".", ""),
            ("/", ""),
            ("./", ""),
            ("a", "a"),
            ("a//b/", "a/b"),
            ("a/../b", "b"),
            ("a/./b/..", "a"),
            ("a/..", ""),
            ("..a/...", "..a/..."),
        ] {
            assert_eq!(local(path), Some(PathBuf::from(expected)), "{path:?}");
        }
    }

    #[test]
    fn paths_that_leave_the_mount_are_refused() {
        for path in [
            "..",
            "/etc",
            "//",
            "a/../..",
            "../a",
            "a/../../b",
            "./..",
            "a\0b",
        ] {
            assert_eq!(local(path), None, "{path:?}");
        }
    }
}
