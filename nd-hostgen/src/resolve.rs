//! Finds out what the name of a type stands for.

use crate::syntax::{Alias, Folder, SourceFile, Struct};
use std::collections::BTreeMap;
use std::ptr;

/// What a type name stands for.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A struct of the same file.
    Local(&'a Struct),
    /// A struct of `capabilities/types/`.
    Shared(&'a Struct),
    /// An alias of the same file that is not another name of a shared struct.
    Alias(&'a Alias),
}

/// Structs by name; of two with one name the first counts.
type Structs<'a> = BTreeMap<&'a str, &'a Struct>;

/// All names of a set of definition files.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    files: &'a [SourceFile],
    own: BTreeMap<*const SourceFile, Structs<'a>>,
    shared: Structs<'a>,
}

impl<'a> Scope<'a> {
    /// Looks names up in these files.
    pub fn new(files: &'a [SourceFile]) -> Self {
        let own = files.iter();
        let own = own.map(|file| (ptr::from_ref(file), by_name(&file.structs)));
        let shared = files.iter().filter(|file| file.folder == Folder::Types);
        Self {
            files,
            own: own.collect(),
            shared: by_name(shared.flat_map(|file| &file.structs)),
        }
    }

    /// What a name in a file stands for: own structs first, then shared ones, then own aliases.
    pub fn resolve(&self, file: &'a SourceFile, shared: bool, name: &str) -> Option<Target<'a>> {
        let own = self.own.get(&ptr::from_ref(file));
        let own = own.and_then(|structs| structs.get(name));
        if let (Some(found), false) = (own, shared) {
            return Some(Target::Local(found));
        }
        if let Some(found) = self.shared.get(name) {
            return Some(Target::Shared(found));
        }
        if shared {
            return None;
        }
        let alias = file.aliases.iter().find(|item| item.name.value == name);
        alias.map(Target::Alias)
    }

    /// Whether a file or the shared ones declare a type of this name, even one that could not be read.
    pub fn is_declared(&self, file: &SourceFile, name: &str) -> bool {
        let shared = self
            .files
            .iter()
            .filter(|file| file.folder == Folder::Types);
        let mut declared = shared.chain([file]).flat_map(|file| &file.declared);
        declared.any(|declared| declared == name)
    }

    /// The names a file may use, for suggestions.
    pub fn known(&self, file: &'a SourceFile) -> Vec<&'a str> {
        let own = file.structs.iter();
        let own = own.map(|item| item.name.value.as_str());
        own.chain(self.shared.keys().copied()).collect()
    }
}

fn by_name<'a>(structs: impl IntoIterator<Item = &'a Struct>) -> Structs<'a> {
    let mut found = Structs::new();
    for item in structs {
        found.entry(&item.name.value).or_insert(item);
    }
    found
}
