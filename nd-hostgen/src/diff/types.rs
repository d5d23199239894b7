//! Structs with their fields.

use super::flows::{Flow, Key};
use super::joins::pairs;
use super::naming::renamed;
use super::reads::{self, Slot, judge, needed};
use super::{Comparison, Item, Subject, harmless, presence};
use crate::lower::SHARED_MODULE;
use crate::model::{Field, Model, Struct, TypeModule};
use std::collections::{BTreeMap, BTreeSet};

/// The name of a module, and a field of one of its structs.
type Side<'a> = (&'a str, Option<&'a Field>);

/// A struct with the name of its module.
type Found<'a> = (Key<'a>, &'a Struct);

impl<'a> Comparison<'a> {
    /// Compares the types of all modules.
    pub(super) fn types(&mut self) {
        let (old, new) = (structs(self.old), structs(self.new));
        let mut joined: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (old, new) in join(&old, &new) {
            let module = old.or(new).map_or("", |((module, _), _)| module);
            joined.entry(module).or_default().push((old, new));
        }
        let mut modules: BTreeSet<&str> = BTreeSet::new();
        modules.extend(self.old.modules.iter().map(|module| module.name.as_str()));
        modules.extend(self.new.modules.iter().map(|module| module.name.as_str()));
        for name in modules {
            self.group = match name {
                SHARED_MODULE => "shared types".to_owned(),
                _ => format!("types of `{name}`"),
            };
            for (old, new) in joined.remove(name).unwrap_or_default() {
                self.structure(old, new);
            }
            self.aliases(module(self.old, name), module(self.new, name));
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
                // A way of one side only comes with a function or an export that the other does not have.
                let mut flows = self.old_flows.get(&old_key).cloned().unwrap_or_default();
                let new_flows = self.new_flows.get(&new_key);
                flows.retain(|flow| new_flows.is_some_and(|flows| flows.contains(flow)));
                let all = (old.fields.iter().collect(), new.fields.iter().collect());
                for (old_field, new_field) in pairs(&old.fields, &new.fields, |field| &field.json) {
                    let sides = ((old_key.0, old_field), (new_key.0, new_field));
                    self.field(subject, sides, &all, &flows);
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
        (all_old, all_new): &(Vec<&'a Field>, Vec<&'a Field>),
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
                let written = (old.ty.to_string(), new.ty.to_string());
                let presence = (when(reads::omitted(old)), when(reads::omitted(new)));
                let (aspect, said) = if written.0 == written.1 {
                    ("presence", (presence.0.to_owned(), presence.1.to_owned()))
                } else {
                    ("type", (shown(old), shown(new)))
                };
                if said.0 != said.1 {
                    let slots = self.fields_at((old_module, old), (new_module, new));
                    let verdicts = judge(slots.0, slots.1, flows, &mut self.known);
                    self.changed(subject, aspect, said, || verdicts);
                }
                self.detail(subject, "documentation", &old.docs, &new.docs);
                let since = |field: &Field| field.since.clone().unwrap_or_default();
                self.detail(subject, "release", &since(old), &since(new));
                self.detail(subject, "name in Rust", &old.name, &new.name);
            }
            (None, Some(new)) => {
                let verdicts = match renamed(new, all_old, all_new) {
                    Some(old) => {
                        let slots = self.fields_at((old_module, old), (new_module, new));
                        self.renamed(("old", &new.json, &old.json), slots, flows)
                    }
                    None => presence::added(needed(new), flows),
                };
                self.added(subject, Some(shown(new)), verdicts);
            }
            (Some(old), None) => {
                let verdicts = match renamed(old, all_new, all_old) {
                    Some(new) => {
                        let slots = self.fields_at((old_module, old), (new_module, new));
                        self.renamed(("new", &old.json, &new.json), slots, flows)
                    }
                    None => presence::removed(needed(old), flows),
                };
                self.removed(subject, Some(shown(old)), verdicts);
            }
            (None, None) => {}
        }
    }

    /// The slots of a field that both sides have.
    fn fields_at(
        &self,
        (old_module, old): (&'a str, &'a Field),
        (new_module, new): (&'a str, &'a Field),
    ) -> (Slot<'a>, Slot<'a>) {
        (
            Slot::of(self.old_structs, old_module, old),
            Slot::of(self.new_structs, new_module, new),
        )
    }
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
        let mut is_joined = false;
        // The other way round, every struct of the name that is new comes from the shared one.
        if same.is_none() && found.0 == shared {
            for local in new.iter().filter(|new| new.0.1 == shared.1) {
                if !old_keys.contains_key(&local.0) {
                    is_joined = true;
                    moved.insert(local.0);
                    joined.push((Some(*found), Some(*local)));
                }
            }
        }
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

fn module<'a>(model: &'a Model, name: &str) -> Option<&'a TypeModule> {
    model.modules.iter().find(|module| module.name == name)
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
