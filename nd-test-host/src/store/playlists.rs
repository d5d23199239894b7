//! Playlists: whose they are, and which tracks they hold in which order.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS playlist (
        id TEXT PRIMARY KEY,
        owner_id TEXT NOT NULL,
        name TEXT NOT NULL,
        comment TEXT NOT NULL,
        public INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS playlist_track (
        playlist_id TEXT NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        media_file_id TEXT NOT NULL,
        PRIMARY KEY (playlist_id, place)
    ) WITHOUT ROWID;";
const COLUMNS: &str = "id, owner_id, name, comment, public, created_at, changed_at";

/// A playlist. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// Id.
    pub id: String,
    /// Id of the user it belongs to.
    pub owner_id: String,
    /// Name.
    pub name: String,
    /// Comment.
    pub comment: String,
    /// Whether every user sees it.
    pub public: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub changed_at: i64,
    /// Media file ids in order; one may be there more than once.
    pub tracks: Vec<String>,
}

impl Playlist {
    /// Reads everything but the tracks.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            owner_id: row.get("owner_id")?,
            name: row.get("name")?,
            comment: row.get("comment")?,
            public: row.get("public")?,
            created_at: row.get("created_at")?,
            changed_at: row.get("changed_at")?,
            tracks: Vec::new(),
        })
    }

    fn read_tracks(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.tracks = connection
            .prepare_cached(
                "SELECT media_file_id FROM playlist_track WHERE playlist_id = ?1 ORDER BY place",
            )?
            .query_map([&self.id], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<Self>> {
        let query = format!("SELECT {COLUMNS} FROM playlist WHERE id = ?1");
        let found = connection
            .prepare_cached(&query)?
            .query_row([id], Self::read)
            .optional()?;
        let Some(mut playlist) = found else {
            return Ok(None);
        };
        playlist.read_tracks(connection)?;
        Ok(Some(playlist))
    }

    /// Writes the playlist in place of an earlier one of that id.
    fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        remove(connection, &self.id)?;
        connection.execute(
            &format!("INSERT INTO playlist ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
            params![
                self.id,
                self.owner_id,
                self.name,
                self.comment,
                self.public,
                self.created_at,
                self.changed_at
            ],
        )?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO playlist_track (playlist_id, place, media_file_id) VALUES (?1, ?2, ?3)",
        )?;
        for (place, track) in (0_i64..).zip(&self.tracks) {
            insert.execute(params![self.id, place, track])?;
        }
        Ok(())
    }
}

fn remove(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    connection.execute("DELETE FROM playlist_track WHERE playlist_id = ?1", [id])?;
    Ok(connection.execute("DELETE FROM playlist WHERE id = ?1", [id])? > 0)
}

impl Database {
    /// Returns all playlists with their tracks, by id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn playlists(&self) -> Result<Vec<Playlist>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM playlist ORDER BY id");
        self.with(|connection| {
            let mut playlists = connection
                .prepare_cached(&query)?
                .query_map([], Playlist::read)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            for playlist in &mut playlists {
                playlist.read_tracks(connection)?;
            }
            Ok(playlists)
        })
    }

    /// Returns a playlist with its tracks.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn playlist(&self, id: &str) -> Result<Option<Playlist>, StoreError> {
        self.with(|connection| Playlist::find(connection, id))
    }

    /// Writes a new playlist.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn create_playlist(&self, playlist: &Playlist) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            playlist.write(&transaction)?;
            transaction.commit()
        })
    }

    /// Changes a playlist with nobody in between; tells whether there was one of that id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn change_playlist(
        &self,
        id: &str,
        change: impl FnOnce(&mut Playlist),
    ) -> Result<bool, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let Some(mut playlist) = Playlist::find(&transaction, id)? else {
                return Ok(false);
            };
            change(&mut playlist);
            playlist.write(&transaction)?;
            transaction.commit()?;
            Ok(true)
        })
    }

    /// Deletes a playlist; tells whether there was one of that id.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn delete_playlist(&self, id: &str) -> Result<bool, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let removed = remove(&transaction, id)?;
            transaction.commit()?;
            Ok(removed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playlist_keeps_its_order_and_its_repeats() {
        let store = Database::in_memory().expect("a database");
        let playlist = Playlist {
            id: "p1".to_owned(),
            owner_id: "u1".to_owned(),
            name: "Mix".to_owned(),
            comment: String::new(),
            public: true,
            created_at: 1,
            changed_at: 2,
            tracks: ["b", "a", "b"].map(str::to_owned).to_vec(),
        };
        store.create_playlist(&playlist).expect("made");
        assert_eq!(store.playlist("p1").expect("read"), Some(playlist.clone()));
        assert!(
            store
                .change_playlist("p1", |playlist| drop(playlist.tracks.remove(0)))
                .expect("changed")
        );
        assert!(!store.change_playlist("p2", |_| {}).expect("nothing"));
        let all = store.playlists().expect("read");
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].tracks, ["a", "b"]);
        assert!(store.delete_playlist("p1").expect("deleted"));
        assert!(!store.delete_playlist("p1").expect("nothing"));
        assert_eq!(store.playlists().expect("read"), []);
    }
}
