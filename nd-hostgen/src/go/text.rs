//! The text of a Go file and its syntax tree: parsing, syntax errors, and places.

use crate::diagnostic::{Diagnostics, Kind, Place};
use tree_sitter::{Node, Parser, Tree};

/// The longest file that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A file's text with the beginnings of its lines.
pub(super) struct GoText<'a> {
    /// The file as shown to people.
    pub path: &'a str,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> GoText<'a> {
    /// Prepares a text for finding places.
    pub fn new(path: &'a str, text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            path,
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// What a node covers.
    pub fn of(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Where a node is.
    pub fn place(&self, node: Node<'_>) -> Place {
        self.place_at(node.start_byte(), node.end_byte())
    }

    /// The place of a stretch of bytes; one over several lines ends with its first line.
    pub fn place_at(&self, start: usize, end: usize) -> Place {
        let row = self.row(start);
        let column = self.characters(self.starts[row], start);
        let width = if self.row(end) == row {
            self.characters(start, end)
        } else {
            usize::MAX
        };
        Place {
            file: self.path.to_owned(),
            line: row + 1,
            column: column + 1,
            width: width.max(1),
        }
    }

    /// Whether nothing stands before this byte on its line.
    pub fn opens_line(&self, byte: usize) -> bool {
        let before = self.text.get(self.starts[self.row(byte)]..byte);
        before.is_some_and(|before| before.trim().is_empty())
    }

    /// Whether anything but white space stands between two bytes.
    pub fn has_code(&self, from: usize, to: usize) -> bool {
        let between = self.text.get(from..to).unwrap_or_default();
        !between.trim().is_empty()
    }

    /// Whether a group of constants or variables is closed on the line of its last one, which Go allows and the grammar
    /// does not.
    fn closes_group(&self, node: Node<'_>) -> bool {
        let row = self.row(node.start_byte());
        let line = self.text.lines().nth(row).unwrap_or_default().trim_start();
        let mut groups = ["const", "var"].iter();
        let group = groups.find_map(|word| line.strip_prefix(word));
        group.is_some_and(|rest| rest.trim_start().starts_with('(') && rest.contains(')'))
    }

    /// The line a byte lies on, counted from 0.
    pub fn row(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte) - 1
    }

    fn characters(&self, from: usize, to: usize) -> usize {
        let part = self.text.get(from..to);
        part.map_or(0, |part| part.chars().count())
    }
}

/// Parses a file; one that is no Go is reported.
pub(super) fn parse(text: &GoText<'_>, diagnostics: &mut Diagnostics) -> Option<Tree> {
    let mut fail = |place: &Place, what: &str, hint: &str| {
        let message = format!("parsing {}: {what}", text.path);
        diagnostics.report(place, Kind::Syntax, message, hint);
    };
    let start = Place::start_of(text.path);
    if text.text.len() > LONGEST {
        let hint = "definitions are small; move other code to files of its own";
        fail(&start, "the file is longer than 1 MiB", hint);
        return None;
    }
    let mut parser = Parser::new();
    let grammar = tree_sitter_go::LANGUAGE.into();
    let tree = match parser.set_language(&grammar) {
        Ok(()) => parser.parse(text.text, None),
        Err(_) => None,
    };
    let Some(tree) = tree else {
        fail(&start, "the parser gave up", "report this as a bug");
        return None;
    };
    if let Some(node) = first_error(&tree) {
        let place = text.place(node);
        let found = text.of(node).lines().next().unwrap_or_default().trim();
        if node.is_missing() {
            let what = format!("`{}` is missing here", node.kind());
            fail(&place, &what, "gofmt finds the rest of such mistakes too");
        } else if found.is_empty() {
            let hint = "look for a bracket or quote without its partner, or run gofmt";
            fail(&place, "this is not Go", hint);
        } else {
            let shown: String = found.chars().take(40).collect();
            let what = format!("`{shown}` does not belong here, or does not end");
            let hint = match text.closes_group(node) {
                true => "close the group on a line of its own, as gofmt does",
                false => "look for a bracket or quote without its partner, or run gofmt",
            };
            fail(&place, &what, hint);
        }
        return None;
    }
    Some(tree)
}

/// The first node that does not fit the grammar.
fn first_error(tree: &Tree) -> Option<Node<'_>> {
    if !tree.root_node().has_error() {
        return None;
    }
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        // The root is an error node when nothing fits, which says little; its first error child says more.
        if node.is_missing() || (node.is_error() && cursor.depth() > 0) {
            return Some(node);
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(tree.root_node());
            }
        }
    }
}

/// The nodes of a tree in order.
pub(super) fn visit<'t>(tree: &'t Tree, mut see: impl FnMut(Node<'t>)) {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        see(node);
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The named children of a node, comments left out.
pub(super) fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    let children = node.named_children(&mut cursor);
    children.filter(|child| child.kind() != "comment").collect()
}

/// The children of a node in one of its fields, separators left out.
pub(super) fn fields<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    let children = node.children_by_field_name(field, &mut cursor);
    children.filter(|child| child.is_named()).collect()
}
