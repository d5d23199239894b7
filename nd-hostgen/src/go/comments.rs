//! Comment groups, as Go's own parser forms them: which declaration each belongs to, and the text for people.

use super::annotation;
use super::text::{GoText, visit};
use crate::diagnostic::Place;
use tree_sitter::{Node, Tree};

/// One line of a comment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// The text, slashes included.
    pub text: String,
    /// Where it is.
    pub place: Place,
    /// Whether it is part of a `/* … */` comment.
    pub in_block: bool,
}

/// Comments without an empty line between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Whether it stands at the end of a line with code.
    pub trailing: bool,
    /// Whether it stands in the body of a function.
    pub in_body: bool,
    first_row: usize,
    last_row: usize,
    start: usize,
    end: usize,
    owned: bool,
}

impl Group {
    /// The text for people: without slashes, annotations and directives.
    pub fn docs(&self) -> String {
        let mut docs: Vec<String> = Vec::new();
        for line in &self.lines {
            let Some(text) = prose(line) else { continue };
            let doubled = text.is_empty() && docs.last().is_none_or(String::is_empty);
            if !doubled {
                docs.push(text);
            }
        }
        docs.join("\n").trim_end().to_owned()
    }
}

/// What a comment line says to people; none for a line that speaks to tools.
fn prose(line: &Line) -> Option<String> {
    let text = plain(line)?;
    Some(text.replace(|c: char| c.is_control() && c != '\t', " "))
}

fn plain(line: &Line) -> Option<&str> {
    if line.in_block {
        let text = line.text.trim_end();
        let text = text.strip_suffix("*/").unwrap_or(text);
        return Some(text.strip_prefix("/*").unwrap_or(text).trim());
    }
    let text = line.text.strip_prefix("//").unwrap_or(&line.text);
    if annotation::is_annotation(&line.text) || is_directive(text) {
        return None;
    }
    Some(text.strip_prefix(' ').unwrap_or(text).trim_end())
}

/// Whether a comment is a directive, such as `//go:generate`.
fn is_directive(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let Some((word, rest)) = text.split_once(':') else {
        return false;
    };
    !word.is_empty() && word.chars().all(plain) && rest.starts_with(plain)
}

/// All comments of a file.
pub(super) struct Comments {
    groups: Vec<Group>,
}

impl Comments {
    /// Collects the comments, those in function bodies as well.
    pub fn collect(text: &GoText<'_>, tree: &Tree) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut body_until = 0;
        visit(tree, |node| {
            if node.kind() == "block" {
                body_until = body_until.max(node.end_byte());
            }
            if node.kind() != "comment" {
                return;
            }
            let mut found = group(text, node);
            found.in_body = node.start_byte() < body_until;
            if let Some(last) = groups
                .last()
                .filter(|last| last.last_row == found.first_row)
            {
                // Behind another comment it stands where that one does.
                found.trailing = last.trailing || text.has_code(last.end, node.start_byte());
            }
            match groups.last_mut() {
                Some(last) if last.continues_with(&found) => {
                    last.lines.extend(found.lines);
                    last.last_row = found.last_row;
                    last.end = found.end;
                }
                _ => groups.push(found),
            }
        });
        Self { groups }
    }

    /// The comment that documents a node: the group that ends on the line before.
    pub fn before(&mut self, text: &GoText<'_>, node: Node<'_>) -> Option<Group> {
        let before = node.start_position().row.checked_sub(1)?;
        if !text.opens_line(node.start_byte()) {
            return None;
        }
        let from = self.groups.partition_point(|group| group.last_row < before);
        let groups = self.groups.iter_mut().skip(from);
        let mut groups = groups.take_while(|group| group.last_row == before);
        let group = groups.find(|group| !group.trailing && !group.in_body)?;
        group.owned = true;
        Some(group.clone())
    }

    /// The text of the comment behind a node, on the line that it ends on.
    pub fn behind(&self, text: &GoText<'_>, node: Node<'_>) -> String {
        let row = text.row(node.end_byte());
        let from = self.groups.partition_point(|group| group.first_row < row);
        let mut groups = self.groups.iter().skip(from);
        let group = groups.find(|group| group.trailing && group.start >= node.end_byte());
        let group = group.filter(|group| group.first_row == row);
        group.map_or_else(String::new, Group::docs)
    }

    /// The groups that document nothing.
    pub fn left_over(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| !group.owned)
    }
}

impl Group {
    fn continues_with(&self, next: &Self) -> bool {
        let gap = next.first_row.saturating_sub(self.last_row);
        if self.in_body != next.in_body {
            return false;
        }
        match (self.trailing, next.trailing) {
            (false, false) => gap <= 1,
            (true, true) => gap == 0,
            _ => false,
        }
    }
}

/// The group that one comment makes.
fn group(text: &GoText<'_>, node: Node<'_>) -> Group {
    let (start, end) = (node.start_byte(), node.end_byte());
    let whole = text.of(node);
    let in_block = whole.starts_with("/*");
    let mut at = start;
    let lines = whole.split('\n').map(|line| {
        let place = text.place_at(at, at + line.trim_end().len());
        at += line.len() + 1;
        Line {
            text: line.trim_end().to_owned(),
            place,
            in_block,
        }
    });
    Group {
        lines: lines.collect(),
        trailing: !text.opens_line(start),
        in_body: false,
        first_row: text.row(start),
        last_row: text.row(end.saturating_sub(1).max(start)),
        start,
        end,
        owned: false,
    }
}
