//! Lyrics: the sources asked in order, and the formats their texts may have.
//!
//! | format | accepted when |
//! | --- | --- |
//! | TTML | it is XML with the root element `tt` |
//! | SubRip | it has a block with a readable `-->` line, and none with an unreadable one |
//! | Lyricsfile YAML | it is YAML with `version: "1.0"` |
//! | LRC or plain text | always |
//!
//! The first format that accepts a text and finds lines in it is used. Markup is removed from all texts and entities
//! are decoded.

mod lrc;
mod lyricsfile;
mod model;
mod plain;
mod sources;
mod srt;
mod ttml;
mod xml;

pub use model::{Kind, Line, Lyrics, Segment, Word};

/// Language of texts that name none.
pub const UNKNOWN_LANGUAGE: &str = "xxx";

/// Reads one text, which may hold several lyrics: translations and pronunciations come after the words themselves.
///
/// `language` is what the source says of the text; empty means unknown, and so does more than 256 bytes. Lyrics without lines are left out, so the
/// answer may be empty.
pub fn parse(language: &str, text: &str) -> Vec<Lyrics> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let language = match language.len() {
        1..=model::MAX_NAME => language,
        _ => UNKNOWN_LANGUAGE,
    };
    for format in [ttml::parse, srt::parse, lyricsfile::parse] {
        let found = with_lines(format(language, text).unwrap_or_default());
        if !found.is_empty() {
            return found;
        }
    }
    // A Lyricsfile of an instrumental piece is understood, and says that nothing is sung.
    match lyricsfile::is_instrumental(text) {
        true => Vec::new(),
        false => with_lines(vec![lrc::parse(language, text)]),
    }
}

fn with_lines(lyrics: Vec<Lyrics>) -> Vec<Lyrics> {
    let mut lyrics = lyrics;
    lyrics.retain(|lyrics| !lyrics.lines.is_empty());
    lyrics
}

#[cfg(test)]
mod tests;
