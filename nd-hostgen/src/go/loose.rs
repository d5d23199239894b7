//! Annotations that count for nothing, and why a folder yields nothing.

use super::annotation::{self, Annotation, Word};
use super::declare::{Body, GoFile, Interface, TypeDecl};
use super::input::GoSources;
use super::package::Package;
use crate::diagnostic::{Diagnostics, Kind, counted};

/// Reports every annotation that is not where it counts.
pub(super) fn report(package: &Package<'_>, legacy: bool, diagnostics: &mut Diagnostics) {
    for file in package.files {
        for group in &file.loose {
            let (message, hint) = if group.in_body {
                (
                    "stands in the body of a function and counts for nothing",
                    "declare the interface outside of functions",
                )
            } else if group.trailing {
                (
                    "stands at the end of a line and counts for nothing",
                    "put it on a line of its own above the declaration",
                )
            } else {
                (
                    "belongs to no declaration and counts for nothing",
                    "remove the empty line between the comment and what it belongs to",
                )
            };
            annotation::reject(group, message, hint, diagnostics);
        }
        for decl in &file.types {
            report_type(decl, legacy, diagnostics);
        }
    }
}

fn report_type(decl: &TypeDecl, legacy: bool, diagnostics: &mut Diagnostics) {
    let name = &decl.name.value;
    for annotation in &decl.doc.annotations {
        let on_interface = matches!(decl.body, Body::Interface(_));
        let of_interface = matches!(annotation.word, Word::Service | Word::Capability);
        if !on_interface || !of_interface {
            let what = if on_interface { "interface" } else { "type" };
            misplaced(annotation, &format!("{what} `{name}`"), diagnostics);
        } else {
            quoted(annotation, diagnostics);
        }
        detached(annotation, decl.doc.last_line, legacy, diagnostics);
    }
    let Body::Interface(interface) = &decl.body else {
        return;
    };
    let has = |word| decl.doc.annotations.iter().any(|found| found.word == word);
    let annotated = has(Word::Service) || has(Word::Capability);
    if !annotated {
        report_lost_methods(decl, interface, diagnostics);
    }
    for method in &interface.methods {
        for annotation in &method.doc.annotations {
            let of_interface = matches!(annotation.word, Word::Service | Word::Capability);
            let fits = match annotation.word {
                Word::Function => has(Word::Service),
                Word::Export => has(Word::Capability),
                Word::Service | Word::Capability => false,
            };
            if of_interface {
                let what = format!("method `{}`", method.name.value);
                misplaced(annotation, &what, diagnostics);
            } else if fits {
                quoted(annotation, diagnostics);
            } else if annotated && !annotation.quoted {
                let written = annotation.word.written();
                let message = format!("`{written}` counts for nothing in interface `{name}`");
                let other = match annotation.word {
                    Word::Function => Word::Export,
                    _ => Word::Function,
                };
                let hint = format!("write `{}`", other.written());
                diagnostics.warn(&annotation.place, Kind::Attribute, message, hint);
            }
            detached(annotation, method.doc.last_line, legacy, diagnostics);
        }
    }
}

/// Reports annotated methods of an interface without annotation, all at once.
fn report_lost_methods(decl: &TypeDecl, interface: &Interface, diagnostics: &mut Diagnostics) {
    let annotations = interface
        .methods
        .iter()
        .flat_map(|method| &method.doc.annotations);
    let words = annotations
        .filter(|found| !found.quoted)
        .map(|found| found.word);
    let words: Vec<Word> = words
        .filter(|word| matches!(word, Word::Function | Word::Export))
        .collect();
    let Some(first) = words.first() else {
        return;
    };
    let owner = match first {
        Word::Export => Word::Capability,
        _ => Word::Service,
    };
    let (name, methods) = (&decl.name.value, counted(words.len(), "annotated method"));
    diagnostics.warn(
        &decl.name.place,
        Kind::Attribute,
        format!("interface `{name}` has {methods}, but no annotation itself, and is left out"),
        format!(
            "write `{} name=…` in the comment directly above it",
            owner.written()
        ),
    );
}

/// An annotation behind other text may be meant as a quotation.
fn quoted(annotation: &Annotation, diagnostics: &mut Diagnostics) {
    if annotation.quoted {
        let written = annotation.word.written();
        let message = format!("`{written}` counts although text stands before it");
        let hint = "give it a line of its own, or take out `//nd:` where it is only quoted";
        diagnostics.warn(&annotation.place, Kind::Attribute, message, hint);
    }
}

fn misplaced(annotation: &Annotation, what: &str, diagnostics: &mut Diagnostics) {
    if annotation.quoted {
        return;
    }
    let written = annotation.word.written();
    let message = format!("`{written}` counts for nothing on {what}");
    let hint = format!("it belongs on {}", annotation.word.owner());
    diagnostics.warn(&annotation.place, Kind::Attribute, message, hint);
}

/// The old generator does not see an annotation with other lines below it.
fn detached(annotation: &Annotation, last: usize, legacy: bool, diagnostics: &mut Diagnostics) {
    if legacy && annotation.place.line != last {
        let message = format!(
            "`{}` is not directly above its declaration",
            annotation.word.written()
        );
        let hint =
            "make it the last line of the comment; the old generator does not see it otherwise";
        diagnostics.warn(&annotation.place, Kind::Attribute, message, hint);
    }
}

/// Says what was seen in folders that yield nothing, a line per finding.
pub(super) fn explain(sources: &GoSources, folders: &[Vec<GoFile>]) -> Vec<String> {
    let mut lines = Vec::new();
    for (folder, files) in sources.folders.iter().zip(folders) {
        let types = files.iter().flat_map(|file| &file.types);
        let interfaces = types.filter(|decl| matches!(decl.body, Body::Interface(_)));
        let (files_read, found) = (counted(files.len(), "Go file"), interfaces.count());
        lines.push(match (files.len(), found) {
            (0, _) => format!("`{}` holds no Go files that are read", folder.path),
            (_, 0) => format!("`{}`: read {files_read}, without interfaces", folder.path),
            _ => format!(
                "`{}`: read {files_read} with {}, none with its annotation and an annotated method",
                folder.path,
                counted(found, "interface"),
            ),
        });
        for file in files {
            lines.extend(explain_file(file));
        }
        for skipped in &folder.skipped {
            lines.push(format!(
                "`{}` was skipped: {}",
                skipped.path, skipped.reason
            ));
        }
    }
    lines.push(
        "an annotation is a line of the comment directly above an interface, such as \
         `//nd:hostservice name=…` or `//nd:capability name=…`, and above each of its methods, \
         `//nd:hostfunc` or `//nd:export name=…`"
            .to_owned(),
    );
    lines
}

/// What a file holds that comes near to a definition.
fn explain_file(file: &GoFile) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &file.loose {
        let place = group.lines.first().map(|line| line.place.to_string());
        lines.push(format!(
            "{}: a comment with an annotation belongs to no declaration",
            place.unwrap_or_default()
        ));
    }
    for decl in &file.types {
        let (name, place) = (&decl.name.value, &decl.name.place);
        let of_interface =
            |annotation: &&Annotation| matches!(annotation.word, Word::Service | Word::Capability);
        let mark = decl.doc.annotations.iter().find(of_interface);
        match (&decl.body, mark) {
            (Body::Interface(interface), None) => {
                let methods = interface.methods.iter();
                let marked = methods
                    .filter(|method| !method.doc.annotations.is_empty())
                    .count();
                let rest = match marked {
                    0 => "nor has any of its methods".to_owned(),
                    1 => "but 1 of its methods has".to_owned(),
                    _ => format!("but {marked} of its methods have"),
                };
                lines.push(format!(
                    "{place}: interface `{name}` has no annotation, {rest}"
                ));
            }
            (Body::Interface(_), Some(mark)) => lines.push(format!(
                "{place}: interface `{name}` has `{}`, but no method that goes with it",
                mark.word.written()
            )),
            (_, Some(mark)) => lines.push(format!(
                "{place}: `{}` stands above `{name}`, which is not an interface",
                mark.word.written()
            )),
            (_, None) => {}
        }
    }
    lines
}
