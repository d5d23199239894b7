//! From Go definitions to ours: what is known already is kept, what is new gets a release and documentation.

mod adopt;
mod docs;
mod rename;

use crate::check::check;
use crate::diagnostic::{Diagnostics, counted, errors_in, render_all};
use crate::driver::{self, DriverError};
use crate::go::Loaded;
use crate::lower::{SHARED_MODULE, lower};
use crate::model::{Model, Type};
use crate::print::print;
use crate::syntax::{Folder, SourceFile};
use adopt::Adopter;
use std::collections::{BTreeMap, BTreeSet};

/// How to import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// The server release that has what is new, such as `0.64.0`; needed if anything is.
    pub since: Option<String>,
    /// Whether documentation is made from names only, and the texts of Go comments are left alone.
    pub derive_docs: bool,
}

/// What came out of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The definition files: the text of each by its path below the folder of definitions.
    pub files: BTreeMap<String, String>,
    /// What is worth knowing about them, a line each.
    pub notes: Vec<String>,
}

/// What had to be made up.
#[derive(Debug, Default)]
struct Missing {
    since: usize,
    docs: usize,
    never_empty: Vec<String>,
}

/// Turns Go definitions into ours; `known` are definitions that exist already, whose releases, documentation and
/// hand-chosen names are kept.
///
/// # Errors
///
/// Fails if something is new and no release is given, or if the definitions break rules that ours keep and Go's do not,
/// such as names that generated Rust needs for itself.
pub fn import(loaded: &Loaded, known: &Model, options: &Options) -> Result<Imported, DriverError> {
    let (model, missing, mut notes) = completed(loaded, known, options)?;
    if missing.since > 0 && options.since.is_none() {
        return Err(DriverError::NoRelease {
            count: missing.since,
        });
    }
    if missing.docs > 0 {
        let items = counted(missing.docs, "item");
        notes.push(format!(
            "{items} without documentation got a line made from its name; write better ones"
        ));
    }
    let files = print(&model);
    // What was printed is read once more, so that nothing is written that could not be read.
    let printed = files.iter();
    let printed = printed.map(|(path, text)| (format!("capabilities/{path}"), text.clone()));
    driver::model_of(&printed.collect())?;
    Ok(Imported { files, notes })
}

/// The model of Go definitions from which Rust can be generated: documented, without releases, and sound by the rules
/// of our own definitions.
///
/// # Errors
///
/// Fails if the definitions break those rules.
pub fn for_rust(loaded: &Loaded) -> Result<Model, DriverError> {
    let nothing = Model {
        modules: Vec::new(),
        services: Vec::new(),
        capabilities: Vec::new(),
    };
    let (mut model, ..) = completed(loaded, &nothing, &Options::default())?;
    undate(&mut model);
    Ok(model)
}

/// Fills in what Go definitions lack, and holds them to the rules of ours.
fn completed(
    loaded: &Loaded,
    known: &Model,
    options: &Options,
) -> Result<(Model, Missing, Vec<String>), DriverError> {
    let mut notes = Vec::new();
    let mut files = with_one_shared(loaded.files.clone());
    drop_unused(&mut files, &mut notes);
    for file in &mut files {
        rename::reserved(file, &mut notes);
    }
    let mut adopter = Adopter {
        known,
        since: options.since.as_deref().unwrap_or(UNDATED),
        derive_docs: options.derive_docs,
        missing: Missing::default(),
    };
    for file in &mut files {
        adopter.file(file);
    }
    let missing = adopter.missing;
    for field in &missing.never_empty {
        notes.push(format!(
            "`{field}` is a struct and never empty, so its `omitempty` was left out"
        ));
    }
    let mut diagnostics = Diagnostics::new();
    check(&files, &mut diagnostics);
    match diagnostics.finish() {
        Ok(_) => Ok((lower(&files), missing, notes)),
        Err(found) => Err(DriverError::Definitions {
            rendered: render_all(&found, &loaded.texts),
            count: errors_in(&found),
        }),
    }
}

/// The release of what has none.
const UNDATED: &str = "0.0.0";

/// Takes away the releases of what has none.
fn undate(model: &mut Model) {
    let clear = |since: &mut String| {
        if since == UNDATED {
            since.clear();
        }
    };
    for module in &mut model.modules {
        module
            .structs
            .iter_mut()
            .for_each(|item| clear(&mut item.since));
        module
            .aliases
            .iter_mut()
            .for_each(|item| clear(&mut item.since));
        module
            .constants
            .iter_mut()
            .for_each(|item| clear(&mut item.since));
    }
    for service in &mut model.services {
        clear(&mut service.since);
        service
            .functions
            .iter_mut()
            .for_each(|item| clear(&mut item.since));
    }
    for capability in &mut model.capabilities {
        clear(&mut capability.since);
        capability
            .exports
            .iter_mut()
            .for_each(|item| clear(&mut item.since));
        capability
            .shared_aliases
            .iter_mut()
            .for_each(|item| clear(&mut item.since));
    }
}

/// Puts all shared types into one file, as ours are.
fn with_one_shared(files: Vec<SourceFile>) -> Vec<SourceFile> {
    let (shared, mut others): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| file.folder == Folder::Types);
    let mut shared = shared.into_iter();
    if let Some(mut first) = shared.next() {
        for file in shared {
            first.structs.extend(file.structs);
            first.declared.extend(file.declared);
        }
        first.stem = SHARED_MODULE.to_owned();
        others.insert(0, first);
    }
    others
}

/// Leaves out shared structs that nothing uses, which our own rules do not allow.
fn drop_unused(files: &mut [SourceFile], notes: &mut Vec<String>) {
    let model = lower(files);
    let mut open: Vec<&Type> = Vec::new();
    for function in model.services.iter().flat_map(|item| &item.functions) {
        open.extend(function.params.iter().map(|param| &param.ty));
        open.extend(function.answer.fields().iter().map(|field| &field.ty));
    }
    for export in model.capabilities.iter().flat_map(|item| &item.exports) {
        open.extend(export.input.iter().chain(&export.output));
    }
    let (shared, own): (Vec<_>, Vec<_>) = model.modules.iter().partition(|module| module.shared);
    let fields = own.into_iter().flat_map(|module| &module.structs);
    open.extend(fields.flat_map(|item| item.fields.iter().map(|field| &field.ty)));
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut names: Vec<&str> = open.into_iter().filter_map(|ty| named(ty, false)).collect();
    while let Some(name) = names.pop() {
        let mut structs = shared.iter().flat_map(|module| &module.structs);
        if used.insert(name)
            && let Some(item) = structs.find(|item| item.name == *name)
        {
            let types = item.fields.iter().map(|field| &field.ty);
            names.extend(types.filter_map(|ty| named(ty, true)));
        }
    }
    for file in files.iter_mut().filter(|file| file.folder == Folder::Types) {
        file.structs.retain(|item| {
            let name = &item.name;
            let keep = used.contains(name.value.as_str());
            if !keep {
                let place = &name.place;
                notes.push(format!(
                    "shared type `{}` is used by nothing and was left out ({place})",
                    name.value
                ));
            }
            keep
        });
    }
}

/// The shared struct inside a type; among the shared types themselves a local name is one too.
fn named(ty: &Type, among_shared: bool) -> Option<&str> {
    match ty {
        Type::List(inner) | Type::Map(inner) | Type::Option(inner) => named(inner, among_shared),
        Type::Shared(name) => Some(name),
        Type::Local(name) if among_shared => Some(name),
        _ => None,
    }
}
