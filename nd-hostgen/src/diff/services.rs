//! Host services with their functions, parameters and results.

use super::flows::Flow;
use super::joins::{Group, Names, Owned, groups, pairs};
use super::naming::{order, renamed};
use super::{Comparison, Item, Subject, Verdict, Verdicts, harmless, presence};
use crate::model::{Function, Param, Service};

/// Why a plugin cannot live without a host function.
const NO_LOAD: &str = "plugins that import it do not load";

impl<'a> Comparison<'a> {
    /// Compares all host services, joined by module.
    pub(super) fn services(&mut self) {
        let names = Names {
            owner: |service: &Service| &service.module,
            items: |service| &service.functions,
            wire: |function: &Function| &function.import,
            name: |function| &function.name,
        };
        for group in groups(&self.old.services, &self.new.services, &names) {
            self.service(group);
        }
    }

    fn service(&mut self, group: Group<'a, Service, Function>) {
        let (old, new) = group.owners;
        let Some(any) = new.or(old) else { return };
        self.group = format!("host service `{}`", any.name);
        let subject = Subject {
            item: Item::Service,
            name: &any.name,
            old: old.map(|service| &service.place),
            new: new.map(|service| &service.place),
        };
        match (old, new) {
            (Some(old), Some(new)) => {
                self.changed(subject, "name", (&*old.name, &*new.name), harmless);
                self.permission(subject, old, new);
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
            (Some(_), None) if group.loses() => self.removed(subject, None, lost_import()),
            (Some(_), None) => self.removed(subject, None, harmless()),
            (None, _) if group.gains() => self.added(subject, None, new_import()),
            (None, _) => self.added(subject, None, harmless()),
        }
        for (old, new) in group.items {
            self.function(old, new);
        }
    }

    fn permission(&mut self, subject: Subject<'a>, old: &Service, new: &Service) {
        let shown = |service: &Service| match &service.permission {
            Some(key) => format!("`{key}`"),
            None => "none".to_owned(),
        };
        let verdict = |key: &Option<String>, why: &str| match key {
            Some(_) => Verdict::breaking(why),
            None => Verdict::compatible(""),
        };
        self.changed(subject, "permission", (shown(old), shown(new)), || {
            (
                verdict(&new.permission, "existing plugins do not ask for it"),
                verdict(&old.permission, "existing hosts want the old one"),
            )
        });
    }

    fn function(
        &mut self,
        old: Option<Owned<'a, Service, Function>>,
        new: Option<Owned<'a, Service, Function>>,
    ) {
        let Some((_, any)) = old.or(new) else { return };
        let subject = Subject {
            item: Item::Function,
            name: &any.import,
            old: old.map(|(_, function)| &function.place),
            new: new.map(|(_, function)| &function.place),
        };
        let ((old_service, old), (new_service, new)) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (Some((_, old)), None) => {
                return self.removed(subject, Some(signature(old)), lost_import());
            }
            (None, new) => {
                let new = new.map(|(_, function)| signature(function));
                return self.added(subject, new, new_import());
            }
        };
        if old_service.module != new_service.module {
            let homes = (&*old_service.name, &*new_service.name);
            self.changed(subject, "host service", homes, harmless);
            self.permission(subject, old_service, new_service);
        }
        let modules = (&*old_service.module, &*new_service.module);
        self.changed(subject, "import", (&*old.import, &*new.import), || {
            let (guests, hosts) = new_import();
            (Verdict::breaking(NO_LOAD), guests.or(hosts))
        });
        self.detail(subject, "documentation", &old.docs, &new.docs);
        self.detail(subject, "release", &old.since, &new.since);
        self.detail(subject, "name in Rust", &old.name, &new.name);
        let params: (Vec<&Param>, Vec<&Param>) =
            (old.params.iter().collect(), new.params.iter().collect());
        for (old, new) in pairs(&old.params, &new.params, |param| &param.json) {
            self.param(subject, (modules.0, old), (modules.1, new), &params);
        }
        let order = (order(&params.0, &params.1), order(&params.1, &params.0));
        self.changed(subject, "order of parameters", order, harmless);
        self.answer(subject, (modules.0, old), (modules.1, new));
    }

    fn param(
        &mut self,
        function: Subject<'a>,
        (old_module, old): (&'a str, Option<&'a Param>),
        (new_module, new): (&'a str, Option<&'a Param>),
        (all_old, all_new): &(Vec<&'a Param>, Vec<&'a Param>),
    ) {
        let json = old.or(new).map_or("", |param| param.json.as_str());
        let name = format!("{}.{json}", function.name);
        let subject = Subject {
            item: Item::Parameter,
            name: &name,
            ..function
        };
        match (old, new) {
            (Some(old), Some(new)) => {
                let slots = self.slots((old_module, &old.ty), (new_module, &new.ty));
                self.types_of(subject, "type", slots, Flow::ToHost);
                let told = |param: &Param| if param.distinguish_null { "yes" } else { "no" };
                self.detail(subject, "null told from empty", told(old), told(new));
                self.detail(subject, "name in Rust", &old.name, &new.name);
            }
            (None, Some(new)) => {
                let renamed = renamed(new, all_old, all_new);
                let verdicts = match renamed {
                    Some(old) => self.renamed(
                        ("old", new.json.as_str(), old.json.as_str()),
                        self.slots((old_module, &old.ty), (new_module, &new.ty)),
                        &[Flow::ToHost],
                    ),
                    None => presence::added(!new.ty.is_option(), &[Flow::ToHost]),
                };
                self.added(subject, Some(new.ty.to_string()), verdicts);
            }
            (Some(old), None) => {
                let renamed = renamed(old, all_new, all_old);
                let verdicts = match renamed {
                    Some(new) => self.renamed(
                        ("new", old.json.as_str(), new.json.as_str()),
                        self.slots((old_module, &old.ty), (new_module, &new.ty)),
                        &[Flow::ToHost],
                    ),
                    None => presence::removed(!old.ty.is_option(), &[Flow::ToHost]),
                };
                self.removed(subject, Some(old.ty.to_string()), verdicts);
            }
            (None, None) => {}
        }
    }

    fn answer(
        &mut self,
        function: Subject<'a>,
        (old_module, old): (&'a str, &'a Function),
        (new_module, new): (&'a str, &'a Function),
    ) {
        let (old_fields, new_fields) = (old.answer.fields(), new.answer.fields());
        let joined = pairs(
            old_fields.iter().copied(),
            new_fields.iter().copied(),
            |field| &field.json,
        );
        for (old_field, new_field) in joined {
            let json = old_field.or(new_field).map_or("", |field| &field.json);
            let name = format!("{}.{json}", function.name);
            let subject = Subject {
                item: Item::Result,
                name: &name,
                ..function
            };
            match (old_field, new_field) {
                (Some(old), Some(new)) => {
                    let slots = self.slots((old_module, &old.ty), (new_module, &new.ty));
                    self.types_of(subject, "type", slots, Flow::Answer);
                    self.detail(subject, "name in Rust", &old.name, &new.name);
                }
                (None, Some(field)) => {
                    let renamed = renamed(field, &old_fields, &new_fields);
                    let verdicts = match renamed {
                        Some(old) => {
                            let names = ("old", &*field.json, &*old.json);
                            presence::renamed(names, &[Flow::Answer])
                        }
                        None => presence::added(!field.ty.is_option(), &[Flow::Answer]),
                    };
                    self.added(subject, Some(field.ty.to_string()), verdicts);
                }
                (Some(field), None) => {
                    let renamed = renamed(field, &new_fields, &old_fields);
                    let verdicts = match renamed {
                        Some(new) => {
                            let names = ("new", &*field.json, &*new.json);
                            presence::renamed(names, &[Flow::Answer])
                        }
                        None => presence::removed(!field.ty.is_option(), &[Flow::Answer]),
                    };
                    self.removed(subject, Some(field.ty.to_string()), verdicts);
                }
                (None, None) => {}
            }
        }
        let order = (
            order(&old_fields, &new_fields),
            order(&new_fields, &old_fields),
        );
        self.changed(function, "order of results", order, harmless);
        let fails = |function: &Function| if function.fallible { "yes" } else { "no" };
        self.changed(function, "can fail", (fails(old), fails(new)), || {
            let guests = if new.fallible {
                Verdict::breaking("existing plugins do not look at errors")
            } else {
                Verdict::compatible("")
            };
            let hosts = if old.fallible {
                Verdict::breaking("existing hosts send errors that new plugins do not look at")
            } else {
                Verdict::compatible("")
            };
            (guests, hosts)
        });
    }
}

/// The verdicts on an import that only the old side has.
fn lost_import() -> Verdicts {
    (Verdict::breaking(NO_LOAD), Verdict::compatible(""))
}

/// The verdicts on an import that only the new side has.
fn new_import() -> Verdicts {
    let why = format!("{NO_LOAD} on existing hosts");
    (Verdict::compatible(""), Verdict::breaking(why))
}

/// A function's parameters and results.
fn signature(function: &Function) -> String {
    let params = function.params.iter();
    let params: Vec<String> = params
        .map(|param| format!("{}: {}", param.json, param.ty))
        .collect();
    let fields = function.answer.fields();
    let fields: Vec<String> = fields
        .iter()
        .map(|field| format!("{}: {}", field.json, field.ty))
        .collect();
    let error = if function.fallible {
        ""
    } else {
        ", cannot fail"
    };
    format!("({}) -> ({}){error}", params.join(", "), fields.join(", "))
}
