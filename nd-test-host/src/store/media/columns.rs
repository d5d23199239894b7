//! A file's facts as columns: one list makes the table, the statement that writes it, and the reading of a row.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::{Row, ToSql};

use crate::services::clock::from_unix_nanos;
use crate::services::library::LibraryTrack;
use crate::services::library::tags::codec_named;

macro_rules! columns {
    ($($name:ident: $kind:literal),* $(,)?) => {
        const COLUMNS: &[(&str, &str)] = &[
            $((stringify!($name), $kind),)*
            ("modified", "INTEGER NOT NULL"),
            ("codec", "TEXT NOT NULL"),
        ];

        /// Returns what is written, in the order of the columns.
        pub(super) fn values<'a>(
            track: &'a LibraryTrack,
            modified: &'a i64,
            codec: &'a &'static str,
        ) -> Vec<&'a dyn ToSql> {
            vec![$(&track.$name,)* modified, codec]
        }

        /// Reads a row whose columns begin at a place; lists are left empty.
        pub(super) fn read_row(row: &Row<'_>, first: usize) -> rusqlite::Result<LibraryTrack> {
            let mut places = first..;
            let mut next = || places.next().unwrap_or_default();
            Ok(LibraryTrack {
                $($name: row.get(next())?,)*
                modified: from_unix_nanos(row.get(next())?),
                codec: codec_named(row.get_ref(next())?.as_str()?),
                artists: Vec::new(),
                album_artists: Vec::new(),
                participants: Vec::new(),
                genres: Vec::new(),
                isrc: Vec::new(),
                tags: BTreeMap::new(),
            })
        }
    };
}

columns! {
    id: "TEXT NOT NULL",
    persistent_id: "TEXT NOT NULL",
    library_id: "INTEGER NOT NULL",
    path: "TEXT NOT NULL",
    title: "TEXT NOT NULL",
    album: "TEXT NOT NULL",
    album_id: "TEXT NOT NULL",
    artist: "TEXT NOT NULL",
    album_artist: "TEXT NOT NULL",
    track_number: "INTEGER NOT NULL",
    disc_number: "INTEGER NOT NULL",
    disc_subtitle: "TEXT NOT NULL",
    date: "TEXT NOT NULL",
    original_date: "TEXT NOT NULL",
    release_date: "TEXT NOT NULL",
    comment: "TEXT NOT NULL",
    bpm: "INTEGER",
    explicit_status: "TEXT NOT NULL",
    catalog_num: "TEXT NOT NULL",
    compilation: "INTEGER NOT NULL",
    has_cover_art: "INTEGER NOT NULL",
    has_lyrics: "INTEGER NOT NULL",
    sort_title: "TEXT NOT NULL",
    sort_album: "TEXT NOT NULL",
    sort_artist: "TEXT NOT NULL",
    sort_album_artist: "TEXT NOT NULL",
    mbz_recording_id: "TEXT NOT NULL",
    mbz_release_track_id: "TEXT NOT NULL",
    mbz_album_id: "TEXT NOT NULL",
    mbz_release_group_id: "TEXT NOT NULL",
    mbz_album_type: "TEXT NOT NULL",
    mbz_album_comment: "TEXT NOT NULL",
    rg_track_gain: "REAL",
    rg_track_peak: "REAL",
    rg_album_gain: "REAL",
    rg_album_peak: "REAL",
    duration: "REAL NOT NULL",
    bit_rate: "INTEGER NOT NULL",
    sample_rate: "INTEGER NOT NULL",
    bit_depth: "INTEGER",
    channels: "INTEGER NOT NULL",
    size: "INTEGER NOT NULL",
    suffix: "TEXT NOT NULL",
    birth_time: "INTEGER NOT NULL",
    created_at: "INTEGER NOT NULL",
}

/// Returns the columns as a table wants them.
pub(super) fn schema() -> String {
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    columns.join(", ")
}

/// Returns the columns' names, separated by commas.
pub(super) fn names() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// Returns the statement that writes a file or what has become of it, and answers with its number.
pub(super) fn upsert_sql() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = vec!["?"; COLUMNS.len()].join(", ");
        let changes = COLUMNS.iter().filter(|(name, _)| *name != "id");
        let changes: Vec<String> = changes
            .map(|(name, _)| format!("{name} = excluded.{name}"))
            .collect();
        format!(
            "INSERT INTO media_file ({}) VALUES ({places})
             ON CONFLICT (id) DO UPDATE SET missing = 0, {} RETURNING number",
            names(),
            changes.join(", "),
        )
    });
    &SQL
}
