//! Answers the two questions of the server from the index.

use std::path::{Path, PathBuf};

use nd_pdk::host;
use nd_pdk::sonicsimilarity::{Error, SonicMatch};
use nd_pdk::types::SongRef;

use crate::index::{Index, IndexFile};
use crate::scan::WorkFile;
use crate::search::{self, Match, Song, Space};
use crate::settings::Settings;
use crate::song;

/// The songs most like `seed`.
pub fn similar(seed: &SongRef, count: i32) -> Result<Vec<SonicMatch>, Error> {
    let Some(count) = positive(count) else {
        return Ok(Vec::new());
    };
    with_space(|space, storage| {
        let seed = find(space, seed, storage)?;
        Ok(search::neighbours(space, seed, count))
    })
}

/// A way from `start` to `end`.
pub fn path(start: &SongRef, end: &SongRef, count: i32) -> Result<Vec<SonicMatch>, Error> {
    let Some(count) = positive(count) else {
        return Ok(Vec::new());
    };
    with_space(|space, storage| {
        let (start, end) = (find(space, start, storage)?, find(space, end, storage)?);
        Ok(search::path(space, start, end, count))
    })
}

fn positive(count: i32) -> Option<usize> {
    usize::try_from(count).ok().filter(|&count| count > 0)
}

/// Reads the index and hands the songs of the granted libraries to `ask`, unless there are none.
fn with_space(
    ask: impl FnOnce(&Space<'_>, &Path) -> Result<Vec<Match>, Error>,
) -> Result<Vec<SonicMatch>, Error> {
    let storage = PathBuf::from(host::storage::get_storage_path()?);
    // A library taken away from the plugin stays indexed in case it is given back, but is not shown.
    let granted: Vec<i32> = host::library::get_all_libraries()?
        .iter()
        .map(|library| library.id)
        .collect();
    let bytes = IndexFile::in_dir(&storage).read()?;
    let index = Index::parse(&bytes);
    let songs = index
        .tracks()
        .filter(|(key, _)| granted.contains(&key.library))
        .filter_map(|(key, entry)| {
            Some(Song {
                key,
                entry,
                descriptor: entry.descriptor()?,
            })
        });
    let space = Space::new(songs.collect(), Settings::load()?.weights);
    if space.songs().is_empty() {
        return Ok(Vec::new());
    }
    let found = ask(&space, &storage)?;
    Ok(found
        .iter()
        .map(|one| SonicMatch {
            song: song::reference(space.songs()[one.song].entry),
            similarity: one.similarity,
        })
        .collect())
}

fn find(space: &Space<'_>, song: &SongRef, storage: &Path) -> Result<usize, Error> {
    search::find(space, &song::wanted(song)).ok_or_else(|| {
        let waiting = WorkFile::in_dir(storage).read().files.len();
        let name = if song.name.is_empty() {
            &song.id
        } else {
            &song.name
        };
        let indexed = space.songs().len();
        Error::new(format!(
            "song \"{name}\" is not in the index ({indexed} songs indexed, {waiting} waiting)"
        ))
    })
}
