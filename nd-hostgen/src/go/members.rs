//! Methods of annotated interfaces: what a host function or an export takes and gives.

use super::annotation::Word;
use super::declare::{GoFile, Method, Values};
use super::naming;
use super::resolve::{Resolver, is_context};
use super::types::{GoType, Shape};
use crate::diagnostic::{Kind, Place};
use crate::names;
use crate::syntax::{Export, Function, Param, ResultName, Spanned, Type, TypeKind};

/// One file and the names it sees.
pub(super) struct Members<'r, 'a, 'd> {
    /// Looks names up.
    pub resolver: &'r mut Resolver<'a, 'd>,
    /// The file.
    pub file: &'a GoFile,
    /// Its number in the folder.
    pub at: usize,
    /// Whether the rules of the old generator hold too.
    pub legacy: bool,
}

impl Members<'_, '_, '_> {
    fn error(&mut self, place: &Place, message: impl Into<String>, hint: &str) {
        self.resolver
            .diagnostics
            .report(place, Kind::Unsupported, message, hint);
    }

    fn warn(&mut self, place: &Place, message: impl Into<String>, hint: &str) {
        self.resolver
            .diagnostics
            .warn(place, Kind::Unsupported, message, hint);
    }

    /// Reads a host function.
    pub fn function(&mut self, method: &Method, service: &str) -> Function {
        let annotation = method.doc.annotations.iter();
        let annotation = annotation
            .clone()
            .find(|found| found.word == Word::Function);
        if self.legacy {
            self.check_legacy(method);
        }
        let name = naming::snake(&method.name, self.resolver.diagnostics);
        let derived = format!(
            "{}_{}",
            names::service_module(service),
            method.name.value.to_lowercase()
        );
        let written = annotation.and_then(|annotation| annotation.get("name"));
        // One without a form in snake case is reported already.
        let derived = match method.name.value.is_ascii() {
            true => derived,
            false => names::import_name(service, &name.value),
        };
        let import = written.cloned().unwrap_or_else(|| Spanned {
            value: derived,
            place: method.name.place.clone(),
        });
        let params = self.params(method);
        let (results, result_names, fallible) = self.results(method);
        Function {
            import: (import.value != names::import_name(service, &name.value)).then_some(import),
            name,
            docs: method.doc.text.clone(),
            since: None,
            params,
            results,
            result_names,
            fallible,
        }
    }

    /// The old generator wanted a context first and an error last.
    fn check_legacy(&mut self, method: &Method) {
        let first = method.params.first();
        if !first.is_some_and(|first| is_context(self.file, &first.ty)) {
            self.error(
                &method.name.place,
                format!("`{}` does not begin with a context", method.name.value),
                "the old generator wants `ctx context.Context` as the first parameter",
            );
        }
        let last = method.results.last();
        if !last.is_some_and(|last| self.is_error(&last.ty)) {
            self.error(
                &method.name.place,
                format!("`{}` does not end with an error", method.name.value),
                "the old generator wants `error` as the last result",
            );
        }
    }

    fn is_error(&self, ty: &GoType) -> bool {
        let own = self.resolver.package.get("error");
        own.is_none() && matches!(&ty.shape, Shape::Name(name) if name == "error")
    }

    fn params(&mut self, method: &Method) -> Vec<Param> {
        let mut params = Vec::new();
        for values in &method.params {
            if is_context(self.file, &values.ty) {
                continue;
            }
            if values.variadic {
                self.error(
                    &values.place,
                    format!("`{}` takes any number of values", method.name.value),
                    "write a slice; a request has one field per parameter",
                );
                continue;
            }
            let unnamed = values.names.is_empty();
            for name in values.names.iter().filter(|name| name.value != "_") {
                params.push(Param {
                    ty: self.resolver.ty(self.at, &values.ty),
                    json: naming::json_override(name, naming::json_name(&name.value)),
                    name: naming::snake(name, self.resolver.diagnostics),
                    distinguish_null: None,
                });
            }
            if unnamed || values.names.iter().any(|name| name.value == "_") {
                self.error(
                    &values.place,
                    format!("a parameter of `{}` has no name", method.name.value),
                    "name it; the name is the key in the request, and without one it would be left out",
                );
            }
        }
        params
    }

    /// The results with their names, and whether an error is among them.
    fn results(&mut self, method: &Method) -> (Vec<Type>, Vec<ResultName>, bool) {
        let (mut types, mut given) = (Vec::new(), Vec::new());
        let mut errors = 0;
        let mut error_place: Option<&Values> = None;
        let mut unnamed = 0;
        for (at, values) in method.results.iter().enumerate() {
            if self.is_error(&values.ty) {
                errors += values.names.len().max(1);
                if at + 1 < method.results.len() {
                    error_place = Some(values);
                }
                continue;
            }
            if values.names.is_empty() {
                unnamed += 1;
                types.push(self.resolver.ty(self.at, &values.ty));
                if unnamed == 2 {
                    self.error(
                        &values.place,
                        format!("`{}` has two results without names", method.name.value),
                        "name the results; both would be the field `result` of the response",
                    );
                }
            }
            for name in &values.names {
                types.push(self.resolver.ty(self.at, &values.ty));
                given.push(self.result_name(name));
            }
        }
        if let Some(values) = error_place {
            self.warn(
                &values.place,
                format!(
                    "the error of `{}` is not its last result",
                    method.name.value
                ),
                "put it last, as Go programs do; the response is the same",
            );
        }
        if errors > 1 {
            self.warn(
                &method.name.place,
                format!("`{}` has {errors} errors", method.name.value),
                "keep one; the response has one field `error`",
            );
        }
        (types, given, errors > 0)
    }

    fn result_name(&mut self, name: &Spanned<String>) -> ResultName {
        if name.value == "_" {
            self.error(
                &name.place,
                "a result has no name",
                "name it; the name is the key in the response",
            );
            let name = Spanned {
                value: names::UNNAMED_RESULT.to_owned(),
                place: name.place.clone(),
            };
            return ResultName { name, json: None };
        }
        let json = naming::json_name(&name.value);
        ResultName {
            json: naming::json_override(name, json),
            name: naming::snake(name, self.resolver.diagnostics),
        }
    }

    /// Reads an export.
    pub fn export(&mut self, method: &Method, module: &str, required: bool) -> Export {
        let annotation = method.doc.annotations.iter();
        let annotation = annotation.clone().find(|found| found.word == Word::Export);
        let name = annotation.and_then(|annotation| annotation.get("name"));
        let snake = naming::snake(&method.name, self.resolver.diagnostics);
        let stem = naming::stem(&method.name.value);
        let own = |value: String| Spanned {
            value,
            place: method.name.place.clone(),
        };
        let provider = format!("{}Provider", capitalised(stem));
        let register = names::snake(stem);
        let other_provider = !required && provider != names::provider_trait(&snake.value);
        let other_register = !required && register != names::method_stem(&snake.value);
        if name.is_none() {
            let place = annotation.map_or(&method.name.place, |annotation| &annotation.place);
            self.error(
                place,
                format!("export `{}` has no name", method.name.value),
                &format!("write `//nd:export name=nd_{module}_{}`", snake.value),
            );
        }
        let (output, output_alias) = self.output(method).unzip();
        Export {
            docs: method.doc.text.clone(),
            name: name.cloned(),
            since: None,
            essential: required.then(|| method.name.place.clone()),
            provider: other_provider.then(|| own(provider)),
            register: other_register.then(|| own(register)),
            params: self.input(method),
            output,
            output_alias: output_alias.flatten(),
            method: snake,
        }
    }

    /// The input of an export: its only parameter field, whatever that is called.
    fn input(&mut self, method: &Method) -> Vec<Param> {
        let values = match &method.params[..] {
            [] => return Vec::new(),
            [only] => only,
            [_, second, ..] => {
                self.error(
                    &second.place,
                    format!("export `{}` has more than one parameter", method.name.value),
                    "put the values into one struct, and leave out a context; an export has one input",
                );
                return Vec::new();
            }
        };
        if is_context(self.file, &values.ty) {
            self.error(
                &values.place,
                format!("export `{}` takes a context", method.name.value),
                "leave it out; contexts do not cross the wire, and an export has one input",
            );
            return Vec::new();
        }
        if let Some(second) = values.names.get(1) {
            self.warn(
                &second.place,
                format!("export `{}` has one input of this type", method.name.value),
                "write one name; an export has one input document",
            );
        }
        if values.variadic {
            self.error(
                &values.place,
                format!("`{}` takes any number of values", method.name.value),
                "put a slice into a struct; an export has one input document",
            );
        }
        let name = values.names.first().filter(|name| name.value != "_");
        let name = match name {
            Some(name) => naming::snake(name, self.resolver.diagnostics),
            None => Spanned {
                value: "req".to_owned(),
                place: values.place.clone(),
            },
        };
        vec![Param {
            ty: without_pointer(self.resolver.ty(self.at, &values.ty)),
            json: None,
            name,
            distinguish_null: None,
        }]
    }

    /// The output of an export, its first result that is no error, and the alias of texts that it is of.
    fn output(&mut self, method: &Method) -> Option<(Type, Option<String>)> {
        let results: Vec<&Values> = method
            .results
            .iter()
            .filter(|values| !self.is_error(&values.ty))
            .collect();
        let several = results.len() > 1 || results.first().is_some_and(|one| one.names.len() > 1);
        if let (Some(last), true) = (results.last(), several) {
            self.warn(
                &last.place,
                format!("export `{}` has more than one result", method.name.value),
                "put the values into one struct; only the first one is sent",
            );
        }
        let first = results.first()?;
        let alias = self.resolver.text_alias(&first.ty);
        let ty = without_pointer(self.resolver.ty(self.at, &first.ty));
        Some((ty, alias))
    }
}

/// The type that a pointer points to.
fn without_pointer(ty: Type) -> Type {
    match ty.kind {
        TypeKind::Option(inner) => *inner,
        _ => ty,
    }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
