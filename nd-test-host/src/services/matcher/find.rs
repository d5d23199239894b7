//! The four phases of a match: by id, by recording, by ISRC, and by title and artist.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use nd_types::SongRef;

use super::index::Index;
use super::query::{Query, QueryArtist};
use super::text::{Prepared, likeness};
use crate::services::library::LibraryTrack;
use crate::setup::Grant;
use crate::store::annotations::Annotation;

/// From this rating on a track is preferred.
const GOOD_RATING: u8 = 4;

/// One search: the tracks, and for whom.
pub(super) struct Search<'a> {
    pub(super) index: &'a Index,
    pub(super) annotations: &'a HashMap<String, Annotation>,
    /// The libraries that are searched; all if none is named.
    pub(super) visible: Option<&'a Grant<i32>>,
    pub(super) threshold: f64,
    pub(super) prefer_starred: bool,
    pub(super) articles: &'a [String],
    /// Tells whether the search has to end; what it then has not found counts as not there.
    pub(super) stops: &'a dyn Fn() -> bool,
}

impl<'a> Search<'a> {
    /// Finds the best track for a song.
    pub(super) fn find(&self, song: &SongRef) -> Option<&'a LibraryTrack> {
        let by_id = || {
            let number = self.index.by_id(&song.id)?;
            self.visible(number)
        };
        let by_recording = || {
            let numbers = self.index.by_mbid(&song.mbid);
            numbers.iter().find_map(|&number| self.visible(number))
        };
        by_id()
            .or_else(by_recording)
            .or_else(|| self.by_isrc(&song.isrc))
            .or_else(|| self.by_title_and_artist(song))
    }

    fn visible(&self, number: usize) -> Option<&'a LibraryTrack> {
        let track = self.index.track(number)?;
        let seen = self
            .visible
            .is_none_or(|granted| granted.allows(&track.library_id));
        seen.then_some(track)
    }

    fn by_isrc(&self, isrc: &str) -> Option<&'a LibraryTrack> {
        let numbers = self.index.by_isrc(isrc).iter().copied();
        let first = self.in_order(numbers).into_iter().next()?;
        self.index.track(first)
    }

    /// Orders candidates: favourites first, then by rating, by year, and compilations last; equals stay in repository order.
    fn in_order(&self, numbers: impl Iterator<Item = usize>) -> Vec<usize> {
        let seen = numbers.filter_map(|number| {
            let track = self.visible(number)?;
            let annotation = self.annotation(track);
            let key = (
                annotation.starred_at.is_none(),
                u8::MAX - annotation.rating,
                track.year(),
                track.compilation,
            );
            Some((key, number))
        });
        let mut keyed: Vec<_> = seen.collect();
        keyed.sort();
        keyed.into_iter().map(|(_, number)| number).collect()
    }

    fn annotation(&self, track: &LibraryTrack) -> Annotation {
        self.annotations.get(&track.id).copied().unwrap_or_default()
    }

    fn by_title_and_artist(&self, song: &SongRef) -> Option<&'a LibraryTrack> {
        let query = Query::new(song, self.articles)?;
        let artists: Vec<HashSet<&str>> = query
            .artists
            .iter()
            .map(|artist| self.resolve(artist))
            .collect();
        let title = Prepared::new(&query.title);
        // A song may name an artist any number of times: what this takes must depend on the library alone.
        let named: HashSet<&str> = artists.iter().flatten().copied().collect();
        let mut credited = BTreeSet::new();
        for number in named.iter().flat_map(|id| self.index.by_artist(id)) {
            if self.visible(*number).is_some() {
                credited.insert(*number);
            }
        }
        // The title decides before everything else, so only the candidates with the likest one are looked at further.
        let mut likest = self.threshold;
        let mut credited_likest = Vec::new();
        for number in credited {
            if (self.stops)() {
                return None;
            }
            let Some(likeness) = self.index.title_likeness(number, &title, likest) else {
                continue;
            };
            if likeness > likest {
                credited_likest.clear();
                likest = likeness;
            }
            credited_likest.push(number);
        }
        let mut best: Option<(usize, Score)> = None;
        for number in self.in_order(credited_likest.into_iter()) {
            if (self.stops)() {
                return None;
            }
            let score = self.score(number, &query, &artists)?;
            let better = match &best {
                None => true,
                Some((_, known)) => score.compare(known) == Ordering::Greater,
            };
            if better {
                best = Some((number, score));
            }
        }
        self.index.track(best?.0)
    }

    /// Returns the ids of the artists that may be meant: the given one, or those of that name or MBID.
    fn resolve<'q>(&'q self, artist: &'q QueryArtist) -> HashSet<&'q str> {
        if !artist.id.is_empty() {
            return HashSet::from([artist.id.as_str()]);
        }
        let named = match artist.name.as_str() {
            "" => &[],
            name => self.index.artists_named(name),
        };
        let known = match artist.mbid.as_str() {
            "" => &[],
            mbid => self.index.artists_with_mbid(mbid),
        };
        named.iter().chain(known).map(String::as_str).collect()
    }

    fn score(&self, number: usize, query: &Query, artists: &[HashSet<&str>]) -> Option<Score> {
        let track = self.index.track(number)?;
        let album = match query.album.as_str() {
            "" => 0.0,
            album => likeness(album, self.index.album(number)),
        };
        let proximity = match query.duration {
            None => 1.0,
            Some(wanted) => 1.0 / (1.0 + (wanted - track.duration).abs()),
        };
        let level = query
            .artists
            .iter()
            .map(|artist| self.level(number, track, query, artist, album))
            .max();
        let credited = artists
            .iter()
            .filter(|ids| track.artists.iter().any(|a| ids.contains(a.id.as_str())))
            .count();
        let annotation = self.annotation(track);
        let liked = annotation.starred_at.is_some() || annotation.rating >= GOOD_RATING;
        Some(Score {
            proximity,
            level: level.unwrap_or(0),
            credited,
            preferred: self.prefer_starred && liked,
            album,
        })
    }

    /// Tells how surely a track is by an artist of the query, and from the album.
    fn level(
        &self,
        number: usize,
        track: &LibraryTrack,
        query: &Query,
        artist: &QueryArtist,
        album: f64,
    ) -> u8 {
        let same = |own: &str, asked: &str| !asked.is_empty() && own == asked;
        let mut credits = track.artists.iter();
        let identified =
            credits.any(|own| same(&own.id, &artist.id) || same(&own.mbid, &artist.mbid));
        let named = same(self.index.artist(number), &artist.name);
        let on_release = same(&track.mbz_album_id, &query.album_mbid);
        let on_album = !query.album.is_empty() && album >= self.threshold;
        match (identified, named) {
            (true, _) if on_release => 5,
            (true, _) if on_album => 4,
            (_, true) if on_album => 3,
            (true, _) => 2,
            (_, true) => 1,
            _ => 0,
        }
    }
}

/// How good a candidate is among those with equally like titles, the weightiest criterion first.
struct Score {
    proximity: f64,
    level: u8,
    credited: usize,
    preferred: bool,
    album: f64,
}

impl Score {
    fn compare(&self, other: &Self) -> Ordering {
        self.proximity
            .total_cmp(&other.proximity)
            .then(self.level.cmp(&other.level))
            .then(self.credited.cmp(&other.credited))
            .then(self.preferred.cmp(&other.preferred))
            .then(self.album.total_cmp(&other.album))
    }
}
