//! Annotations: what counts as one, its parameters, and what merely looks like one.

use super::comments::{Group, Line};
use crate::diagnostic::{Diagnostics, Kind, Place, nearest, suggest};
use crate::syntax::Spanned;

/// The four annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// `//nd:hostservice`
    Service,
    /// `//nd:hostfunc`
    Function,
    /// `//nd:capability`
    Capability,
    /// `//nd:export`
    Export,
}

impl Word {
    const ALL: [Word; 4] = [
        Word::Service,
        Word::Function,
        Word::Capability,
        Word::Export,
    ];

    /// The annotation as it is written.
    pub fn written(self) -> &'static str {
        match self {
            Word::Service => "//nd:hostservice",
            Word::Function => "//nd:hostfunc",
            Word::Capability => "//nd:capability",
            Word::Export => "//nd:export",
        }
    }

    /// The parameters it knows.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Word::Service => &["name", "permission"],
            Word::Function | Word::Export => &["name"],
            Word::Capability => &["name", "required"],
        }
    }

    /// Whether a comment line holds it, followed by what may follow it.
    fn is_in(self, text: &str) -> bool {
        let Some((_, rest)) = text.split_once(self.written()) else {
            return false;
        };
        self == Word::Function || rest.is_empty() || rest.starts_with(char::is_whitespace)
    }

    /// What it belongs on.
    pub fn owner(self) -> &'static str {
        match self {
            Word::Service | Word::Capability => "an interface",
            Word::Function => "a method of an interface with `//nd:hostservice`",
            Word::Export => "a method of an interface with `//nd:capability`",
        }
    }
}

/// An annotation with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Annotation {
    /// Which one it is.
    pub word: Word,
    /// Where it is.
    pub place: Place,
    /// Whether text stands before it on its line, as where it is only quoted.
    pub quoted: bool,
    /// Its parameters, in order.
    pairs: Vec<(String, Spanned<String>)>,
}

impl Annotation {
    /// A parameter; the last one counts.
    pub fn get(&self, key: &str) -> Option<&Spanned<String>> {
        let mut found = self.pairs.iter().rev();
        found.find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// Whether a comment line speaks to the generator, rightly written or not.
pub(super) fn is_annotation(text: &str) -> bool {
    Word::ALL.iter().any(|word| word.is_in(text)) || misspelt(text).is_some()
}

/// Reads the annotations of a comment, each once.
pub(super) fn read(group: &Group, diagnostics: &mut Diagnostics) -> Vec<Annotation> {
    let mut found: Vec<Annotation> = Vec::new();
    for line in &group.lines {
        for word in Word::ALL {
            let Some(annotation) = read_line(line, word, diagnostics) else {
                continue;
            };
            if found.iter().any(|earlier| earlier.word == word) {
                let message = format!("`{}` stands in this comment twice", word.written());
                let hint = "the first one counts; remove the other";
                diagnostics.warn(&annotation.place, Kind::Duplicate, message, hint);
            } else {
                found.push(annotation);
            }
        }
        if !line.in_block
            && let Some((place, hint)) = misspelt_at(line)
        {
            let message = "this comment is no annotation, but looks like one";
            diagnostics.warn(&place, Kind::Attribute, message, hint);
        }
    }
    for annotation in &found {
        check_keys(annotation, diagnostics);
    }
    found
}

/// Reads one kind of annotation out of a line.
fn read_line(line: &Line, word: Word, diagnostics: &mut Diagnostics) -> Option<Annotation> {
    let written = word.written();
    let at = line.text.find(written)?;
    let place = part(line, at, at + written.len());
    if line.in_block {
        let message = format!("`{written}` stands in a block comment");
        let hint = "annotations are line comments of their own: begin the line with `//nd:`";
        diagnostics.warn(&place, Kind::Attribute, message, hint);
        return None;
    }
    let rest = &line.text[at + written.len()..];
    let apart = rest.is_empty() || rest.starts_with(char::is_whitespace);
    if !word.is_in(&line.text) {
        return None;
    }
    let pairs = pairs(line, at + written.len());
    if word != Word::Function && pairs.is_empty() {
        let message = format!("`{written}` has no parameters and counts for nothing");
        let hint = format!("write `{written} name=…`");
        diagnostics.warn(&place, Kind::Attribute, message, hint);
        return None;
    }
    if !apart {
        let message = format!("the annotation is read as `{written}`");
        let hint = format!("write `{written}`, and its parameters after a space");
        diagnostics.warn(&place, Kind::Attribute, message, hint);
    }
    Some(Annotation {
        word,
        place,
        quoted: at > 0,
        pairs,
    })
}

/// The pairs `key=value` in a line from some byte on.
fn pairs(line: &Line, from: usize) -> Vec<(String, Spanned<String>)> {
    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let mut pairs = Vec::new();
    let mut at = from;
    while let Some(found) = line.text[at..].find('=') {
        let equals = at + found;
        let before = &line.text[at..equals];
        let key = before.trim_end_matches(is_word).len() + at;
        let after = &line.text[equals + 1..];
        let length = after.find(char::is_whitespace).unwrap_or(after.len());
        at = equals + 1;
        if key < equals && length > 0 {
            at += length;
            let value = Spanned {
                value: line.text[equals + 1..at].to_owned(),
                place: part(line, equals + 1, at),
            };
            pairs.push((line.text[key..equals].to_owned(), value));
        }
    }
    pairs
}

/// Reports parameters that change nothing.
fn check_keys(annotation: &Annotation, diagnostics: &mut Diagnostics) {
    let (word, keys) = (annotation.word.written(), annotation.word.keys());
    for (at, (key, value)) in annotation.pairs.iter().enumerate() {
        let later = annotation.pairs.get(at + 1..).unwrap_or_default();
        if !keys.contains(&key.as_str()) {
            let message = format!("`{word}` has no parameter `{key}`, which is ignored");
            let hint = if key == "raw" {
                "the raw form was removed from the server; bytes travel as base64".to_owned()
            } else {
                suggest(key, keys)
            };
            diagnostics.warn(&value.place, Kind::Attribute, message, hint);
        } else if later.iter().any(|(other, _)| other == key) {
            let message = format!("parameter `{key}` stands here twice");
            let hint = "the last one counts; remove the other";
            diagnostics.warn(&value.place, Kind::Duplicate, message, hint);
        } else if key == "required" && value.value != "true" && value.value != "false" {
            let message = format!("`required={}` counts as not required", value.value);
            let hint = "write exactly `required=true`";
            diagnostics.warn(&value.place, Kind::Attribute, message, hint);
        }
    }
}

/// Reports the annotations of a comment that no declaration takes.
pub(super) fn reject(group: &Group, message: &str, hint: &str, diagnostics: &mut Diagnostics) {
    for line in group.lines.iter().filter(|line| !line.in_block) {
        let word = Word::ALL
            .into_iter()
            .find(|word| line.text.starts_with(word.written()) && word.is_in(&line.text));
        if let Some(word) = word {
            let place = part(line, 0, word.written().len());
            let message = format!("`{}` {message}", word.written());
            diagnostics.warn(&place, Kind::Attribute, message, hint);
        } else if let Some((place, hint)) = misspelt_at(line) {
            let message = "this comment is no annotation, but looks like one";
            diagnostics.warn(&place, Kind::Attribute, message, hint);
        }
    }
}

/// Whether a comment holds something that is or looks like an annotation at the start of a line.
pub(super) fn mentions(group: &Group) -> bool {
    let mut lines = group.lines.iter().filter(|line| !line.in_block);
    lines.any(|line| {
        let words = Word::ALL.iter();
        words
            .into_iter()
            .any(|word| line.text.starts_with(word.written()))
            || misspelt(&line.text).is_some()
    })
}

fn misspelt_at(line: &Line) -> Option<(Place, String)> {
    let hint = misspelt(&line.text)?;
    Some((line.place.clone(), hint))
}

/// What was meant by a comment line that begins almost like an annotation.
fn misspelt(text: &str) -> Option<String> {
    if Word::ALL.iter().any(|word| word.is_in(text)) {
        return None;
    }
    let body = text.strip_prefix("//")?;
    let trimmed = body.trim_start_matches(['/', ' ']);
    // Prose that is set off further is a quotation.
    if body.starts_with('\t') || body.starts_with("  ") {
        return None;
    }
    let head = trimmed
        .get(..2)
        .filter(|head| head.eq_ignore_ascii_case("nd"))?;
    let rest = trimmed[head.len()..].trim_start_matches(' ');
    let rest = rest.strip_prefix([':', ';'])?.trim_start();
    let is_word = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let word: String = rest[..end]
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    let known = ["hostservice", "hostfunc", "capability", "export"];
    let close = nearest(&word, known).or_else(|| {
        let others = [
            ("hostfunction", "hostfunc"),
            ("hostfn", "hostfunc"),
            ("function", "hostfunc"),
            ("func", "hostfunc"),
            ("service", "hostservice"),
            ("cap", "capability"),
            ("exports", "export"),
        ];
        let mut others = others.into_iter();
        let meant = others.find(|(other, _)| word.eq_ignore_ascii_case(other));
        meant.map(|(_, known)| known)
    });
    match close {
        Some(known) => Some(format!(
            "write `//nd:{known}`, its parameters after a space"
        )),
        None if body.starts_with("nd:") => {
            let words: Vec<&str> = Word::ALL.iter().map(|word| word.written()).collect();
            Some(format!("known annotations: {}", words.join(", ")))
        }
        None => None,
    }
}

/// The place of a part of a line.
fn part(line: &Line, from: usize, to: usize) -> Place {
    let width = line.text[from..to].chars().count();
    Place {
        column: line.place.column + line.text[..from].chars().count(),
        width: width.max(1),
        ..line.place.clone()
    }
}
