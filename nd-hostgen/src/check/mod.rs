//! Every rule that sound definitions keep, one small function per kind of item.

mod duplicates;
mod graph;
mod traits;
mod types;

use crate::diagnostic::{Diagnostics, Kind, Place, counted};
use crate::names;
use crate::resolve::Scope;
use crate::syntax::{Folder, Origin, SourceFile, Spanned};

/// Checks all definition files against each other; what breaks a rule is reported.
pub fn check(files: &[SourceFile], diagnostics: &mut Diagnostics) {
    let mut checker = Checker {
        scope: Scope::new(files),
        complete: diagnostics.is_empty(),
        origin: Origin::Rust,
        diagnostics,
    };
    for file in files {
        checker.origin = file.origin;
        checker.check_file(file);
        for service in &file.services {
            checker.check_service(file, service);
        }
        for capability in &file.capabilities {
            checker.check_capability(file, capability);
        }
        for item in &file.structs {
            checker.check_struct(file, item);
        }
        for alias in &file.aliases {
            checker.check_alias(file, alias);
        }
        for constant in &file.constants {
            checker.check_constant(file, constant);
        }
    }
    checker.check_sizes(files);
    if checker.complete {
        checker.check_unused(files);
    }
    checker.check_duplicates(files);
}

/// How the names of a kind are written.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// `kind_of_name`
    Snake,
    /// `KindOfName`
    UpperCamel,
    /// `KIND_OF_NAME`
    UpperSnake,
}

/// The names of the run and the mistakes found so far.
struct Checker<'a, 'd> {
    scope: Scope<'a>,
    /// Whether all items could be read; if not, rules that miss something keep quiet.
    complete: bool,
    /// The language of the file at hand.
    origin: Origin,
    diagnostics: &'d mut Diagnostics,
}

impl Checker<'_, '_> {
    fn error(
        &mut self,
        place: &Place,
        kind: Kind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.diagnostics.report(place, kind, message, hint);
    }

    /// Whether the file at hand is in our own language, whose rules go beyond upstream's.
    fn is_ours(&self) -> bool {
        self.origin == Origin::Rust
    }

    /// A file has documentation, a plain name, and exactly the trait its folder is for.
    fn check_file(&mut self, file: &SourceFile) {
        if !self.is_ours() {
            return;
        }
        let start = Place::start_of(&file.path);
        if file.docs.trim().is_empty() {
            self.error(
                &start,
                Kind::MissingDocs,
                format!("`{}` has no documentation", file.path),
                "open the file with a `//! …` line; it becomes the documentation of the modules",
            );
        }
        if !names::is_snake(&file.stem) {
            self.error(
                &start,
                Kind::Name,
                format!("`{}` is not a module name", file.stem),
                "name the file in lower case, letters, digits and `_` only",
            );
        }
        let traits = (file.services.len(), file.capabilities.len());
        let (wanted, rule) = match file.folder {
            Folder::Services => ((1, 0), "exactly one trait marked `#[host_service]`"),
            Folder::Capabilities => ((0, 1), "exactly one trait marked `#[capability]`"),
            Folder::Types => ((0, 0), "structs only"),
        };
        if traits != wanted && self.complete {
            let found = counted(traits.0 + traits.1, "trait");
            self.error(
                &start,
                Kind::Unsupported,
                format!("`{}` holds {found}", file.path),
                format!("a file in this folder holds {rule}"),
            );
        }
    }

    /// An item is documented.
    fn check_docs(&mut self, docs: &str, place: &Place, item: &str) {
        if docs.trim().is_empty() && self.is_ours() {
            self.error(
                place,
                Kind::MissingDocs,
                format!("{item} has no documentation"),
                "write a `/// …` line above it; it is copied into every generated document",
            );
        }
    }

    /// A release, where one is given, has three numbers.
    fn check_since(&mut self, since: Option<&Spanned<String>>) {
        if let Some(since) = since
            && !names::is_release(&since.value)
        {
            self.error(
                &since.place,
                Kind::Attribute,
                format!("`{}` is not a server release", since.value),
                "write three numbers, such as `0.61.0`",
            );
        }
    }

    /// A part is not older than the item that holds it.
    fn check_later(&mut self, since: Option<&Spanned<String>>, owner: Option<&Spanned<String>>) {
        let (Some(since), Some(owner)) = (since, owner) else {
            return;
        };
        if !names::is_release(&since.value) || !names::is_release(&owner.value) {
            return;
        }
        let (part, whole) = (
            names::release_order(&since.value),
            names::release_order(&owner.value),
        );
        if part <= whole {
            self.error(
                &since.place,
                Kind::Attribute,
                format!(
                    "release {} is not later than {}, the release of what holds this",
                    since.value, owner.value
                ),
                "leave `since` out here, or correct one of the two",
            );
        }
    }

    /// A name keeps the form of its kind; upstream's names need only be names in Rust as well.
    fn check_form(&mut self, name: &Spanned<String>, form: Form) {
        if !self.is_ours() {
            let camel = matches!(form, Form::UpperCamel | Form::UpperSnake);
            if camel && (!names::is_identifier(&name.value) || names::is_unusable(&name.value)) {
                self.error(
                    &name.place,
                    Kind::Name,
                    format!("`{}` cannot be a name in Rust", name.value),
                    "choose a name of the letters a to z, digits and `_`",
                );
            }
            return;
        }
        let (words, sound, right) = match form {
            Form::Snake => (
                "snake case",
                names::is_snake(&name.value),
                names::snake(&name.value),
            ),
            Form::UpperCamel => (
                "upper camel case",
                names::is_upper_camel(&name.value),
                names::upper_camel(&names::snake(&name.value)),
            ),
            Form::UpperSnake => (
                "upper snake case",
                names::is_upper_snake(&name.value),
                names::snake(&name.value).to_uppercase(),
            ),
        };
        if !sound {
            self.error(
                &name.place,
                Kind::Name,
                format!("`{}` is not written in {words}", name.value),
                format!("write `{right}`; JSON and Rust names are derived from it"),
            );
        }
    }

    /// A name is not one that generated code needs.
    fn check_reserved(&mut self, name: &Spanned<String>, reserved: &[&str]) {
        if reserved.contains(&name.value.as_str()) && self.is_ours() {
            self.error(
                &name.place,
                Kind::Name,
                format!("the name `{}` is taken by generated code", name.value),
                "choose another name",
            );
        }
    }
}
