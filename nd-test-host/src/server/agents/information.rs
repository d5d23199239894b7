//! Information pages: what is stored of artists and albums. What was never asked for is asked for at once; what is old
//! is answered as it is stored, and asked for again in the background.

use std::sync::Arc;
use std::time::Duration;

use nd_types::ArtistRef;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::refresh::Refreshes;
use super::{Agents, Album, Lookup, Pictures, SIMILAR_ARTISTS, SimilarArtist};
use crate::context::CallContext;
use crate::journal::LogLevel;
use crate::services::Clock;
use crate::services::clock::unix_seconds;
use crate::store::Database;
use crate::store::information::Subject;

/// Age from which information is asked for again, in seconds.
const OLD_ARTIST: i64 = 24 * 3600;
const OLD_ALBUM: i64 = 7 * 24 * 3600;

/// What an information page says of an artist; empty where no source has anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtistInformation {
    /// MusicBrainz id: the library's, else the one a source knows.
    pub mbid: String,
    /// A page about the artist.
    pub url: String,
    /// The biography, cleaned.
    pub biography: String,
    /// Pictures.
    pub pictures: Pictures,
    /// Similar artists, at most 100.
    pub similar: Vec<SimilarArtist>,
}

/// What an information page says of an album; empty where no source has anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AlbumInformation {
    /// A page about the album.
    pub url: String,
    /// What the album is.
    pub description: String,
    /// Pictures.
    pub pictures: Pictures,
}

/// Where information is kept, and what asks for it again.
pub(crate) struct Stored {
    store: Database,
    clock: Arc<dyn Clock>,
    refreshes: Arc<Refreshes>,
}

impl Stored {
    pub(crate) fn new(store: Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            refreshes: Arc::default(),
        }
    }

    /// Begins no more refreshes. Calls that run are not ended by this.
    pub(crate) fn close(&self) {
        self.refreshes.close();
    }

    /// Waits for the refresh that runs, after [`Stored::close`].
    pub(crate) fn join(&self) {
        self.refreshes.join();
    }
}

/// What was gathered so far.
struct Gathering {
    /// Whether every source that was asked answered; otherwise it is all asked for again with the next request.
    complete: bool,
}

impl Gathering {
    fn take<T>(&mut self, lookup: Lookup<T>) -> Option<T> {
        match lookup {
            Lookup::Found { data, .. } => return Some(data),
            Lookup::Faults(_) | Lookup::Cancelled => self.complete = false,
            Lookup::Empty | Lookup::NotFound => {}
        }
        None
    }
}

impl Agents {
    /// Returns what an information page says of an artist.
    ///
    /// It is stored under the artist's id. If it never was, the sources are asked now; if that was more than 24 hours
    /// ago, they are asked again in the background, and what is stored is answered. An artist without an id is asked
    /// about each time. A MusicBrainz id is asked for only if the artist has none, and is used in the questions that
    /// follow. Nothing is stored while a source fails.
    pub fn artist_information(&self, artist: &ArtistRef) -> ArtistInformation {
        let about = artist.clone();
        let gather = move |agents: &Self, known| agents.gather_artist(&about, known);
        let mut found = self.information(Subject::Artist, &artist.id, OLD_ARTIST, gather);
        if !artist.mbid.is_empty() {
            found.mbid.clone_from(&artist.mbid);
        }
        found
    }

    /// Returns what an information page says of an album, as [`Agents::artist_information`] does for artists; it is
    /// old after 7 days.
    pub fn album_information(&self, album: &Album) -> AlbumInformation {
        let about = album.clone();
        let gather = move |agents: &Self, known| agents.gather_album(&about, known);
        self.information(Subject::Album, &album.id, OLD_ALBUM, gather)
    }

    /// Waits until nothing is asked for in the background any more.
    ///
    /// Returns `false` if that takes longer than `limit` (of real time).
    pub fn wait_refreshed(&self, limit: Duration) -> bool {
        self.stored.refreshes.wait_idle(limit)
    }

    fn information<T>(
        &self,
        subject: Subject,
        id: &str,
        old: i64,
        gather: impl FnOnce(&Self, T) -> (T, bool) + Send + 'static,
    ) -> T
    where
        T: Serialize + DeserializeOwned + Default + Clone + Send + 'static,
    {
        let Some((known, fetched_at)) = self.stored_information::<T>(subject, id) else {
            return self.fetch(subject, id, T::default(), gather);
        };
        let age = unix_seconds(self.stored.clock.now()).saturating_sub(fetched_at);
        if age > old {
            let mut agents = self.clone();
            // The request will have been answered by then, but it is still the one that caused the calls.
            agents.options.cancel = None;
            let inherited = || CallContext::current()?.request_base().map(Arc::from);
            agents.options.request_base = agents.options.request_base.or_else(inherited);
            let (name, before) = ((subject, id.to_owned()), known.clone());
            let job = move || drop(agents.fetch(subject, &name.1, before, gather));
            let name = (subject, id.to_owned());
            self.stored.refreshes.begin(name, Box::new(job));
        }
        known
    }

    /// Asks the sources, and stores what they know.
    fn fetch<T: Serialize>(
        &self,
        subject: Subject,
        id: &str,
        known: T,
        gather: impl FnOnce(&Self, T) -> (T, bool),
    ) -> T {
        let (found, complete) = gather(self, known);
        if complete && !id.is_empty() {
            let now = unix_seconds(self.stored.clock.now());
            let document = serde_json::to_string(&found).unwrap_or_default();
            let store = &self.stored.store;
            if let Err(error) = store.put_information(subject, id, &document, now) {
                self.log_information(&error);
            }
        }
        found
    }

    /// Returns what is stored and when it was fetched. What cannot be read counts as never fetched.
    fn stored_information<T: DeserializeOwned>(
        &self,
        subject: Subject,
        id: &str,
    ) -> Option<(T, i64)> {
        let stored = self.stored.store.information(subject, id);
        let (document, fetched_at) = stored
            .inspect_err(|error| self.log_information(error))
            .ok()??;
        let known = serde_json::from_str(&document).ok()?;
        Some((known, fetched_at))
    }

    fn log_information(&self, error: &dyn std::fmt::Display) {
        let text = format!("stored information: {error}");
        self.journal.log("", LogLevel::Error, text);
    }

    /// Asks everything there is to know of an artist. What nobody answers stays as it was known.
    fn gather_artist(
        &self,
        artist: &ArtistRef,
        mut known: ArtistInformation,
    ) -> (ArtistInformation, bool) {
        let mut all = Gathering { complete: true };
        let mut artist = artist.clone();
        if artist.mbid.is_empty() {
            artist.mbid = all.take(self.artist_mbid(&artist)).unwrap_or_default();
        }
        if let Some(similar) = all.take(self.similar_artists(&artist, SIMILAR_ARTISTS, true)) {
            known.similar = similar;
        }
        if let Some(url) = all.take(self.artist_url(&artist)) {
            known.url = url;
        }
        if let Some(biography) = all.take(self.artist_biography(&artist)) {
            known.biography = biography;
        }
        if let Some(images) = all.take(self.artist_images(&artist)) {
            known.pictures = Pictures::of(images);
        }
        if !artist.mbid.is_empty() {
            known.mbid = artist.mbid;
        }
        (known, all.complete)
    }

    /// Asks everything there is to know of an album. What nobody answers stays as it was known.
    fn gather_album(&self, album: &Album, mut known: AlbumInformation) -> (AlbumInformation, bool) {
        let mut all = Gathering { complete: true };
        if let Some(info) = all.take(self.album_info(album)) {
            known.url = info.url;
            if !info.description.is_empty() {
                known.description = info.description;
            }
        }
        if let Some(images) = all.take(self.album_images(album)) {
            known.pictures = Pictures::of(images);
        }
        (known, all.complete)
    }
}
