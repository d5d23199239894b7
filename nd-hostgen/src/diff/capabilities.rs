//! Capabilities with their exports.

use super::flows::Flow;
use super::joins::{Group, Names, Owned, groups};
use super::{Comparison, Item, Subject, Verdict, Verdicts, harmless};
use crate::model::{Capability, Export, Type};

impl<'a> Comparison<'a> {
    /// Compares all capabilities, joined by module.
    pub(super) fn capabilities(&mut self) {
        let names = Names {
            owner: |capability: &Capability| &capability.module,
            items: |capability| &capability.exports,
            wire: |export: &Export| &export.name,
            name: |export| &export.method,
        };
        for group in groups(&self.old.capabilities, &self.new.capabilities, &names) {
            self.capability(group);
        }
    }

    fn capability(&mut self, group: Group<'a, Capability, Export>) {
        let (old, new) = group.owners;
        let Some(any) = old.or(new) else { return };
        self.group = format!("capability `{}`", any.module);
        let subject = Subject {
            item: Item::Capability,
            name: &any.module,
            old: old.map(|capability| &capability.place),
            new: new.map(|capability| &capability.place),
        };
        match (old, new) {
            (Some(old), Some(new)) => self.heads(subject, old, new),
            (Some(_), None) if group.loses() => self.removed(subject, None, removed()),
            (Some(_), None) => self.removed(subject, None, harmless()),
            (None, _) => {
                let hosts = Verdict::compatible("existing hosts never call it");
                self.added(subject, None, (Verdict::compatible(""), hosts));
            }
        }
        for (old, new) in group.items {
            self.export(old, new);
        }
    }

    fn heads(&mut self, subject: Subject<'a>, old: &Capability, new: &Capability) {
        let required = |capability: &Capability| {
            if capability.required() {
                "all exports together"
            } else {
                "any subset"
            }
        };
        self.changed(
            subject,
            "required exports",
            (required(old), required(new)),
            || {
                let why = "hosts know a capability by any one of its exports";
                (Verdict::compatible(why), Verdict::compatible(why))
            },
        );
        self.detail(subject, "identity", &old.identity, &new.identity);
        self.detail(subject, "documentation", &old.docs, &new.docs);
        self.detail(
            subject,
            "documentation of the module",
            &old.module_docs,
            &new.module_docs,
        );
        self.detail(subject, "release", &old.since, &new.since);
        self.detail(subject, "trait in Rust", &old.trait_name, &new.trait_name);
    }

    fn export(
        &mut self,
        old: Option<Owned<'a, Capability, Export>>,
        new: Option<Owned<'a, Capability, Export>>,
    ) {
        let Some((_, any)) = old.or(new) else { return };
        let subject = Subject {
            item: Item::Export,
            name: &any.name,
            old: old.map(|(_, export)| &export.place),
            new: new.map(|(_, export)| &export.place),
        };
        let ((old_owner, old), (new_owner, new)) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (Some((_, old)), None) => {
                return self.removed(subject, Some(signature(old)), removed());
            }
            (None, new) => {
                let hosts = Verdict::compatible("existing hosts never call it");
                let verdicts = (Verdict::compatible(""), hosts);
                return self.added(subject, new.map(|(_, new)| signature(new)), verdicts);
            }
        };
        let modules = (&*old_owner.module, &*new_owner.module);
        self.changed(subject, "capability", modules, harmless);
        self.changed(subject, "export", (&*old.name, &*new.name), || {
            (
                Verdict::breaking("hosts call the new name only"),
                Verdict::breaking("existing hosts call the old name"),
            )
        });
        match (&old.input, &new.input) {
            (Some(old), Some(new)) => {
                let slots = self.slots((modules.0, old), (modules.1, new));
                let slots = (slots.0.written(), slots.1.written());
                self.types_of(subject, "input", slots, Flow::Input);
            }
            (old, new) => {
                let judged = input(old.is_some());
                self.changed(subject, "input", (shown(old), shown(new)), || judged);
            }
        }
        match (&old.output, &new.output) {
            (Some(old), Some(new)) => {
                let slots = self.slots((modules.0, old), (modules.1, new));
                let slots = (slots.0.written(), slots.1.written());
                self.types_of(subject, "output", slots, Flow::ToHost);
            }
            (old, new) => {
                let judged = match (old, new) {
                    (Some(old), _) => output(old),
                    (None, new) => {
                        let (accepted, empty) = new.as_ref().map_or_else(harmless, output);
                        (empty, accepted)
                    }
                };
                self.changed(subject, "output", (shown(old), shown(new)), || judged);
            }
        }
        self.detail(subject, "documentation", &old.docs, &new.docs);
        self.detail(subject, "release", &old.since, &new.since);
        self.detail(subject, "name in Rust", &old.method, &new.method);
    }
}

/// The verdicts on an export that only the old side has; no host counts on any of the exports.
fn removed() -> Verdicts {
    let guests = Verdict::breaking("nothing calls it any more");
    (guests, Verdict::compatible(""))
}

/// The verdicts on an input that one side only has.
fn input(is_on_old_side: bool) -> Verdicts {
    if is_on_old_side {
        let why = "existing plugins get nothing to decode";
        (Verdict::breaking(why), Verdict::compatible(""))
    } else {
        let why = "existing hosts send nothing to decode";
        (Verdict::compatible(""), Verdict::breaking(why))
    }
}

/// The verdicts on an output that one side only has: on the host without it, and on the host with it.
fn output(ty: &Type) -> Verdicts {
    let object = match ty {
        Type::Option(inner) => inner.is_struct(),
        Type::Map(_) => true,
        ty => ty.is_struct(),
    };
    let accepted = if object {
        Verdict::compatible("the output is ignored")
    } else {
        Verdict::breaking("where no output is defined, hosts accept an object only")
    };
    let empty = Verdict::compatible("no output reads as the empty value");
    (accepted, empty)
}

fn shown(ty: &Option<Type>) -> String {
    ty.as_ref()
        .map_or_else(|| "none".to_owned(), Type::to_string)
}

/// An export's input and output.
fn signature(export: &Export) -> String {
    let input = export.input.as_ref().map_or(String::new(), Type::to_string);
    let output = export.output.as_ref();
    let output = output.map_or_else(|| "()".to_owned(), Type::to_string);
    format!("({input}) -> {output}")
}
