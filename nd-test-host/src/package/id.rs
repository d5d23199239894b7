//! Plugin ids: which file names make one.

use std::path::Path;

/// A file name that makes no usable plugin id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid plugin ID {id:?}: {reason}; rename the file")]
pub struct InvalidId {
    id: String,
    reason: &'static str,
}

/// Returns the plugin id of a package: its file name without `.ndp` or `.wasm`; a folder keeps its whole name.
///
/// # Errors
///
/// When the name makes no usable id.
pub fn id_of(path: &Path) -> Result<String, InvalidId> {
    // A path such as `.` only shows its name once it is resolved.
    let resolved = match path.file_name() {
        Some(_) => None,
        None => path.canonicalize().ok(),
    };
    let path = resolved.as_deref().unwrap_or(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Not `file_stem`, which reads `.ndp` as a name without an ending.
    let id = name
        .strip_suffix(".ndp")
        .or_else(|| name.strip_suffix(".wasm"))
        .unwrap_or(&name);
    check_id(id)?;
    Ok(id.to_owned())
}

/// Checks that an id can name a folder on any system.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn check_id(id: &str) -> Result<(), InvalidId> {
    let reason = if id.is_empty() {
        "it is empty"
    } else if id.contains(['/', '\\']) {
        "it contains a slash or backslash"
    } else if id.contains('\0') {
        "it contains a zero byte"
    } else if id.ends_with('.') {
        "it ends in a dot"
    } else if id.ends_with(' ') {
        "it ends in a space"
    } else if cfg!(windows) && !is_local_on_windows(id) {
        "the operating system reads it as a device or drive"
    } else {
        return Ok(());
    };
    Err(InvalidId {
        id: id.to_owned(),
        reason,
    })
}

/// Tells whether Windows reads a name as a plain file name: no drive, no stream, no device, whatever its ending.
fn is_local_on_windows(id: &str) -> bool {
    let base = id.split('.').next().unwrap_or(id).trim_end_matches(' ');
    let base = base.to_ascii_uppercase();
    let numbered = |prefix: &str| {
        base.strip_prefix(prefix).is_some_and(|rest| {
            matches!(
                rest,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"
            )
        })
    };
    let device = matches!(
        base.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    );
    !(id.contains(':') || device || numbered("COM") || numbered("LPT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_names_are_ids() {
        for (name, id) in [
            ("discord-rich-presence.ndp", "discord-rich-presence"),
            ("My Plugin.ndp", "My Plugin"),
            (".hidden.ndp", ".hidden"),
            ("v1.2.3.ndp", "v1.2.3"),
            ("a.ndp.ndp", "a.ndp"),
            ("UPPER.NDP", "UPPER.NDP"),
            ("folder", "folder"),
            ("bare.wasm", "bare"),
        ] {
            assert_eq!(id_of(Path::new(name)).as_deref(), Ok(id), "{name}");
        }
    }

    #[test]
    fn a_folder_may_be_given_by_a_path_without_its_name() {
        assert_eq!(id_of(Path::new(".")), id_of(Path::new("src/..")));
        assert!(id_of(Path::new(".")).is_ok());
        assert!(id_of(Path::new("/")).is_err());
    }

    #[test]
    fn unusable_names_are_refused() {
        for name in [".ndp", "..ndp", "...ndp", "foo..ndp", "foo .ndp"] {
            let error = id_of(Path::new(name)).map_err(|error| error.to_string());
            assert!(
                error
                    .as_ref()
                    .is_err_and(|text| text.contains("invalid plugin ID")),
                "{name}: {error:?}"
            );
        }
        for id in ["a/b", "a\\b", "..", "a\0"] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn devices_and_drives_are_not_local_on_windows() {
        for id in ["NUL", "con", "com1", "LPT9.txt", "C:x", "aux .y"] {
            assert!(!is_local_on_windows(id), "{id}");
        }
        for id in ["console", "com10", "null", "x"] {
            assert!(is_local_on_windows(id), "{id}");
        }
    }
}
