//! Aliases and their constants: values that a text or a number on the wire may have.

use super::flows::{Flow, Flows};
use super::joins::{Pair, pairs};
use super::{Comparison, Item, Subject, Verdict, Verdicts, harmless, presence};
use crate::model::{Constant, Model, TypeModule};
use crate::syntax::Literal;
use std::collections::BTreeMap;

impl<'a> Comparison<'a> {
    /// Compares the aliases and constants of a module.
    pub(super) fn aliases(&mut self, old: Option<&'a TypeModule>, new: Option<&'a TypeModule>) {
        let (old_aliases, new_aliases) = (
            old.into_iter().flat_map(|module| &module.aliases),
            new.into_iter().flat_map(|module| &module.aliases),
        );
        for (old, new) in pairs(old_aliases, new_aliases, |alias| &alias.name) {
            let subject = named(Item::Alias, old.or(new).map(|alias| alias.name.as_str()));
            match (old, new) {
                (Some(old), Some(new)) => {
                    // What it means for the wire is told where a field is of the alias.
                    let targets = (old.target.word(), new.target.word());
                    self.changed(subject, "type", targets, harmless);
                    self.detail(subject, "documentation", &old.docs, &new.docs);
                    self.detail(subject, "release", &old.since, &new.since);
                }
                (Some(old), None) => {
                    self.removed(subject, Some(old.target.word().into()), harmless())
                }
                (None, Some(new)) => {
                    self.added(subject, Some(new.target.word().into()), harmless())
                }
                (None, None) => {}
            }
        }
        let constants = |module: Option<&'a TypeModule>| {
            module.map_or(&[][..], |module| module.constants.as_slice())
        };
        let both = (constants(old), constants(new));
        for (old_item, new_item) in join(both.0, both.1) {
            let Some(any) = old_item.or(new_item) else {
                continue;
            };
            let subject = named(Item::Constant, Some(&any.name));
            let flows = self.ways((old, new), &any.ty);
            self.constant(subject, (old_item, new_item), both, &flows);
        }
    }

    fn constant(
        &mut self,
        subject: Subject<'a>,
        pair: Pair<'a, Constant>,
        (all_old, all_new): (&[Constant], &[Constant]),
        flows: &[Flow],
    ) {
        match pair {
            (Some(old), Some(new)) => {
                let values = (literal(&old.value), literal(&new.value));
                self.changed(subject, "value", values, another);
                self.changed(subject, "type", (&*old.ty, &*new.ty), harmless);
                self.detail(subject, "documentation", &old.docs, &new.docs);
                self.detail(subject, "release", &old.since, &new.since);
                self.detail(subject, "name in Rust", &old.name, &new.name);
            }
            (Some(old), None) => {
                let verdicts = match all_new.iter().any(|new| is_same(old, new)) {
                    true => harmless(),
                    false => presence::each(flows, removed),
                };
                self.removed(subject, Some(literal(&old.value)), verdicts);
            }
            (None, Some(new)) => {
                let verdicts = match all_old.iter().any(|old| is_same(old, new)) {
                    true => harmless(),
                    false => presence::each(flows, added),
                };
                self.added(subject, Some(literal(&new.value)), verdicts);
            }
            (None, None) => {}
        }
    }

    /// Which way the values of an alias go: that of the structs with fields of it and of outputs, as far as both sides
    /// say so. What nothing is of comes from plugins, such as the texts of errors.
    fn ways(
        &self,
        (old, new): (Option<&'a TypeModule>, Option<&'a TypeModule>),
        alias: &str,
    ) -> Vec<Flow> {
        let old = ways_of(self.old, &self.old_flows, old, alias);
        let new = ways_of(self.new, &self.new_flows, new, alias);
        match (&old[..], &new[..]) {
            ([], []) => vec![Flow::ToHost],
            ([], _) => new,
            (_, []) => old,
            _ => old.into_iter().filter(|way| new.contains(way)).collect(),
        }
    }
}

fn ways_of(
    model: &Model,
    flows: &Flows<'_>,
    module: Option<&TypeModule>,
    alias: &str,
) -> Vec<Flow> {
    let mut ways = Vec::new();
    let Some(module) = module else { return ways };
    for item in &module.structs {
        let mut fields = item.fields.iter();
        if fields.any(|field| field.alias.as_deref() == Some(alias)) {
            let flows = flows.get(&(module.name.as_str(), item.name.as_str()));
            ways.extend(flows.into_iter().flatten());
        }
    }
    let mut owners = model.capabilities.iter();
    let exports = owners.find(|owner| owner.module == module.name);
    let mut exports = exports.into_iter().flat_map(|owner| &owner.exports);
    if exports.any(|export| export.output_alias.as_deref() == Some(alias)) {
        ways.push(Flow::ToHost);
    }
    ways.sort();
    ways.dedup();
    ways
}

/// Joins constants: by name and value, by the value alone, which is all that crosses the wire, and by name.
fn join<'a>(old: &'a [Constant], new: &'a [Constant]) -> Vec<Pair<'a, Constant>> {
    type Key<'a> = (Option<&'a str>, Option<&'a str>, Option<String>);
    let value = |item: &Constant| Some(literal(&item.value));
    let keys: [&dyn Fn(&'a Constant) -> Key<'a>; 3] = [
        &|item| (Some(&item.name), None, value(item)),
        &|item| (None, Some(&item.ty), value(item)),
        &|item| (Some(&item.name), None, None),
    ];
    let mut joined: Vec<Pair<'a, Constant>> = old.iter().map(|item| (Some(item), None)).collect();
    let mut left: Vec<Option<&Constant>> = new.iter().map(Some).collect();
    for key in keys {
        let mut places = BTreeMap::new();
        for (at, item) in left.iter().enumerate() {
            if let Some(item) = item {
                places.entry(key(item)).or_insert(at);
            }
        }
        for (old, new) in &mut joined {
            if let (Some(old), None) = (old, &new)
                && let Some(at) = places.remove(&key(old))
            {
                *new = left[at].take();
            }
        }
    }
    joined.extend(left.into_iter().flatten().map(|item| (None, Some(item))));
    joined
}

/// Whether two constants are the same on the wire.
fn is_same(one: &Constant, other: &Constant) -> bool {
    one.ty == other.ty && one.value == other.value
}

/// The verdicts on a value that only the old side has.
fn removed(flow: &Flow) -> Verdicts {
    match flow {
        Flow::ToHost => (
            Verdict::breaking("new hosts may not know the value"),
            Verdict::compatible(""),
        ),
        Flow::Answer | Flow::Input => (
            Verdict::compatible(""),
            Verdict::breaking("existing hosts send it, and new plugins may not know the value"),
        ),
    }
}

/// The verdicts on a value that only the new side has.
fn added(flow: &Flow) -> Verdicts {
    match flow {
        Flow::ToHost => (
            Verdict::compatible(""),
            Verdict::breaking("existing hosts do not know the value"),
        ),
        Flow::Answer | Flow::Input => (
            Verdict::breaking("existing plugins do not know the value"),
            Verdict::compatible(""),
        ),
    }
}

/// The verdicts on a value that each side expects to be its own.
fn another() -> Verdicts {
    (
        Verdict::breaking("existing plugins use the old value"),
        Verdict::breaking("existing hosts expect the old value"),
    )
}

fn named(item: Item, name: Option<&str>) -> Subject<'_> {
    Subject {
        item,
        name: name.unwrap_or_default(),
        old: None,
        new: None,
    }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(text) => format!("{text:?}"),
        Literal::Integer(number) => number.to_string(),
    }
}
