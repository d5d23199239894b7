//! Files found again in another place.
//!
//! A file that is gone and one that is new are the same if their tags name the same recording on the same release and
//! one of these holds, tried in this order: size and length are equal too; the file's name without extension is the same;
//! or there is no other file on either side that it could be.

use std::collections::HashMap;

use super::track::LibraryTrack;
use crate::store::media::KnownFile;

/// The files that are gone, until a new file turns out to be one of them.
#[derive(Debug, Default)]
pub(super) struct Vanished(HashMap<String, Vec<KnownFile>>);

impl Vanished {
    pub(super) fn new(files: impl IntoIterator<Item = KnownFile>) -> Self {
        let mut by_persistent_id: HashMap<String, Vec<KnownFile>> = HashMap::new();
        for file in files {
            let same = by_persistent_id.entry(file.persistent_id.clone());
            same.or_default().push(file);
        }
        Self(by_persistent_id)
    }

    /// Tells whether a new file could be one of them at all.
    pub(super) fn may_be(&self, track: &LibraryTrack) -> bool {
        let same = self.0.get(&track.persistent_id);
        same.is_some_and(|files| !files.is_empty())
    }

    /// Takes out the file that a new one is beyond doubt.
    pub(super) fn take_equal(&mut self, track: &LibraryTrack) -> Option<KnownFile> {
        let files = self.0.get_mut(&track.persistent_id)?;
        let equal = |file: &KnownFile| {
            file.size == track.size && (file.duration - track.duration).abs() < 0.001
        };
        let same_name = |file: &KnownFile| equal(file) && stem(&file.path) == stem(&track.path);
        let place = files.iter().position(same_name);
        let place = place.or_else(|| files.iter().position(equal))?;
        Some(files.swap_remove(place))
    }

    /// Tells which of the files that are left some new ones are.
    pub(super) fn take_likely(&mut self, tracks: &[LibraryTrack]) -> Vec<Option<KnownFile>> {
        let mut found: Vec<Option<KnownFile>> = Vec::with_capacity(tracks.len());
        for track in tracks {
            let files = self.0.get_mut(&track.persistent_id);
            let named = files.and_then(|files| {
                let place = files
                    .iter()
                    .position(|file| stem(&file.path) == stem(&track.path))?;
                Some(files.swap_remove(place))
            });
            found.push(named);
        }
        let mut open: HashMap<&str, usize> = HashMap::new();
        for (track, _) in tracks
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
        {
            *open.entry(&track.persistent_id).or_default() += 1;
        }
        for (track, found) in tracks
            .iter()
            .zip(&mut found)
            .filter(|(_, found)| found.is_none())
        {
            let files = self.0.get_mut(&track.persistent_id);
            if let Some(files) = files
                && files.len() == 1
                && open.get(track.persistent_id.as_str()) == Some(&1)
            {
                *found = files.pop();
            }
        }
        found
    }

    /// Returns those that were not found again.
    pub(super) fn into_files(self) -> impl Iterator<Item = KnownFile> {
        self.0.into_values().flatten()
    }
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
