//! Host services of a fork: guest bindings for a plugin's crate and host glue for a crate with `nd-test-host`.
//!
//! The code is that of the server's own services, with every path turned into a public one, and with the types beside it:
//! each side stands alone, because the crates of both sides share nothing but the documents between them.

mod guest;
mod host;
mod retarget;
mod wire;

use super::Files;
use crate::lower::SHARED_MODULE;
use crate::model::{Model, Service, Type, TypeModule};
use std::collections::BTreeSet;

/// What the first line of each file names.
const COMMAND: &str = "nd-hostgen bindings";

/// The module with shared types of the fork's own.
const TYPES: &str = "types";

/// A model, and the shared structs in it that the kit has already.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// The services, and whatever else there is.
    pub model: &'a Model,
    /// The names of the shared structs that `nd-types` has.
    pub known: &'a BTreeSet<String>,
}

impl<'a> Own<'a> {
    /// Writes the bindings for plugins: a file per service and a list of them, without folder.
    pub fn guest(self) -> Files {
        guest::emit(self)
    }

    /// Writes the glue for hosts: a file per service and a list of them, without folder.
    pub fn host(self) -> Files {
        host::emit(self)
    }

    /// The types of a service's own.
    fn types_of(self, service: &Service) -> TypeModule {
        let modules = self.model.modules.iter();
        let mut modules = modules.filter(|module| module.name == service.module);
        let mut types = modules
            .next()
            .cloned()
            .unwrap_or_else(|| empty(&service.module));
        // A capability of the same name has its types in the same module.
        types
            .structs
            .retain(|item| service.declares.contains(&item.name));
        types.aliases.clear();
        types.constants.clear();
        types
    }

    /// The shared types that the kit does not have; they name those that it has as everybody does.
    fn shared_types(self) -> Option<TypeModule> {
        let mut modules = self.model.modules.iter();
        let mut types = modules.find(|module| module.shared).cloned()?;
        types
            .structs
            .retain(|item| !self.known.contains(&item.name));
        for field in types.structs.iter_mut().flat_map(|item| &mut item.fields) {
            self.share(&mut field.ty);
        }
        types.name = TYPES.to_owned();
        (!types.structs.is_empty()).then_some(types)
    }

    /// Makes a type of the kit inside a shared one a type from elsewhere.
    fn share(self, ty: &mut Type) {
        match ty {
            Type::List(inner) | Type::Map(inner) | Type::Option(inner) => self.share(inner),
            Type::Local(name) if self.known.contains(name) => {
                *ty = Type::Shared(std::mem::take(name));
            }
            _ => {}
        }
    }

    /// The names of all modules with types of the fork's own.
    fn own_modules(self) -> Vec<&'a str> {
        let services = self.model.services.iter();
        let mut modules: Vec<&str> = services.map(|service| &*service.module).collect();
        modules.push(SHARED_MODULE);
        modules.push(TYPES);
        modules
    }

    /// The names of the shared structs of the fork's own.
    fn own_shared(self) -> BTreeSet<String> {
        let types = self.shared_types();
        let structs = types.into_iter().flat_map(|module| module.structs);
        structs.map(|item| item.name).collect()
    }
}

fn empty(name: &str) -> TypeModule {
    TypeModule {
        name: name.to_owned(),
        shared: false,
        sources: Vec::new(),
        docs: String::new(),
        structs: Vec::new(),
        aliases: Vec::new(),
        constants: Vec::new(),
    }
}

/// The first line of a file.
fn header(source: &str) -> String {
    super::header("//", source, COMMAND)
}
