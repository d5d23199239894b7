//! Songs like others: what the sources know, and if that is too little, what the server finds by asking them more.

use std::collections::{HashSet, VecDeque};

use nd_types::ArtistRef;

use super::{Agents, Album, Lookup, MAX_SIMILAR_SONGS};
use crate::server::Rules;
use crate::services::id;
use crate::services::library::{LibraryTrack, TrackArtist, normalise};

/// Tracks of an album or artist that are asked about one by one.
const SEEDS: usize = 5;
/// Similar artists whose best-known songs are asked for.
const ARTISTS: usize = 15;
/// Best-known songs wanted of each, at least.
const TOP_SONGS: usize = 20;

/// What songs are to be like.
#[derive(Debug, Clone, Copy)]
pub enum Seed<'a> {
    /// A track.
    Track(&'a LibraryTrack),
    /// An album.
    Album(&'a Album),
    /// An artist.
    Artist(&'a ArtistRef),
}

/// The songs found so far.
struct Found {
    tracks: Vec<LibraryTrack>,
    seen: HashSet<String>,
    wanted: usize,
}

impl Found {
    fn is_enough(&self) -> bool {
        self.tracks.len() >= self.wanted
    }

    /// Adds a track, if it is new and there is room.
    fn add(&mut self, track: LibraryTrack) {
        if !self.is_enough() && self.seen.insert(track.id.clone()) {
            self.tracks.push(track);
        }
    }
}

impl Agents {
    /// Finds songs like a track, an album or an artist, at most `count` and never more than 500.
    ///
    /// If the sources know too few for an album or an artist, they are asked for songs like five of its tracks, picked
    /// at random. If that is too few as well, or it is about a track, they are asked for similar artists, and for the
    /// best-known songs of the artist and of each of those. Releases before 0.64 stop at the first of these steps that
    /// was answered with songs, even if the library has few of them.
    pub fn similar_songs(&self, seed: Seed<'_>, count: usize) -> Vec<LibraryTrack> {
        let wanted = count.min(MAX_SIMILAR_SONGS);
        let known = match seed {
            Seed::Track(track) => self.similar_songs_by_track(track, wanted),
            Seed::Album(album) => self.similar_songs_by_album(album, wanted),
            Seed::Artist(artist) => self.similar_songs_by_artist(artist, wanted),
        };
        let mut answered = matches!(known, Lookup::Found { .. });
        let mut tracks = known.found().unwrap_or_default();
        tracks.truncate(wanted);
        let mut seen: HashSet<_> = tracks.iter().map(|track| track.id.clone()).collect();
        if let Seed::Track(track) = seed {
            seen.insert(track.id.clone());
        }
        let mut found = Found {
            tracks,
            seen,
            wanted,
        };
        if self.is_final(answered, &found) {
            return found.tracks;
        }
        let own = self.tracks_of(seed);
        if !matches!(seed, Seed::Track(_)) {
            let answered_before = answered;
            for track in pick(own.clone(), SEEDS) {
                if found.is_enough() {
                    break;
                }
                let like_it = self.similar_songs_by_track(&track, wanted);
                answered |= matches!(like_it, Lookup::Found { .. });
                like_it
                    .found()
                    .unwrap_or_default()
                    .into_iter()
                    .for_each(|track| found.add(track));
            }
            // Otherwise it was settled above that more are asked for.
            if !answered_before && self.is_final(answered, &found) {
                return found.tracks;
            }
        }
        if !found.is_enough() {
            self.add_top_songs(&artist_of(seed, &own), &mut found);
        }
        found.tracks
    }

    /// Tells whether nobody else is asked, given whether a source has answered so far and with what.
    fn is_final(&self, answered: bool, found: &Found) -> bool {
        let is_final =
            |rules: &Rules| found.is_enough() || (answered && !rules.top_up_similar_songs);
        self.rules.compare(&self.journal, "", |other| {
            let (known, wanted) = (found.tracks.len(), found.wanted);
            match (is_final(&self.rules), is_final(other)) {
                (true, false) => Some(format!(
                    "would ask for more similar songs: {known} of {wanted} are known"
                )),
                (false, true) => Some(format!(
                    "would ask for no more similar songs: {known} of {wanted} are known"
                )),
                _ => None,
            }
        });
        is_final(&self.rules)
    }

    /// Adds the best-known songs of an artist and of similar ones, in turn.
    fn add_top_songs(&self, artist: &ArtistRef, found: &mut Found) {
        let similar = self.similar_artists(artist, ARTISTS, false);
        let similar = similar.found().unwrap_or_default().into_iter();
        let similar = similar.map(|similar| ArtistRef {
            id: similar.id.unwrap_or_default(),
            name: similar.name,
            mbid: similar.mbid,
            ..ArtistRef::default()
        });
        let artists: Vec<_> = std::iter::once(artist.clone()).chain(similar).collect();
        let mut songs: Vec<VecDeque<_>> = artists
            .iter()
            .map(|artist| {
                let songs = self.top_songs(artist, found.wanted.max(TOP_SONGS));
                songs.found().unwrap_or_default().into()
            })
            .collect();
        while !found.is_enough() && songs.iter().any(|songs| !songs.is_empty()) {
            for track in songs.iter_mut().filter_map(VecDeque::pop_front) {
                found.add(track);
            }
        }
    }

    /// Returns the tracks of an album or artist that the user may hear.
    fn tracks_of(&self, seed: Seed<'_>) -> Vec<LibraryTrack> {
        let belongs = |track: &LibraryTrack| match seed {
            Seed::Track(seed) => track.id == seed.id,
            Seed::Album(album) => track.album_id == album.id,
            Seed::Artist(artist) => track.artists.iter().any(|own| is_same(own, artist)),
        };
        let heard = |track: &LibraryTrack| {
            let user = self.user.as_ref();
            user.is_none_or(|user| user.libraries.allows(&track.library_id))
        };
        let libraries = self.catalogue.all();
        let tracks = libraries.iter().flat_map(|library| library.tracks());
        let own = tracks.filter(|track| belongs(track) && heard(track));
        own.cloned().collect()
    }
}

fn is_same(own: &TrackArtist, artist: &ArtistRef) -> bool {
    match artist.id.is_empty() {
        true => normalise(&own.name) == normalise(&artist.name),
        false => own.id == artist.id,
    }
}

/// Returns whose best-known songs come next to what is asked for.
fn artist_of(seed: Seed<'_>, own: &[LibraryTrack]) -> ArtistRef {
    let (credited, name) = match seed {
        Seed::Artist(artist) => return artist.clone(),
        Seed::Track(track) => (track.artists.first(), &track.artist),
        Seed::Album(album) => {
            let mut credited = own.iter().flat_map(|track| &track.album_artists);
            (credited.next(), &album.artist)
        }
    };
    match credited {
        Some(artist) => ArtistRef {
            id: artist.id.clone(),
            name: artist.name.clone(),
            mbid: artist.mbid.clone(),
            ..ArtistRef::default()
        },
        None => ArtistRef {
            name: name.clone(),
            ..ArtistRef::default()
        },
    }
}

/// Picks some at random.
fn pick(mut tracks: Vec<LibraryTrack>, count: usize) -> Vec<LibraryTrack> {
    let mut picked = Vec::new();
    while picked.len() < count && !tracks.is_empty() {
        let place = id::random_bits() % tracks.len() as u128;
        picked.push(tracks.swap_remove(place as usize));
    }
    picked
}
