//! The tracks of some libraries by album, artist and genre.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use crate::services::id;
use crate::services::library::{Collection, LibraryTrack, TrackArtist, UNKNOWN_ARTIST};

/// Everything a user may listen to.
pub(super) struct Index {
    collections: Vec<Arc<Collection>>,
    /// Collection and place in it, sorted by album, disc and number.
    tracks: Vec<(usize, usize)>,
    track_by_id: HashMap<String, usize>,
    pub(super) albums: Vec<Album>,
    album_by_id: HashMap<String, usize>,
    pub(super) artists: Vec<Artist>,
    artist_by_id: HashMap<String, usize>,
    pub(super) words: OnceLock<super::search::Words>,
}

/// An album, as its tracks tell.
pub(super) struct Album {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) artist: String,
    pub(super) artists: Vec<TrackArtist>,
    /// Name to sort by.
    pub(super) key: String,
    /// Artist to sort by.
    pub(super) artist_key: String,
    /// Places in the index, in playing order.
    pub(super) tracks: Vec<usize>,
    pub(super) genres: Vec<String>,
    pub(super) year: i32,
    pub(super) duration: f64,
    pub(super) created: SystemTime,
}

/// An artist, as tracks tell.
pub(super) struct Artist {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) mbid: String,
    pub(super) sort_name: String,
    /// Name to sort by.
    pub(super) key: String,
    /// Albums of this artist.
    pub(super) albums: Vec<usize>,
    /// Tracks this artist is credited on.
    pub(super) tracks: Vec<usize>,
}

impl Index {
    /// Makes the index of some collections; `articles` are passed over when sorting.
    pub(super) fn new(collections: Vec<Arc<Collection>>, articles: &[String]) -> Self {
        let mut tracks: Vec<(usize, usize)> = Vec::new();
        for (c, collection) in collections.iter().enumerate() {
            tracks.extend((0..collection.tracks().len()).map(|t| (c, t)));
        }
        let at = |&(c, t): &(usize, usize)| &collections[c].tracks()[t];
        tracks.sort_by(|a, b| {
            let place = |track| {
                let track: &LibraryTrack = at(track);
                (
                    &track.album_id,
                    track.disc_number,
                    track.track_number,
                    &track.path,
                )
            };
            place(a).cmp(&place(b))
        });
        let mut index = Self {
            track_by_id: HashMap::new(),
            albums: Vec::new(),
            album_by_id: HashMap::new(),
            artists: Vec::new(),
            artist_by_id: HashMap::new(),
            words: OnceLock::new(),
            tracks,
            collections,
        };
        for n in 0..index.tracks.len() {
            index.add(n, articles);
        }
        index
    }

    fn add(&mut self, n: usize, articles: &[String]) {
        let (c, t) = self.tracks[n];
        let collection = Arc::clone(&self.collections[c]);
        let track = &collection.tracks()[t];
        self.track_by_id.insert(track.id.clone(), n);
        let place = *self
            .album_by_id
            .entry(track.album_id.clone())
            .or_insert_with(|| {
                self.albums.push(Album::of(track, articles));
                self.albums.len() - 1
            });
        self.albums[place].add(n, track);
        for artist in &self.albums[place].artists {
            let artist = artist_of(&mut self.artists, &mut self.artist_by_id, artist, articles);
            if artist.albums.last() != Some(&place) {
                artist.albums.push(place);
            }
        }
        for artist in credited(&track.artists) {
            let artist = artist_of(&mut self.artists, &mut self.artist_by_id, &artist, articles);
            if artist.tracks.last() != Some(&n) {
                artist.tracks.push(n);
            }
        }
    }

    /// Tells whether the index was made of exactly these collections.
    pub(super) fn is_of(&self, collections: &[Arc<Collection>]) -> bool {
        self.collections.len() == collections.len()
            && std::iter::zip(&self.collections, collections).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    pub(super) fn len(&self) -> usize {
        self.tracks.len()
    }

    /// Returns a track by its place.
    pub(super) fn track(&self, n: usize) -> &LibraryTrack {
        let (c, t) = self.tracks[n];
        &self.collections[c].tracks()[t]
    }

    pub(super) fn tracks(&self) -> impl Iterator<Item = &LibraryTrack> {
        (0..self.len()).map(|n| self.track(n))
    }

    pub(super) fn track_by_id(&self, id: &str) -> Option<&LibraryTrack> {
        self.track_by_id.get(id).map(|&n| self.track(n))
    }

    pub(super) fn album_by_id(&self, id: &str) -> Option<&Album> {
        self.album_by_id.get(id).map(|&n| &self.albums[n])
    }

    pub(super) fn artist_by_id(&self, id: &str) -> Option<&Artist> {
        self.artist_by_id.get(id).map(|&n| &self.artists[n])
    }

    /// Returns when the libraries were last scanned.
    pub(super) fn scanned_at(&self) -> Option<SystemTime> {
        let scans = self.collections.iter();
        scans.map(|collection| collection.scanned_at()).max()
    }
}

fn artist_of<'a>(
    artists: &'a mut Vec<Artist>,
    by_id: &mut HashMap<String, usize>,
    credit: &TrackArtist,
    articles: &[String],
) -> &'a mut Artist {
    let place = *by_id.entry(credit.id.clone()).or_insert_with(|| {
        artists.push(Artist {
            id: credit.id.clone(),
            name: credit.name.clone(),
            mbid: String::new(),
            sort_name: String::new(),
            key: String::new(),
            albums: Vec::new(),
            tracks: Vec::new(),
        });
        artists.len() - 1
    });
    let artist = &mut artists[place];
    // Not every file says everything about an artist.
    if artist.mbid.is_empty() {
        artist.mbid.clone_from(&credit.mbid);
    }
    if artist.sort_name.is_empty() {
        artist.sort_name.clone_from(&credit.sort_name);
        artist.key = sort_key(&credit.name, &credit.sort_name, articles);
    }
    artist
}

impl Album {
    fn of(track: &LibraryTrack, articles: &[String]) -> Self {
        Self {
            id: track.album_id.clone(),
            name: track.album.clone(),
            artist: track.album_artist.clone(),
            artists: credited(&track.album_artists),
            key: sort_key(&track.album, &track.sort_album, articles),
            artist_key: sort_key(&track.album_artist, "", articles),
            tracks: Vec::new(),
            genres: Vec::new(),
            year: 0,
            duration: 0.0,
            created: track.modified,
        }
    }

    fn add(&mut self, n: usize, track: &LibraryTrack) {
        self.tracks.push(n);
        for genre in &track.genres {
            if !self.genres.contains(genre) {
                self.genres.push(genre.clone());
            }
        }
        self.year = self.year.max(track.year());
        self.duration += track.duration;
        self.created = self.created.max(track.modified);
    }
}

/// Returns the artists credited; nobody is somebody unknown.
pub(super) fn credited(artists: &[TrackArtist]) -> Vec<TrackArtist> {
    if !artists.is_empty() {
        return artists.to_vec();
    }
    vec![TrackArtist {
        id: id::stable(&["artist", &UNKNOWN_ARTIST.to_lowercase()]),
        name: UNKNOWN_ARTIST.to_owned(),
        mbid: String::new(),
        sort_name: String::new(),
    }]
}

/// Returns what a name is sorted by: its own sort form, or else the name without a leading article; in lower case.
fn sort_key(name: &str, sort_name: &str, articles: &[String]) -> String {
    let shown = if sort_name.is_empty() {
        let without = articles.iter().find_map(|article| {
            let rest = name.strip_prefix(article.as_str())?.strip_prefix(' ')?;
            (!rest.is_empty()).then_some(rest)
        });
        without.unwrap_or(name)
    } else {
        sort_name
    };
    shown.to_lowercase()
}
