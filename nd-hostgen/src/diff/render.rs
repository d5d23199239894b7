//! A report as text for people and as JSON for programs.

use super::{Change, Kind, Report, Verdict};
use crate::diagnostic::{Place, counted};
use serde::Serialize;
use std::fmt::Write as _;

/// What `format` says in every report.
pub const FORMAT: &str = "nd-hostgen diff";

/// The version of the form of reports.
pub const VERSION: u32 = 1;

/// What the verdicts of a text are about.
const LEGEND: &str = "\
guests: plugins made for the old side, on hosts made for the new side
hosts:  hosts made for the old side, with plugins made for the new side
";

/// A report as JSON.
#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    old: &'a str,
    new: &'a str,
    summary: Summary,
    #[serde(flatten)]
    report: &'a Report,
}

/// How many differences there are.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    added: usize,
    removed: usize,
    changed: usize,
    breaking_guests: usize,
    breaking_hosts: usize,
}

impl Report {
    /// Writes the report as JSON; `old` and `new` are what the sides are called.
    pub fn json(&self, old: &str, new: &str) -> String {
        let written = Written {
            format: FORMAT,
            version: VERSION,
            old,
            new,
            summary: Summary {
                added: self.count(Kind::Added),
                removed: self.count(Kind::Removed),
                changed: self.count(Kind::Changed),
                breaking_guests: self.breaking_guests(),
                breaking_hosts: self.breaking_hosts(),
            },
            report: self,
        };
        // Every key is a text, so nothing can fail.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Writes the report for people, grouped by service, capability and module of types.
    pub fn text(&self, old: &str, new: &str) -> String {
        if self.is_empty() {
            return format!("{old} and {new} do not differ\n");
        }
        let mut text = format!("from {old} to {new}\n{LEGEND}");
        let mut group = "";
        for change in &self.changes {
            if change.group != group {
                group = &change.group;
                let _ = write!(text, "\n{group}\n");
            }
            text += &entry(change);
        }
        let _ = write!(
            text,
            "\n{} added, {} removed, {} changed; {} for guests, {} for hosts\n",
            self.count(Kind::Added),
            self.count(Kind::Removed),
            self.count(Kind::Changed),
            counted(self.breaking_guests(), "breaking difference"),
            counted(self.breaking_hosts(), "breaking difference"),
        );
        text
    }
}

/// One difference: what, where, and what it means.
fn entry(change: &Change) -> String {
    let (sign, word) = match change.change {
        Kind::Added => ('+', "added"),
        Kind::Removed => ('-', "removed"),
        Kind::Changed => ('~', ""),
    };
    let (item, name) = (change.item.word(), &change.name);
    let mut text = format!("  {sign} {item} `{name}` {word}{}", change.aspect);
    let _ = match (&change.old, &change.new) {
        (None, None) => writeln!(text),
        (None, Some(one)) | (Some(one), None) => writeln!(text, ": {one}"),
        (Some(old), Some(new)) if change.is_long() => {
            writeln!(
                text,
                "\n{}{}",
                block("was", old),
                block("is ", new).trim_end()
            )
        }
        (Some(old), Some(new)) => writeln!(text, ": {} -> {}", side(old), side(new)),
    };
    let places = [&change.old_place, &change.new_place].into_iter();
    let mut places: Vec<String> = places.flatten().map(Place::to_string).collect();
    places.dedup();
    if !places.is_empty() {
        let _ = writeln!(text, "      at     {}", places.join(" -> "));
    }
    text + &verdict("guests", &change.guests) + &verdict("hosts ", &change.hosts)
}

impl Change {
    /// Whether the two sides need lines of their own.
    fn is_long(&self) -> bool {
        let mut sides = self.old.iter().chain(&self.new);
        sides.any(|side| side.contains('\n') || side.len() > 60)
    }
}

/// A side on the line of the other one.
fn side(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// A side on lines of its own.
fn block(word: &str, side: &str) -> String {
    let mut text = String::new();
    for (at, line) in side.lines().enumerate() {
        let word = if at == 0 { word } else { "   " };
        text += format!("      {word}    {line}").trim_end();
        text.push('\n');
    }
    if side.is_empty() {
        let _ = writeln!(text, "      {word}    nothing");
    }
    text
}

fn verdict(whom: &str, verdict: &Verdict) -> String {
    let word = if verdict.breaking {
        "breaking"
    } else {
        "compatible"
    };
    let colon = if verdict.why.is_empty() { "" } else { ": " };
    format!("      {whom} {word}{colon}{}\n", verdict.why)
}
