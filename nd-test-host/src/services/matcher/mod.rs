//! Matcher: songs known from elsewhere, found in the libraries.
//!
//! | module | holds |
//! | --- | --- |
//! | `query` | a song as it is looked for |
//! | `index` | the tracks of all libraries, by what they are looked for by |
//! | `find` | the four phases of a match |
//! | `text` | the form texts are compared in, and how alike two are |

use std::collections::HashMap;
use std::sync::Arc;

use nd_types::matcher::MatchOptions;
use nd_types::{SongRef, Track};

use super::acting_user::acting_user;
use super::library::{Catalogue, LibraryTrack};
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated;
use crate::server::ServerConfig;
use crate::setup::{Grant, HostLibrary, HostUser};
use crate::store::annotations::{Annotation, Item};
use crate::store::{Database, StoreError};
use find::Search;
pub(super) use index::{Index, IndexCache};

mod find;
mod index;
mod query;
#[cfg(test)]
mod tests;
mod text;

/// Finds songs among the scanned libraries of a host, for plugins and for the server's own use.
#[derive(Clone)]
pub struct SongMatcher {
    catalogue: Catalogue,
    config: Arc<ServerConfig>,
    store: Database,
}

/// For whom songs are looked for: whose libraries, whose favourites.
#[derive(Debug, Clone, Copy)]
pub struct Listener<'a> {
    /// The user, if the search is made for one; it then sees that user's libraries only.
    pub user: Option<&'a HostUser>,
}

/// A track that a song stands for, and what the user thinks of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The track.
    pub track: LibraryTrack,
    /// The user's annotation; empty if nobody in particular searches.
    pub annotation: Annotation,
}

impl SongMatcher {
    /// Makes a matcher over the scanned libraries, with the server's settings.
    pub fn new(catalogue: Catalogue, config: Arc<ServerConfig>, store: Database) -> Self {
        Self {
            catalogue,
            config,
            store,
        }
    }

    /// Finds the best track for each song; the answer has one entry per song, in the same order.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn find(
        &self,
        songs: &[SongRef],
        listener: Listener<'_>,
    ) -> Result<Vec<Option<Match>>, StoreError> {
        self.find_until(|| false, songs, listener)
    }

    /// As [`SongMatcher::find`], but leaves out the songs it does not get to before it has to stop.
    fn find_until(
        &self,
        stops: impl Fn() -> bool,
        songs: &[SongRef],
        listener: Listener<'_>,
    ) -> Result<Vec<Option<Match>>, StoreError> {
        let annotations = match listener.user {
            Some(user) => self.store.annotations(&user.id, Item::Track)?,
            None => HashMap::new(),
        };
        let index = self.catalogue.match_index(&self.config.ignored_articles);
        let search = Search {
            index: &index,
            annotations: &annotations,
            visible: listener.user.map(|user| &user.libraries),
            threshold: f64::from(self.config.fuzzy_threshold) / 100.0,
            prefer_starred: self.config.prefer_starred,
            articles: &self.config.ignored_articles,
            stops: &stops,
        };
        let found = songs.iter().take_while(|_| !stops()).map(|song| {
            let track = search.find(song)?;
            Some(Match {
                annotation: annotations.get(&track.id).copied().unwrap_or_default(),
                track: track.clone(),
            })
        });
        Ok(found.collect())
    }
}

/// The Matcher service of one loaded plugin.
pub struct MatcherService {
    matcher: SongMatcher,
    libraries: Arc<[HostLibrary]>,
    users: Arc<[HostUser]>,
    library_grant: Grant<i32>,
    user_grant: Grant<String>,
    filesystem: bool,
}

impl MatcherService {
    /// Makes the service from what the host has and the plugin was granted; `filesystem` is the manifest's
    /// `library.filesystem`.
    pub fn new(
        matcher: SongMatcher,
        libraries: Arc<[HostLibrary]>,
        users: Arc<[HostUser]>,
        library_grant: Grant<i32>,
        user_grant: Grant<String>,
        filesystem: bool,
    ) -> Self {
        Self {
            matcher,
            libraries,
            users,
            library_grant,
            user_grant,
            filesystem,
        }
    }

    /// Shows a match to the plugin; none if its library is not granted.
    fn show(&self, found: Match, scoped: bool) -> Result<Option<Track>, ServiceError> {
        let id = found.track.library_id;
        if !self.library_grant.allows(&id) {
            return Ok(None);
        }
        let library = self.libraries.iter().find(|library| library.id == id);
        let name = library.map_or("", |library| library.name.as_str());
        let mut track = found.track.track(name, self.filesystem);
        let average = self.matcher.store.average_rating(Item::Track, &track.id);
        track.average_rating = average.map_err(|error| ServiceError::new(error.to_string()))?;
        if scoped {
            let Annotation {
                starred_at,
                rating,
                play_count,
                played_at,
            } = found.annotation;
            track.starred = starred_at.is_some();
            track.starred_at = starred_at;
            track.rating = i32::from(rating);
            track.play_count = play_count;
            track.play_date = played_at;
        }
        Ok(Some(track))
    }
}

impl generated::Matcher for MatcherService {
    fn match_songs(
        &self,
        ctx: &CallContext,
        songs: Vec<SongRef>,
        opts: MatchOptions,
    ) -> Result<Vec<Option<Track>>, ServiceError> {
        if songs.is_empty() {
            return Ok(Vec::new());
        }
        if !self.library_grant.is_configured() {
            return Err("matcher: no libraries configured for this plugin".into());
        }
        let user = match opts.username.as_str() {
            "" => None,
            name => Some(acting_user("matcher", &self.users, &self.user_grant, name)?),
        };
        let over = || ctx.remaining().is_zero();
        let found = self.matcher.find_until(over, &songs, Listener { user });
        let found = found.map_err(|error| ServiceError::new(format!("matcher: {error}")))?;
        let shown = found
            .into_iter()
            .take_while(|_| !over())
            .map(|found| match found {
                Some(found) => self.show(found, user.is_some()),
                None => Ok(None),
            });
        let shown: Vec<_> = shown.collect::<Result<_, _>>()?;
        match shown.len() == songs.len() {
            true => Ok(shown),
            false => Err("matcher: context deadline exceeded".into()),
        }
    }
}
