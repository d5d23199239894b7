//! What differs between two models, and whom each difference breaks.
//!
//! Both verdicts are about programs that exist and the bytes between them, not about rebuilding them:
//!
//! - **guests**: does a plugin made for the old side work on a host made for the new side?
//! - **hosts**: does a host made for the old side serve a plugin made for the new side?
//!
//! So a new host function breaks no guest, but it breaks hosts: a plugin that imports it does not load on an older one.
//! What no byte tells, such as documentation, releases and names in Rust, is compared only when asked for.

mod capabilities;
mod flows;
mod presence;
mod reads;
mod render;
mod services;
mod types;

use crate::diagnostic::Place;
use crate::model::Model;
use flows::Flows;
use serde::Serialize;
use std::collections::BTreeMap;

/// The differences of two models, in the order of the old one; what is new comes after what was there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The differences.
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The service, capability or module of types it belongs to, such as "host service `KVStore`".
    pub group: String,
    /// What kind of thing differs.
    pub item: Item,
    /// Its name, after those of the function or struct that holds it: `set.key`.
    pub name: String,
    /// How it differs.
    pub change: Kind,
    /// What about it differs, if it is on both sides.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub aspect: &'static str,
    /// What the old side says, if it says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What the new side says, if it says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// Where the old side defines it, or what holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_place: Option<Place>,
    /// Where the new side defines it, or what holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_place: Option<Place>,
    /// Whether plugins made for the old side work on hosts made for the new side.
    pub guests: Verdict,
    /// Whether hosts made for the old side serve plugins made for the new side.
    pub hosts: Verdict,
}

/// What kind of thing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words are those of the model")]
pub enum Item {
    Service,
    Function,
    Parameter,
    Result,
    Capability,
    Export,
    Struct,
    Field,
    Alias,
    Constant,
}

impl Item {
    fn word(self) -> &'static str {
        match self {
            Item::Service => "host service",
            Item::Function => "function",
            Item::Parameter => "parameter",
            Item::Result => "result",
            Item::Capability => "capability",
            Item::Export => "export",
            Item::Struct => "struct",
            Item::Field => "field",
            Item::Alias => "alias",
            Item::Constant => "constant",
        }
    }
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Only the new side has it.
    Added,
    /// Only the old side has it.
    Removed,
    /// Both sides have it, not alike.
    Changed,
}

/// Whether a difference breaks one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether it does.
    pub breaking: bool,
    /// Why, or what happens instead; empty if there is nothing to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Verdict {
    fn compatible(why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            breaking: false,
            why,
        }
    }

    fn breaking(why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            breaking: true,
            why,
        }
    }

    /// The worse of two verdicts.
    fn or(self, other: Self) -> Self {
        if other.breaking && !self.breaking || self.why.is_empty() {
            other
        } else {
            self
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether documentation, releases and other things that no byte tells are compared too.
    pub details: bool,
}

/// Compares two models.
pub fn diff(old: &Model, new: &Model, options: Options) -> Report {
    let mut comparison = Comparison {
        old,
        new,
        old_flows: flows::of(old),
        new_flows: flows::of(new),
        options,
        group: String::new(),
        changes: Vec::new(),
    };
    comparison.services();
    comparison.capabilities();
    comparison.types();
    Report {
        changes: comparison.changes,
    }
}

/// A comparison on its way.
struct Comparison<'a> {
    old: &'a Model,
    new: &'a Model,
    old_flows: Flows<'a>,
    new_flows: Flows<'a>,
    options: Options,
    group: String,
    changes: Vec<Change>,
}

/// A thing of both sides, and what is common to all its differences.
#[derive(Clone, Copy)]
struct Subject<'a> {
    item: Item,
    name: &'a str,
    old: Option<&'a Place>,
    new: Option<&'a Place>,
}

/// The verdicts for guests and for hosts.
type Verdicts = (Verdict, Verdict);

/// The verdicts on something that no byte tells.
fn harmless() -> Verdicts {
    (Verdict::compatible(""), Verdict::compatible(""))
}

impl Comparison<'_> {
    fn record(
        &mut self,
        subject: Subject<'_>,
        change: Kind,
        aspect: &'static str,
        (old, new): (Option<String>, Option<String>),
        (guests, hosts): Verdicts,
    ) {
        self.changes.push(Change {
            group: self.group.clone(),
            item: subject.item,
            name: subject.name.to_owned(),
            change,
            aspect,
            old,
            new,
            old_place: subject.old.cloned(),
            new_place: subject.new.cloned(),
            guests,
            hosts,
        });
    }

    fn added(&mut self, subject: Subject<'_>, new: Option<String>, verdicts: Verdicts) {
        self.record(subject, Kind::Added, "", (None, new), verdicts);
    }

    fn removed(&mut self, subject: Subject<'_>, old: Option<String>, verdicts: Verdicts) {
        self.record(subject, Kind::Removed, "", (old, None), verdicts);
    }

    /// Records a difference if the two sides say different things.
    fn changed(
        &mut self,
        subject: Subject<'_>,
        aspect: &'static str,
        (old, new): (impl Into<String>, impl Into<String>),
        verdicts: impl FnOnce() -> Verdicts,
    ) {
        let (old, new) = (old.into(), new.into());
        if old != new {
            let both = (Some(old), Some(new));
            self.record(subject, Kind::Changed, aspect, both, verdicts());
        }
    }

    /// Records a difference that no byte tells, if such are asked for.
    fn detail(&mut self, subject: Subject<'_>, aspect: &'static str, old: &str, new: &str) {
        if self.options.details {
            self.changed(subject, aspect, (old, new), harmless);
        }
    }
}

/// Joins the items of two sides by a key: those of the old side in its order, then those that are new.
fn pairs<'a, T, K: Ord>(
    old: impl IntoIterator<Item = &'a T>,
    new: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut places = BTreeMap::new();
    let mut pairs = Vec::new();
    for item in old {
        places.insert(key(item), pairs.len());
        pairs.push((Some(item), None));
    }
    for item in new {
        match places.get(&key(item)).and_then(|at| pairs.get_mut(*at)) {
            Some(pair) => pair.1 = Some(item),
            None => pairs.push((None, Some(item))),
        }
    }
    pairs
}

/// Joins items by their name on the wire; what has no counterpart is joined by its other name.
fn join<'a, T>(
    old: &'a [T],
    new: &'a [T],
    wire: impl Fn(&'a T) -> &'a String,
    name: impl Fn(&'a T) -> &'a String,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut joined = pairs(old, new, wire);
    let (mut at, mut length) = (0, joined.len());
    while at < length {
        if let (Some(lost), None) = joined[at] {
            let renamed = joined.iter().position(|pair| match pair {
                (None, Some(found)) => name(found) == name(lost),
                _ => false,
            });
            // What is only new stands after what was there, so nothing before this place moves.
            if let Some(from) = renamed {
                joined[at].1 = joined.remove(from).1;
                length -= 1;
            }
        }
        at += 1;
    }
    joined
}

impl Report {
    /// Whether the two models say the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many differences break guests.
    pub fn breaking_guests(&self) -> usize {
        self.changes.iter().filter(|c| c.guests.breaking).count()
    }

    /// How many differences break hosts.
    pub fn breaking_hosts(&self) -> usize {
        self.changes.iter().filter(|c| c.hosts.breaking).count()
    }

    fn count(&self, kind: Kind) -> usize {
        self.changes.iter().filter(|c| c.change == kind).count()
    }
}
