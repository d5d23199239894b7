//! From a folder of Go files to one definition file per annotated interface, with the types it reaches.

use super::annotation::{Annotation, Word};
use super::declare::{Body, Doc, Interface, Method, TypeDecl};
use super::members::Members;
use super::naming;
use super::package::Package;
use super::resolve::{Reached, Resolver};
use super::structs;
use crate::diagnostic::{Diagnostics, Kind};
use crate::names;
use crate::syntax::{Capability, Folder, Origin, Service, SourceFile, Spanned, Struct};

/// How many structs and fields the interfaces of a folder may take along, all copies counted.
const MOST_FIELDS: usize = 100_000;

/// The folders of one run.
pub(super) struct Folders<'a> {
    /// The folder with the interfaces.
    pub package: &'a Package<'a>,
    /// The folder of shared types; empty if there is none.
    pub shared: &'a Package<'a>,
    /// Whether the rules of the old generator hold too.
    pub legacy: bool,
}

impl<'a> Folders<'a> {
    /// Reads every annotated interface.
    pub fn units(&self, diagnostics: &mut Diagnostics) -> Vec<SourceFile> {
        let mut units: Vec<SourceFile> = Vec::new();
        let mut taken_along = 0;
        for (at, file) in self.package.files.iter().enumerate() {
            for decl in file.types.iter().filter(|decl| self.package.counts(decl)) {
                let Body::Interface(interface) = &decl.body else {
                    continue;
                };
                let mut resolver = Resolver::new(self.package, self.shared, diagnostics);
                let found = self.interface(&mut resolver, at, decl, interface);
                let structs = found.iter().flat_map(|unit| &unit.structs);
                taken_along += structs.map(|item| 1 + item.fields.len()).sum::<usize>();
                units.extend(found);
                if taken_along > MOST_FIELDS {
                    let message = format!(
                        "the interfaces up to this one take along more than {MOST_FIELDS} structs and fields"
                    );
                    let hint = "each has a copy of the structs that it reaches; put those of many into the shared types";
                    let place = &decl.name.place;
                    diagnostics.report(place, Kind::Unsupported, message, hint);
                    return units;
                }
            }
        }
        units
    }

    fn interface(
        &self,
        resolver: &mut Resolver<'a, '_>,
        at: usize,
        decl: &'a TypeDecl,
        interface: &'a Interface,
    ) -> Vec<SourceFile> {
        let annotated = |word: Word| {
            let mut annotations = decl.doc.annotations.iter();
            annotations
                .find(|found| found.word == word)
                .filter(|found| self.is_in_place(found, &decl.doc))
        };
        let mut units = Vec::new();
        if let Some(annotation) = annotated(Word::Service) {
            resolver.reached = Reached::default();
            units.extend(self.service(resolver, at, decl, interface, annotation));
        }
        if let Some(annotation) = annotated(Word::Capability) {
            if self.legacy {
                let message = "the old generator does not know `//nd:capability`";
                let hint = "it makes host services only";
                let place = &annotation.place;
                resolver
                    .diagnostics
                    .warn(place, Kind::Attribute, message, hint);
                return units;
            }
            resolver.reached = Reached::default();
            units.extend(self.capability(resolver, at, decl, interface, annotation));
        }
        units
    }

    /// The old generator wanted the annotation directly above the declaration.
    fn is_in_place(&self, annotation: &Annotation, doc: &Doc) -> bool {
        !self.legacy || annotation.place.line == doc.last_line
    }

    /// The methods of an interface with an annotation of some kind; none are reported.
    fn methods<'m>(
        &self,
        resolver: &mut Resolver<'a, '_>,
        decl: &TypeDecl,
        interface: &'m Interface,
        word: Word,
    ) -> Vec<&'m Method> {
        let name = &decl.name;
        naming::check_ascii(name, resolver.diagnostics);
        if decl.generic {
            resolver.diagnostics.report(
                &name.place,
                Kind::Unsupported,
                format!("interface `{}` has type parameters", name.value),
                "write concrete types; the wire has no generics",
            );
        }
        if name.value.starts_with(char::is_lowercase) {
            resolver.diagnostics.warn(
                &name.place,
                Kind::Name,
                format!("interface `{}` is not exported", name.value),
                "begin its name with a capital; no other package can name it",
            );
        }
        for place in &interface.embedded {
            resolver.diagnostics.warn(
                place,
                Kind::Unsupported,
                format!("what is embedded in `{}` is left out", name.value),
                "write its methods out, each with its annotation",
            );
        }
        let methods = interface.methods.iter().filter(|method| {
            let mut annotations = method.doc.annotations.iter();
            annotations.any(|found| found.word == word && self.is_in_place(found, &method.doc))
        });
        let methods: Vec<&Method> = methods.collect();
        for method in &methods {
            if method.name.value.starts_with(char::is_lowercase) {
                resolver.diagnostics.warn(
                    &method.name.place,
                    Kind::Name,
                    format!("method `{}` is not exported", method.name.value),
                    "begin its name with a capital; no other package can have such a method",
                );
            }
        }
        if methods.is_empty() {
            resolver.diagnostics.warn(
                &name.place,
                Kind::Unused,
                format!(
                    "interface `{}` has no method with `{}` and is left out",
                    name.value,
                    word.written()
                ),
                format!(
                    "write `{}` as a line of the comment above each method",
                    word.written()
                ),
            );
        }
        methods
    }

    fn name_of(
        &self,
        resolver: &mut Resolver<'a, '_>,
        decl: &TypeDecl,
        annotation: &Annotation,
    ) -> Option<Spanned<String>> {
        let name = annotation.get("name");
        if name.is_none() {
            resolver.diagnostics.report(
                &annotation.place,
                Kind::Attribute,
                format!("`{}` has no name", decl.name.value),
                format!(
                    "write `{} name=…`; wire and module names come from it",
                    annotation.word.written()
                ),
            );
        }
        name.cloned()
    }

    fn service(
        &self,
        resolver: &mut Resolver<'a, '_>,
        at: usize,
        decl: &'a TypeDecl,
        interface: &'a Interface,
        annotation: &Annotation,
    ) -> Option<SourceFile> {
        let methods = self.methods(resolver, decl, interface, Word::Function);
        let name = self.name_of(resolver, decl, annotation)?;
        if methods.is_empty() {
            return None;
        }
        let mut members = self.members(resolver, at);
        let functions = methods.into_iter();
        let functions = functions
            .map(|method| members.function(method, &name.value))
            .collect();
        let structs = self.structs(resolver);
        let is_taken = |candidate: &str| {
            let mut structs = structs.iter().map(|item| item.name.value.as_str());
            structs.any(|name| name == candidate)
                || names::RESERVED_TYPES.contains(&candidate)
                || (candidate != decl.name.value && self.is_service(candidate))
        };
        let trait_name = naming::service_trait(&decl.name.value, is_taken);
        let mut unit = self.unit(at, &names::service_module(&name.value), Folder::Services);
        unit.structs = structs;
        unit.services.push(Service {
            trait_name: renamed(&decl.name, &trait_name),
            docs: decl.doc.text.clone(),
            name: Some(name),
            permission: annotation.get("permission").cloned(),
            since: None,
            functions,
        });
        Some(unit)
    }

    /// Whether an interface of this name is a host service, whose trait has the name first.
    fn is_service(&self, name: &str) -> bool {
        let decl = self.package.get(name).map(|(_, decl)| decl);
        decl.is_some_and(|decl| {
            let mut annotations = decl.doc.annotations.iter();
            matches!(decl.body, Body::Interface(_))
                && annotations.any(|found| found.word == Word::Service)
        })
    }

    fn capability(
        &self,
        resolver: &mut Resolver<'a, '_>,
        at: usize,
        decl: &'a TypeDecl,
        interface: &'a Interface,
        annotation: &Annotation,
    ) -> Option<SourceFile> {
        let methods = self.methods(resolver, decl, interface, Word::Export);
        let name = self.name_of(resolver, decl, annotation)?;
        if methods.is_empty() {
            return None;
        }
        let required = annotation
            .get("required")
            .is_some_and(|value| value.value == "true");
        let module = names::snake(&name.value);
        if !names::is_identifier(&name.value) || module.is_empty() {
            resolver.diagnostics.report(
                &name.place,
                Kind::Name,
                format!("`{}` is not the name of a capability", name.value),
                "such a name consists of letters, digits and `_`; a value runs to the next space",
            );
            if !names::is_identifier(&module) {
                return None;
            }
        }
        let mut members = self.members(resolver, at);
        let exports = methods.into_iter();
        let exports = exports
            .map(|method| members.export(method, &module, required))
            .collect();
        let structs = self.structs(resolver);
        let short = naming::required_trait(&decl.name.value);
        let is_taken = structs.iter().any(|item| item.name.value == short);
        let reserved = names::RESERVED_TYPES.contains(&short);
        let trait_name = if required && !is_taken && !reserved {
            short
        } else {
            &decl.name.value
        };
        let mut unit = self.unit(at, &module, Folder::Capabilities);
        unit.capabilities.push(Capability {
            trait_name: renamed(&decl.name, trait_name),
            docs: decl.doc.text.clone(),
            name: Some(renamed(&name, &module)),
            identity: None,
            required,
            since: None,
            exports,
        });
        unit.structs = structs;
        self.attach(resolver, &decl.name.value, &mut unit);
        Some(unit)
    }

    fn members<'r, 'd>(
        &self,
        resolver: &'r mut Resolver<'a, 'd>,
        at: usize,
    ) -> Members<'r, 'a, 'd> {
        Members {
            file: &self.package.files[at],
            at,
            legacy: self.legacy,
            resolver,
        }
    }

    fn unit(&self, at: usize, stem: &str, folder: Folder) -> SourceFile {
        empty_unit(&self.package.files[at].path, stem, folder)
    }

    /// Every struct that was reached, and those reached from them, in source order.
    fn structs(&self, resolver: &mut Resolver<'a, '_>) -> Vec<Struct> {
        let mut found: Vec<(usize, Struct)> = Vec::new();
        let mut next = 0;
        while let Some(name) = resolver.reached.structs.get(next).cloned() {
            next += 1;
            if let Some((home, decl)) = self.package.get(&name)
                && let Body::Struct(fields) = &decl.body
            {
                found.push((home, structs::read(resolver, home, decl, fields)));
            }
        }
        found.sort_by_key(|(home, item)| (*home, item.name.place.line, item.name.place.column));
        found.into_iter().map(|(_, item)| item).collect()
    }
}

/// The shared structs as definition files.
pub(super) fn shared_units(shared: &Package<'_>, diagnostics: &mut Diagnostics) -> Vec<SourceFile> {
    let mut silent = Diagnostics::new();
    let nothing = Package::new(&[], &mut silent);
    let mut units = Vec::new();
    for (at, file) in shared.files.iter().enumerate() {
        let mut resolver = Resolver::new(shared, &nothing, diagnostics);
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let stem = names::snake(name.strip_suffix(".go").unwrap_or(name));
        let mut unit = empty_unit(&file.path, &stem, Folder::Types);
        for decl in file.types.iter().filter(|decl| shared.counts(decl)) {
            match &decl.body {
                Body::Struct(fields) if !decl.generic => {
                    unit.structs
                        .push(structs::read(&mut resolver, at, decl, fields));
                }
                _ => {}
            }
        }
        unit.declared = declared(&unit);
        if !unit.structs.is_empty() {
            units.push(unit);
        }
    }
    units
}

fn empty_unit(path: &str, stem: &str, folder: Folder) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        stem: stem.to_owned(),
        folder,
        origin: Origin::Go,
        docs: String::new(),
        declared: Vec::new(),
        services: Vec::new(),
        capabilities: Vec::new(),
        structs: Vec::new(),
        aliases: Vec::new(),
        constants: Vec::new(),
    }
}

/// The names of a unit's structs and aliases.
pub(super) fn declared(unit: &SourceFile) -> Vec<String> {
    let structs = unit.structs.iter().map(|item| &item.name);
    let aliases = unit.aliases.iter().map(|item| &item.name);
    structs
        .chain(aliases)
        .map(|name| name.value.clone())
        .collect()
}

pub(super) fn renamed(name: &Spanned<String>, value: &str) -> Spanned<String> {
    Spanned {
        value: value.to_owned(),
        place: name.place.clone(),
    }
}
