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
mod constants;
mod flows;
mod joins;
mod naming;
mod presence;
mod reads;
mod render;
mod services;
mod types;

use crate::diagnostic::Place;
use crate::model::{Model, Type};
use flows::{Flow, Flows, Structs};
use reads::{Known, Slot, judge};
use serde::Serialize;

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
    let (old_structs, new_structs) = (flows::structs(old), flows::structs(new));
    let mut comparison = Comparison {
        old,
        new,
        old_flows: flows::of(old, &old_structs),
        new_flows: flows::of(new, &new_structs),
        old_structs: &old_structs,
        new_structs: &new_structs,
        known: Known::default(),
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
    old_structs: &'a Structs<'a>,
    new_structs: &'a Structs<'a>,
    old_flows: Flows<'a>,
    new_flows: Flows<'a>,
    known: Known<'a>,
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

/// The worse of two pairs of verdicts.
fn worse(one: Verdicts, other: Verdicts) -> Verdicts {
    (one.0.or(other.0), one.1.or(other.1))
}

impl<'a> Comparison<'a> {
    /// A slot of the old side, as the new side has it too.
    fn slots(&self, old: (&'a str, &'a Type), new: (&'a str, &'a Type)) -> (Slot<'a>, Slot<'a>) {
        (
            Slot::whole(self.old_structs, old.0, old.1),
            Slot::whole(self.new_structs, new.0, new.1),
        )
    }

    /// The verdicts on one of two things that are one under two names; where both names are found, the types count.
    fn renamed(
        &mut self,
        names: (&str, &str, &str),
        (old, new): (Slot<'a>, Slot<'a>),
        flows: &[Flow],
    ) -> Verdicts {
        let is_found = |flow: &&Flow| presence::is_found(names.1, names.2, **flow);
        let found: Vec<Flow> = flows.iter().filter(is_found).copied().collect();
        let types = judge(old, new, &found, &mut self.known);
        worse(presence::renamed(names, flows), types)
    }

    /// Records types that are written differently, or alike in two modules where they stand for different things.
    fn types_of(
        &mut self,
        subject: Subject<'_>,
        aspect: &'static str,
        (old, new): (Slot<'a>, Slot<'a>),
        flow: Flow,
    ) {
        let mut shown = (old.ty.to_string(), new.ty.to_string());
        let is_moved = shown.0 == shown.1 && old.module != new.module;
        if shown.0 == shown.1 && !is_moved {
            return;
        }
        let verdicts = judge(old, new, &[flow], &mut self.known);
        if is_moved {
            if !verdicts.0.breaking && !verdicts.1.breaking {
                return;
            }
            shown.0 += &format!(" of `{}`", old.module);
            shown.1 += &format!(" of `{}`", new.module);
        }
        self.changed(subject, aspect, shown, || verdicts);
    }

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
