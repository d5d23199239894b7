//! Lyrics.

use nd_types::lyrics::{GetLyricsRequest, GetLyricsResponse, LyricsText, TrackInfo};

use crate::error::CallError;
use crate::plugin::Plugin;

/// Language the server gives lyrics that name none.
const UNKNOWN_LANGUAGE: &str = "xxx";

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
    /// Texts without a language get `xxx`, as on the server. Two calls of one plugin run at once, others wait; release
    /// 0.63 has no such limit.
    ///
    /// # Errors
    ///
    /// Any failure; the server would log it and ask the next source.
    pub fn get_lyrics(&self, track: &TrackInfo) -> Result<Vec<LyricsText>, CallError> {
        let _slot = self.plugin.lyrics_slots().take(self.plugin);
        let request = GetLyricsRequest {
            track: track.clone(),
        };
        let response: GetLyricsResponse = self.plugin.call("nd_lyrics_get_lyrics", &request)?;
        let mut lyrics = response.lyrics;
        for text in &mut lyrics {
            if text.lang.is_empty() {
                text.lang = UNKNOWN_LANGUAGE.to_owned();
            }
        }
        Ok(lyrics)
    }
}
