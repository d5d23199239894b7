//! TTML: timed text as XML, with word times, voices, translations and transliterations.
//!
//! Times are taken as times in the song, also inside a timed `div`: that is how lyrics are written, although TTML
//! would count them from the begin of the `div`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::lrc::{thousandths, whole};
use super::model::{Kind, Line, Lyrics, Segment, Word};
use super::plain::plain;
use super::xml::{self, Element, Node};

/// Reads a text, if it is XML with the root element `tt`.
pub(super) fn parse(language: &str, text: &str) -> Option<Vec<Lyrics>> {
    if !text.trim_start().starts_with('<') {
        return None;
    }
    let root = xml::read(text, "tt")?;
    let mut reading = Reading {
        clock: Clock::of(&root),
        texts: vec![Lyrics {
            language: root.language().unwrap_or(language).to_lowercase(),
            ..Lyrics::default()
        }],
        places: HashMap::new(),
        keyed: HashMap::new(),
    };
    for head in root.elements().filter(|element| element.name == "head") {
        let title = head.descendants("title").first().map(|title| flat(title));
        reading.texts[0].title = title.unwrap_or_default();
    }
    for body in root.elements().filter(|element| element.name == "body") {
        reading.paragraphs(body, "");
    }
    for (container, kind) in [
        ("translation", Kind::Translation),
        ("transliteration", Kind::Pronunciation),
    ] {
        for text in root.descendants(container) {
            reading.apart(text, kind);
        }
    }
    for lyrics in &mut reading.texts {
        lyrics.synced = lyrics.lines.iter().any(|line| line.start.is_some());
        lyrics.lines.sort_by_key(|line| line.start);
    }
    Some(reading.texts)
}

struct Reading {
    clock: Clock,
    /// The main text first.
    texts: Vec<Lyrics>,
    /// Where the others are, by what they are and their language.
    places: HashMap<(Kind, String), usize>,
    /// Times of the lines other texts refer to, by key; the first line of a key counts.
    keyed: HashMap<String, (Option<i64>, Option<i64>)>,
}

impl Reading {
    fn paragraphs(&mut self, parent: &Element, voice: &str) {
        let voice = parent.voice().unwrap_or(voice);
        for element in parent.elements() {
            match element.name.as_str() {
                "p" => self.paragraph(element, voice),
                _ => self.paragraphs(element, voice),
            }
        }
    }

    fn paragraph(&mut self, paragraph: &Element, voice: &str) {
        let mut content = Content::default();
        content.read(paragraph, &self.clock, &self.texts[0].language);
        let (start, end) = self.clock.span(paragraph);
        let start = start.or_else(|| content.main.words.first().map(|word| word.start));
        let end = end.or_else(|| content.main.words.last().and_then(|word| word.end));
        if let Some(key) = paragraph.attribute("key") {
            let times = self.keyed.entry(key.to_owned());
            times.or_insert((start, end));
        }
        for (kind, language, segment) in content.others {
            self.add(kind, &language, start, end, segment);
        }
        let main = content.main.finish();
        let background = content.background.finish();
        if main.text.is_empty() && background.text.is_empty() {
            return;
        }
        self.texts[0].lines.push(Line {
            start,
            end,
            text: main.text,
            words: main.words,
            voice: paragraph.voice().unwrap_or(voice).to_owned(),
            background: (!background.text.is_empty()).then_some(background),
        });
    }

    /// Reads a text that stands apart and refers to lines by key.
    fn apart(&mut self, text: &Element, kind: Kind) {
        let language = text.language().unwrap_or("").to_lowercase();
        for line in text.elements().filter(|element| element.name == "text") {
            let key = line.attribute("for").unwrap_or_default();
            let Some(&(start, end)) = self.keyed.get(key) else {
                continue;
            };
            let mut content = Content::default();
            content.read(line, &self.clock, &language);
            self.add(kind, &language, start, end, content.main);
        }
    }

    fn add(
        &mut self,
        kind: Kind,
        language: &str,
        start: Option<i64>,
        end: Option<i64>,
        text: Building,
    ) {
        let segment = text.finish();
        if segment.text.is_empty() {
            return;
        }
        let line = Line {
            start,
            end,
            text: segment.text,
            words: segment.words,
            ..Line::default()
        };
        match self.places.entry((kind, language.to_owned())) {
            Entry::Occupied(place) => self.texts[*place.get()].lines.push(line),
            Entry::Vacant(place) => {
                place.insert(self.texts.len());
                self.texts.push(Lyrics {
                    language: language.to_owned(),
                    kind,
                    lines: vec![line],
                    ..Lyrics::default()
                });
            }
        }
    }
}

/// What stands in one paragraph.
#[derive(Default)]
struct Content {
    main: Building,
    background: Building,
    others: Vec<(Kind, String, Building)>,
}

impl Content {
    fn read(&mut self, element: &Element, clock: &Clock, language: &str) {
        for node in &element.children {
            match node {
                Node::Text(text) => self.main.text(text),
                Node::Element(line_break) if line_break.name == "br" => self.main.line_break(),
                Node::Element(span) if span.name == "span" => self.span(span, clock, language),
                Node::Element(_) => {}
            }
        }
    }

    fn span(&mut self, span: &Element, clock: &Clock, language: &str) {
        let role = span.attribute("role").unwrap_or_default();
        let kind = match role {
            "x-translation" => Some(Kind::Translation),
            "x-roman" | "x-transliteration" => Some(Kind::Pronunciation),
            _ => None,
        };
        if let Some(kind) = kind {
            let own = span.language().unwrap_or(language).to_lowercase();
            let mut inner = Self::default();
            inner.read(span, clock, &own);
            self.others.push((kind, own, inner.main));
        } else if role == "x-bg" {
            let mut inner = Self::default();
            inner.read(span, clock, language);
            self.background = inner.main;
            self.others.extend(inner.others);
        } else if let (Some(start), end) = clock.span(span)
            && span.elements().all(|inner| clock.span(inner).0.is_none())
        {
            self.main.word(start, end, &flat(span));
        } else {
            self.read(span, clock, language);
        }
    }
}

/// A text that grows: white space counts once, and belongs to the word before it.
#[derive(Default)]
struct Building {
    text: String,
    words: Vec<Word>,
}

impl Building {
    fn text(&mut self, text: &str) {
        for piece in text.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            self.push(word);
            if word.len() < piece.len()
                && !self.text.is_empty()
                && !self.text.ends_with([' ', '\n'])
            {
                self.push(" ");
            }
        }
    }

    fn line_break(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
    }

    fn word(&mut self, start: i64, end: Option<i64>, text: &str) {
        self.words.push(Word {
            start,
            end,
            text: String::new(),
        });
        self.text(text);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(word) = self.words.last_mut() {
            word.text.push_str(text);
        }
    }

    fn finish(mut self) -> Segment {
        self.words.retain(|word| !word.text.trim().is_empty());
        for word in &mut self.words {
            word.text = plain(&word.text);
        }
        if let Some(last) = self.words.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        Segment {
            text: plain(&self.text).trim().to_owned(),
            words: self.words,
        }
    }
}

/// Returns all text of an element as it stands.
fn flat(element: &Element) -> String {
    let parts = element.children.iter().map(|node| match node {
        Node::Text(text) => text.clone(),
        Node::Element(inner) => flat(inner),
    });
    parts.collect()
}

/// The units of the document's times.
struct Clock {
    frames_per_second: f64,
    ticks_per_second: f64,
}

impl Clock {
    fn of(root: &Element) -> Self {
        let rate = |name| {
            let rate: Option<f64> = root.attribute(name)?.parse().ok();
            rate.filter(|rate| rate.is_finite() && *rate > 0.0)
        };
        Self {
            frames_per_second: rate("frameRate").unwrap_or(30.0),
            ticks_per_second: rate("tickRate")
                .or_else(|| rate("frameRate"))
                .unwrap_or(1.0),
        }
    }

    /// Returns when an element begins and ends.
    fn span(&self, element: &Element) -> (Option<i64>, Option<i64>) {
        let time = |name| {
            element
                .attribute(name)
                .and_then(|text| self.time(text.trim()))
        };
        let start = time("begin");
        let end = time("end").or_else(|| Some(start? + time("dur")?));
        (start, end)
    }

    /// Reads `hh:mm:ss.fff`, `hh:mm:ss:frames`, `mm:ss.fff`, `ss.fff`, or a number with a unit, as milliseconds.
    fn time(&self, text: &str) -> Option<i64> {
        let per_second = |number: &str, unit: f64| {
            let number: f64 = number.parse().ok()?;
            let milliseconds = number / unit * 1_000.0;
            (number.is_sign_positive() && milliseconds < 1e12)
                .then_some(milliseconds.round() as i64)
        };
        // `ms` before `s` and `m`.
        let units = [
            ("ms", 1_000.0),
            ("s", 1.0),
            ("m", 1.0 / 60.0),
            ("h", 1.0 / 3_600.0),
            ("f", self.frames_per_second),
            ("t", self.ticks_per_second),
        ];
        for (name, unit) in units {
            if let Some(number) = text.strip_suffix(name) {
                return per_second(number, unit);
            }
        }
        let parts: Vec<&str> = text.split(':').collect();
        let (hours, minutes, seconds, frames) = match parts[..] {
            [seconds] => ("0", "0", seconds, "0"),
            [minutes, seconds] => ("0", minutes, seconds, "0"),
            [hours, minutes, seconds] => (hours, minutes, seconds, "0"),
            [hours, minutes, seconds, frames] => (hours, minutes, seconds, frames),
            _ => return None,
        };
        let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        let whole_seconds = (whole(hours)? * 60 + whole(minutes)?) * 60 + whole(seconds)?;
        let frames = per_second(frames, self.frames_per_second)?;
        Some(whole_seconds * 1_000 + thousandths(fraction)? + frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let clock = Clock {
            frames_per_second: 25.0,
            ticks_per_second: 10_000_000.0,
        };
        for (text, expected) in [
            ("1:02:03.5", Some(3_723_500)),
            ("02:03.045", Some(123_045)),
            ("9.731", Some(9_731)),
            ("12", Some(12_000)),
            ("00:00:01:05", Some(1_200)),
            ("1.5s", Some(1_500)),
            ("250ms", Some(250)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("50f", Some(2_000)),
            ("5000000t", Some(500)),
            ("", None),
            ("-1s", None),
            ("a:b", None),
            ("1:2:3:4:5", None),
            ("NaNs", None),
            ("99999999999999s", None),
        ] {
            assert_eq!(clock.time(text), expected, "{text}");
        }
    }
}
