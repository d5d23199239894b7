//! Capabilities with their exports.

use super::flows::Flow;
use super::reads::{Slot, judge};
use super::{Comparison, Item, Subject, Verdict, Verdicts, harmless, join, pairs};
use crate::model::{Capability, Export, Type};

impl<'a> Comparison<'a> {
    /// Compares all capabilities, joined by module.
    pub(super) fn capabilities(&mut self) {
        let (old, new) = (&self.old.capabilities, &self.new.capabilities);
        for (old, new) in pairs(old, new, |capability| &capability.module) {
            self.capability(old, new);
        }
    }

    fn capability(&mut self, old: Option<&'a Capability>, new: Option<&'a Capability>) {
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
            (Some(_), None) => {
                let verdicts = (
                    Verdict::breaking("nothing calls it any more"),
                    Verdict::compatible(""),
                );
                self.removed(subject, None, verdicts);
            }
            (None, _) => {
                let hosts = Verdict::compatible("existing hosts never call it");
                self.added(subject, None, (Verdict::compatible(""), hosts));
            }
        }
        let exports = join(
            old.map(|capability| &capability.exports[..])
                .unwrap_or_default(),
            new.map(|capability| &capability.exports[..])
                .unwrap_or_default(),
            |export| &export.name,
            |export| &export.method,
        );
        for (old_export, new_export) in exports {
            self.export((old, old_export), (new, new_export));
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
                let guests = if new.required() {
                    Verdict::breaking("existing plugins may have some of the exports only")
                } else {
                    Verdict::compatible("")
                };
                let hosts = if old.required() {
                    Verdict::breaking("existing hosts count on all exports")
                } else {
                    Verdict::compatible("")
                };
                (guests, hosts)
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
        (old_owner, old): (Option<&'a Capability>, Option<&'a Export>),
        (new_owner, new): (Option<&'a Capability>, Option<&'a Export>),
    ) {
        let Some(any) = old.or(new) else { return };
        let subject = Subject {
            item: Item::Export,
            name: &any.name,
            old: old.map(|export| &export.place),
            new: new.map(|export| &export.place),
        };
        let (Some(old), Some(new)) = (old, new) else {
            match old {
                Some(old) => {
                    let required = old_owner.is_some_and(Capability::required);
                    self.removed(subject, Some(signature(old)), removed(required));
                }
                None => {
                    let hosts = Verdict::compatible("existing hosts never call it");
                    let verdicts = (Verdict::compatible(""), hosts);
                    self.added(subject, new.map(signature), verdicts);
                }
            }
            return;
        };
        let modules = (
            old_owner.map_or("", |capability| capability.module.as_str()),
            new_owner.map_or("", |capability| capability.module.as_str()),
        );
        self.changed(subject, "export", (&*old.name, &*new.name), || {
            (
                Verdict::breaking("hosts call the new name only"),
                Verdict::breaking("existing hosts call the old name"),
            )
        });
        let slot = |model, module, ty| Slot {
            model,
            module,
            ty,
            omitted: false,
        };
        let inputs = (shown(&old.input), shown(&new.input));
        let judged = match (&old.input, &new.input) {
            (Some(old), Some(new)) => judge(
                slot(self.old, modules.0, old),
                slot(self.new, modules.1, new),
                &[Flow::Input],
            ),
            (old, _) => input(old.is_some()),
        };
        self.changed(subject, "input", inputs, || judged);
        let outputs = (shown(&old.output), shown(&new.output));
        let judged = match (&old.output, &new.output) {
            (Some(old), Some(new)) => judge(
                slot(self.old, modules.0, old),
                slot(self.new, modules.1, new),
                &[Flow::ToHost],
            ),
            (Some(old), None) => output(old),
            (None, new) => {
                let (accepted, empty) = new.as_ref().map_or_else(harmless, output);
                (empty, accepted)
            }
        };
        self.changed(subject, "output", outputs, || judged);
        self.detail(subject, "documentation", &old.docs, &new.docs);
        self.detail(subject, "release", &old.since, &new.since);
        self.detail(subject, "name in Rust", &old.method, &new.method);
    }
}

/// The verdicts on an export that only the old side has.
fn removed(required: bool) -> Verdicts {
    let hosts = if required {
        Verdict::breaking("existing hosts count on all exports")
    } else {
        Verdict::compatible("")
    };
    (Verdict::breaking("nothing calls it any more"), hosts)
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
