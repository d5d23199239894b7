//! Songs that sound alike.

use nd_types::SongRef;
use nd_types::sonicsimilarity::{
    FindSonicPathRequest, GetSonicSimilarTracksRequest, SonicMatch, SonicSimilarityResponse,
};

use crate::error::CallError;
use crate::plugin::{CallOptions, Plugin};

/// A plugin seen as a source of sonic similarity.
pub struct SonicSimilarity<'a> {
    plugin: &'a Plugin,
    options: CallOptions,
}

impl<'a> SonicSimilarity<'a> {
    pub(super) fn new(plugin: &'a Plugin) -> Self {
        Self {
            plugin,
            options: CallOptions::default(),
        }
    }

    /// Asks with a cancel token, a limit, or the address of a request.
    #[must_use]
    pub fn with_options(mut self, options: &CallOptions) -> Self {
        self.options = options.clone();
        self
    }

    /// Asks for songs that sound like this one, at most `count` by convention; an empty list is a valid answer.
    ///
    /// # Errors
    ///
    /// Any failure; the server passes it to the caller of its interface.
    pub fn similar_tracks(&self, song: &SongRef, count: i32) -> Result<Vec<SonicMatch>, CallError> {
        let request = GetSonicSimilarTracksRequest {
            song: song.clone(),
            count,
        };
        self.ask("nd_get_sonic_similar_tracks", &request)
    }

    /// Asks for a path of songs from one to another; an empty list is a valid answer.
    ///
    /// # Errors
    ///
    /// Any failure; the server passes it to the caller of its interface.
    pub fn find_path(
        &self,
        start: &SongRef,
        end: &SongRef,
        count: i32,
    ) -> Result<Vec<SonicMatch>, CallError> {
        let request = FindSonicPathRequest {
            start_song: start.clone(),
            end_song: end.clone(),
            count,
        };
        self.ask("nd_find_sonic_path", &request)
    }

    fn ask<Req: serde::Serialize>(
        &self,
        export: &str,
        request: &Req,
    ) -> Result<Vec<SonicMatch>, CallError> {
        let response: SonicSimilarityResponse = self.plugin.ask(export, request, &self.options)?;
        Ok(response.matches)
    }
}
