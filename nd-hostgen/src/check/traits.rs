//! Rules for host services, capabilities and their methods.

use super::{Checker, Form};
use crate::diagnostic::{Kind, Place, counted};
use crate::names;
use crate::syntax::{
    Capability, Export, Function, Param, ResultName, Service, SourceFile, Spanned, TypeKind,
};

impl Checker<'_, '_> {
    /// A host service has a name that fits its file, a release, and at least one function.
    pub(super) fn check_service(&mut self, file: &SourceFile, service: &Service) {
        let place = &service.trait_name.place;
        let item = format!("host service `{}`", service.trait_name.value);
        self.check_docs(&service.docs, place, &item);
        self.check_form(&service.trait_name, Form::UpperCamel);
        self.check_reserved(&service.trait_name, &names::RESERVED_TYPES);
        self.check_head(&item, place, service.name.as_ref(), service.since.as_ref());
        if let Some(name) = &service.name {
            if self.is_ours() {
                self.check_form(name, Form::UpperCamel);
            }
            self.check_identifier(name, "the name of a host service");
            if name.value.starts_with('_') && !self.is_ours() {
                let message = format!("`{}` begins with `_`", name.value);
                let hint = "begin with a letter; a module is called after it";
                self.error(&name.place, Kind::Name, message, hint);
            }
            self.check_stem(file, name, &names::service_module(&name.value));
        }
        if let Some(permission) = &service.permission {
            self.check_permission(permission);
        }
        if service.functions.is_empty() && self.complete {
            self.empty_trait(place, &item, "#[host_fn]");
        }
        for function in &service.functions {
            self.check_function(file, service, function);
        }
    }

    /// A host function has sound names, parameters and results.
    fn check_function(&mut self, file: &SourceFile, service: &Service, function: &Function) {
        let item = format!("host function `{}`", function.name.value);
        self.check_docs(&function.docs, &function.name.place, &item);
        self.check_form(&function.name, Form::Snake);
        self.check_import(service, function);
        self.check_reserved(&function.name, &names::RESERVED_FUNCTIONS);
        self.check_since(function.since.as_ref());
        self.check_later(function.since.as_ref(), service.since.as_ref());
        for param in &function.params {
            self.check_param(file, param);
        }
        for result in &function.results {
            self.check_type(file, result);
        }
        self.check_result_names(function);
    }

    /// A name that upstream chose can be an identifier.
    fn check_identifier(&mut self, name: &Spanned<String>, what: &str) {
        if !names::is_identifier(&name.value) && !self.is_ours() {
            self.error(
                &name.place,
                Kind::Name,
                format!("`{}` is not {what}", name.value),
                "such a name consists of letters, digits and `_`; a value runs to the next space",
            );
        }
    }

    /// The manifest key that upstream's definitions give to a permission can be the key of a manifest.
    fn check_permission(&mut self, key: &Spanned<String>) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !key.value.chars().all(is_plain) && !self.is_ours() {
            self.error(
                &key.place,
                Kind::Name,
                format!("`{}` is not the manifest key of a permission", key.value),
                "such a key consists of letters, digits, `_`, `-` and `.`; a value runs to the next space",
            );
        }
    }

    /// An import name is written only where it is not the derived one, and can be an identifier.
    fn check_import(&mut self, service: &Service, function: &Function) {
        let Some(import) = &function.import else {
            return;
        };
        if !names::is_identifier(&import.value) {
            self.error(
                &import.place,
                Kind::Name,
                format!("`{}` is not an import name", import.value),
                "an import name consists of the letters a to z, digits and `_`",
            );
        }
        let service = service.name.as_ref().map_or("", |name| &name.value);
        if import.value == names::import_name(service, &function.name.value) {
            self.error(
                &import.place,
                Kind::Attribute,
                format!("`{}` is the derived import name already", import.value),
                "remove the argument",
            );
        }
    }

    /// A parameter has a usable name and type.
    fn check_param(&mut self, file: &SourceFile, param: &Param) {
        self.check_form(&param.name, Form::Snake);
        self.check_reserved(&param.name, &names::RESERVED_VALUES);
        self.check_json(&param.name, param.json.as_ref());
        self.check_type(file, &param.ty);
        if let (Some(place), TypeKind::Option(_)) = (&param.distinguish_null, &param.ty.kind) {
            self.error(
                place,
                Kind::Attribute,
                format!("parameter `{}` tells null apart already", param.name.value),
                "remove `#[distinguish_null]`; an `Option` is enough",
            );
        }
    }

    /// As many names as results; several results need names.
    fn check_result_names(&mut self, function: &Function) {
        for ResultName { name, json } in &function.result_names {
            self.check_form(name, Form::Snake);
            self.check_reserved(name, &names::RESERVED_VALUES);
            self.check_json(name, json.as_ref());
            let written = json.as_ref().map(|json| json.value.as_str());
            if names::written_json(&name.value, written) == names::ERROR_RESULT {
                self.error(
                    &name.place,
                    Kind::Unsupported,
                    "a result is called `error`, like the field that carries the error text",
                    "give it another name",
                );
            }
        }
        let (types, given) = (function.results.len(), function.result_names.len());
        let name = &function.name;
        if !self.complete {
            return;
        }
        if types > 1 && given == 0 {
            self.error(
                &name.place,
                Kind::Attribute,
                format!("the {types} results of `{}` have no names", name.value),
                "name them in order: `#[host_fn(results(first, second))]`",
            );
        } else if given > 0 && given != types {
            let place = function
                .result_names
                .first()
                .map_or(&name.place, |given| &given.name.place);
            self.error(
                place,
                Kind::Attribute,
                format!(
                    "`{}` has {} but {}",
                    name.value,
                    counted(types, "result"),
                    counted(given, "result name")
                ),
                "give one name for each result, in order",
            );
        }
    }

    /// A capability has a name that fits its file, a release, and at least one export.
    pub(super) fn check_capability(&mut self, file: &SourceFile, capability: &Capability) {
        let place = &capability.trait_name.place;
        let item = format!("capability `{}`", capability.trait_name.value);
        self.check_docs(&capability.docs, place, &item);
        self.check_form(&capability.trait_name, Form::UpperCamel);
        self.check_reserved(&capability.trait_name, &names::RESERVED_TYPES);
        self.check_head(
            &item,
            place,
            capability.name.as_ref(),
            capability.since.as_ref(),
        );
        if let Some(name) = &capability.name {
            self.check_form(name, Form::Snake);
            self.check_identifier(name, "the name of a capability");
            self.check_stem(file, name, &name.value);
        }
        if let Some(identity) = &capability.identity {
            self.check_form(identity, Form::UpperCamel);
        }
        if capability.exports.is_empty() && self.complete {
            self.empty_trait(place, &item, "#[export(name = \"nd_…\")]");
        }
        for export in &capability.exports {
            self.check_export(file, capability, export);
        }
    }

    /// An export has a name, at most one parameter, and only the arguments that fit its capability.
    fn check_export(&mut self, file: &SourceFile, capability: &Capability, export: &Export) {
        let item = format!("export method `{}`", export.method.value);
        let place = &export.method.place;
        self.check_docs(&export.docs, place, &item);
        self.check_form(&export.method, Form::Snake);
        self.check_since(export.since.as_ref());
        self.check_later(export.since.as_ref(), capability.since.as_ref());
        match &export.name {
            None if !self.complete => {}
            Some(name) if !self.is_ours() => {
                self.check_identifier(name, "an export name");
            }
            None => self.error(
                place,
                Kind::Attribute,
                format!("{item} has no export name"),
                format!("write `#[export(name = \"nd_{}\")]`", export.method.value),
            ),
            Some(name) if !(name.value.starts_with("nd_") && names::is_snake(&name.value)) => self
                .error(
                    &name.place,
                    Kind::Name,
                    format!("`{}` is not an export name", name.value),
                    "export names are in snake case and start with `nd_`",
                ),
            Some(_) => {}
        }
        if let Some(second) = export.params.get(1) {
            self.error(
                &second.name.place,
                Kind::Unsupported,
                format!("{item} has more than one parameter"),
                "put the values into one struct; an export has one input document",
            );
        }
        if let Some(input) = export.params.first() {
            self.check_type(file, &input.ty);
            self.check_input(&item, input);
        }
        if let Some(output) = &export.output {
            self.check_type(file, output);
        }
        self.check_pattern(capability, export);
    }

    /// The input of an export is an object, since a call without input receives `{}`.
    fn check_input(&mut self, item: &str, input: &Param) {
        if !matches!(input.ty.kind, TypeKind::Named { .. }) && self.is_ours() {
            self.error(
                &input.ty.place,
                Kind::Unsupported,
                format!("the parameter of {item} is not a struct"),
                "define a request struct; the server always sends an object",
            );
        }
    }

    /// Essential methods belong to one trait for all, provider traits to any subset.
    fn check_pattern(&mut self, capability: &Capability, export: &Export) {
        if capability.required {
            for argument in [&export.provider, &export.register].into_iter().flatten() {
                self.error(
                    &argument.place,
                    Kind::Attribute,
                    "the exports of a `required` capability have no trait of their own",
                    "remove the argument, or remove `required` from the capability",
                );
            }
            return;
        }
        if let Some(place) = &export.essential {
            self.error(
                place,
                Kind::Attribute,
                "an export of which any subset may be written cannot be essential",
                "remove `essential`, or mark the capability `required`",
            );
        }
        if let Some(provider) = &export.provider {
            self.check_form(provider, Form::UpperCamel);
            self.check_reserved(provider, &names::RESERVED_TYPES);
        }
        if let Some(register) = &export.register {
            self.check_form(register, Form::Snake);
        }
    }

    /// What both kinds of traits must say.
    fn check_head(
        &mut self,
        item: &str,
        place: &Place,
        name: Option<&Spanned<String>>,
        since: Option<&Spanned<String>>,
    ) {
        if name.is_none() && self.complete {
            let hint = "add `name = \"…\"` to its attribute; wire and module names come from it";
            self.error(place, Kind::Attribute, format!("{item} has no name"), hint);
        }
        if since.is_none() && self.complete && self.is_ours() {
            let hint = "add `since = \"…\"` with the first server release that has it";
            self.error(
                place,
                Kind::Attribute,
                format!("{item} has no release"),
                hint,
            );
        }
        self.check_since(since);
    }

    /// The file is named after the module that the outputs have.
    fn check_stem(&mut self, file: &SourceFile, name: &Spanned<String>, module: &str) {
        if names::is_unusable(module) {
            self.error(
                &name.place,
                Kind::Name,
                format!("`{module}` cannot be the name of a module"),
                "choose another name; `self`, `super` and `crate` mean something else in Rust",
            );
        }
        if names::RESERVED_MODULES.contains(&module) && self.is_ours() {
            self.error(
                &name.place,
                Kind::Name,
                format!("the module name `{module}` is taken by the crates with generated code"),
                "choose another name",
            );
        }
        if file.stem != module {
            self.error(
                &name.place,
                Kind::Name,
                format!("the module `{module}` is defined in `{}`", file.path),
                format!("rename the file to `{module}.rs`, or correct the name"),
            );
        }
    }

    fn empty_trait(&mut self, place: &Place, item: &str, mark: &str) {
        self.error(
            place,
            Kind::Unsupported,
            format!("{item} has no methods"),
            format!("give it methods marked `{mark}`, or remove it"),
        );
    }
}
