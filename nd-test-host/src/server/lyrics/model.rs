//! Lyrics as a server hands them on.

/// Bytes a language or the id of a voice may have. Every line has a copy of its own, so a long one would fill the memory.
pub(super) const MAX_NAME: usize = 256;

/// What a text is in relation to the song.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// The words that are sung.
    #[default]
    Main,
    /// Their translation.
    Translation,
    /// How they are pronounced, in another script.
    Pronunciation,
}

/// One text of a song.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lyrics {
    /// Language code; `xxx` if unknown.
    pub language: String,
    /// What the text is.
    pub kind: Kind,
    /// Artist the text names; empty if none.
    pub artist: String,
    /// Title the text names; empty if none.
    pub title: String,
    /// Milliseconds by which the words come earlier (positive) or later than the marks say.
    pub offset: i64,
    /// Whether the lines have times.
    pub synced: bool,
    /// The lines, by time if they have any.
    pub lines: Vec<Line>,
}

/// One line. Times are milliseconds from the start of the song.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// When it begins.
    pub start: Option<i64>,
    /// When it ends.
    pub end: Option<i64>,
    /// The words, without marks.
    pub text: String,
    /// The times of single words, if the text has them.
    pub words: Vec<Word>,
    /// Id of the voice that sings; empty if the text tells none apart.
    pub voice: String,
    /// What is sung in the background.
    pub background: Option<Segment>,
}

/// A part of a line with words of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    /// The words.
    pub text: String,
    /// Their times.
    pub words: Vec<Word>,
}

/// A word, or a part of one, with its time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// When it begins.
    pub start: i64,
    /// When it ends, if the text says so.
    pub end: Option<i64>,
    /// The letters, with the space that follows.
    pub text: String,
}

impl Line {
    /// Makes a line without a time.
    pub(super) fn untimed(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}
