//! Second step: the block against the table of capabilities.

use crate::block::{Block, Kind, Method as Written};
use crate::generated::capabilities::{CAPABILITIES, Capability, Method, Trait};
use crate::mistake::{Mistake, Mistakes};
use proc_macro2::Ident;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// One export: the author's method and what the table says of it.
pub(crate) struct Export<'b> {
    pub(crate) written: &'b Written,
    pub(crate) method: &'static Method,
}

/// What was found wrong, and with what.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) mistakes: Mistakes,
    /// The capability and trait, if the trait is known.
    pub(crate) known: Option<(&'static Capability, &'static Trait)>,
    /// Methods as they cannot stay in the block.
    pub(crate) methods: Vec<Ident>,
}

/// Finds a trait by its name.
fn find(name: &str) -> Option<(&'static Capability, &'static Trait)> {
    CAPABILITIES.iter().find_map(|capability| {
        Some((
            capability,
            capability.traits.iter().find(|known| known.name == name)?,
        ))
    })
}

/// Checks the block; returns what to export, or everything that is wrong, beginning with the mistakes already found.
pub(crate) fn validate(block: &Block, mistakes: Mistakes) -> Result<Vec<Export<'_>>, Faults> {
    let mut faults = Faults {
        mistakes,
        known: find(&block.trait_name()),
        methods: Vec::new(),
    };
    check_impl(block, &mut faults.mistakes);
    let name = block.trait_ident();
    let Some((_, known)) = faults.known else {
        faults.mistakes.add(
            name,
            Mistake::UnknownTrait {
                name: &block.trait_name(),
            },
        );
        return Err(faults);
    };

    let mut exports: Vec<Export<'_>> = Vec::new();
    for written in block.methods() {
        let ident = &written.name;
        let before = faults.mistakes.len();
        match known.methods.iter().find(|method| ident == method.name) {
            Some(method) => {
                check_method(written, method, &mut faults.mistakes);
                // A method written twice is rustc's to report.
                if !exports
                    .iter()
                    .any(|export| export.method.name == method.name)
                {
                    exports.push(Export { written, method });
                }
            }
            None => faults.mistakes.add(
                ident,
                Mistake::UnknownMethod {
                    name: &ident.to_string(),
                    known,
                },
            ),
        }
        if faults.mistakes.len() > before {
            faults.methods.push(ident.clone());
        }
    }

    let missing = || known.methods.iter().filter(|method| method.essential);
    if missing().next().is_none() && block.methods().next().is_none() {
        faults.mistakes.add(name, Mistake::Nothing { known });
    }
    for method in missing() {
        // A misspelt method is one mistake, not two: with an unknown one reported, only what has no likely spelling is missing.
        let meant = |written: &Written| {
            let written = written.name.to_string();
            written == method.name
                || crate::suggest::nearest(&written, std::iter::once(method.name)).is_some()
        };
        if !block.methods().any(meant) {
            faults
                .mistakes
                .add(name, Mistake::MissingMethod { known, method });
        }
    }
    if faults.mistakes.is_empty() {
        Ok(exports)
    } else {
        Err(faults)
    }
}

fn check_impl(block: &Block, mistakes: &mut Mistakes) {
    let generics = &block.generics;
    if let Some(word) = &block.unsafety {
        mistakes.add(word, Mistake::UnsafeImpl);
    }
    if !generics.params.is_empty() {
        mistakes.add(&generics.params, Mistake::GenericImpl);
    } else if let Some(clause) = &generics.where_clause {
        mistakes.add(clause, Mistake::GenericImpl);
    }
}

fn check_method(written: &Written, method: &'static Method, mistakes: &mut Mistakes) {
    for (word, tokens) in &written.qualifiers {
        mistakes.add(tokens, Mistake::Qualifier { word });
    }
    if !written.generics.params.is_empty() {
        mistakes.add(&written.generics.params, Mistake::GenericMethod { method });
    } else if let Some(clause) = &written.generics.where_clause {
        mistakes.add(clause, Mistake::GenericMethod { method });
    }
    check_receiver(written, method, mistakes);
    check_arguments(written, method, mistakes);
    check_output(written, method, mistakes);
}

fn check_receiver(written: &Written, method: &'static Method, mistakes: &mut Mistakes) {
    match written.receiver() {
        None => mistakes.add(&written.name, Mistake::NoReceiver { method }),
        Some(receiver) => {
            // `self: &Self` is another way to write the same; other typed receivers are rustc's to judge.
            if let Kind::SelfOtherwise = receiver.kind {
                mistakes.add(receiver, Mistake::WrongReceiver { method });
            }
        }
    }
}

fn check_arguments(written: &Written, method: &'static Method, mistakes: &mut Mistakes) {
    let mut arguments = written.typed();
    match (method.input, arguments.next()) {
        (Some(name), Some((_, ty))) => check_argument_type(ty, name, method, mistakes),
        (Some(_), None) => mistakes.add(&written.name, Mistake::ArgumentCount { method }),
        (None, Some((argument, _))) => mistakes.add(argument, Mistake::ArgumentCount { method }),
        (None, None) => {}
    }
    if let (Some(_), Some((argument, _))) = (method.input, arguments.next()) {
        mistakes.add(argument, Mistake::ArgumentCount { method });
    }
}

fn check_argument_type(ty: &Type, name: &str, method: &'static Method, mistakes: &mut Mistakes) {
    match ty {
        Type::Reference(reference) if names(&reference.elem, name) => {
            mistakes.add(ty, Mistake::ArgumentByReference { method });
        }
        Type::Path(_) if names(ty, name) || !is_known(ty) => {}
        // A macro's type may come wrapped; rustc sees through it.
        Type::Group(_) | Type::Paren(_) | Type::Macro(_) | Type::Infer(_) => {}
        _ => mistakes.add(ty, Mistake::ArgumentType { method }),
    }
}

fn check_output(written: &Written, method: &'static Method, mistakes: &mut Mistakes) {
    let ty = match &written.output {
        ReturnType::Default => {
            mistakes.add(&written.name, Mistake::NoReturnType { method });
            return;
        }
        ReturnType::Type(_, ty) => ty,
    };
    let Type::Path(path) = &**ty else {
        if !matches!(**ty, Type::Group(_) | Type::Paren(_) | Type::Macro(_)) {
            mistakes.add(ty, Mistake::NotAResult { method });
        }
        return;
    };
    if !names(ty, "Result") {
        if is_known(ty) {
            mistakes.add(ty, Mistake::NotAResult { method });
        }
        return;
    }
    let Some(PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|segment| &segment.arguments)
    else {
        return;
    };
    if let Some(GenericArgument::Type(output)) = arguments.args.first() {
        if !is_output(output, method.output) {
            mistakes.add(output, Mistake::OutputType { method });
        }
    }
}

/// Tells whether a written type may be the output that the table names: aliases are left to rustc.
fn is_output(written: &Type, expected: &str) -> bool {
    match written {
        Type::Tuple(tuple) => tuple.elems.is_empty() && expected == "()",
        Type::Path(path) => {
            let outer = expected.split('<').next().unwrap_or(expected);
            if !names(written, outer) {
                return !is_known(written);
            }
            let inner = expected
                .strip_prefix("Option<")
                .and_then(|inner| inner.strip_suffix('>'));
            match (
                inner,
                path.path.segments.last().map(|segment| &segment.arguments),
            ) {
                (Some(inner), Some(PathArguments::AngleBracketed(arguments))) => {
                    match arguments.args.first() {
                        Some(GenericArgument::Type(ty)) => is_output(ty, inner),
                        _ => true,
                    }
                }
                _ => true,
            }
        }
        Type::Group(_) | Type::Paren(_) | Type::Macro(_) | Type::Infer(_) => true,
        _ => false,
    }
}

/// Tells whether the last segment of a type's path is this name.
fn names(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}

/// Tells whether a type's name means the same to everybody: the standard ones, and those of the capabilities.
fn is_known(ty: &Type) -> bool {
    const STANDARD: [&str; 20] = [
        "String", "str", "bool", "char", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64",
        "f32", "f64", "usize", "isize", "Vec", "Option", "Box", "HashMap",
    ];
    let inputs = CAPABILITIES
        .iter()
        .flat_map(|capability| capability.traits)
        .flat_map(|known| known.methods);
    STANDARD.iter().any(|name| names(ty, name))
        || inputs
            .clone()
            .any(|method| method.input.is_some_and(|input| names(ty, input)))
        || inputs.clone().any(|method| names(ty, method.output))
}
