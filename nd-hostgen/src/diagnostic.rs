//! Mistakes in definitions: where, what, and what to write instead.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A stretch of one line of a definition file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file as shown to people, relative to the root.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// How many characters the caret line underlines.
    pub width: usize,
}

impl Place {
    /// Turns a token's span into a place; a span over several lines ends with its first line.
    pub fn of(file: &str, span: proc_macro2::Span) -> Self {
        let (start, end) = (span.start(), span.end());
        let width = if end.line == start.line {
            end.column.saturating_sub(start.column)
        } else {
            usize::MAX
        };
        Self {
            file: file.to_owned(),
            line: start.line,
            column: start.column + 1,
            width: width.max(1),
        }
    }

    /// The first character of a file.
    pub fn start_of(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 1,
            column: 1,
            width: 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Whether a finding stops the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What would come out is broken.
    Error,
    /// What comes out is sound, but perhaps not what was meant.
    Warning,
}

impl Severity {
    /// The word that opens a rendered finding.
    fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// What sort of rule a definition breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The text is not of the definitions' language.
    Syntax,
    /// A documentation comment is missing.
    MissingDocs,
    /// An attribute or one of its arguments is unknown, missing or ill-formed.
    Attribute,
    /// An item, signature or type shape that definitions do not have.
    Unsupported,
    /// A type that is declared nowhere.
    UnknownType,
    /// Two things that share a name.
    Duplicate,
    /// A name that is badly formed, reserved or in the wrong file.
    Name,
    /// A declaration that nothing uses.
    Unused,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it is.
    pub place: Place,
    /// Whether it stops the run.
    pub severity: Severity,
    /// Which sort of rule it breaks.
    pub kind: Kind,
    /// What is wrong, naming the item at fault.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl Diagnostic {
    /// Renders the mistake with its source line, one of those of the file, and a caret line.
    pub fn render(&self, lines: &[&str]) -> String {
        let Place { line, column, .. } = self.place;
        let gutter = line.to_string().len();
        let text = lines.get(line.saturating_sub(1)).copied();
        let (text, column) = excerpt(text.unwrap_or_default(), column);
        let room = (text.chars().count() + 1).saturating_sub(column).max(1);
        let before = text.chars().chain(std::iter::repeat(' '));
        let before = before.take(column.saturating_sub(1));
        // A tab above the caret line is as wide as one in it.
        let before: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
        let caret = format!("{before}{}", "^".repeat(self.place.width.min(room)));
        format!(
            "{severity}: {message}\n{pad} --> {place}\n{pad} |\n{line} | {text}\n{pad} | {caret}\n{pad} = help: {hint}\n",
            severity = self.severity.word(),
            message = visible(&self.message),
            place = self.place,
            hint = visible(&self.hint),
            pad = " ".repeat(gutter),
        )
    }
}

/// The longest source line that is shown whole, in characters.
const LONGEST: usize = 250;

/// How much of a longer line is shown before the place in it.
const BEFORE: usize = 60;

/// A source line as it is shown, and the column in it: without characters that a terminal would obey, and cut around
/// the column if it is long.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    if line.chars().count() <= LONGEST {
        return (visible(line), column);
    }
    let start = column.saturating_sub(1 + BEFORE);
    let part: String = line.chars().skip(start).take(LONGEST).collect();
    let cut = if start > 0 { "…" } else { "" };
    let text = format!("{cut}{}", visible(&part));
    (text, column - start + cut.chars().count())
}

/// A text without the characters that a terminal would obey.
fn visible(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}")
}

/// All mistakes of a run.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Starts without mistakes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records one mistake.
    pub fn report(
        &mut self,
        place: &Place,
        kind: Kind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.list.push(Diagnostic {
            place: place.clone(),
            severity: Severity::Error,
            kind,
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Records something that does not stop the run.
    pub fn warn(
        &mut self,
        place: &Place,
        kind: Kind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(place, kind, message, hint);
        if let Some(last) = self.list.last_mut() {
            last.severity = Severity::Warning;
        }
    }

    /// Tells whether no mistake was recorded; warnings do not count.
    pub fn is_empty(&self) -> bool {
        !self.list.iter().any(is_error)
    }

    /// Whether there are so many that looking for what each of them may have meant would take long.
    pub fn are_many(&self) -> bool {
        self.list.len() > 100
    }

    /// Ends the run: the warnings if there were no mistakes, otherwise everything, in file order.
    ///
    /// # Errors
    ///
    /// Returns the mistakes and warnings, sorted and without repetitions.
    pub fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        self.list.sort();
        self.list.dedup();
        if self.is_empty() {
            Ok(self.list)
        } else {
            Err(self.list)
        }
    }
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// How many of these stop the run.
pub fn errors_in(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|found| is_error(found)).count()
}

/// Renders mistakes one after the other; `sources` maps a file name to its text.
pub fn render_all(diagnostics: &[Diagnostic], sources: &BTreeMap<String, String>) -> String {
    let mut split: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let rendered: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let file = &diagnostic.place.file;
            let lines = split.entry(file).or_insert_with(|| {
                let text = sources.get(file).map_or("", String::as_str);
                text.lines().collect()
            });
            diagnostic.render(lines)
        })
        .collect();
    rendered.join("\n")
}

/// A number with its noun, in the plural where it belongs.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Finds the known word that a misspelt one most likely meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    // A name of one letter is near to every other of one.
    let limit = (length / 3).max(1).min(length.saturating_sub(1));
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A hint that names the nearest known word, or all of them.
pub fn suggest(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The edit distance of two words (insert, delete, replace, swap neighbours), ignoring letter case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let replace = rows[i][j] + usize::from(left != right);
            let mut best = replace.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_finds_its_word() {
        assert_eq!(nearest("hsot_fn", ["host_fn", "export"]), Some("host_fn"));
        assert_eq!(nearest("colour", ["host_fn", "export"]), None);
    }

    #[test]
    fn carets_stay_inside_the_line() {
        let diagnostic = Diagnostic {
            place: Place {
                file: "a.rs".to_owned(),
                line: 2,
                column: 5,
                width: usize::MAX,
            },
            severity: Severity::Error,
            kind: Kind::Syntax,
            message: "wrong".to_owned(),
            hint: "do it right".to_owned(),
        };
        assert_eq!(
            diagnostic.render(&["one", "four five"]),
            "error: wrong\n  --> a.rs:2:5\n  |\n2 | four five\n  |     ^^^^^\n  = help: do it right\n"
        );
    }
}
