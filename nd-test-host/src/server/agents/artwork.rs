//! Pictures for the artwork worker: faults lead to another try, "no data" does not.

use nd_types::ArtistRef;
use nd_types::metadata::ImageInfo;

use super::{Agents, Album, BuiltinAgent, Download, Patience, answers};
use crate::error::CallError;
use crate::plugin::CallOptions;
use crate::server::agents::{UNKNOWN_ALBUM, UNKNOWN_ARTIST, VARIOUS_ARTISTS};

/// What came of looking for a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artwork {
    /// The picture.
    Found {
        /// Name of the source.
        source: String,
        /// The file.
        picture: Vec<u8>,
    },
    /// No source has one. Final.
    NotFound,
    /// No source has one, but some failed or were skipped, or the request was cancelled: to be tried again, see
    /// [`Patience::retry_at`].
    Retry,
}

impl Agents {
    /// Looks for a picture of an artist.
    pub fn artist_artwork(&self, artist: &ArtistRef, patience: &Patience) -> Artwork {
        if matches!(artist.name.as_str(), UNKNOWN_ARTIST | VARIOUS_ARTISTS) {
            return Artwork::NotFound;
        }
        let request = self.artist_request(artist);
        self.artwork(patience, |agent, options| {
            let found = agent.artist_images(&request, options)?;
            Ok(found.map(|found| found.images))
        })
    }

    /// Looks for a picture of an album.
    pub fn album_artwork(&self, album: &Album, patience: &Patience) -> Artwork {
        if album.name == UNKNOWN_ALBUM {
            return Artwork::NotFound;
        }
        let request = self.album_request(album);
        self.artwork(patience, |agent, options| {
            let found = agent.album_images(&request, options)?;
            Ok(found.map(|found| found.images))
        })
    }

    fn artwork(
        &self,
        patience: &Patience,
        question: impl Fn(&dyn BuiltinAgent, &CallOptions) -> Result<Option<Vec<ImageInfo>>, CallError>,
    ) -> Artwork {
        let mut failed = false;
        for agent in self.sources() {
            if self.options.is_cancelled() {
                return Artwork::Retry;
            }
            if !patience.wait_for_permit(agent.name()) {
                failed = true;
                continue;
            }
            let images = match question(&*agent, &self.options) {
                Ok(images) => images.unwrap_or_default(),
                // Unloaded since the list was made: it does not count as a source any more.
                Err(error) if error.is_absent() || matches!(error, CallError::NotLoaded { .. }) => {
                    Vec::new()
                }
                // Whoever asked has given up, and the source can do nothing about that.
                Err(CallError::Cancelled { .. } | CallError::CallerTimeout { .. }) => {
                    return Artwork::Retry;
                }
                Err(_) if self.options.is_cancelled() => return Artwork::Retry,
                Err(error) => {
                    failed |= self.fault(patience, agent.name(), &error.to_string());
                    continue;
                }
            };
            let Some(image) = answers::largest(&images) else {
                patience.answered(agent.name());
                continue;
            };
            match self.download(agent.name(), &image.url) {
                Download::Picture(picture) => {
                    patience.answered(agent.name());
                    let source = agent.name().to_owned();
                    return Artwork::Found { source, picture };
                }
                Download::Miss => patience.answered(agent.name()),
                Download::Fault(_) if self.options.is_cancelled() => return Artwork::Retry,
                Download::Fault(text) => failed |= self.fault(patience, agent.name(), &text),
            }
        }
        match failed {
            true => Artwork::Retry,
            false => Artwork::NotFound,
        }
    }

    /// Notes a failure and tells whether it is a fault by the rules of the release.
    fn fault(&self, patience: &Patience, source: &str, text: &str) -> bool {
        let text = format!("artwork: {text}");
        self.journal
            .log(source, crate::journal::LogLevel::Warn, text);
        self.rules.compare(&self.journal, source, |other| {
            match (self.rules.metadata_faults, other.metadata_faults) {
                (true, false) => Some("would take this failure for \"no picture\"".to_owned()),
                (false, true) => Some("would take this failure for a fault".to_owned()),
                _ => None,
            }
        });
        match self.rules.metadata_faults {
            true => patience.failed(source),
            false => patience.answered(source),
        }
        self.rules.metadata_faults
    }
}
