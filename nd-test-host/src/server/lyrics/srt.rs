//! SubRip: numbered blocks, each with a line of two times and the text below it.

use super::lrc::{thousandths, whole};
use super::model::{Line, Lyrics};
use super::plain::plain;

/// Reads a text, if it is SubRip: one block with unreadable times is enough for it not to be.
pub(super) fn parse(language: &str, text: &str) -> Option<Vec<Lyrics>> {
    if !text.contains("-->") {
        return None;
    }
    let rows: Vec<&str> = text.lines().map(str::trim).collect();
    let mut lines = Vec::new();
    for block in rows.split(|row| row.is_empty()) {
        let mut rows = block.iter().copied();
        let Some(times) = rows.by_ref().find(|row| row.contains("-->")) else {
            continue;
        };
        let (start, end) = times.split_once("-->")?;
        // Positions on the screen may follow the second time.
        let (start, end) = (time(start.trim())?, time(end.split_whitespace().next()?)?);
        let text = rows.map(|row| plain(row).trim().to_owned());
        let text = text.collect::<Vec<_>>().join("\n");
        if !text.is_empty() {
            lines.push(Line {
                start: Some(start),
                end: Some(end),
                text,
                ..Line::default()
            });
        }
    }
    lines.sort_by_key(|line| line.start);
    Some(vec![Lyrics {
        language: language.to_lowercase(),
        synced: true,
        lines,
        ..Lyrics::default()
    }])
}

/// Reads `h:mm:ss,mmm`, also with a dot and with fewer decimals.
fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once([',', '.'])?;
    if fraction.len() > 3 {
        return None;
    }
    let mut parts = clock.split(':').map(whole);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    match parts.next() {
        None => Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + thousandths(fraction)?),
        Some(_) => None,
    }
}
