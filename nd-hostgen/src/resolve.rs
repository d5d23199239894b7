//! Finds out what the name of a type stands for.

use crate::syntax::{Alias, Folder, SourceFile, Struct};

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

/// All names of a set of definition files.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    files: &'a [SourceFile],
}

impl<'a> Scope<'a> {
    /// Looks names up in these files.
    pub fn new(files: &'a [SourceFile]) -> Self {
        Self { files }
    }

    /// What a name in a file stands for: own structs first, then shared ones, then own aliases.
    pub fn resolve(&self, file: &'a SourceFile, shared: bool, name: &str) -> Option<Target<'a>> {
        let own = file.structs.iter().find(|item| item.name.value == name);
        if let (Some(found), false) = (own, shared) {
            return Some(Target::Local(found));
        }
        if let Some(found) = self.shared(name) {
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
        let shared = self.shared_structs();
        own.chain(shared)
            .map(|item| item.name.value.as_str())
            .collect()
    }

    fn shared(&self, name: &str) -> Option<&'a Struct> {
        self.shared_structs().find(|item| item.name.value == name)
    }

    fn shared_structs(&self) -> impl Iterator<Item = &'a Struct> + use<'a> {
        self.files
            .iter()
            .filter(|file| file.folder == Folder::Types)
            .flat_map(|file| &file.structs)
    }
}
