//! What a server asks its metadata sources, whom, in which order, and what it makes of the answers.
//!
//! | module | holds |
//! | --- | --- |
//! | `agent` | whom it asks |
//! | `answers` | names as they are asked, answers as they are used |
//! | `information` | what is stored of artists and albums, and when it is asked for again |
//! | `refresh` | asking again in the background |
//! | `similar` | songs like others, topped up where sources know too few |
//! | `images` | downloading pictures |
//! | `artwork` | pictures for the artwork worker |
//! | `patience` | how that worker spares its sources |

mod agent;
mod answers;
mod artwork;
mod images;
mod information;
mod patience;
mod refresh;
mod similar;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use nd_types::metadata::{
    AlbumInfoResponse, AlbumRequest, ArtistMBIDRequest, ArtistRequest, ImageInfo,
    SimilarArtistsRequest, SimilarSongsByAlbumRequest, SimilarSongsByArtistRequest,
    SimilarSongsByTrackRequest, TopSongsRequest,
};
use nd_types::{ArtistRef, SongRef};

pub use self::agent::BuiltinAgent;
pub use self::answers::{Pictures, SimilarArtist};
pub use self::artwork::Artwork;
pub use self::images::Download;
pub(crate) use self::information::Stored;
pub use self::information::{AlbumInformation, ArtistInformation};
pub use self::patience::{Patience, Permit};
pub use self::similar::Seed;
use crate::context::CancelToken;
use crate::error::CallError;
use crate::host::Host;
use crate::journal::{Journal, LogLevel};
use crate::plugin::CallOptions;
use crate::server::{Rules, ServerConfig};
use crate::services::http::HttpSettings;
use crate::services::library::{
    Catalogue, LibraryTrack, UNKNOWN_ALBUM, UNKNOWN_ARTIST, VARIOUS_ARTISTS,
};
use crate::services::matcher::{Listener, SongMatcher};
use crate::setup::HostUser;

/// The source that needs no listing.
const LOCAL: &str = "local";
/// Similar artists an information page wants, and the most that are kept.
const SIMILAR_ARTISTS: usize = 100;
/// The most similar songs a client gets.
const MAX_SIMILAR_SONGS: usize = 500;

/// The metadata sources of a host as they are now.
#[derive(Clone)]
pub struct Agents {
    plugins: BTreeMap<String, Arc<dyn BuiltinAgent>>,
    built_in: BTreeMap<String, Arc<dyn BuiltinAgent>>,
    config: ServerConfig,
    rules: Rules,
    http: HttpSettings,
    journal: Journal,
    catalogue: Catalogue,
    matcher: SongMatcher,
    user: Option<HostUser>,
    options: CallOptions,
    stored: Arc<Stored>,
}

/// An album as sources are asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Album {
    /// Album id.
    pub id: String,
    /// Title.
    pub name: String,
    /// Album artist.
    pub artist: String,
    /// MusicBrainz release id.
    pub mbid: String,
}

impl From<&LibraryTrack> for Album {
    /// Returns the album of a track.
    fn from(track: &LibraryTrack) -> Self {
        Self {
            id: track.album_id.clone(),
            name: track.album.clone(),
            artist: track.album_artist.clone(),
            mbid: track.mbz_album_id.clone(),
        }
    }
}

/// What came of asking all sources.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<T> {
    /// The first answer that was not empty.
    Found {
        /// Name of the source.
        source: String,
        /// What it answered.
        data: T,
    },
    /// Nothing, and nobody was asked: there is nothing to say about this.
    Empty,
    /// No source has anything.
    NotFound,
    /// No source has anything, but some failed and may have something later. Releases before 0.64 never say so.
    Faults(Vec<Fault>),
    /// The request was cancelled.
    Cancelled,
}

/// A source that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{agent}: {error}")]
pub struct Fault {
    /// Name of the source.
    pub agent: String,
    /// How it failed.
    pub error: CallError,
}

impl<T> Lookup<T> {
    /// Returns the answer, if there is one.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found { data, .. } => Some(data),
            _ => None,
        }
    }

    fn map<U>(self, convert: impl FnOnce(T) -> U) -> Lookup<U> {
        match self {
            Self::Found { source, data } => Lookup::Found {
                source,
                data: convert(data),
            },
            Self::Empty => Lookup::Empty,
            Self::NotFound => Lookup::NotFound,
            Self::Faults(faults) => Lookup::Faults(faults),
            Self::Cancelled => Lookup::Cancelled,
        }
    }
}

impl Host {
    /// Returns the metadata sources: what the setting `Agents` names, in that order, and is loaded at this moment.
    pub fn agents(&self) -> Agents {
        let plugins = self.plugins().into_iter();
        let agents = plugins.filter(|plugin| plugin.has_capability("MetadataAgent"));
        let settings = self.service_settings();
        Agents {
            plugins: agents
                .map(|plugin| {
                    let agent: Arc<dyn BuiltinAgent> = Arc::new(plugin.clone());
                    (plugin.id().to_owned(), agent)
                })
                .collect(),
            built_in: BTreeMap::new(),
            config: self.server_config().clone(),
            rules: self.rules().clone(),
            http: settings.http.clone(),
            journal: self.journal().clone(),
            catalogue: settings.catalogue.clone(),
            matcher: self.matcher(),
            user: None,
            options: CallOptions::default(),
            stored: self.stored_information(),
        }
    }
}

impl Agents {
    /// Adds a source that is part of the server. It takes the place of a plugin of its name, and is asked only if
    /// `Agents` names it; `local` is asked in any case, last if it is not named. No plugin is ever asked by that name.
    #[must_use]
    pub fn with_builtin(mut self, agent: Arc<dyn BuiltinAgent>) -> Self {
        self.built_in.insert(agent.name().to_owned(), agent);
        self
    }

    /// Finds songs in the libraries of one user only, by that user's favourites and ratings.
    #[must_use]
    pub fn for_user(mut self, user: &HostUser) -> Self {
        self.user = Some(user.clone());
        self
    }

    /// Ends requests when the token is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.options = self.options.cancelled_by(token);
        self
    }

    /// Sets the address of the client request the sources are asked for, as in `https://music.example.org`; refreshes in
    /// the background keep it. See [`CallOptions::request_base()`].
    #[must_use]
    pub fn request_base(mut self, address: impl Into<Arc<str>>) -> Self {
        self.options = self.options.request_base(address);
        self
    }

    /// Returns the names of the sources in the order they are asked.
    pub fn names(&self) -> Vec<String> {
        self.sources()
            .iter()
            .map(|source| source.name().to_owned())
            .collect()
    }

    /// Asks for an artist's MusicBrainz id; to be done only when the library knows none.
    pub fn artist_mbid(&self, artist: &ArtistRef) -> Lookup<String> {
        let request = ArtistMBIDRequest {
            id: artist.id.clone(),
            name: self.outward(&artist.name),
        };
        self.about_artist(artist, |agent, options| {
            Ok(agent
                .artist_mbid(&request, options)?
                .map(|found| found.mbid))
        })
    }

    /// Asks for a page about an artist.
    pub fn artist_url(&self, artist: &ArtistRef) -> Lookup<String> {
        let request = self.artist_request(artist);
        self.about_artist(artist, |agent, options| {
            Ok(agent.artist_url(&request, options)?.map(|found| found.url))
        })
    }

    /// Asks for an artist's biography: harmless HTML on one line.
    pub fn artist_biography(&self, artist: &ArtistRef) -> Lookup<String> {
        let request = self.artist_request(artist);
        let found = self.about_artist(artist, |agent, options| {
            let found = agent.artist_biography(&request, options)?;
            Ok(found.map(|found| found.biography))
        });
        found.map(|text| answers::biography(&text))
    }

    /// Asks for `wanted` similar artists; sources are asked for half as many again. Artists the library does not have
    /// are kept if `strangers` is set.
    pub fn similar_artists(
        &self,
        artist: &ArtistRef,
        wanted: usize,
        strangers: bool,
    ) -> Lookup<Vec<SimilarArtist>> {
        let request = SimilarArtistsRequest {
            id: artist.id.clone(),
            name: self.outward(&artist.name),
            mbid: artist.mbid.clone(),
            limit: self.generously(wanted),
        };
        let found = self.about_artist(artist, |agent, options| {
            let found = agent.similar_artists(&request, options)?;
            Ok(found.map(|found| found.artists))
        });
        found.map(|artists| {
            let collections = self.catalogue.all();
            let tracks = collections.iter().flat_map(|library| library.tracks());
            let mut known = answers::known(&artists, tracks);
            known.retain(|artist| strangers || artist.id.is_some());
            known.truncate(wanted.min(SIMILAR_ARTISTS));
            known
        })
    }

    /// Asks for pictures of an artist, as the source lists them.
    pub fn artist_images(&self, artist: &ArtistRef) -> Lookup<Vec<ImageInfo>> {
        let request = self.artist_request(artist);
        self.about_artist(artist, |agent, options| {
            let found = agent.artist_images(&request, options)?;
            Ok(found.map(|found| found.images))
        })
    }

    /// Asks for an artist's best-known songs and returns those the library has, at most `wanted`; sources are asked
    /// for half as many again.
    pub fn top_songs(&self, artist: &ArtistRef, wanted: usize) -> Lookup<Vec<LibraryTrack>> {
        let request = TopSongsRequest {
            id: artist.id.clone(),
            name: self.outward(&artist.name),
            mbid: artist.mbid.clone(),
            count: self.generously(wanted),
        };
        let found = self.about_artist(artist, |agent, options| {
            let found = agent.artist_top_songs(&request, options)?;
            Ok(found.map(|found| found.songs))
        });
        found.map(|mut songs| {
            answers::attribute(&mut songs, artist);
            let mut tracks = self.matched(&songs);
            tracks.truncate(wanted);
            tracks
        })
    }

    /// Asks about an album. Any object is an answer, an empty one too.
    pub fn album_info(&self, album: &Album) -> Lookup<AlbumInfoResponse> {
        let request = self.album_request(album);
        self.about_album(album, |agent, options| agent.album_info(&request, options))
    }

    /// Asks for pictures of an album, as the source lists them.
    pub fn album_images(&self, album: &Album) -> Lookup<Vec<ImageInfo>> {
        let request = self.album_request(album);
        self.about_album(album, |agent, options| {
            let found = agent.album_images(&request, options)?;
            Ok(found.map(|found| found.images))
        })
    }

    /// Asks for songs like a track and returns those the library has.
    pub fn similar_songs_by_track(
        &self,
        track: &LibraryTrack,
        count: usize,
    ) -> Lookup<Vec<LibraryTrack>> {
        let request = SimilarSongsByTrackRequest {
            id: track.id.clone(),
            name: track.title.clone(),
            artist: track.artist.clone(),
            mbid: track.mbz_recording_id.clone(),
            count: similar_count(count),
        };
        let found = self.ask(|agent, options| {
            let found = agent.similar_songs_by_track(&request, options)?;
            Ok(found.map(|found| found.songs))
        });
        found.map(|songs| self.matched(&songs))
    }

    /// Asks for songs like an album's and returns those the library has.
    pub fn similar_songs_by_album(&self, album: &Album, count: usize) -> Lookup<Vec<LibraryTrack>> {
        let request = SimilarSongsByAlbumRequest {
            id: album.id.clone(),
            name: album.name.clone(),
            artist: album.artist.clone(),
            mbid: album.mbid.clone(),
            count: similar_count(count),
        };
        let found = self.about_album(album, |agent, options| {
            let found = agent.similar_songs_by_album(&request, options)?;
            Ok(found.map(|found| found.songs))
        });
        found.map(|songs| self.matched(&songs))
    }

    /// Asks for songs like an artist's and returns those the library has.
    pub fn similar_songs_by_artist(
        &self,
        artist: &ArtistRef,
        count: usize,
    ) -> Lookup<Vec<LibraryTrack>> {
        let request = SimilarSongsByArtistRequest {
            id: artist.id.clone(),
            name: artist.name.clone(),
            mbid: artist.mbid.clone(),
            count: similar_count(count),
        };
        let found = self.about_artist(artist, |agent, options| {
            let found = agent.similar_songs_by_artist(&request, options)?;
            Ok(found.map(|found| found.songs))
        });
        found.map(|songs| self.matched(&songs))
    }

    fn sources(&self) -> Vec<Arc<dyn BuiltinAgent>> {
        let mut names: Vec<&str> = self.config.agents.iter().map(String::as_str).collect();
        if !names.contains(&LOCAL) {
            names.push(LOCAL);
        }
        // A server has `local` built in, whether or not this host was given one.
        let plugin = |name: &str| self.plugins.get(name).filter(|_| name != LOCAL);
        let source = |name: &str| self.built_in.get(name).or_else(|| plugin(name));
        names.into_iter().filter_map(source).cloned().collect()
    }

    /// Asks the sources in order, until one has something.
    fn ask<T>(
        &self,
        question: impl Fn(&dyn BuiltinAgent, &CallOptions) -> Result<Option<T>, CallError>,
    ) -> Lookup<T> {
        let mut faults = Vec::new();
        for agent in self.sources() {
            if self.options.is_cancelled() {
                return Lookup::Cancelled;
            }
            match question(&*agent, &self.options) {
                Ok(Some(data)) => {
                    let source = agent.name().to_owned();
                    return Lookup::Found { source, data };
                }
                Ok(None) => {}
                // Unloaded since the list was made: it does not count as a source any more.
                Err(CallError::NotLoaded { .. }) => {}
                Err(error) if error.is_absent() => {}
                Err(error) => {
                    let agent = agent.name().to_owned();
                    self.journal
                        .log(&agent, LogLevel::Warn, format!("metadata: {error}"));
                    faults.push(Fault { agent, error });
                }
            }
        }
        if self.options.is_cancelled() {
            return Lookup::Cancelled;
        }
        let Some(first) = faults.first() else {
            return Lookup::NotFound;
        };
        self.rules.compare(&self.journal, &first.agent, |other| {
            match (self.rules.metadata_faults, other.metadata_faults) {
                (true, false) => Some("would take this failure for \"not found\"".to_owned()),
                (false, true) => Some("would take this failure for a fault".to_owned()),
                _ => None,
            }
        });
        match self.rules.metadata_faults {
            true => Lookup::Faults(faults),
            false => Lookup::NotFound,
        }
    }

    fn about_artist<T>(
        &self,
        artist: &ArtistRef,
        question: impl Fn(&dyn BuiltinAgent, &CallOptions) -> Result<Option<T>, CallError>,
    ) -> Lookup<T> {
        match artist.name.as_str() {
            UNKNOWN_ARTIST => Lookup::NotFound,
            VARIOUS_ARTISTS => Lookup::Empty,
            _ => self.ask(question),
        }
    }

    fn about_album<T>(
        &self,
        album: &Album,
        question: impl Fn(&dyn BuiltinAgent, &CallOptions) -> Result<Option<T>, CallError>,
    ) -> Lookup<T> {
        match album.name.as_str() {
            UNKNOWN_ALBUM => Lookup::NotFound,
            _ => self.ask(question),
        }
    }

    fn artist_request(&self, artist: &ArtistRef) -> ArtistRequest {
        ArtistRequest {
            id: artist.id.clone(),
            name: self.outward(&artist.name),
            mbid: artist.mbid.clone(),
        }
    }

    fn album_request(&self, album: &Album) -> AlbumRequest {
        AlbumRequest {
            name: self.outward(&album.name),
            artist: album.artist.clone(),
            mbid: album.mbid.clone(),
        }
    }

    /// Returns a name as sources are asked for it.
    fn outward(&self, name: &str) -> String {
        match self.config.preserve_unicode {
            true => name.to_owned(),
            false => answers::plain(name),
        }
    }

    /// Returns how many entries a source is asked for when that many are wanted: some will not be in the library.
    fn generously(&self, wanted: usize) -> i32 {
        // A float becomes the nearest number of the type, and loses its fraction.
        (wanted as f64 * self.config.artist_fetch_multiplier) as i32
    }

    fn matched(&self, songs: &[SongRef]) -> Vec<LibraryTrack> {
        let user = self.user.as_ref();
        let found = self.matcher.find(songs, Listener { user });
        let found = found.unwrap_or_else(|error| {
            let text = format!("matching songs: {error}");
            self.journal.log("", LogLevel::Error, text);
            Vec::new()
        });
        let tracks = found
            .into_iter()
            .map(|found| found.map(|found| found.track));
        answers::matched(songs, tracks)
    }
}

fn similar_count(count: usize) -> i32 {
    i32::try_from(count.min(MAX_SIMILAR_SONGS)).unwrap_or(i32::MAX)
}

impl std::fmt::Debug for Agents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agents")
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}
