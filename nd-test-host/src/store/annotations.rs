//! Favourites, ratings and play counts: what each user thinks of a track, an album or an artist.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};

use super::{Database, StoreError};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS annotation (
        user_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        item_id TEXT NOT NULL,
        starred_at INTEGER,
        rating INTEGER NOT NULL DEFAULT 0,
        play_count INTEGER NOT NULL DEFAULT 0,
        played_at INTEGER,
        PRIMARY KEY (user_id, kind, item_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS annotation_item ON annotation (kind, item_id);";
const COLUMNS: &str = "starred_at, rating, play_count, played_at";

/// What an annotation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// A media file.
    Track,
    /// An album.
    Album,
    /// An artist.
    Artist,
}

impl Item {
    fn column(self) -> &'static str {
        match self {
            Self::Track => "media_file",
            Self::Album => "album",
            Self::Artist => "artist",
        }
    }
}

/// What one user thinks of one item. Times are Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Annotation {
    /// When it became a favourite; none if it is not one.
    pub starred_at: Option<i64>,
    /// 1 to 5, 0 for none.
    pub rating: u8,
    /// How often it was played to the end.
    pub play_count: i64,
    /// When it was last played.
    pub played_at: Option<i64>,
}

impl Annotation {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            starred_at: row.get("starred_at")?,
            rating: row.get("rating")?,
            play_count: row.get("play_count")?,
            played_at: row.get("played_at")?,
        })
    }
}

impl Database {
    /// Returns what a user thinks of one item; all empty if nothing is known.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn annotation(&self, user: &str, item: Item, id: &str) -> Result<Annotation, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM annotation WHERE user_id = ?1 AND kind = ?2 AND item_id = ?3"
        );
        let found = self.with(|connection| {
            connection
                .prepare_cached(&query)?
                .query_row(params![user, item.column(), id], Annotation::read)
                .optional()
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Returns all of a user's annotations of one kind, by item id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn annotations(
        &self,
        user: &str,
        item: Item,
    ) -> Result<HashMap<String, Annotation>, StoreError> {
        let query =
            format!("SELECT item_id, {COLUMNS} FROM annotation WHERE user_id = ?1 AND kind = ?2");
        self.with(|connection| {
            connection
                .prepare_cached(&query)?
                .query_map(params![user, item.column()], |row| {
                    Ok((row.get("item_id")?, Annotation::read(row)?))
                })?
                .collect()
        })
    }

    /// Returns the mean of all users' ratings of an item, 0 if nobody rated it.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn average_rating(&self, item: Item, id: &str) -> Result<f64, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT coalesce(avg(rating), 0.0) FROM annotation
                     WHERE kind = ?1 AND item_id = ?2 AND rating > 0",
                )?
                .query_row(params![item.column(), id], |row| row.get(0))
        })
    }

    /// Makes an item a favourite at a time, or no favourite any more.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn set_starred(
        &self,
        user: &str,
        item: Item,
        id: &str,
        at: Option<i64>,
    ) -> Result<(), StoreError> {
        self.annotate(
            "INSERT INTO annotation (user_id, kind, item_id, starred_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET starred_at = excluded.starred_at",
            params![user, item.column(), id, at],
        )
    }

    /// Sets a rating, 0 for none.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn set_rating(
        &self,
        user: &str,
        item: Item,
        id: &str,
        rating: u8,
    ) -> Result<(), StoreError> {
        self.annotate(
            "INSERT INTO annotation (user_id, kind, item_id, rating) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET rating = excluded.rating",
            params![user, item.column(), id, rating],
        )
    }

    /// Counts a play.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn count_play(&self, user: &str, item: Item, id: &str, at: i64) -> Result<(), StoreError> {
        self.annotate(
            "INSERT INTO annotation (user_id, kind, item_id, play_count, played_at) VALUES (?1, ?2, ?3, 1, ?4)
             ON CONFLICT DO UPDATE SET
                play_count = play_count + 1, played_at = max(coalesce(played_at, 0), excluded.played_at)",
            params![user, item.column(), id, at],
        )
    }

    fn annotate(&self, sql: &str, params: impl rusqlite::Params) -> Result<(), StoreError> {
        self.with(|connection| connection.prepare_cached(sql)?.execute(params).map(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_an_opinion_of_their_own() {
        let store = Database::in_memory().expect("a database");
        assert_eq!(
            store.annotation("u1", Item::Track, "t").expect("read"),
            Annotation::default()
        );
        store
            .set_starred("u1", Item::Track, "t", Some(5))
            .expect("star");
        store.set_rating("u1", Item::Track, "t", 4).expect("rate");
        store.count_play("u1", Item::Track, "t", 9).expect("play");
        store.count_play("u1", Item::Track, "t", 7).expect("play");
        store.set_rating("u2", Item::Album, "t", 1).expect("rate");
        let all = store.annotations("u1", Item::Track).expect("read");
        let expected = Annotation {
            starred_at: Some(5),
            rating: 4,
            play_count: 2,
            played_at: Some(9),
        };
        assert_eq!(all, HashMap::from([("t".to_owned(), expected)]));
        store
            .set_starred("u1", Item::Track, "t", None)
            .expect("unstar");
        let after = store.annotation("u1", Item::Track, "t").expect("read");
        assert_eq!(
            after,
            Annotation {
                starred_at: None,
                ..expected
            }
        );
    }
}
