//! Endpoints that list albums and songs by some order.

use std::cmp::Reverse;

use super::document::Object;
use super::fault::Fault;
use super::index::{Album, Artist, Index};
use super::shapes::{self, Notes};
use super::{Call, Reply};
use crate::services::id;
use crate::services::library::LibraryTrack;
use crate::store::annotations::Annotation;

/// Items a list has unless told otherwise, and the most it has.
const DEFAULT_SIZE: usize = 10;
const MAX_SIZE: usize = 500;

pub(super) fn album_list(call: &Call<'_>) -> Result<Reply, Fault> {
    albums(call, "albumList", shapes::album_folder)
}

pub(super) fn album_list2(call: &Call<'_>) -> Result<Reply, Fault> {
    albums(call, "albumList2", shapes::album)
}

fn albums(
    call: &Call<'_>,
    name: &'static str,
    shape: fn(&Album, &Index, &Notes) -> Object,
) -> Result<Reply, Fault> {
    let (index, notes) = (call.index_of_folders()?, call.notes()?);
    let albums = selected(call, &index, &notes)?;
    let page = albums
        .into_iter()
        .skip(call.params.count("offset", 0, usize::MAX))
        .take(call.params.count("size", DEFAULT_SIZE, MAX_SIZE));
    let page = page.map(|album| shape(album, &index, &notes)).collect();
    Reply::object(name, Object::new().with_list("album", page))
}

/// Returns all albums of the wanted kind, in the wanted order.
fn selected<'a>(call: &Call<'_>, index: &'a Index, notes: &Notes) -> Result<Vec<&'a Album>, Fault> {
    let note = |album: &Album| notes.of_album(&album.id);
    let mut albums: Vec<&Album> = index.albums.iter().collect();
    // Whatever the order, equal albums stand by name.
    albums.sort_by(|a, b| (&a.key, &a.artist_key, &a.id).cmp(&(&b.key, &b.artist_key, &b.id)));
    match call.params.required("type")? {
        "random" => shuffle(&mut albums),
        "newest" => albums.sort_by_key(|album| Reverse(album.created)),
        "highest" => {
            albums.retain(|album| note(album).rating > 0);
            albums.sort_by_key(|album| Reverse(note(album).rating));
        }
        "frequent" => {
            albums.retain(|album| note(album).play_count > 0);
            albums.sort_by_key(|album| Reverse(note(album).play_count));
        }
        "recent" => {
            albums.retain(|album| note(album).played_at.is_some());
            albums.sort_by_key(|album| Reverse(note(album).played_at));
        }
        "starred" => {
            albums.retain(|album| note(album).starred_at.is_some());
            albums.sort_by_key(|album| Reverse(note(album).starred_at));
        }
        "alphabeticalByName" => {}
        "alphabeticalByArtist" => {
            albums.sort_by(|a, b| (&a.artist_key, &a.key).cmp(&(&b.artist_key, &b.key)));
        }
        "byYear" => {
            let year = |name| -> Result<i32, Fault> {
                call.params.required(name)?;
                Ok(call.params.number(name).unwrap_or_default())
            };
            let (from, to) = (year("fromYear")?, year("toYear")?);
            albums.retain(|album| (from.min(to)..=from.max(to)).contains(&album.year));
            match from > to {
                true => albums.sort_by_key(|album| Reverse(album.year)),
                false => albums.sort_by_key(|album| album.year),
            }
        }
        "byGenre" => {
            let genre = call.params.required("genre")?.to_lowercase();
            albums.retain(|album| album.genres.iter().any(|g| g.to_lowercase() == genre));
        }
        other => return Err(Fault::other(format!("type '{other}' not implemented"))),
    }
    Ok(albums)
}

pub(super) fn random_songs(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index_of_folders()?, call.notes()?);
    let genre = call.params.text("genre").map(str::to_lowercase);
    let from = call.params.number("fromYear").unwrap_or(i32::MIN);
    let to = call.params.number("toYear").unwrap_or(i32::MAX);
    let mut tracks: Vec<_> = index
        .tracks()
        .filter(|track| {
            genre.as_ref().is_none_or(|genre| has_genre(track, genre))
                && (from..=to).contains(&track.year())
        })
        .collect();
    shuffle(&mut tracks);
    tracks.truncate(call.params.count("size", DEFAULT_SIZE, MAX_SIZE));
    songs("randomSongs", tracks, &notes)
}

pub(super) fn songs_by_genre(call: &Call<'_>) -> Result<Reply, Fault> {
    let genre = call.params.required("genre")?.to_lowercase();
    let (index, notes) = (call.index_of_folders()?, call.notes()?);
    let tracks = index.tracks().filter(|track| has_genre(track, &genre));
    let page = tracks
        .skip(call.params.count("offset", 0, usize::MAX))
        .take(call.params.count("count", DEFAULT_SIZE, MAX_SIZE));
    songs("songsByGenre", page.collect(), &notes)
}

fn has_genre(track: &LibraryTrack, lower_case: &str) -> bool {
    let mut genres = track.genres.iter();
    genres.any(|genre| genre.to_lowercase() == lower_case)
}

pub(super) fn starred(call: &Call<'_>) -> Result<Reply, Fault> {
    favourites(call, "starred", shapes::artist_folder, shapes::album_folder)
}

pub(super) fn starred2(call: &Call<'_>) -> Result<Reply, Fault> {
    favourites(call, "starred2", shapes::artist, shapes::album)
}

fn favourites(
    call: &Call<'_>,
    name: &'static str,
    artist: fn(&Artist, &Notes) -> Object,
    album: fn(&Album, &Index, &Notes) -> Object,
) -> Result<Reply, Fault> {
    let (index, notes) = (call.index_of_folders()?, call.notes()?);
    let artists = newest_first(&index.artists, |artist| notes.of_artist(&artist.id));
    let albums = newest_first(&index.albums, |album| notes.of_album(&album.id));
    let tracks = newest_first(index.tracks(), |track| notes.of_track(&track.id));
    let favourites = Object::new()
        .with_list(
            "artist",
            artists.into_iter().map(|a| artist(a, &notes)).collect(),
        )
        .with_list(
            "album",
            albums
                .into_iter()
                .map(|a| album(a, &index, &notes))
                .collect(),
        )
        .with_list(
            "song",
            tracks
                .into_iter()
                .map(|track| shapes::song(track, &notes))
                .collect(),
        );
    Reply::object(name, favourites)
}

fn newest_first<'a, T>(
    items: impl IntoIterator<Item = &'a T>,
    note: impl Fn(&T) -> Annotation,
) -> Vec<&'a T> {
    let starred = items
        .into_iter()
        .filter_map(|item| Some((note(item).starred_at?, item)));
    let mut starred: Vec<_> = starred.collect();
    starred.sort_by_key(|&(at, _)| Reverse(at));
    starred.into_iter().map(|(_, item)| item).collect()
}

pub(super) fn similar_songs(call: &Call<'_>) -> Result<Reply, Fault> {
    similar(call, "similarSongs")
}

pub(super) fn similar_songs2(call: &Call<'_>) -> Result<Reply, Fault> {
    similar(call, "similarSongs2")
}

/// Without anybody to ask who is similar, the artist is similar to itself.
fn similar(call: &Call<'_>, name: &'static str) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let artist = super::browse::artist_behind(&index, call.params.required("id")?)?;
    let tracks = best_of(
        &index,
        artist,
        &notes,
        call.params.count("count", 50, MAX_SIZE),
    );
    songs(name, tracks, &notes)
}

/// The favourites, then the best rated, then the most played songs of an artist, who is given by name.
pub(super) fn top_songs(call: &Call<'_>) -> Result<Reply, Fault> {
    let (index, notes) = (call.index(), call.notes()?);
    let name = call.params.required("artist")?.to_lowercase();
    let mut artists = index.artists.iter();
    let artist = artists.find(|artist| artist.name.to_lowercase() == name);
    let most = call.params.count("count", 50, MAX_SIZE);
    let tracks = artist.map(|artist| best_of(&index, artist, &notes, most));
    songs("topSongs", tracks.unwrap_or_default(), &notes)
}

fn best_of<'a>(
    index: &'a Index,
    artist: &Artist,
    notes: &Notes,
    most: usize,
) -> Vec<&'a LibraryTrack> {
    let mut tracks: Vec<_> = artist.tracks.iter().map(|&n| index.track(n)).collect();
    tracks.sort_by_key(|track| {
        let note = notes.of_track(&track.id);
        Reverse((note.starred_at.is_some(), note.rating, note.play_count))
    });
    tracks.truncate(most);
    tracks
}

fn songs(name: &'static str, tracks: Vec<&LibraryTrack>, notes: &Notes) -> Result<Reply, Fault> {
    let songs = tracks.into_iter().map(|track| shapes::song(track, notes));
    Reply::object(name, Object::new().with_list("song", songs.collect()))
}

fn shuffle<T>(items: &mut [T]) {
    let mut state = id::random_bits() as u64;
    for end in (1..items.len()).rev() {
        // SplitMix64: good enough to listen to.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        items.swap(end, (bits % (end as u64 + 1)) as usize);
    }
}
