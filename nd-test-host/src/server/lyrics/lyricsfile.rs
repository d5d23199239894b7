//! Lyricsfile: YAML with times in milliseconds.

use serde::Deserialize;

use super::model::{Line, Lyrics, Word};
use super::plain::plain;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct File {
    version: Option<String>,
    metadata: Metadata,
    lines: Vec<FileLine>,
    plain: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    title: Option<String>,
    artist: Option<String>,
    language: Option<String>,
    offset_ms: Option<i64>,
    instrumental: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FileLine {
    text: Option<String>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    words: Vec<FileWord>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FileWord {
    text: Option<String>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
}

/// Reads a text, if it is a Lyricsfile. Its own language wins over the given one.
pub(super) fn parse(language: &str, text: &str) -> Option<Vec<Lyrics>> {
    let File {
        metadata,
        lines,
        plain: untimed,
        ..
    } = read(text)?;
    let mut lyrics = Lyrics {
        language: metadata
            .language
            .filter(|own| !own.is_empty())
            .unwrap_or_else(|| language.to_owned())
            .to_lowercase(),
        artist: plain(&metadata.artist.unwrap_or_default()),
        title: plain(&metadata.title.unwrap_or_default()),
        offset: metadata.offset_ms.unwrap_or(0),
        ..Lyrics::default()
    };
    if metadata.instrumental == Some(true) {
        return Some(vec![lyrics]);
    }
    lyrics.synced = lines.iter().any(|line| line.start_ms.is_some());
    lyrics.lines = match lines.is_empty() {
        false => lines.into_iter().map(line).collect(),
        true => untimed
            .unwrap_or_default()
            .lines()
            .map(|text| plain(text).trim().to_owned())
            .filter(|text| !text.is_empty())
            .map(Line::untimed)
            .collect(),
    };
    lyrics.lines.sort_by_key(|line| line.start);
    Some(vec![lyrics])
}

/// Tells whether a text is a Lyricsfile that says nothing is sung.
pub(super) fn is_instrumental(text: &str) -> bool {
    read(text).is_some_and(|file| file.metadata.instrumental == Some(true))
}

fn read(text: &str) -> Option<File> {
    // Most texts are none, and the check is cheap.
    if !text.contains("version") {
        return None;
    }
    let file: File = serde_saphyr::from_str(text).ok()?;
    (file.version.as_deref() == Some("1.0")).then_some(file)
}

fn line(line: FileLine) -> Line {
    let words = line.words.into_iter().filter_map(|word| {
        Some(Word {
            start: word.start_ms?,
            end: word.end_ms,
            text: plain(&word.text.unwrap_or_default()),
        })
    });
    Line {
        start: line.start_ms,
        end: line.end_ms,
        text: plain(&line.text.unwrap_or_default()).trim().to_owned(),
        words: words.collect(),
        ..Line::default()
    }
}
