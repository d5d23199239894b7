//! The albums and artists of a library, as they follow from its tracks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::normalise;
use super::track::{LibraryTrack, TrackArtist};

/// An album: tracks with the same album id.
#[derive(Debug, Clone, PartialEq)]
pub struct Album {
    /// Album id.
    pub id: String,
    /// Title.
    pub name: String,
    /// Sort form of the title, if the files have one.
    pub sort_name: String,
    /// Title as it is ordered and compared: sort form if there is one, without accents, in lower case.
    pub order_name: String,
    /// Album artists as one text for people.
    pub album_artist: String,
    /// Artists of the album.
    pub album_artists: Vec<TrackArtist>,
    /// MusicBrainz release id.
    pub mbid: String,
    /// MusicBrainz release group id.
    pub release_group_mbid: String,
    /// Type of the release, as in `album`.
    pub album_type: String,
    /// What tells the release from others of the same name.
    pub comment: String,
    /// Catalogue number.
    pub catalog_num: String,
    /// Earliest and latest year of a track; 0 if no track has one.
    pub years: (i32, i32),
    /// Original release date as tagged.
    pub original_date: String,
    /// Date of this release as tagged.
    pub release_date: String,
    /// Genres, each once, in the order of the tracks.
    pub genres: Vec<String>,
    /// Titles of the discs that have one, by number.
    pub discs: BTreeMap<i32, String>,
    /// Whether it is a compilation of several artists.
    pub compilation: bool,
    /// Place in the collection of the first track with a picture.
    pub cover: Option<usize>,
    /// Places of the tracks in the collection, by disc, number and path.
    pub tracks: Vec<usize>,
    /// Seconds.
    pub duration: f64,
    /// Bytes.
    pub size: i64,
    /// When the host first saw a track of it, in Unix seconds.
    pub created_at: i64,
}

/// Somebody who took part in a track or an album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artist {
    /// Artist id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Sort form of the name, if a file has one.
    pub sort_name: String,
    /// Name as it is ordered: sort form if there is one, without accents, in lower case. Articles stay.
    pub order_name: String,
    /// MusicBrainz artist id, if a file has one.
    pub mbid: String,
    /// In which roles, by name.
    pub roles: BTreeSet<String>,
    /// Ids of the albums that are the artist's own.
    pub albums: BTreeSet<String>,
    /// Places of the tracks in the collection the artist took part in, in whatever role.
    pub tracks: Vec<usize>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Views {
    pub(super) albums: Vec<Album>,
    pub(super) artists: Vec<Artist>,
}

impl Views {
    pub(super) fn new(tracks: &[LibraryTrack]) -> Self {
        let mut views = Self::default();
        let (mut albums, mut artists) = (HashMap::new(), HashMap::new());
        for (number, track) in tracks.iter().enumerate() {
            let place = *albums
                .entry(track.album_id.as_str())
                .or_insert(views.albums.len());
            if place == views.albums.len() {
                views.albums.push(Album::new(track));
            }
            if let Some(album) = views.albums.get_mut(place) {
                album.add(number, track);
            }
            for (role, _, credit) in track.credits() {
                let place = *artists
                    .entry(credit.id.as_str())
                    .or_insert(views.artists.len());
                if place == views.artists.len() {
                    views.artists.push(Artist::new(credit));
                }
                if let Some(artist) = views.artists.get_mut(place) {
                    artist.add(number, track, role, credit);
                }
            }
        }
        for album in &mut views.albums {
            album.tracks.sort_by_key(|&number| {
                tracks
                    .get(number)
                    .map(|track| (track.disc_number, track.track_number, number))
            });
            album.order_name = order(&album.sort_name, &album.name);
        }
        for artist in &mut views.artists {
            artist.order_name = order(&artist.sort_name, &artist.name);
        }
        views
            .albums
            .sort_by(|a, b| (&a.order_name, &a.id).cmp(&(&b.order_name, &b.id)));
        views
            .artists
            .sort_by(|a, b| (&a.order_name, &a.id).cmp(&(&b.order_name, &b.id)));
        views
    }
}

fn order(sort_name: &str, name: &str) -> String {
    normalise(if sort_name.is_empty() {
        name
    } else {
        sort_name
    })
}

fn fill(text: &mut String, from: &str) {
    if text.is_empty() {
        from.clone_into(text);
    }
}

impl Album {
    fn new(track: &LibraryTrack) -> Self {
        Self {
            id: track.album_id.clone(),
            name: track.album.clone(),
            sort_name: String::new(),
            order_name: String::new(),
            album_artist: track.album_artist.clone(),
            album_artists: track.album_artists.clone(),
            mbid: track.mbz_album_id.clone(),
            release_group_mbid: String::new(),
            album_type: String::new(),
            comment: String::new(),
            catalog_num: String::new(),
            years: (0, 0),
            original_date: String::new(),
            release_date: String::new(),
            genres: Vec::new(),
            discs: BTreeMap::new(),
            compilation: false,
            cover: None,
            tracks: Vec::new(),
            duration: 0.0,
            size: 0,
            created_at: track.created_at,
        }
    }

    fn add(&mut self, number: usize, track: &LibraryTrack) {
        fill(&mut self.sort_name, &track.sort_album);
        fill(&mut self.release_group_mbid, &track.mbz_release_group_id);
        fill(&mut self.album_type, &track.mbz_album_type);
        fill(&mut self.comment, &track.mbz_album_comment);
        fill(&mut self.catalog_num, &track.catalog_num);
        fill(&mut self.original_date, &track.original_date);
        fill(&mut self.release_date, &track.release_date);
        self.years = match (self.years, track.year()) {
            (years, 0) => years,
            ((0, 0), year) => (year, year),
            ((first, last), year) => (first.min(year), last.max(year)),
        };
        for genre in &track.genres {
            if !self.genres.contains(genre) {
                self.genres.push(genre.clone());
            }
        }
        if !track.disc_subtitle.is_empty() {
            let disc = self.discs.entry(track.disc_number);
            disc.or_insert_with(|| track.disc_subtitle.clone());
        }
        self.compilation |= track.compilation;
        if track.has_cover_art {
            self.cover.get_or_insert(number);
        }
        self.tracks.push(number);
        self.duration += track.duration;
        self.size = self.size.saturating_add(track.size);
        self.created_at = self.created_at.min(track.created_at);
    }
}

impl Artist {
    fn new(credit: &TrackArtist) -> Self {
        Self {
            id: credit.id.clone(),
            name: credit.name.clone(),
            sort_name: String::new(),
            order_name: String::new(),
            mbid: String::new(),
            roles: BTreeSet::new(),
            albums: BTreeSet::new(),
            tracks: Vec::new(),
        }
    }

    fn add(&mut self, number: usize, track: &LibraryTrack, role: &str, credit: &TrackArtist) {
        fill(&mut self.sort_name, &credit.sort_name);
        fill(&mut self.mbid, &credit.mbid);
        if !self.roles.contains(role) {
            self.roles.insert(role.to_owned());
        }
        if role == "albumartist" && !self.albums.contains(&track.album_id) {
            self.albums.insert(track.album_id.clone());
        }
        if self.tracks.last() != Some(&number) {
            self.tracks.push(number);
        }
    }
}
