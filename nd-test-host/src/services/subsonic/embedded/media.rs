//! Endpoints that answer with files: pictures and music.

use std::path::PathBuf;

use super::browse::find_track;
use super::cover::{self, Picture};
use super::fault::Fault;
use super::index::{Album, Artist, Index};
use super::{Call, Reply, playlists, shapes};
use crate::services::library::LibraryTrack;

/// Answers the file as it is, in whatever format it was asked for.
pub(super) fn stream(call: &Call<'_>) -> Result<Reply, Fault> {
    let index = call.index();
    let track = find_track(&index, call.params.required("id")?)?;
    let file = file_of(call, track).ok_or_else(|| Fault::not_found("Song not found"))?;
    let body = std::fs::read(&file)
        .map_err(|error| Fault::other(format!("reading {}: {error}", track.path)))?;
    Ok(Reply::Media {
        content_type: shapes::content_type(&track.suffix).to_owned(),
        body,
    })
}

pub(super) fn download(call: &Call<'_>) -> Result<Reply, Fault> {
    stream(call)
}

/// Answers a picture in its own size. Ids are those of `coverArt` fields, or of the item itself.
pub(super) fn cover_art(call: &Call<'_>) -> Result<Reply, Fault> {
    let id = call.params.required("id")?;
    let index = call.index();
    let picture = match find(call, &index, id)? {
        Some(picture) => picture,
        None => cover::placeholder().map_err(|error| Fault::other(error.to_string()))?,
    };
    Ok(Reply::Media {
        content_type: picture.content_type.to_owned(),
        body: picture.data,
    })
}

/// Finds the picture an id stands for; none if the item is there and has none.
fn find(call: &Call<'_>, index: &Index, id: &str) -> Result<Option<Picture>, Fault> {
    let (kind, rest) = match id.split_once('-') {
        Some((kind @ ("mf" | "al" | "ar" | "pl"), rest)) => (kind, rest),
        _ => ("", id),
    };
    // The part after the line only tells clients whether a picture has changed.
    let bare = rest.split('_').next().unwrap_or_default();
    let wanted = |prefix: &str| kind.is_empty() || kind == prefix;
    if let Some(track) = index.track_by_id(bare).filter(|_| wanted("mf")) {
        let own = file_of(call, track).and_then(|file| cover::embedded(&file));
        let album = || {
            let album = index.album_by_id(&track.album_id)?;
            of_album(call, index, album)
        };
        return Ok(own.or_else(album));
    }
    if let Some(album) = index.album_by_id(bare).filter(|_| wanted("al")) {
        return Ok(of_album(call, index, album));
    }
    if let Some(artist) = index.artist_by_id(bare).filter(|_| wanted("ar")) {
        return Ok(of_artist(call, index, artist));
    }
    if wanted("pl") {
        let playlist = playlists::find(call, bare);
        let playlist = playlist.map_err(|_| Fault::not_found("Artwork not found"))?;
        let mut tracks = playlists::tracks_of(index, &playlist).into_iter();
        return Ok(tracks.find_map(|track| {
            let album = index.album_by_id(&track.album_id)?;
            of_album(call, index, album)
        }));
    }
    Err(Fault::not_found("Artwork not found"))
}

/// Looks beside the files of an album first, then into them.
fn of_album(call: &Call<'_>, index: &Index, album: &Album) -> Option<Picture> {
    let tracks = || album.tracks.iter().map(|&n| index.track(n));
    let files: Vec<_> = tracks().filter_map(|track| file_of(call, track)).collect();
    let mut folders: Vec<_> = files.iter().filter_map(|file| file.parent()).collect();
    folders.dedup();
    let mut folders = folders.into_iter();
    let beside = folders.find_map(|folder| cover::beside(folder, cover::ALBUM));
    beside.or_else(|| {
        let mut with_picture = tracks().filter(|track| track.has_cover_art);
        with_picture.find_map(|track| cover::embedded(&file_of(call, track)?))
    })
}

/// Looks into the folders of an artist's albums, and into those around them.
fn of_artist(call: &Call<'_>, index: &Index, artist: &Artist) -> Option<Picture> {
    let mut albums = artist.albums.iter().map(|&n| &index.albums[n]);
    albums.find_map(|album| {
        let file = file_of(call, index.track(album.tracks[0]))?;
        let folder = file.parent()?;
        let picture = cover::beside(folder, cover::ARTIST);
        picture.or_else(|| {
            // Not outside of the library.
            let around = folder.parent()?;
            let inside = call
                .libraries()
                .any(|library| around.starts_with(&library.path));
            inside.then(|| cover::beside(around, cover::ARTIST))?
        })
    })
}

fn file_of(call: &Call<'_>, track: &LibraryTrack) -> Option<PathBuf> {
    let mut libraries = call.libraries();
    let library = libraries.find(|library| library.id == track.library_id)?;
    Some(library.path.join(&track.path))
}
