//! The Rust front end: reads a definition file with `syn`, each item by itself, and keeps every place.

mod attributes;
mod depth;
mod structs;
mod traits;
mod types;

use crate::diagnostic::{Diagnostics, Kind, Place};
use crate::syntax::{Folder, Origin, SourceFile, Spanned};
use attributes::Attributes;
use proc_macro2::{Span, TokenStream};

/// Reads one definition file; what cannot be read is reported and left out.
pub fn parse(
    path: &str,
    folder: Folder,
    text: &str,
    diagnostics: &mut Diagnostics,
) -> Option<SourceFile> {
    // On a stack of its own, which is large enough for the deepest nesting that is let through.
    let mut context = Context {
        file: path,
        diagnostics,
        depth: 0,
    };
    let file = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(depth::STACK);
        let reading = thread.spawn_scoped(scope, || read(&mut context, folder, text));
        reading.map(|reading| match reading.join() {
            Ok(file) => file,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    });
    file.unwrap_or_else(|error| {
        let place = Place::start_of(path);
        let message = format!("this file could not be read: {error}");
        let hint = "the parser needs a stack of its own; give the program more memory";
        diagnostics.report(&place, Kind::Syntax, message, hint);
        None
    })
}

fn read(context: &mut Context<'_>, folder: Folder, text: &str) -> Option<SourceFile> {
    let path = context.file;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens = text.parse::<TokenStream>().map_err(syn::Error::from);
    if let Ok(tokens) = &tokens
        && let Some(span) = depth::too_deep(tokens.clone())
    {
        context.error(
            span,
            Kind::Syntax,
            "this is nested too deeply, or goes on for too long without a comma or semicolon",
            "definitions are short; look for a bracket without its partner",
        );
        return None;
    }
    let parsed = match tokens.and_then(syn::parse2::<syn::File>) {
        Ok(parsed) => parsed,
        Err(error) => {
            context.error(
                error.span(),
                Kind::Syntax,
                format!("this is not Rust: {error}"),
                "definitions are plain Rust; look for a bracket or quote without its partner, or run rustfmt",
            );
            return None;
        }
    };
    let stem = path.rsplit('/').next().unwrap_or(path);
    let mut file = SourceFile {
        path: path.to_owned(),
        stem: stem.strip_suffix(".rs").unwrap_or(stem).to_owned(),
        folder,
        origin: Origin::Rust,
        docs: Attributes::read(context, &parsed.attrs, &[], "a file").docs,
        declared: parsed.items.iter().filter_map(type_name).collect(),
        services: Vec::new(),
        capabilities: Vec::new(),
        structs: Vec::new(),
        aliases: Vec::new(),
        constants: Vec::new(),
    };
    for item in &parsed.items {
        read_item(context, item, &mut file);
    }
    Some(file)
}

/// Reads one item and files it under its kind.
fn read_item(context: &mut Context<'_>, item: &syn::Item, file: &mut SourceFile) {
    match item {
        syn::Item::Trait(item) => match traits::read(context, item) {
            Some(traits::Trait::Service(service)) => file.services.push(service),
            Some(traits::Trait::Capability(capability)) => file.capabilities.push(capability),
            None => {}
        },
        syn::Item::Struct(item) => file.structs.extend(structs::read_struct(context, item)),
        syn::Item::Type(item) => file.aliases.extend(structs::read_alias(context, item)),
        syn::Item::Const(item) => file.constants.extend(structs::read_constant(context, item)),
        syn::Item::Use(item) => context.error(
            item.use_token.span,
            Kind::Unsupported,
            "definitions have no imports",
            "remove it; shared types are found by name or as `types::Name`",
        ),
        other => {
            let span = syn::spanned::Spanned::span(other);
            context.error(
                span,
                Kind::Unsupported,
                "definitions have no items of this kind",
                "traits, structs, `#[alias]` types and constants are what a definition file holds",
            );
        }
    }
}

/// The name of a struct or alias.
fn type_name(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// What every reading function needs: the file's name and a place for mistakes.
struct Context<'a> {
    file: &'a str,
    diagnostics: &'a mut Diagnostics,
    /// How many types lie around the one at hand.
    depth: usize,
}

impl Context<'_> {
    fn error(
        &mut self,
        span: Span,
        kind: Kind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let place = self.place(span);
        self.diagnostics.report(&place, kind, message, hint);
    }

    fn place(&self, span: Span) -> Place {
        Place::of(self.file, span)
    }

    fn name(&self, ident: &syn::Ident) -> Spanned<String> {
        Spanned {
            value: syn::ext::IdentExt::unraw(ident).to_string(),
            place: self.place(ident.span()),
        }
    }

    /// Reports generic parameters, which no definition has.
    fn no_generics(&mut self, generics: &syn::Generics, item: &str) {
        if let Some(parameter) = generics.params.first() {
            self.error(
                syn::spanned::Spanned::span(parameter),
                Kind::Unsupported,
                format!("{item} has generic parameters"),
                "write concrete types; the wire has no generics",
            );
        } else if let Some(clause) = &generics.where_clause {
            self.error(
                clause.where_token.span,
                Kind::Unsupported,
                format!("{item} has a `where` clause"),
                "remove it; the wire has no generics",
            );
        }
    }
}
