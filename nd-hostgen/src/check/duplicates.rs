//! Names that may be given once: on the wire, in a module, in a struct, in a signature.

use super::Checker;
use crate::diagnostic::{Kind, Place};
use crate::names;
use crate::syntax::{Capability, Folder, SourceFile, Spanned};
use std::collections::BTreeMap;

/// The names of one space, with the place that took each first.
struct Names {
    what: &'static str,
    taken: BTreeMap<String, Place>,
}

impl Names {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            taken: BTreeMap::new(),
        }
    }

    /// Takes a name, reporting one that is taken already; tells whether it was free.
    fn take(&mut self, checker: &mut Checker<'_, '_>, name: &str, place: &Place) -> bool {
        match self.taken.get(name) {
            None => {
                self.taken.insert(name.to_owned(), place.clone());
            }
            Some(first) => {
                let hint = if first == place {
                    // A comment above a group of Go types belongs to each of them.
                    "the same text names two things; give each its own".to_owned()
                } else {
                    format!("choose another name; the first is at {first}")
                };
                let message = format!("the {} `{name}` is taken", self.what);
                checker.error(place, Kind::Duplicate, message, hint);
                return false;
            }
        }
        true
    }

    fn take_written(&mut self, checker: &mut Checker<'_, '_>, name: &Spanned<String>) -> bool {
        self.take(checker, &name.value, &name.place)
    }

    /// Takes the JSON name of something: what was written, or what its name gives.
    fn take_json(
        &mut self,
        checker: &mut Checker<'_, '_>,
        name: &Spanned<String>,
        json: Option<&Spanned<String>>,
    ) -> bool {
        let json = names::written_json(&name.value, json.map(|json| json.value.as_str()));
        self.take(checker, &json, &name.place)
    }
}

impl Checker<'_, '_> {
    /// No two things share a name that must be one's own.
    pub(super) fn check_duplicates(&mut self, files: &[SourceFile]) {
        self.check_wire_names(files);
        self.check_type_names(files);
        for file in files {
            self.check_inner_names(file);
            for capability in &file.capabilities {
                self.check_capability_names(file, capability);
            }
        }
    }

    /// Imports, exports, register macros, traits and identities are unique among all files.
    fn check_wire_names(&mut self, files: &[SourceFile]) {
        let mut imports = Names::new("import");
        let mut service_traits = Names::new("host service");
        let mut exports = Names::new("export");
        let mut identities = Names::new("capability");
        let mut macros = Names::new("register macro");
        let mut services = Names::new("module of a host service");
        let mut capabilities = Names::new("module of a capability");
        for file in files {
            let heads = file.services.iter().filter_map(|item| item.name.as_ref());
            for name in heads {
                services.take(self, &file.stem, &name.place);
            }
            let heads = file
                .capabilities
                .iter()
                .filter_map(|item| item.name.as_ref());
            for name in heads {
                capabilities.take(self, &file.stem, &name.place);
            }
            for service in &file.services {
                service_traits.take_written(self, &service.trait_name);
                let Some(name) = &service.name else { continue };
                let mut functions = Names::new("function");
                for function in &service.functions {
                    let derived = || names::import_name(&name.value, &function.name.value);
                    let import = function.import.as_ref();
                    let import = import.map_or_else(derived, |import| import.value.clone());
                    if imports.take(self, &import, &function.name.place) {
                        functions.take_written(self, &function.name);
                    }
                }
            }
            for capability in &file.capabilities {
                let identity = capability.identity.as_ref();
                identities.take_written(self, identity.unwrap_or(&capability.trait_name));
                for export in &capability.exports {
                    if let Some(name) = &export.name {
                        exports.take_written(self, name);
                    }
                    if let (Some(module), false) = (&capability.name, capability.required) {
                        let stem = export.register.as_ref().map_or_else(
                            || names::method_stem(&export.method.value),
                            |register| &register.value,
                        );
                        let name = names::register_macro(&module.value, stem);
                        macros.take(self, &name, &export.method.place);
                    }
                }
            }
        }
    }

    /// Types are unique in their module, which a service and a capability of one name share.
    fn check_type_names(&mut self, files: &[SourceFile]) {
        let mut modules: BTreeMap<&str, Names> = BTreeMap::new();
        for file in files {
            let module = match file.folder {
                Folder::Types => "",
                _ => &file.stem,
            };
            let names = modules.entry(module).or_insert_with(|| Names::new("type"));
            let structs = file.structs.iter().map(|item| &item.name);
            for name in structs.chain(file.aliases.iter().map(|item| &item.name)) {
                // A service and a capability may use one and the same Go struct.
                if names.taken.get(&name.value) != Some(&name.place) {
                    names.take_written(self, name);
                }
            }
        }
        for file in files {
            let mut constants = Names::new("constant");
            for constant in &file.constants {
                constants.take_written(self, &constant.name);
            }
        }
    }

    /// Fields, parameters and results are unique where they stand.
    fn check_inner_names(&mut self, file: &SourceFile) {
        for item in &file.structs {
            let mut json = Names::new("JSON name");
            let mut fields = Names::new("field name");
            for field in &item.fields {
                if json.take_json(self, &field.name, field.json.as_ref()) {
                    fields.take_written(self, &field.name);
                }
            }
        }
        for function in file.services.iter().flat_map(|item| &item.functions) {
            let mut params = Names::new("parameter");
            let mut json = Names::new("JSON name");
            for param in &function.params {
                if params.take_written(self, &param.name) {
                    json.take_json(self, &param.name, param.json.as_ref());
                }
            }
            let mut results = Names::new("result");
            let mut json = Names::new("JSON name");
            for given in &function.result_names {
                if results.take_written(self, &given.name) {
                    json.take_json(self, &given.name, given.json.as_ref());
                }
            }
        }
    }

    /// Traits, types and methods of a capability module do not hide each other.
    fn check_capability_names(&mut self, file: &SourceFile, capability: &Capability) {
        let mut types = Names::new("type");
        for item in &file.structs {
            types
                .taken
                .insert(item.name.value.clone(), item.name.place.clone());
        }
        types.take_written(self, &capability.trait_name);
        let mut methods = Names::new("method");
        for export in &capability.exports {
            methods.take_written(self, &export.method);
            if capability.required {
                continue;
            }
            match &export.provider {
                Some(provider) => types.take_written(self, provider),
                None => {
                    let derived = names::provider_trait(&export.method.value);
                    types.take(self, &derived, &export.method.place)
                }
            };
        }
    }
}
