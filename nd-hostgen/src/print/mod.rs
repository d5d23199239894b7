//! Writes definitions in our own language from a model, in the form that rustfmt and careful hands give them.
//!
//! What is printed parses to the same model again, and printing that gives the same text.

mod items;
mod layout;

use crate::lower::SHARED_MODULE;
use crate::model::{Model, TypeModule};
use items::Printer;
use std::collections::BTreeMap;

/// Prints a model as definition files: the text of each by its path below the folder of definitions.
pub fn print(model: &Model) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for module in model.modules.iter().filter(|module| module.shared) {
        let mut printer = Printer::new(model, None, &module.docs);
        printer.types(module, &[], &|_| true);
        files.insert(format!("types/{SHARED_MODULE}.rs"), printer.text);
    }
    for service in &model.services {
        let module = module(model, &service.module);
        let mut printer = Printer::new(model, module, &service.module_docs);
        printer.service(service);
        if let Some(module) = module {
            printer.types(module, &[], &|name| is_among(&service.declares, name));
        }
        files.insert(format!("services/{}.rs", service.module), printer.text);
    }
    for capability in &model.capabilities {
        let module = module(model, &capability.module);
        let mut printer = Printer::new(model, module, &capability.module_docs);
        printer.capability(capability);
        match module {
            Some(module) => printer.types(module, &capability.shared_aliases, &|name| {
                is_among(&capability.declares, name)
            }),
            None => {
                for alias in &capability.shared_aliases {
                    printer.shared_alias(alias);
                }
            }
        }
        let path = format!("capabilities/{}.rs", capability.module);
        files.insert(path, printer.text);
    }
    files
}

fn module<'m>(model: &'m Model, name: &str) -> Option<&'m TypeModule> {
    let mut modules = model.modules.iter().filter(|module| !module.shared);
    modules.find(|module| module.name == name)
}

fn is_among(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}
