//! Annotations: what counts as one, its parameters, and what merely looks like one.

use super::comments::{Group, Line};
use super::slips::misspelt;
use crate::diagnostic::{Diagnostics, Kind, Place, nearest, suggest};
use crate::syntax::Spanned;

/// How much may follow an annotation on its line, in bytes.
const LONGEST: usize = 1000;

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
    /// All of them.
    pub const ALL: [Word; 4] = [
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

    /// Where a comment line holds it, followed by what may follow it.
    fn find_in(self, text: &str) -> Option<usize> {
        let mut found = text.match_indices(self.written());
        let found = found.find(|(at, written)| {
            let rest = &text[at + written.len()..];
            self == Word::Function || rest.is_empty() || rest.starts_with(is_space)
        });
        found.map(|(at, _)| at)
    }

    /// Whether a comment line holds it, followed by what may follow it.
    pub fn is_in(self, text: &str) -> bool {
        self.find_in(text).is_some()
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

/// White space as upstream's patterns know it.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
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
        if line.in_block {
            block_without_slashes(line, diagnostics);
        } else if let Some((place, hint)) = misspelt_at(line) {
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
    if line.in_block {
        let at = line.text.find(written)?;
        let place = part(line, at, at + written.len());
        block(&place, written, diagnostics);
        return None;
    }
    let at = word.find_in(&line.text)?;
    let place = part(line, at, at + written.len());
    let rest = &line.text[at + written.len()..];
    if rest.len() > LONGEST {
        let message = format!("`{written}` is followed by more than {LONGEST} bytes");
        let hint = "keep its parameters short, and remarks on lines of their own";
        diagnostics.report(&place, Kind::Attribute, message, hint);
        return None;
    }
    let apart = rest.is_empty() || rest.starts_with(is_space);
    let Parameters { pairs, rest } = parameters(line, at + written.len());
    if word != Word::Function && pairs.is_empty() {
        let message = format!("`{written}` has no parameters and counts for nothing");
        let hint = format!("write `{written} name=…`, without spaces beside the `=`");
        diagnostics.warn(&place, Kind::Attribute, message, hint);
        return None;
    }
    if !apart {
        let message = format!("the annotation is read as `{written}`");
        let hint = format!("write `{written}`, and its parameters after a space");
        diagnostics.warn(&place, Kind::Attribute, message, hint);
    } else if at == 0
        && let Some(rest) = rest.first()
    {
        no_parameter(rest, word, diagnostics);
    }
    Some(Annotation {
        word,
        place,
        quoted: at > 0,
        pairs,
    })
}

/// An annotation in a block comment counts for nothing.
fn block(place: &Place, written: &str, diagnostics: &mut Diagnostics) {
    let message = format!("`{written}` stands in a block comment");
    let hint = "annotations are line comments of their own: begin the line with `//nd:`";
    diagnostics.warn(place, Kind::Attribute, message, hint);
}

/// What follows an annotation on its line.
struct Parameters {
    /// The pairs `key=value`.
    pairs: Vec<(String, Spanned<String>)>,
    /// The words that are part of none, up to a further comment.
    rest: Vec<Spanned<String>>,
}

/// Reads a line from some byte on.
fn parameters(line: &Line, from: usize) -> Parameters {
    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let (mut pairs, mut gaps) = (Vec::new(), Vec::new());
    let (mut at, mut gap) = (from, from);
    while let Some(found) = line.text[at..].find('=') {
        let equals = at + found;
        let before = &line.text[at..equals];
        let key = before.trim_end_matches(is_word).len() + at;
        let after = &line.text[equals + 1..];
        let length = after.find(is_space).unwrap_or(after.len());
        at = equals + 1;
        if key < equals && length > 0 {
            at += length;
            let value = Spanned {
                value: line.text[equals + 1..at].to_owned(),
                place: part(line, equals + 1, at),
            };
            pairs.push((line.text[key..equals].to_owned(), value));
            gaps.push((gap, key));
            gap = at;
        }
    }
    gaps.push((gap, line.text.len()));
    let mut rest = Vec::new();
    for (from, to) in gaps {
        let mut at = from;
        for word in line.text[from..to].split(|c| is_space(c) || c == ',' || c == ';') {
            if word.starts_with("//") {
                return Parameters { pairs, rest };
            }
            if word.chars().any(char::is_alphanumeric) {
                rest.push(Spanned {
                    value: word.to_owned(),
                    place: part(line, at, at + word.len()),
                });
            }
            at += word.len() + 1;
        }
    }
    Parameters { pairs, rest }
}

/// Reports a word behind an annotation that is no parameter, and perhaps was meant as one.
fn no_parameter(found: &Spanned<String>, word: Word, diagnostics: &mut Diagnostics) {
    let written = &found.value;
    let bare = written.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let (message, hint) = match nearest(bare, word.keys().iter().copied()) {
        Some(key) => (
            format!("`{written}` gives the parameter `{key}` no value"),
            format!("write `{key}=…`, without spaces beside the `=`"),
        ),
        None => (
            format!("`{written}` is no parameter and is ignored"),
            format!("write `key=value`; known here: {}", word.keys().join(", ")),
        ),
    };
    diagnostics.warn(&found.place, Kind::Attribute, message, hint);
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

/// Reports `nd:…` at the beginning of a line of a block comment.
fn block_without_slashes(line: &Line, diagnostics: &mut Diagnostics) {
    let text = line.text.trim_start_matches(['/', '*', ' ', '\t']);
    let text = text.strip_suffix("*/").unwrap_or(text).trim_end();
    let at = line.text.len() - line.text.trim_start_matches(['/', '*', ' ', '\t']).len();
    let is_bare = !line.text[..at].ends_with("//");
    let slashed = format!("//{text}");
    let meant = Word::ALL
        .into_iter()
        .find(|word| slashed.starts_with(word.written()));
    if let (Some(word), true) = (meant, is_bare) {
        let place = part(line, at, at + word.written().len() - 2);
        block(&place, word.written(), diagnostics);
    }
}

fn misspelt_at(line: &Line) -> Option<(Place, String)> {
    let hint = misspelt(&line.text)?;
    Some((line.place.clone(), hint))
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
