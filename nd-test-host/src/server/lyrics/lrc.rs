//! LRC, with word times and background lines, and plain text, which is LRC without marks.

use super::model::{Line, Lyrics, Segment, Word};
use super::plain::plain;

/// Bytes that repetitions may add, for each byte of the text.
const REPEATED_PER_BYTE: usize = 16;
/// Bytes that repetitions may add to any text, however short.
const REPEATED: usize = 64 << 10;

/// Reads a text; any text is at least plain.
///
/// Repetitions are left out once they have added sixteen times the length of the text, or 64 KiB if that is more: a
/// megabyte of marks before a megabyte of words would take a hundred gigabytes.
pub(super) fn parse(language: &str, text: &str) -> Lyrics {
    let mut lyrics = Lyrics {
        language: language.to_owned(),
        synced: text
            .lines()
            .any(|line| !leading_times(line.trim()).0.is_empty()),
        ..Lyrics::default()
    };
    let mut repeatable = text.len().saturating_mul(REPEATED_PER_BYTE).max(REPEATED);
    for line in text.lines().map(str::trim) {
        if lyrics.synced {
            timed(&mut lyrics, line, &mut repeatable);
        } else {
            let line = plain(line).trim().to_owned();
            if !line.is_empty() {
                lyrics.lines.push(Line::untimed(line));
            }
        }
    }
    // A line that is repeated stands in the file once; equal times keep the order of the file.
    lyrics.lines.sort_by_key(|line| line.start);
    lyrics
}

/// Reads a line of a timed text. `repeatable` is how many more bytes repetitions may add.
fn timed(lyrics: &mut Lyrics, line: &str, repeatable: &mut usize) {
    let (times, rest) = leading_times(line);
    if times.is_empty() {
        return untimed_in_timed(lyrics, line);
    }
    let (text, words) = words(rest);
    for (n, &start) in times.iter().enumerate() {
        if n > 0 {
            let Some(left) = repeatable.checked_sub(rest.len()) else {
                break;
            };
            *repeatable = left;
        }
        // The marks of words are those of the first time; a repetition moves them along.
        let moved = start - times[0];
        let words = words.iter().map(|word| Word {
            start: word.start + moved,
            end: word.end.map(|end| end + moved),
            text: word.text.clone(),
        });
        lyrics.lines.push(Line {
            start: Some(start),
            text: text.clone(),
            words: words.collect(),
            ..Line::default()
        });
    }
}

/// A line without a time in a timed text: a tag, background vocals, or more of the line before.
fn untimed_in_timed(lyrics: &mut Lyrics, line: &str) {
    if let Some((name, value)) = tag(line) {
        match name.to_ascii_lowercase().as_str() {
            "ar" => lyrics.artist = plain(value),
            "ti" => lyrics.title = plain(value),
            "lang" if !value.is_empty() => lyrics.language = value.to_owned(),
            "offset" => lyrics.offset = value.parse().unwrap_or(0),
            "bg" => {
                if let Some(before) = lyrics.lines.last_mut() {
                    let (text, words) = words(value);
                    before.background = Some(Segment { text, words });
                }
            }
            _ => {}
        }
    } else if let Some(before) = lyrics.lines.last_mut()
        && !line.is_empty()
    {
        before.text.push('\n');
        before.text.push_str(plain(line).trim());
    }
}

/// Splits `[name:value]`.
fn tag(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name, value.trim()))
}

/// Takes the time marks off the front of a line.
fn leading_times(line: &str) -> (Vec<i64>, &str) {
    let mut times = Vec::new();
    let mut rest = line;
    while let Some((mark, after)) = rest
        .strip_prefix('[')
        .and_then(|inside| inside.split_once(']'))
        && let Some(time) = time(mark)
    {
        times.push(time);
        rest = after.trim_start();
    }
    (times, rest)
}

/// Splits a text at its `<mm:ss.mm>` marks. Without any, there are no words.
fn words(text: &str) -> (String, Vec<Word>) {
    let mut words: Vec<Word> = Vec::new();
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, start, after)) = next_mark(rest) {
        close(&mut words, &mut whole, before, Some(start));
        words.push(Word {
            start,
            ..Word::default()
        });
        rest = after;
    }
    close(&mut words, &mut whole, rest, None);
    // A mark at the end of the line only says when the last word ends.
    words.retain(|word| !word.text.trim().is_empty());
    (whole.trim().to_owned(), words)
}

/// Gives the word that is open the text up to the next mark.
fn close(words: &mut [Word], whole: &mut String, text: &str, end: Option<i64>) {
    let text = plain(text);
    whole.push_str(&text);
    if let Some(word) = words.last_mut() {
        word.text = match word.text.is_empty() {
            true => text.trim_start().to_owned(),
            false => text,
        };
        word.end = end;
    }
}

fn next_mark(text: &str) -> Option<(&str, i64, &str)> {
    let mut open = text.find('<')?;
    loop {
        // No time has a `<` in it, so that every letter is looked at once, however many marks are begun.
        let next = open + 1 + text[open + 1..].find(['<', '>'])?;
        if text[next..].starts_with('<') {
            open = next;
        } else if let Some(time) = time(&text[open + 1..next]) {
            return Some((&text[..open], time, &text[next + 1..]));
        } else {
            open = next + text[next..].find('<')?;
        }
    }
}

/// Reads `mm:ss`, `hh:mm:ss`, both with an optional fraction, as milliseconds.
fn time(mark: &str) -> Option<i64> {
    let parts: Vec<&str> = mark.trim().split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => ("0", minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (seconds, fraction) = match seconds.split_once('.') {
        Some((_, "")) => return None,
        Some((seconds, fraction)) => (seconds, fraction),
        None => (seconds, "0"),
    };
    let [hours, minutes, seconds] = [hours, minutes, seconds].map(whole);
    Some(((hours? * 60 + minutes?) * 60 + seconds?) * 1_000 + thousandths(fraction)?)
}

/// Reads a few digits.
pub(super) fn whole(digits: &str) -> Option<i64> {
    let plain = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// Reads the digits after the decimal point as thousandths; more than three are cut.
pub(super) fn thousandths(fraction: &str) -> Option<i64> {
    let plain = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    plain.then(|| digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}
