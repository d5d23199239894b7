//! The outputs of the commands as text.

use std::fmt::Write;

use serde_json::{Value, json};

use super::command::{Described, PackageInfo};
use crate::store::plugins::{PluginRow, rfc3339};

const COLUMNS: [&str; 5] = ["id", "name", "version", "enabled", "last error"];

/// Draws plugins as a table with a line of headings.
pub fn table(rows: &[PluginRow]) -> String {
    let head = COLUMNS.map(str::to_uppercase);
    let lines: Vec<[String; 5]> = std::iter::once(head)
        .chain(
            rows.iter()
                .map(|row| cells(row).map(|cell| one_line(&cell))),
        )
        .collect();
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells = line
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Writes plugins as comma-separated values with a line of headings.
pub fn csv(rows: &[PluginRow]) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for row in rows {
        text.push_str(&cells(row).map(|cell| quoted(&cell)).join(","));
        text.push('\n');
    }
    text
}

/// Writes the stored rows as a JSON array.
pub fn json(rows: &[PluginRow]) -> String {
    pretty(&json!(rows))
}

/// Describes a plugin or a package file for people.
pub fn info_text(described: &Described) -> String {
    match described {
        Described::Stored(row) => row_text(row),
        Described::File(info) => file_text(info),
    }
}

/// Describes a plugin (its stored row) or a package file (its manifest with a member `sha256`) as JSON.
pub fn info_json(described: &Described) -> String {
    match described {
        Described::Stored(row) => pretty(&json!(row)),
        Described::File(info) => {
            let manifest = info.manifest.to_json().unwrap_or_default();
            let mut value: Value =
                crate::wire::decode(manifest.as_bytes()).unwrap_or_else(|_| json!({}));
            value["sha256"] = json!(info.sha256);
            pretty(&value)
        }
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// What of a manifest is shown in a list.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Shown {
    name: String,
    version: String,
}

/// Name and version come from the stored manifest; one that cannot be read shows the id and no version.
fn cells(row: &PluginRow) -> [String; 5] {
    let Shown { name, version } =
        crate::wire::decode(row.manifest.as_bytes()).unwrap_or_else(|_| Shown {
            name: row.id.clone(),
            version: String::new(),
        });
    [
        row.id.clone(),
        name,
        version,
        row.enabled.to_string(),
        row.last_error.clone(),
    ]
}

fn one_line(text: &str) -> String {
    // Neither line breaks nor escape sequences of a hostile package may reach the terminal.
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

fn row_text(row: &PluginRow) -> String {
    let [id, name, version, enabled, error] = cells(row);
    let users = grant(row.all_users, &row.users);
    let libraries = grant(row.all_libraries, &row.libraries);
    let write = row.allow_write_access.to_string();
    let (created, updated) = (rfc3339(row.created_at), rfc3339(row.updated_at));
    lines(&[
        ("ID", &id),
        ("Name", &name),
        ("Version", &version),
        ("Enabled", &enabled),
        ("Last error", &error),
        ("Path", &row.path),
        ("SHA-256", &row.sha256),
        ("Config", &row.config),
        ("Users", &users),
        ("Libraries", &libraries),
        ("Write access", &write),
        ("Created", &created),
        ("Updated", &updated),
    ])
}

fn grant(all: bool, ids: &str) -> String {
    if all {
        "all".to_owned()
    } else {
        ids.to_owned()
    }
}

fn file_text(info: &PackageInfo) -> String {
    let manifest = &info.manifest;
    let permissions = serde_json::to_value(&manifest.permissions).unwrap_or_default();
    let permissions = permissions.as_object().map(|keys| {
        let keys: Vec<_> = keys.keys().map(String::as_str).collect();
        keys.join(", ")
    });
    lines(&[
        ("Name", &manifest.name),
        ("Author", &manifest.author),
        ("Version", &manifest.version),
        (
            "Description",
            manifest.description.as_deref().unwrap_or_default(),
        ),
        ("Website", manifest.website.as_deref().unwrap_or_default()),
        ("Permissions", &permissions.unwrap_or_default()),
        ("SHA-256", &info.sha256),
    ])
}

/// Writes a line per fact; facts without a value are left out.
fn lines(facts: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in facts {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:14}{}", format!("{name}:"), one_line(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::manifest::Manifest;

    fn rows() -> [PluginRow; 2] {
        let now = UNIX_EPOCH + Duration::from_secs(1_767_261_600);
        let manifest = r#"{"author":"A","name":"N, \"x\"","version":"1.0"}"#;
        let mut first = PluginRow::found("a", "/p/a.ndp".into(), manifest.into(), "ff".into(), now);
        first.enabled = true;
        let mut second = PluginRow::found("long-id", "/p".into(), "{".into(), "ee".into(), now);
        second.last_error = "line\nbreak".into();
        [first, second]
    }

    #[test]
    fn a_table_has_aligned_columns_and_one_line_per_plugin() {
        assert_eq!(
            table(&rows()),
            "ID       NAME     VERSION  ENABLED  LAST ERROR\n\
             a        N, \"x\"   1.0      true\n\
             long-id  long-id           false    line break\n"
        );
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        assert_eq!(
            csv(&rows()),
            "id,name,version,enabled,last error\n\
             a,\"N, \"\"x\"\"\",1.0,true,\n\
             long-id,long-id,,false,\"line\nbreak\"\n"
        );
        assert_eq!(csv(&[]), "id,name,version,enabled,last error\n");
    }

    #[test]
    fn json_is_the_stored_rows() {
        let json: Value = serde_json::from_str(&json(&rows())).unwrap();
        assert_eq!(json[0]["id"], "a");
        assert_eq!(json[1]["lastError"], "line\nbreak");
    }

    #[test]
    fn files_are_described_by_their_manifest_and_hash() {
        let json =
            br#"{"name":"N","author":"A","version":"1","permissions":{"http":{},"users":{}}}"#;
        let described = Described::File(Box::new(PackageInfo {
            manifest: Manifest::parse(json).unwrap(),
            sha256: "ff".into(),
        }));
        let text = info_text(&described);
        assert!(text.contains("Permissions:  http, users\n"), "{text}");
        let json: Value = serde_json::from_str(&info_json(&described)).unwrap();
        assert_eq!(
            (&json["name"], &json["sha256"]),
            (&json!("N"), &json!("ff"))
        );
        let [row, _] = rows();
        let text = info_text(&Described::Stored(Box::new(row)));
        assert!(
            text.contains("Enabled:      true\n") && text.contains("2026-01-01T10:00:00Z"),
            "{text}"
        );
    }

    #[test]
    fn a_manifest_is_shown_however_deep_its_form_is() {
        let form = format!(
            "{}{}",
            r#"{"a":"#.repeat(130),
            "0".to_owned() + &"}".repeat(130)
        );
        let json = format!(
            r#"{{"name":"N","author":"A","version":"1","config":{{"schema":{{}},"uiSchema":{form}}}}}"#
        );
        let described = Described::File(Box::new(PackageInfo {
            manifest: Manifest::parse(json.as_bytes()).unwrap(),
            sha256: "ff".into(),
        }));
        let text = info_json(&described);
        assert!(text.contains(r#""name": "N""#), "{text}");
    }
}
