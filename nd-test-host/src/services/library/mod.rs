//! Library: the music libraries a plugin may see, and the tracks the host knows in them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`scan`](fn@scan) | walking a folder |
//! | `tags` | reading one file |
//! | `scanner`, `moves` | bringing the host's database up to date with a folder, and files found again in another place |
//! | `track` | a file with its tags |
//! | `collection`, `view` | the tracks of one library in memory, their albums and artists |
//! | `convert` | tracks as plugins see them |

use std::sync::Arc;

use nd_types::library::Library;

pub use self::collection::{Catalogue, Collection, Totals};
pub(crate) use self::collection::{normalise, unaccented};
pub use self::scan::{Scan, ScanProblem, scan, scan_with};
pub(crate) use self::scanner::scan_into;
pub use self::scanner::{ScanError, ScanReport};
pub use self::track::{
    LibraryTrack, Participant, TrackArtist, UNKNOWN_ALBUM, UNKNOWN_ARTIST, VARIOUS_ARTISTS,
};
use super::clock::unix_seconds;
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::Libraries;
use crate::setup::{Grant, HostLibrary};

mod collection;
mod convert;
mod moves;
mod scan;
mod scanner;
pub(crate) mod tags;
mod track;
mod view;

/// What `lastScanAt` says of a library that was never scanned: the zero time of the server's language.
pub const NEVER_SCANNED: i64 = -62_135_596_800;

/// The Library service.
#[derive(Debug, Clone)]
pub struct LibraryService {
    libraries: Arc<[HostLibrary]>,
    grant: Grant<i32>,
    filesystem: bool,
    catalogue: Catalogue,
}

impl LibraryService {
    /// Makes the service from the host's libraries, the plugin's grant, and the manifest's `library.filesystem`.
    pub fn new(
        libraries: Arc<[HostLibrary]>,
        grant: Grant<i32>,
        filesystem: bool,
        catalogue: Catalogue,
    ) -> Self {
        Self {
            libraries,
            grant,
            filesystem,
            catalogue,
        }
    }

    fn describe(&self, library: &HostLibrary) -> Library {
        let collection = self.catalogue.get(library.id);
        let totals = collection
            .as_ref()
            .map(|collection| collection.totals())
            .unwrap_or_default();
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let shown = |text: String| if self.filesystem { text } else { String::new() };
        Library {
            id: library.id,
            name: library.name.clone(),
            path: shown(library.path.to_string_lossy().into_owned()),
            mount_point: shown(format!("/libraries/{}", library.id)),
            last_scan_at: collection.map_or(NEVER_SCANNED, |collection| {
                unix_seconds(collection.scanned_at())
            }),
            total_songs: count(totals.songs),
            total_albums: count(totals.albums),
            total_artists: count(totals.artists),
            total_size: totals.size,
            total_duration: totals.duration,
        }
    }
}

impl Libraries for LibraryService {
    fn get_library(&self, _ctx: &CallContext, id: i32) -> Result<Option<Library>, ServiceError> {
        if !self.grant.allows(&id) {
            return Err("library not accessible".into());
        }
        let library = self.libraries.iter().find(|library| library.id == id);
        let library = library.ok_or_else(|| ServiceError::new("library not found"))?;
        Ok(Some(self.describe(library)))
    }

    fn get_all_libraries(&self, _ctx: &CallContext) -> Result<Vec<Library>, ServiceError> {
        let granted = self
            .libraries
            .iter()
            .filter(|library| self.grant.allows(&library.id));
        Ok(granted.map(|library| self.describe(library)).collect())
    }
}

#[cfg(test)]
mod tests;
