//! The tracks of all libraries, by what they are looked for by.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::text::{self, Letters, Prepared};
use crate::services::library::{Collection, LibraryTrack, normalise};

/// Where a track is: number of its collection, number in it.
type Place = (u32, u32);

/// The tracks of all libraries, in repository order: by library, then by path.
pub(in crate::services) struct Index {
    collections: Vec<Arc<Collection>>,
    articles: Vec<String>,
    entries: Vec<Entry>,
    by_id: HashMap<String, usize>,
    by_mbid: HashMap<String, Vec<usize>>,
    by_isrc: HashMap<String, Vec<usize>>,
    by_artist: HashMap<String, Vec<usize>>,
    artists_by_name: HashMap<String, Vec<String>>,
    artists_by_mbid: HashMap<String, Vec<String>>,
}

/// A track with its texts in the form they are compared in.
struct Entry {
    place: Place,
    title: String,
    letters: Letters,
    album: String,
    artist: String,
}

impl Index {
    fn new(collections: Vec<Arc<Collection>>, articles: &[String]) -> Self {
        let mut index = Self {
            articles: articles.to_vec(),
            entries: Vec::new(),
            by_id: HashMap::new(),
            by_mbid: HashMap::new(),
            by_isrc: HashMap::new(),
            by_artist: HashMap::new(),
            artists_by_name: HashMap::new(),
            artists_by_mbid: HashMap::new(),
            collections: Vec::new(),
        };
        for (number, collection) in collections.iter().enumerate() {
            for (at, track) in collection.tracks().iter().enumerate() {
                index.add(track, (number as u32, at as u32));
            }
        }
        index.collections = collections;
        index
    }

    fn add(&mut self, track: &LibraryTrack, place: Place) {
        let number = self.entries.len();
        let title = normalise(&track.title);
        self.entries.push(Entry {
            place,
            letters: Letters::of(&title),
            title,
            album: normalise(&track.album),
            artist: text::artist(&track.artist, &self.articles),
        });
        self.by_id.entry(track.id.clone()).or_insert(number);
        if !track.mbz_recording_id.is_empty() {
            push(&mut self.by_mbid, &track.mbz_recording_id, number);
        }
        for isrc in &track.isrc {
            push(&mut self.by_isrc, isrc, number);
        }
        for artist in &track.artists {
            push(&mut self.by_artist, &artist.id, number);
            let name = text::artist(&artist.name, &self.articles);
            push(&mut self.artists_by_name, &name, artist.id.clone());
            if !artist.mbid.is_empty() {
                push(&mut self.artists_by_mbid, &artist.mbid, artist.id.clone());
            }
        }
    }

    pub(super) fn track(&self, number: usize) -> Option<&LibraryTrack> {
        let (collection, at) = self.entries.get(number)?.place;
        let collection = self.collections.get(collection as usize)?;
        collection.tracks().get(at as usize)
    }

    /// Returns how like a text the title is, if it is at least so much.
    pub(super) fn title_likeness(
        &self,
        number: usize,
        text: &Prepared<'_>,
        at_least: f64,
    ) -> Option<f64> {
        let entry = self.entries.get(number)?;
        text.likeness(&entry.title, &entry.letters, at_least)
    }

    pub(super) fn album(&self, number: usize) -> &str {
        self.entries.get(number).map_or("", |entry| &entry.album)
    }

    /// Returns the artist text for people, as names are compared.
    pub(super) fn artist(&self, number: usize) -> &str {
        self.entries.get(number).map_or("", |entry| &entry.artist)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn by_mbid(&self, mbid: &str) -> &[usize] {
        self.by_mbid.get(mbid).map_or(&[], Vec::as_slice)
    }

    pub(super) fn by_isrc(&self, isrc: &str) -> &[usize] {
        self.by_isrc.get(isrc).map_or(&[], Vec::as_slice)
    }

    /// Returns the tracks that credit an artist as one of the track's.
    pub(super) fn by_artist(&self, id: &str) -> &[usize] {
        self.by_artist.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the ids of the artists of that name, as names are compared.
    pub(super) fn artists_named(&self, name: &str) -> &[String] {
        self.artists_by_name.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn artists_with_mbid(&self, mbid: &str) -> &[String] {
        self.artists_by_mbid.get(mbid).map_or(&[], Vec::as_slice)
    }

    fn fits(&self, collections: &[Arc<Collection>], articles: &[String]) -> bool {
        let same = |(one, other): (&Arc<Collection>, &Arc<Collection>)| Arc::ptr_eq(one, other);
        self.articles == articles
            && self.collections.len() == collections.len()
            && self.collections.iter().zip(collections).all(same)
    }
}

/// Adds to a list once: equal values come one after the other, or are few.
fn push<T: PartialEq>(lists: &mut HashMap<String, Vec<T>>, key: &str, value: T) {
    match lists.get_mut(key) {
        Some(list) if list.last() == Some(&value) => {}
        Some(list) if list.len() < 16 && list.contains(&value) => {}
        Some(list) => list.push(value),
        None => drop(lists.insert(key.to_owned(), vec![value])),
    }
}

/// The index over what was scanned last.
#[derive(Clone, Default)]
pub(in crate::services) struct IndexCache(Arc<Mutex<Option<Arc<Index>>>>);

impl IndexCache {
    /// Returns the index of these collections, which is made anew when one of them has changed.
    pub(in crate::services) fn get(
        &self,
        collections: Vec<Arc<Collection>>,
        articles: &[String],
    ) -> Arc<Index> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(index) if index.fits(&collections, articles) => Arc::clone(index),
            _ => Arc::clone(known.insert(Arc::new(Index::new(collections, articles)))),
        }
    }
}

impl fmt::Debug for IndexCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexCache").finish_non_exhaustive()
    }
}
