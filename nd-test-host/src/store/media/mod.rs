//! Music: the files of each library with their tags, and what the last scan of it said.
//!
//! | module | holds |
//! | --- | --- |
//! | `columns` | a file's facts as columns |
//!
//! Albums and artists have no tables of their own: all there is to say about them follows from the files, and what is derived
//! when a library is read cannot disagree with them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use rusqlite::{OptionalExtension, Transaction, params};

use self::columns::{read_row, schema, upsert_sql, values};
use super::{Database, StoreError};
use crate::services::clock::{from_unix_nanos, unix_nanos};
use crate::services::library::{LibraryTrack, Participant, ScanProblem, TrackArtist};

mod columns;

/// Role of the artists of a track.
const ARTIST: &str = "artist";
/// Role of the artists of an album.
const ALBUM_ARTIST: &str = "albumartist";

pub(super) fn tables() -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS library_scan (
            library_id INTEGER PRIMARY KEY,
            started_at INTEGER NOT NULL,
            finished_at INTEGER
        );
        CREATE TABLE IF NOT EXISTS scan_problem (
            library_id INTEGER NOT NULL,
            path TEXT NOT NULL,
            reason TEXT NOT NULL
        );
        CREATE TABLE IF NOT EXISTS media_file (
            number INTEGER PRIMARY KEY,
            missing INTEGER NOT NULL DEFAULT 0,
            {},
            UNIQUE (id),
            UNIQUE (library_id, path)
        );
        CREATE TABLE IF NOT EXISTS media_artist (
            file INTEGER NOT NULL REFERENCES media_file (number) ON DELETE CASCADE,
            role TEXT NOT NULL,
            position INTEGER NOT NULL,
            sub_role TEXT NOT NULL,
            artist_id TEXT NOT NULL,
            name TEXT NOT NULL,
            sort_name TEXT NOT NULL,
            mbid TEXT NOT NULL,
            PRIMARY KEY (file, position)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS media_artist_artist ON media_artist (artist_id);
        CREATE TABLE IF NOT EXISTS media_tag (
            file INTEGER NOT NULL REFERENCES media_file (number) ON DELETE CASCADE,
            name TEXT NOT NULL,
            position INTEGER NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (file, name, position)
        ) WITHOUT ROWID;",
        schema()
    )
}

/// What a scan has to know of a file it has seen before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KnownFile {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) persistent_id: String,
    pub(crate) size: i64,
    /// Nanoseconds since 1970.
    pub(crate) modified: i64,
    /// Seconds.
    pub(crate) duration: f64,
    /// Unix seconds.
    pub(crate) created_at: i64,
    pub(crate) missing: bool,
}

impl Database {
    /// Returns every file of a library that was ever seen, by path.
    pub(crate) fn known_files(
        &self,
        library: i32,
    ) -> Result<BTreeMap<String, KnownFile>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, path, persistent_id, size, modified, duration, created_at, missing
                 FROM media_file WHERE library_id = ?1",
            )?;
            let files = query.query_map([library], |row| {
                let file = KnownFile {
                    id: row.get(0)?,
                    path: row.get(1)?,
                    persistent_id: row.get(2)?,
                    size: row.get(3)?,
                    modified: row.get(4)?,
                    duration: row.get(5)?,
                    created_at: row.get(6)?,
                    missing: row.get(7)?,
                };
                Ok((file.path.clone(), file))
            })?;
            files.collect()
        })
    }

    /// Writes files with all they say, all or none; a file with a known id takes its place, and is there again.
    pub(crate) fn put_files(&self, tracks: &[LibraryTrack]) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            for track in tracks {
                put_file(&transaction, track)?;
            }
            transaction.commit()
        })
    }

    /// Marks files as missing, or as there again.
    pub(crate) fn set_missing(&self, ids: &[String], missing: bool) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            {
                let mut update = transaction
                    .prepare_cached("UPDATE media_file SET missing = ?2 WHERE id = ?1")?;
                for id in ids {
                    update.execute(params![id, missing])?;
                }
            }
            transaction.commit()
        })
    }

    /// Returns the files of a library that are there, by path.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn media_files(&self, library: i32) -> Result<Vec<LibraryTrack>, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            read_files(&transaction, library)
        })
    }

    /// Returns the ids of the files of a library that are gone from disk, by path.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn missing_files(&self, library: i32) -> Result<Vec<String>, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT id FROM media_file WHERE library_id = ?1 AND missing ORDER BY path",
                )?
                .query_map([library], |row| row.get(0))?
                .collect()
        })
    }

    /// Notes that a scan begins. One that never ends leaves the time of the last complete one.
    pub(crate) fn begin_scan(&self, library: i32, at: SystemTime) -> Result<(), StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO library_scan (library_id, started_at) VALUES (?1, ?2)
                     ON CONFLICT DO UPDATE SET started_at = excluded.started_at",
                )?
                .execute(params![library, unix_nanos(at)])
                .map(|_| ())
        })
    }

    /// Notes that a scan is complete, and what it could not read.
    pub(crate) fn end_scan(
        &self,
        library: i32,
        at: SystemTime,
        problems: &[ScanProblem],
    ) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM scan_problem WHERE library_id = ?1", [library])?;
            for problem in problems {
                transaction
                    .prepare_cached("INSERT INTO scan_problem VALUES (?1, ?2, ?3)")?
                    .execute(params![
                        library,
                        problem.path.to_string_lossy(),
                        problem.reason
                    ])?;
            }
            transaction.execute(
                "UPDATE library_scan SET finished_at = ?2 WHERE library_id = ?1",
                params![library, unix_nanos(at)],
            )?;
            transaction.commit()
        })
    }

    /// Returns when the last complete scan of a library ended, and what it could not read.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_scan(
        &self,
        library: i32,
    ) -> Result<Option<(SystemTime, Vec<ScanProblem>)>, StoreError> {
        self.with(|connection| {
            let finished: Option<Option<i64>> = connection
                .prepare_cached("SELECT finished_at FROM library_scan WHERE library_id = ?1")?
                .query_row([library], |row| row.get(0))
                .optional()?;
            let Some(finished) = finished.flatten() else {
                return Ok(None);
            };
            let mut query = connection
                .prepare_cached("SELECT path, reason FROM scan_problem WHERE library_id = ?1")?;
            let problems = query.query_map([library], |row| {
                Ok(ScanProblem {
                    path: PathBuf::from(row.get::<_, String>(0)?),
                    reason: row.get(1)?,
                })
            })?;
            let problems: Vec<ScanProblem> = problems.collect::<Result<_, _>>()?;
            Ok(Some((from_unix_nanos(finished), problems)))
        })
    }
}

fn put_file(transaction: &Transaction<'_>, track: &LibraryTrack) -> rusqlite::Result<()> {
    let modified = unix_nanos(track.modified);
    let codec = track.codec;
    let number: i64 = transaction
        .prepare_cached(upsert_sql())?
        .query_row(values(track, &modified, &codec).as_slice(), |row| {
            row.get(0)
        })?;
    for table in ["media_artist", "media_tag"] {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE file = ?1"))?
            .execute([number])?;
    }
    let mut insert = transaction
        .prepare_cached("INSERT INTO media_artist VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    let artists = track.artists.iter().map(|artist| (ARTIST, "", artist));
    let album = track.album_artists.iter();
    let album = album.map(|artist| (ALBUM_ARTIST, "", artist));
    let others = track.participants.iter();
    let others = others.map(|other| (other.role.as_str(), other.sub_role.as_str(), &other.artist));
    for (position, (role, sub_role, artist)) in (0_i64..).zip(artists.chain(album).chain(others)) {
        let TrackArtist {
            id,
            name,
            mbid,
            sort_name,
        } = artist;
        insert.execute(params![
            number, role, position, sub_role, id, name, sort_name, mbid
        ])?;
    }
    let mut insert = transaction.prepare_cached("INSERT INTO media_tag VALUES (?1, ?2, ?3, ?4)")?;
    for (name, values) in &track.tags {
        for (position, value) in (0_i64..).zip(values) {
            insert.execute(params![number, name, position, value])?;
        }
    }
    Ok(())
}

fn read_files(transaction: &Transaction<'_>, library: i32) -> rusqlite::Result<Vec<LibraryTrack>> {
    let mut by_number: BTreeMap<i64, LibraryTrack> = BTreeMap::new();
    {
        let mut query = transaction.prepare_cached(&format!(
            "SELECT number, {} FROM media_file WHERE library_id = ?1 AND NOT missing",
            columns::names()
        ))?;
        let mut rows = query.query([library])?;
        while let Some(row) = rows.next()? {
            by_number.insert(row.get(0)?, read_row(row, 1)?);
        }
    }
    let of_library =
        "WHERE file IN (SELECT number FROM media_file WHERE library_id = ?1 AND NOT missing)";
    let mut query = transaction.prepare_cached(&format!(
        "SELECT file, role, sub_role, artist_id, name, sort_name, mbid FROM media_artist
         {of_library} ORDER BY file, position"
    ))?;
    let mut rows = query.query([library])?;
    while let Some(row) = rows.next()? {
        let Some(track) = by_number.get_mut(&row.get(0)?) else {
            continue;
        };
        let artist = TrackArtist {
            id: row.get(3)?,
            name: row.get(4)?,
            sort_name: row.get(5)?,
            mbid: row.get(6)?,
        };
        match row.get_ref(1)?.as_str()? {
            ARTIST => track.artists.push(artist),
            ALBUM_ARTIST => track.album_artists.push(artist),
            role => track.participants.push(Participant {
                role: role.to_owned(),
                sub_role: row.get(2)?,
                artist,
            }),
        }
    }
    let mut query = transaction.prepare_cached(&format!(
        "SELECT file, name, value FROM media_tag {of_library} ORDER BY file, name, position"
    ))?;
    let mut rows = query.query([library])?;
    while let Some(row) = rows.next()? {
        if let Some(track) = by_number.get_mut(&row.get(0)?) {
            let values = track.tags.entry(row.get(1)?).or_default();
            values.push(row.get(2)?);
        }
    }
    let mut tracks: Vec<LibraryTrack> = by_number.into_values().collect();
    for track in &mut tracks {
        let listed = |name: &str| track.tags.get(name).cloned().unwrap_or_default();
        (track.genres, track.isrc) = (listed("genre"), listed("isrc"));
    }
    tracks.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tracks)
}

#[cfg(test)]
mod tests;
