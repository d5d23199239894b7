//! Host services with their functions, parameters and results.

use super::flows::Flow;
use super::reads::{Slot, judge};
use super::{Comparison, Item, Subject, Verdict, Verdicts, harmless, join, pairs, presence};
use crate::model::{Function, Param, ResultField, Service, Type};

/// Why a plugin cannot live without a host function.
const NO_LOAD: &str = "plugins that import it do not load";

impl<'a> Comparison<'a> {
    /// Compares all host services, joined by module.
    pub(super) fn services(&mut self) {
        let (old, new) = (&self.old.services, &self.new.services);
        for (old, new) in pairs(old, new, |service| &service.module) {
            self.service(old, new);
        }
    }

    fn service(&mut self, old: Option<&'a Service>, new: Option<&'a Service>) {
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
            (Some(_), None) => {
                let verdicts = (Verdict::breaking(NO_LOAD), Verdict::compatible(""));
                self.removed(subject, None, verdicts);
            }
            (None, _) => self.added(subject, None, new_import()),
        }
        let functions = join(
            old.map(|service| &service.functions[..])
                .unwrap_or_default(),
            new.map(|service| &service.functions[..])
                .unwrap_or_default(),
            |function| &function.import,
            |function| &function.name,
        );
        for (old_function, new_function) in functions {
            self.function((old, old_function), (new, new_function));
        }
    }

    fn permission(&mut self, subject: Subject<'a>, old: &Service, new: &Service) {
        let shown = |service: &Service| match &service.permission {
            Some(key) => format!("`{key}`"),
            None => "none".to_owned(),
        };
        let lacks = |key: &Option<String>, whose: &str| match key {
            Some(_) => Verdict::breaking(format!("{whose} do not ask for it")),
            None => Verdict::compatible(""),
        };
        self.changed(subject, "permission", (shown(old), shown(new)), || {
            (
                lacks(&new.permission, "existing plugins"),
                match old.permission {
                    Some(_) => Verdict::breaking("existing hosts want the old one"),
                    None => Verdict::compatible(""),
                },
            )
        });
    }

    fn function(
        &mut self,
        (old_service, old): (Option<&'a Service>, Option<&'a Function>),
        (new_service, new): (Option<&'a Service>, Option<&'a Function>),
    ) {
        let Some(any) = old.or(new) else { return };
        let subject = Subject {
            item: Item::Function,
            name: &any.import,
            old: old.map(|function| &function.place),
            new: new.map(|function| &function.place),
        };
        let (Some(old), Some(new)) = (old, new) else {
            match old {
                Some(old) => {
                    let verdicts = (Verdict::breaking(NO_LOAD), Verdict::compatible(""));
                    self.removed(subject, Some(signature(old)), verdicts);
                }
                None => self.added(subject, new.map(signature), new_import()),
            }
            return;
        };
        let modules = (
            old_service.map_or("", |service| service.module.as_str()),
            new_service.map_or("", |service| service.module.as_str()),
        );
        self.changed(subject, "import", (&*old.import, &*new.import), || {
            let (guests, hosts) = new_import();
            (Verdict::breaking(NO_LOAD), guests.or(hosts))
        });
        self.detail(subject, "documentation", &old.docs, &new.docs);
        self.detail(subject, "release", &old.since, &new.since);
        self.detail(subject, "name in Rust", &old.name, &new.name);
        for (old, new) in pairs(&old.params, &new.params, |param| &param.json) {
            self.param(subject, (modules.0, old), (modules.1, new));
        }
        let order = (
            order(&old.params, &new.params),
            order(&new.params, &old.params),
        );
        self.changed(subject, "order of parameters", order, harmless);
        self.answer(subject, (modules.0, old), (modules.1, new));
    }

    fn param(
        &mut self,
        function: Subject<'a>,
        (old_module, old): (&'a str, Option<&'a Param>),
        (new_module, new): (&'a str, Option<&'a Param>),
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
                let slots = (
                    whole(self.old, old_module, &old.ty),
                    whole(self.new, new_module, &new.ty),
                );
                let types = (old.ty.to_string(), new.ty.to_string());
                self.changed(subject, "type", types, || {
                    judge(slots.0, slots.1, &[Flow::ToHost])
                });
                let told = |param: &Param| if param.distinguish_null { "yes" } else { "no" };
                self.detail(subject, "null told from empty", told(old), told(new));
                self.detail(subject, "name in Rust", &old.name, &new.name);
            }
            (None, Some(new)) => {
                let verdicts = presence::added(!new.ty.is_option(), &[Flow::ToHost]);
                self.added(subject, Some(new.ty.to_string()), verdicts);
            }
            (Some(old), None) => {
                let verdicts = presence::removed(!old.ty.is_option(), &[Flow::ToHost]);
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
                    let slots = (
                        whole(self.old, old_module, &old.ty),
                        whole(self.new, new_module, &new.ty),
                    );
                    let types = (old.ty.to_string(), new.ty.to_string());
                    self.changed(subject, "type", types, || {
                        judge(slots.0, slots.1, &[Flow::Answer])
                    });
                    self.detail(subject, "name in Rust", &old.name, &new.name);
                }
                (None, Some(field)) => {
                    let verdicts = presence::added(!field.ty.is_option(), &[Flow::Answer]);
                    self.added(subject, Some(field.ty.to_string()), verdicts);
                }
                (Some(field), None) => {
                    let verdicts = presence::removed(!field.ty.is_option(), &[Flow::Answer]);
                    self.removed(subject, Some(field.ty.to_string()), verdicts);
                }
                (None, None) => {}
            }
        }
        let order = (
            order(old_fields.iter().copied(), new_fields.iter().copied()),
            order(new_fields.iter().copied(), old_fields.iter().copied()),
        );
        self.changed(function, "order of results", order, harmless);
        let fails = |function: &Function| if function.fallible { "yes" } else { "no" };
        self.changed(function, "can fail", (fails(old), fails(new)), || {
            let guests = if new.fallible {
                Verdict::breaking("existing plugins do not look at errors")
            } else {
                Verdict::compatible("")
            };
            (guests, Verdict::compatible(""))
        });
    }
}

/// The verdicts on an import that only the new side has.
fn new_import() -> Verdicts {
    let why = format!("{NO_LOAD} on existing hosts");
    (Verdict::compatible(""), Verdict::breaking(why))
}

/// A parameter or result of a type; results are left out when empty, and every reader knows that.
fn whole<'a>(model: &'a crate::model::Model, module: &'a str, ty: &'a Type) -> Slot<'a> {
    Slot {
        model,
        module,
        ty,
        omitted: true,
    }
}

/// A thing with a name on the wire.
trait Named {
    fn json(&self) -> &str;
}

impl Named for Param {
    fn json(&self) -> &str {
        &self.json
    }
}

impl Named for ResultField {
    fn json(&self) -> &str {
        &self.json
    }
}

/// The names, in order, of those that the other side has too.
fn order<'a, T: Named + 'a>(
    these: impl IntoIterator<Item = &'a T>,
    others: impl IntoIterator<Item = &'a T> + Clone,
) -> String {
    let both = these.into_iter().map(Named::json).filter(|name| {
        let mut others = others.clone().into_iter();
        others.any(|other| other.json() == *name)
    });
    both.collect::<Vec<_>>().join(", ")
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
