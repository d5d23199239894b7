//! Lyrics.

use nd_types::lyrics::{GetLyricsRequest, GetLyricsResponse, LyricsText, TrackInfo};

use crate::error::CallError;
use crate::plugin::{CallOptions, Plugin};
use crate::server::lyrics::UNKNOWN_LANGUAGE;

const EXPORT: &str = "nd_lyrics_get_lyrics";

/// A plugin seen as a source of lyrics.
pub struct Lyrics<'a> {
    plugin: &'a Plugin,
}

impl<'a> Lyrics<'a> {
    pub(super) fn new(plugin: &'a Plugin) -> Self {
        Self { plugin }
    }

    /// Asks for the lyrics of a track; an empty list means there are none.
    ///
    /// Texts without a language get `xxx`, as on the server. Two calls of one plugin run at once (any number under
    /// the rules of release 0.63), others wait.
    ///
    /// # Errors
    ///
    /// Any failure; the server would log it and ask the next source.
    pub fn get_lyrics(&self, track: &TrackInfo) -> Result<Vec<LyricsText>, CallError> {
        self.get_lyrics_with(track, &CallOptions::default())
    }

    /// Like [`Lyrics::get_lyrics`], with a cancel token or a limit of its own; the token also ends the wait for a slot.
    ///
    /// # Errors
    ///
    /// Any failure; the server would log it and ask the next source.
    pub fn get_lyrics_with(
        &self,
        track: &TrackInfo,
        options: &CallOptions,
    ) -> Result<Vec<LyricsText>, CallError> {
        let slot = self
            .plugin
            .lyrics_slots()
            .take(self.plugin, || options.is_cancelled());
        let Some(_slot) = slot else {
            return Err(CallError::Cancelled {
                plugin: self.plugin.id().to_owned(),
                export: EXPORT.to_owned(),
            });
        };
        let request = GetLyricsRequest {
            track: track.clone(),
        };
        let response: GetLyricsResponse = self.plugin.ask(EXPORT, &request, options)?;
        let mut lyrics = response.lyrics;
        for text in &mut lyrics {
            if text.lang.is_empty() {
                text.lang = UNKNOWN_LANGUAGE.to_owned();
            }
        }
        Ok(lyrics)
    }
}
