//! What Go definitions do not say: releases, documentation in our words, and names chosen by hand.
//!
//! They come from definitions that exist already, and for what is new from the command line and the Go comments.

use super::{Missing, docs};
use crate::lower::SHARED_MODULE;
use crate::model::{self, Model, TypeModule};
use crate::names;
use crate::syntax::{
    Alias, Capability, Constant, Export, Folder, Function, Origin, Service, SourceFile, Spanned,
    Struct, TypeKind,
};

/// Fills in what one definition file lacks.
pub(super) struct Adopter<'a> {
    /// The definitions that exist already.
    pub known: &'a Model,
    /// The release of what is new.
    pub since: &'a str,
    /// Whether the texts of Go comments are left alone.
    pub derive_docs: bool,
    /// What had to be made up.
    pub missing: Missing,
}

impl Adopter<'_> {
    /// Makes a Go definition file one of our own language.
    pub fn file(&mut self, file: &mut SourceFile) {
        file.origin = Origin::Rust;
        let name = match file.folder {
            Folder::Types => SHARED_MODULE.to_owned(),
            _ => file.stem.clone(),
        };
        let mut modules = self.known.modules.iter();
        let module = modules.find(|module| module.name == name);
        let mut docs = module.map(|module| module.docs.clone());
        for service in &mut file.services {
            docs = self.service(service).or(docs);
        }
        for capability in &mut file.capabilities {
            docs = self.capability(capability).or(docs);
        }
        file.docs = docs.unwrap_or_else(|| match file.folder {
            Folder::Types => "Types that several interfaces use.".to_owned(),
            Folder::Services => {
                let names = file.services.iter().filter_map(|item| item.name.as_ref());
                let name = names.map(|name| &name.value).next().unwrap_or(&name);
                format!("The host service `{name}`.")
            }
            Folder::Capabilities => format!("The capability `{name}`."),
        });
        self.types(file, module);
    }

    /// A release where it says something: for what is later than its owner.
    fn since_below(
        &mut self,
        known: Option<&str>,
        owner: &str,
        place: &Spanned<String>,
    ) -> Option<Spanned<String>> {
        let since = match known {
            Some(known) => known,
            None => {
                self.missing.since += 1;
                self.since
            }
        };
        let later = names::release_order(since) > names::release_order(owner);
        later.then(|| renamed(place, since))
    }

    fn since(&mut self, known: Option<&str>, place: &Spanned<String>) -> Option<Spanned<String>> {
        if known.is_none() {
            self.missing.since += 1;
        }
        Some(renamed(place, known.unwrap_or(self.since)))
    }

    /// The documentation: what is known, what Go says, or what follows from the name.
    fn docs(&mut self, known: Option<&String>, go: &str, name: &str, derived: String) -> String {
        if let Some(known) = known {
            return known.clone();
        }
        let adapted = match self.derive_docs {
            true => String::new(),
            false => docs::adapted(go, name),
        };
        if adapted.trim().is_empty() {
            self.missing.docs += 1;
            return derived;
        }
        adapted
    }

    fn service(&mut self, service: &mut Service) -> Option<String> {
        let name = service.name.as_ref().map_or("", |name| &name.value);
        let module = names::service_module(name);
        let mut services = self.known.services.iter();
        let known = services.find(|known| known.module == module);
        let derived = format!("Offers the functions of the host service `{name}`.");
        let interface = interface(&service.docs, &service.trait_name.value);
        let own = self.docs(
            known.map(|known| &known.docs),
            &service.docs,
            &interface,
            derived,
        );
        service.docs = own;
        service.since = self.since(known.map(|known| known.since.as_str()), &service.trait_name);
        if let Some(known) = known {
            service.trait_name.value.clone_from(&known.trait_name);
        }
        let since = service.since.as_ref().map(|since| since.value.clone());
        let since = since.unwrap_or_default();
        for function in &mut service.functions {
            let derived = names::import_name(&module, &function.name.value);
            let import = function.import.as_ref();
            let import = import.map_or(&derived, |import| &import.value);
            let mut functions = known.into_iter().flat_map(|known| &known.functions);
            let known = functions.find(|known| known.import == *import);
            self.function(function, known, &since);
        }
        known.map(|known| known.module_docs.clone())
    }

    fn function(&mut self, function: &mut Function, known: Option<&model::Function>, owner: &str) {
        let derived = format!("The host function `{}`.", function.name.value);
        function.docs = self.docs(
            known.map(|known| &known.docs),
            &function.docs,
            &function.name.value,
            derived,
        );
        let since = known.map(|known| known.since.as_str());
        function.since = self.since_below(since, owner, &function.name);
        for param in &mut function.params {
            let derived = names::json_name(&param.name.value);
            let json = param.json.as_ref().map_or(&derived, |json| &json.value);
            let mut params = known.into_iter().flat_map(|known| &known.params);
            if let Some(known) = params.find(|known| known.json == *json)
                && known.distinguish_null
                && !matches!(param.ty.kind, TypeKind::Option(_))
            {
                param.distinguish_null = Some(param.name.place.clone());
            }
        }
    }

    fn capability(&mut self, capability: &mut Capability) -> Option<String> {
        let module = capability.name.as_ref().map_or("", |name| &name.value);
        let mut capabilities = self.known.capabilities.iter();
        let known = capabilities.find(|known| known.module == *module);
        let derived = format!("The capability `{module}`.");
        let interface = interface(&capability.docs, &capability.trait_name.value);
        capability.docs = self.docs(
            known.map(|known| &known.docs),
            &capability.docs,
            &interface,
            derived,
        );
        let since = known.map(|known| known.since.as_str());
        capability.since = self.since(since, &capability.trait_name);
        if let Some(known) = known {
            capability.trait_name.value.clone_from(&known.trait_name);
            capability.identity = (known.identity != known.trait_name)
                .then(|| renamed(&capability.trait_name, &known.identity));
        }
        let since = capability.since.as_ref().map(|since| since.value.clone());
        let since = since.unwrap_or_default();
        for export in &mut capability.exports {
            let name = export.name.as_ref().map_or("", |name| &name.value);
            let mut exports = known.into_iter().flat_map(|known| &known.exports);
            let known = exports.find(|known| known.name == name);
            self.export(export, known, &since, capability.required);
        }
        known.map(|known| known.module_docs.clone())
    }

    fn export(
        &mut self,
        export: &mut Export,
        known: Option<&model::Export>,
        owner: &str,
        required: bool,
    ) {
        let derived = format!("The export `{}`.", export.method.value);
        export.docs = self.docs(
            known.map(|known| &known.docs),
            &export.docs,
            &export.method.value,
            derived,
        );
        let since = known.map(|known| known.since.as_str());
        export.since = self.since_below(since, owner, &export.method);
        if let Some(known) = known {
            let essential = known.essential && required;
            export.essential = essential.then(|| export.method.place.clone());
        }
    }

    fn types(&mut self, file: &mut SourceFile, known: Option<&TypeModule>) {
        for item in &mut file.structs {
            let mut structs = known.into_iter().flat_map(|known| &known.structs);
            let name = &item.name.value;
            self.structure(item, structs.find(|known| known.name == *name));
        }
        for alias in &mut file.aliases {
            self.alias(alias, known);
        }
        for constant in &mut file.constants {
            let mut constants = known.into_iter().flat_map(|known| &known.constants);
            let name = &constant.name.value;
            self.constant(constant, constants.find(|known| known.name == *name));
        }
        // What is known keeps its order, so that a comparison shows only what is new.
        let position = |name: &str| {
            let mut structs = known.into_iter().flat_map(|known| &known.structs);
            structs
                .position(|known| known.name == name)
                .unwrap_or(usize::MAX)
        };
        file.structs.sort_by_key(|item| position(&item.name.value));
    }

    fn structure(&mut self, item: &mut Struct, known: Option<&model::Struct>) {
        let name = item.name.value.clone();
        let derived = format!("The JSON object `{name}`.");
        item.docs = self.docs(known.map(|known| &known.docs), &item.docs, &name, derived);
        item.since = self.since(known.map(|known| known.since.as_str()), &item.name);
        let owner = item.since.as_ref().map(|since| since.value.clone());
        let owner = owner.unwrap_or_default();
        for field in &mut item.fields {
            let derived = names::json_name(&field.name.value);
            let json = field.json.as_ref().map_or(&derived, |json| &json.value);
            let mut fields = known.into_iter().flat_map(|known| &known.fields);
            let known_field = fields.find(|known| known.json == *json);
            let derived = format!("The {}.", docs::words(&field.name.value));
            field.docs = self.docs(
                known_field.map(|known| &known.docs),
                &field.docs,
                &field.name.value,
                derived,
            );
            let since = known_field.map(|known| known.since.as_deref().unwrap_or(&owner));
            field.since = match (known, since) {
                // A new struct and its fields come together.
                (None, _) => None,
                (Some(_), since) => self.since_below(since, &owner, &field.name),
            };
            if matches!(field.ty.kind, TypeKind::Named { .. }) && field.omit_empty.take().is_some()
            {
                self.missing
                    .never_empty
                    .push(format!("{name}.{}", field.name.value));
            }
        }
    }

    fn alias(&mut self, alias: &mut Alias, module: Option<&TypeModule>) {
        let name = alias.name.value.clone();
        let mut aliases = module.into_iter().flat_map(|module| &module.aliases);
        let known = aliases.find(|known| known.name == name);
        let known = known.map(|known| (&known.docs, known.since.as_str()));
        let mut old = self.known.capabilities.iter();
        let old = old.find(|capability| module.is_some_and(|m| m.name == capability.module));
        let mut old = old
            .into_iter()
            .flat_map(|capability| &capability.shared_aliases);
        let old = old.find(|known| known.name == name);
        let known = known.or(old.map(|known| (&known.docs, known.since.as_str())));
        let derived = match alias.deprecated {
            true => format!("An older name of the shared type `{name}`."),
            false => format!("The type of the `{name}` constants."),
        };
        alias.docs = self.docs(known.map(|known| known.0), &alias.docs, &name, derived);
        alias.since = self.since(known.map(|known| known.1), &alias.name);
    }

    fn constant(&mut self, constant: &mut Constant, known: Option<&model::Constant>) {
        let name = constant.name.value.clone();
        let derived = format!("The value {}.", docs::words(&name.to_lowercase()));
        constant.docs = self.docs(
            known.map(|known| &known.docs),
            &constant.docs,
            &name,
            derived,
        );
        constant.since = self.since(known.map(|known| known.since.as_str()), &constant.name);
    }
}

/// The Go name of an interface whose trait has this name: the word that its comment begins with, if it fits.
fn interface(docs: &str, trait_name: &str) -> String {
    let first = docs.split(' ').next().unwrap_or_default();
    let mut ends = ["", "Service", "Agent", "Callback"].iter();
    let fits = ends.any(|end| names::snake(first) == names::snake(&format!("{trait_name}{end}")));
    if fits { first } else { trait_name }.to_owned()
}

fn renamed(name: &Spanned<String>, value: &str) -> Spanned<String> {
    Spanned {
        value: value.to_owned(),
        place: name.place.clone(),
    }
}
