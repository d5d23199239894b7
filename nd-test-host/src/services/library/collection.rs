//! The tracks of one library in memory, and the libraries of one host.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

use nd_types::SongRef;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::scan::{Scan, ScanProblem};
use super::track::LibraryTrack;
use super::view::{Album, Artist, Views};
use crate::services::clock::{from_unix_nanos, unix_nanos};
use crate::services::matcher::{Index, IndexCache};
use crate::setup::Grant;
use crate::store::{Database, StoreError};

/// The tracks of one library.
#[derive(Debug, Clone)]
pub struct Collection {
    tracks: Vec<LibraryTrack>,
    problems: Vec<ScanProblem>,
    /// Nanoseconds since 1970; a scan that finds nothing new moves it without making a new collection.
    scanned_at: Arc<AtomicI64>,
    /// Whether it is what the host's database holds.
    stored: bool,
    views: OnceLock<Views>,
    by_id: HashMap<String, usize>,
    by_mbid: HashMap<String, Vec<usize>>,
    by_isrc: HashMap<String, Vec<usize>>,
    by_title: HashMap<String, Vec<usize>>,
}

/// What a library holds in all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Number of tracks.
    pub songs: usize,
    /// Number of albums.
    pub albums: usize,
    /// Number of artists, in whatever role.
    pub artists: usize,
    /// Bytes.
    pub size: i64,
    /// Seconds.
    pub duration: f64,
}

impl Collection {
    /// Makes a collection of what a scan found.
    pub fn new(scan: Scan, scanned_at: SystemTime) -> Self {
        let mut collection = Self {
            tracks: scan.tracks,
            problems: scan.problems,
            scanned_at: Arc::new(AtomicI64::new(unix_nanos(scanned_at))),
            stored: false,
            views: OnceLock::new(),
            by_id: HashMap::new(),
            by_mbid: HashMap::new(),
            by_isrc: HashMap::new(),
            by_title: HashMap::new(),
        };
        for (n, track) in collection.tracks.iter().enumerate() {
            collection.by_id.insert(track.id.clone(), n);
            collection
                .by_title
                .entry(normalise(&track.title))
                .or_default()
                .push(n);
            if !track.mbz_recording_id.is_empty() {
                collection
                    .by_mbid
                    .entry(track.mbz_recording_id.clone())
                    .or_default()
                    .push(n);
            }
            for isrc in &track.isrc {
                collection.by_isrc.entry(isrc.clone()).or_default().push(n);
            }
        }
        collection
    }

    /// Returns all tracks, in the order of the scan.
    pub fn tracks(&self) -> &[LibraryTrack] {
        &self.tracks
    }

    /// Returns what the scan could not read.
    pub fn problems(&self) -> &[ScanProblem] {
        &self.problems
    }

    /// Returns when the scan was made.
    pub fn scanned_at(&self) -> SystemTime {
        from_unix_nanos(self.scanned_at.load(Ordering::Relaxed))
    }

    /// Reads what the database holds of a library; none if no scan of it was ever completed.
    pub(crate) fn load(store: &Database, library_id: i32) -> Result<Option<Self>, StoreError> {
        let Some((scanned_at, problems)) = store.last_scan(library_id)? else {
            return Ok(None);
        };
        let tracks = store.media_files(library_id)?;
        let mut collection = Self::new(Scan { tracks, problems }, scanned_at);
        collection.stored = true;
        Ok(Some(collection))
    }

    /// Takes note of a scan that found what is known already; tells whether it could.
    pub(super) fn confirm(&self, problems: &[ScanProblem], at: SystemTime) -> bool {
        let same = self.stored && self.problems == problems;
        if same {
            self.scanned_at.store(unix_nanos(at), Ordering::Relaxed);
        }
        same
    }

    /// Returns the albums, by sort name.
    pub fn albums(&self) -> &[Album] {
        &self.views().albums
    }

    /// Returns everybody who took part in a track, by sort name.
    pub fn artists(&self) -> &[Artist] {
        &self.views().artists
    }

    /// Returns the album with an id.
    pub fn album(&self, id: &str) -> Option<&Album> {
        self.albums().iter().find(|album| album.id == id)
    }

    /// Returns the artist with an id.
    pub fn artist(&self, id: &str) -> Option<&Artist> {
        self.artists().iter().find(|artist| artist.id == id)
    }

    fn views(&self) -> &Views {
        self.views.get_or_init(|| Views::new(&self.tracks))
    }

    /// Returns the track with a media file id.
    pub fn by_id(&self, id: &str) -> Option<&LibraryTrack> {
        self.by_id.get(id).map(|&n| &self.tracks[n])
    }

    /// Returns the tracks with that title by that artist, letter case and accents aside.
    pub fn by_title_and_artist(
        &self,
        title: &str,
        artist: &str,
    ) -> impl Iterator<Item = &LibraryTrack> {
        let artist = normalise(artist);
        self.among(&self.by_title, &normalise(title))
            .filter(move |track| credits(track, &artist))
    }

    /// Returns the track a reference stands for: by id, by recording id, by ISRC, and last by equal title and artist.
    ///
    /// The server's own matcher goes further in the last step: it accepts similar titles and weighs album and length.
    pub fn resolve(&self, song: &SongRef) -> Option<&LibraryTrack> {
        let by_id = || self.by_id(&song.id);
        let by_mbid = || self.among(&self.by_mbid, &song.mbid).next();
        let by_isrc = || self.among(&self.by_isrc, &song.isrc).next();
        by_id().or_else(by_mbid).or_else(by_isrc).or_else(|| {
            let names = match song.artists.is_empty() {
                true => vec![&song.artist],
                false => song.artists.iter().map(|artist| &artist.name).collect(),
            };
            let mut named = names.into_iter().filter(|name| !name.is_empty());
            named.find_map(|artist| self.by_title_and_artist(&song.name, artist).next())
        })
    }

    /// Returns what the library holds in all.
    pub fn totals(&self) -> Totals {
        let sizes = self.tracks.iter().map(|track| track.size);
        Totals {
            songs: self.tracks.len(),
            albums: self.albums().len(),
            artists: self.artists().len(),
            size: sizes.fold(0, i64::saturating_add),
            duration: self.tracks.iter().map(|track| track.duration).sum(),
        }
    }

    fn among<'a>(
        &'a self,
        index: &'a HashMap<String, Vec<usize>>,
        key: &str,
    ) -> impl Iterator<Item = &'a LibraryTrack> + use<'a> {
        index
            .get(key)
            .into_iter()
            .flatten()
            .map(|&n| &self.tracks[n])
    }
}

fn credits(track: &LibraryTrack, artist: &str) -> bool {
    normalise(&track.artist) == artist
        || track
            .artists
            .iter()
            .any(|credited| normalise(&credited.name) == artist)
}

/// Brings a text to the form it is compared in: no accents, lower case, plain quotes and dashes, no space around it.
pub(crate) fn normalise(text: &str) -> String {
    // First the quotes: taken apart, a double prime is two single ones.
    let plain = text.chars().map(|c| match c {
        '‘' | '’' | '‚' | '‛' | '′' => '\'',
        '“' | '”' | '„' | '‟' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        other => other,
    });
    let lower: String = without_accents(plain)
        .flat_map(char::to_lowercase)
        .collect();
    lower.trim().to_owned()
}

/// Takes the accents off a text.
pub(crate) fn unaccented(text: &str) -> String {
    without_accents(text.chars()).collect()
}

/// Marks of scripts outside Europe are no accents: they make another letter, and stay.
fn without_accents(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut european = true;
    text.nfkd()
        .filter(move |&c| {
            if is_combining_mark(c) {
                return !european;
            }
            european = matches!(c, '\0'..='\u{52f}' | '\u{1e00}'..='\u{1fff}');
            true
        })
        .nfc()
}

/// The scanned libraries of a host, by library id. Clones share them, so a later scan shows everywhere.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    collections: Arc<RwLock<BTreeMap<i32, Arc<Collection>>>>,
    index: IndexCache,
    scanning: Arc<Mutex<()>>,
}

impl Catalogue {
    /// Makes a catalogue without libraries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts in the collection of a library, in place of an earlier one.
    pub fn insert(&self, library_id: i32, collection: Collection) {
        let mut collections = self
            .collections
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        collections.insert(library_id, Arc::new(collection));
    }

    /// Returns the collection of a library, if it was scanned.
    pub fn get(&self, library_id: i32) -> Option<Arc<Collection>> {
        self.collections
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&library_id)
            .cloned()
    }

    /// Returns all collections, by library id.
    pub fn all(&self) -> Vec<Arc<Collection>> {
        let collections = self
            .collections
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        collections.values().cloned().collect()
    }

    /// Waits for its turn to scan into the catalogue; scans of a host come one after the other.
    pub(super) fn begin_scan(&self) -> MutexGuard<'_, ()> {
        self.scanning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the track with a media file id, in whichever of the libraries it is.
    pub fn track(&self, id: &str, libraries: &Grant<i32>) -> Option<LibraryTrack> {
        let collections = self.all();
        let track = collections.iter().find_map(|known| known.by_id(id))?;
        libraries.allows(&track.library_id).then(|| track.clone())
    }

    /// Returns what songs are looked for in, for artists' names without these articles.
    pub(in crate::services) fn match_index(&self, articles: &[String]) -> Arc<Index> {
        self.index.get(self.all(), articles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_accents_case_and_typography() {
        for (text, normal) in [
            (" Björk ", "bjork"),
            ("Sigur Rós", "sigur ros"),
            ("Don’t “Stop” – now", "don't \"stop\" - now"),
            ("ＦＵＬＬ", "full"),
            ("12″ – 7′", "12\" - 7'"),
            ("Ελλάδα", "ελλαδα"),
            ("사랑", "사랑"),
            ("ガラス", "ガラス"),
            ("दिल", "दिल"),
            ("", ""),
        ] {
            assert_eq!(normalise(text), normal);
        }
    }
}
