//! The types of one folder by name, and what a file's qualifiers stand for.

use super::declare::{GoFile, TypeDecl};
use crate::diagnostic::{Diagnostics, Kind};
use std::collections::BTreeMap;

/// The files of one folder.
pub(super) struct Package<'a> {
    /// The files, in order.
    pub files: &'a [GoFile],
    types: BTreeMap<&'a str, (usize, &'a TypeDecl)>,
}

impl<'a> Package<'a> {
    /// Collects the types; of two with one name the later one counts.
    pub fn new(files: &'a [GoFile], diagnostics: &mut Diagnostics) -> Self {
        let mut types: BTreeMap<&str, (usize, &TypeDecl)> = BTreeMap::new();
        let first = files.first().map(|file| &file.package);
        for file in files {
            let own = &file.package;
            if let Some(first) = first.filter(|first| first.value != own.value) {
                let message = format!("this file is of package `{}`", own.value);
                let hint = format!(
                    "Go wants one package per folder; that of {} is `{}`",
                    first.place, first.value
                );
                diagnostics.warn(&own.place, Kind::Name, message, hint);
            }
        }
        for (at, file) in files.iter().enumerate() {
            for decl in &file.types {
                let earlier = types.insert(&decl.name.value, (at, decl));
                if let Some((_, earlier)) = earlier {
                    let name = &decl.name;
                    let message = format!("type `{}` is declared twice", name.value);
                    let hint = format!("this one counts; remove the one at {}", earlier.name.place);
                    diagnostics.warn(&name.place, Kind::Duplicate, message, hint);
                }
            }
        }
        Self { files, types }
    }

    /// A type by name, with the file that declares it.
    pub fn get(&self, name: &str) -> Option<(usize, &'a TypeDecl)> {
        self.types.get(name).copied()
    }

    /// Whether this declaration is the one that counts.
    pub fn counts(&self, decl: &TypeDecl) -> bool {
        let found = self.types.get(decl.name.value.as_str());
        found.is_some_and(|(_, found)| std::ptr::eq(*found, decl))
    }

    /// The names of all types, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.types.keys().copied()
    }

    /// The package's name, after its first file.
    pub fn name(&self) -> &'a str {
        self.files.first().map_or("", |file| &file.package.value)
    }
}

/// The path of the package that a file calls by some name.
pub(super) fn imported<'a>(file: &'a GoFile, qualifier: &str) -> Option<&'a str> {
    let mut imports = file.imports.iter();
    let import = imports.find(|import| match &import.alias {
        Some(alias) => alias == qualifier,
        None => last_segment(&import.path) == qualifier,
    });
    import.map(|import| import.path.as_str())
}

/// The name that a package's path suggests.
pub(super) fn last_segment(path: &str) -> &str {
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    let version = last
        .strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()));
    if version && !before.is_empty() {
        return last_segment(before);
    }
    last
}
