//! Structs with their fields, aliases and constants.

use super::flows::{Flow, Key};
use super::reads::{self, Slot, judge, needed};
use super::{Comparison, Item, Subject, Verdict, Verdicts, harmless, pairs, presence};
use crate::lower::SHARED_MODULE;
use crate::model::{Field, Model, Struct, TypeModule};
use crate::syntax::Literal;
use std::collections::{BTreeMap, BTreeSet};

/// The name of a module, and a field of one of its structs.
type Side<'a> = (&'a str, Option<&'a Field>);

/// A struct with the name of its module.
type Found<'a> = (Key<'a>, &'a Struct);

impl<'a> Comparison<'a> {
    /// Compares the types of all modules.
    pub(super) fn types(&mut self) {
        let (old, new) = (structs(self.old), structs(self.new));
        let joined = join(&old, &new);
        let mut modules: BTreeSet<&str> = BTreeSet::new();
        modules.extend(self.old.modules.iter().map(|module| module.name.as_str()));
        modules.extend(self.new.modules.iter().map(|module| module.name.as_str()));
        for name in modules {
            self.group = match name {
                SHARED_MODULE => "shared types".to_owned(),
                _ => format!("types of `{name}`"),
            };
            for (old, new) in &joined {
                let module = old.or(*new).map(|((module, _), _)| module);
                if module == Some(name) {
                    self.structure(*old, *new);
                }
            }
            self.constants(module(self.old, name), module(self.new, name));
        }
    }

    fn structure(&mut self, old: Option<Found<'a>>, new: Option<Found<'a>>) {
        let Some((key, any)) = old.or(new) else {
            return;
        };
        let subject = Subject {
            item: Item::Struct,
            name: &any.name,
            old: old.map(|(_, item)| &item.place),
            new: new.map(|(_, item)| &item.place),
        };
        match (old, new) {
            (Some((old_key, old)), Some((new_key, new))) => {
                let homes = (home(old_key), home(new_key));
                self.changed(subject, "home", homes, harmless);
                self.detail(subject, "documentation", &old.docs, &new.docs);
                self.detail(subject, "release", &old.since, &new.since);
                let mut flows = self.old_flows.get(&old_key).cloned().unwrap_or_default();
                flows.extend(self.new_flows.get(&new_key).into_iter().flatten());
                for (old_field, new_field) in pairs(&old.fields, &new.fields, |field| &field.json) {
                    let others = (&old.fields[..], &new.fields[..]);
                    let sides = ((old_key.0, old_field), (new_key.0, new_field));
                    self.field(subject, sides, others, &flows);
                }
            }
            (Some(_), None) => self.removed(subject, Some(home(key)), harmless()),
            (None, _) => self.added(subject, Some(home(key)), harmless()),
        }
    }

    fn field(
        &mut self,
        owner: Subject<'a>,
        ((old_module, old), (new_module, new)): (Side<'a>, Side<'a>),
        (all_old, all_new): (&[Field], &[Field]),
        flows: &[Flow],
    ) {
        let json = old.or(new).map(|field| field.json.as_str());
        let name = format!("{}.{}", owner.name, json.unwrap_or_default());
        let subject = Subject {
            item: Item::Field,
            name: &name,
            ..owner
        };
        match (old, new) {
            (Some(old), Some(new)) => {
                let slots = (
                    Slot::of(self.old, old_module, old),
                    Slot::of(self.new, new_module, new),
                );
                let (written, as_new) = ((old.ty.to_string(), new.ty.to_string()), reads::omitted);
                let both = || judge(slots.0, slots.1, flows);
                if written.0 == written.1 {
                    let presence = (when(as_new(old)), when(as_new(new)));
                    self.changed(subject, "presence", presence, both);
                } else {
                    let written = (shown(old), shown(new));
                    self.changed(subject, "type", written, both);
                }
                self.detail(subject, "documentation", &old.docs, &new.docs);
                let since = |field: &Field| field.since.clone().unwrap_or_default();
                self.detail(subject, "release", &since(old), &since(new));
                self.detail(subject, "name in Rust", &old.name, &new.name);
            }
            (None, Some(new)) => {
                let renamed = renamed(new, all_old, all_new);
                let verdicts = renamed.map_or_else(
                    || presence::added(needed(new), flows),
                    |old| presence::renamed("old", &old.json, flows),
                );
                self.added(subject, Some(shown(new)), verdicts);
            }
            (Some(old), None) => {
                let renamed = renamed(old, all_new, all_old);
                let verdicts = renamed.map_or_else(
                    || presence::removed(needed(old), flows),
                    |new| presence::renamed("new", &new.json, flows),
                );
                self.removed(subject, Some(shown(old)), verdicts);
            }
            (None, None) => {}
        }
    }

    fn constants(&mut self, old: Option<&'a TypeModule>, new: Option<&'a TypeModule>) {
        let (old_aliases, new_aliases) = (
            old.into_iter().flat_map(|module| &module.aliases),
            new.into_iter().flat_map(|module| &module.aliases),
        );
        for (old, new) in pairs(old_aliases, new_aliases, |alias| &alias.name) {
            let subject = named(Item::Alias, old.or(new).map(|alias| alias.name.as_str()));
            match (old, new) {
                (Some(old), Some(new)) => {
                    let targets = (old.target.word(), new.target.word());
                    self.changed(subject, "type", targets, || another("type"));
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
        let (old_constants, new_constants) = (
            old.into_iter().flat_map(|module| &module.constants),
            new.into_iter().flat_map(|module| &module.constants),
        );
        for (old, new) in pairs(old_constants, new_constants, |constant| &constant.name) {
            let subject = named(Item::Constant, old.or(new).map(|item| item.name.as_str()));
            match (old, new) {
                (Some(old), Some(new)) => {
                    let values = (literal(&old.value), literal(&new.value));
                    self.changed(subject, "value", values, || another("value"));
                    self.changed(subject, "type", (&*old.ty, &*new.ty), harmless);
                    self.detail(subject, "documentation", &old.docs, &new.docs);
                    self.detail(subject, "release", &old.since, &new.since);
                }
                (Some(old), None) => {
                    let why = "new hosts may not know the value";
                    let verdicts = (Verdict::breaking(why), Verdict::compatible(""));
                    self.removed(subject, Some(literal(&old.value)), verdicts);
                }
                (None, Some(new)) => {
                    let why = "existing hosts do not know the value";
                    let verdicts = (Verdict::compatible(""), Verdict::breaking(why));
                    self.added(subject, Some(literal(&new.value)), verdicts);
                }
                (None, None) => {}
            }
        }
    }
}

/// The field of the other side that is this one under another name on the wire.
fn renamed<'a>(field: &Field, others: &'a [Field], same: &[Field]) -> Option<&'a Field> {
    let alike =
        |other: &&Field| other.name == field.name || other.json.eq_ignore_ascii_case(&field.json);
    let is_gone = |other: &&Field| !same.iter().any(|field| field.json == other.json);
    others.iter().filter(is_gone).find(alike)
}

/// All structs of a model.
fn structs(model: &Model) -> Vec<Found<'_>> {
    let found = model.modules.iter().flat_map(|module| {
        let structs = module.structs.iter();
        structs.map(|item| ((module.name.as_str(), item.name.as_str()), item))
    });
    found.collect()
}

/// Joins the structs of two sides by module and name; one that moves to or from the shared types stays itself.
fn join<'a>(old: &[Found<'a>], new: &[Found<'a>]) -> Vec<(Option<Found<'a>>, Option<Found<'a>>)> {
    let old_keys: BTreeMap<Key<'_>, Found<'_>> =
        old.iter().map(|found| (found.0, *found)).collect();
    let new_keys: BTreeMap<Key<'_>, Found<'_>> =
        new.iter().map(|found| (found.0, *found)).collect();
    let mut joined = Vec::new();
    let mut moved = BTreeSet::new();
    for found in old {
        let shared = (SHARED_MODULE, found.0.1);
        let same = new_keys.get(&found.0);
        let target = same.or_else(|| new_keys.get(&shared));
        if same.is_none()
            && let Some(target) = target
        {
            moved.insert(target.0);
        }
        // The other way round, every struct of the name that is new comes from the shared one.
        if same.is_none() && found.0 == shared {
            for local in new.iter().filter(|new| new.0.1 == shared.1) {
                if !old_keys.contains_key(&local.0) {
                    moved.insert(local.0);
                    joined.push((Some(*found), Some(*local)));
                }
            }
        }
        let is_joined = joined
            .iter()
            .any(|(old, _)| old.is_some_and(|old| old.0 == found.0));
        if !is_joined {
            joined.push((Some(*found), target.copied()));
        }
    }
    for found in new {
        if !old_keys.contains_key(&found.0) && !moved.contains(&found.0) {
            joined.push((None, Some(*found)));
        }
    }
    joined
}

/// The verdicts on something that each side expects to be its own way.
fn another(what: &str) -> Verdicts {
    (
        Verdict::breaking(format!("existing plugins use the old {what}")),
        Verdict::breaking(format!("existing hosts expect the old {what}")),
    )
}

fn module<'a>(model: &'a Model, name: &str) -> Option<&'a TypeModule> {
    model.modules.iter().find(|module| module.name == name)
}

fn named(item: Item, name: Option<&str>) -> Subject<'_> {
    Subject {
        item,
        name: name.unwrap_or_default(),
        old: None,
        new: None,
    }
}

fn home((module, _): Key<'_>) -> String {
    match module {
        SHARED_MODULE => "a shared type".to_owned(),
        _ => format!("a type of `{module}`"),
    }
}

fn when(omitted: bool) -> &'static str {
    if omitted {
        "left out when empty"
    } else {
        "always written"
    }
}

/// A field's type, and that it may be left out.
fn shown(field: &Field) -> String {
    if reads::omitted(field) {
        format!("{}, left out when empty", field.ty)
    } else {
        field.ty.to_string()
    }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(text) => format!("{text:?}"),
        Literal::Integer(number) => number.to_string(),
    }
}
