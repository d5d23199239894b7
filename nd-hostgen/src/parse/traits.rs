//! Host services and capabilities: traits and their methods.

use super::attributes::{Attribute, Attributes};
use super::{Context, types};
use crate::diagnostic::{Kind, Place};
use crate::syntax::{Capability, Export, Function, Param, Service, Type};
use syn::spanned::Spanned as _;

/// A trait of the definition language.
pub(super) enum Trait {
    /// It is marked `#[host_service]`.
    Service(Service),
    /// It is marked `#[capability]`.
    Capability(Capability),
}

/// Reads a trait.
pub(super) fn read(context: &mut Context<'_>, item: &syn::ItemTrait) -> Option<Trait> {
    let trait_name = context.name(&item.ident);
    let allowed = ["host_service", "capability"];
    let mut attributes = Attributes::read(context, &item.attrs, &allowed, "a trait");
    context.no_generics(&item.generics, &format!("trait `{}`", trait_name.value));
    if let Some(supertrait) = item.supertraits.first() {
        context.error(
            supertrait.span(),
            Kind::Unsupported,
            format!("trait `{}` has a supertrait", trait_name.value),
            "remove it; definitions stand alone",
        );
    }
    let service = attributes.take("host_service");
    let capability = attributes.take("capability");
    match (service, capability) {
        (Some(mark), None) => Some(Trait::Service(Service {
            name: mark.text("name"),
            permission: mark.text("permission"),
            since: mark.text("since"),
            docs: attributes.docs,
            functions: methods(context, item, read_function),
            trait_name,
        })),
        (None, Some(mark)) => Some(Trait::Capability(Capability {
            name: mark.text("name"),
            identity: mark.text("identity"),
            required: mark.flag("required").is_some(),
            since: mark.text("since"),
            docs: attributes.docs,
            exports: methods(context, item, read_export),
            trait_name,
        })),
        (None, None) if attributes.puzzling => None,
        (service, _) => {
            let (message, hint) = match service {
                Some(_) => ("is marked as two things", "keep one of the two attributes"),
                None => (
                    "is neither a host service nor a capability",
                    "mark it `#[host_service(name = \"…\", since = \"…\")]` or \
                     `#[capability(name = \"…\", since = \"…\")]`",
                ),
            };
            context.error(
                item.ident.span(),
                Kind::Attribute,
                format!("trait `{}` {message}", trait_name.value),
                hint,
            );
            None
        }
    }
}

/// Reads the methods of a trait, reporting its other items.
fn methods<T>(
    context: &mut Context<'_>,
    item: &syn::ItemTrait,
    read: fn(&mut Context<'_>, &syn::TraitItemFn) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for member in &item.items {
        match member {
            syn::TraitItem::Fn(method) => found.extend(read(context, method)),
            other => context.error(
                other.span(),
                Kind::Unsupported,
                format!("trait `{}` holds something other than a method", item.ident),
                "remove it; only methods cross the wire",
            ),
        }
    }
    found
}

/// Reads a method of a host service.
fn read_function(context: &mut Context<'_>, method: &syn::TraitItemFn) -> Option<Function> {
    let name = context.name(&method.sig.ident);
    let item = "a method of a host service";
    let mut attributes = Attributes::read(context, &method.attrs, &["host_fn"], item);
    let mark = marked(context, &mut attributes, "host_fn", method)?;
    let params = read_params(context, method, &["distinguish_null", "json"]);
    let (results, fallible) = read_results(context, &method.sig.output);
    Some(Function {
        import: mark.text("name"),
        since: mark.text("since"),
        result_names: mark.names("results"),
        docs: attributes.docs,
        name,
        params,
        results,
        fallible,
    })
}

/// Reads a method of a capability.
fn read_export(context: &mut Context<'_>, method: &syn::TraitItemFn) -> Option<Export> {
    let name = context.name(&method.sig.ident);
    let item = "a method of a capability";
    let mut attributes = Attributes::read(context, &method.attrs, &["export"], item);
    let mark = marked(context, &mut attributes, "export", method)?;
    Some(Export {
        name: mark.text("name"),
        since: mark.text("since"),
        essential: mark.flag("essential"),
        provider: mark.text("provider"),
        register: mark.text("register"),
        docs: attributes.docs,
        params: read_params(context, method, &[]),
        output: read_output(context, &method.sig.output),
        output_alias: None,
        method: name,
    })
}

/// The mark every method needs, and a check of the parts of a signature that no definition has.
fn marked(
    context: &mut Context<'_>,
    attributes: &mut Attributes,
    word: &'static str,
    method: &syn::TraitItemFn,
) -> Option<Attribute> {
    let sig = &method.sig;
    let owner = format!("method `{}`", sig.ident);
    context.no_generics(&sig.generics, &owner);
    let extras = [
        sig.constness.as_ref().map(|token| ("const", token.span)),
        sig.asyncness.as_ref().map(|token| ("async", token.span)),
        sig.unsafety.as_ref().map(|token| ("unsafe", token.span)),
    ];
    for (token, span) in extras.into_iter().flatten() {
        context.error(
            span,
            Kind::Unsupported,
            format!("{owner} is `{token}`"),
            "remove the word; a call across the wire is a plain call",
        );
    }
    if let Some(body) = &method.default {
        context.error(
            body.brace_token.span.open(),
            Kind::Unsupported,
            format!("{owner} has a body"),
            "end it with `;`; definitions hold no logic",
        );
    }
    let mark = attributes.take(word);
    if mark.is_none() && !attributes.puzzling {
        context.error(
            sig.ident.span(),
            Kind::Attribute,
            format!("{owner} is not marked"),
            format!("write `#[{word}]` above it"),
        );
    }
    mark
}

/// Reads the parameters of a method, leaving out unsound ones; `allowed` are the attributes they may carry.
fn read_params(
    context: &mut Context<'_>,
    method: &syn::TraitItemFn,
    allowed: &[&str],
) -> Vec<Param> {
    let mut params = Vec::new();
    for input in &method.sig.inputs {
        match input {
            syn::FnArg::Receiver(receiver) => {
                context.error(
                    receiver.span(),
                    Kind::Unsupported,
                    format!("method `{}` takes `self`", method.sig.ident),
                    "remove it; only the other parameters cross the wire",
                );
            }
            syn::FnArg::Typed(param) => params.extend(read_param(context, param, allowed)),
        }
    }
    params
}

/// Reads one parameter.
fn read_param(context: &mut Context<'_>, param: &syn::PatType, allowed: &[&str]) -> Option<Param> {
    let mut attributes = Attributes::read(context, &param.attrs, allowed, "a parameter");
    let distinguish_null: Option<Place> = attributes
        .take("distinguish_null")
        .map(|attribute| attribute.place);
    let syn::Pat::Ident(pattern) = &*param.pat else {
        context.error(
            param.pat.span(),
            Kind::Unsupported,
            "a parameter has a pattern instead of a name",
            "write `name: Type`; the name is the key on the wire",
        );
        return None;
    };
    if pattern.mutability.is_some() || pattern.by_ref.is_some() {
        context.error(
            pattern.span(),
            Kind::Unsupported,
            format!("parameter `{}` is `mut` or `ref`", pattern.ident),
            "write `name: Type`; the name is the key on the wire",
        );
    }
    Some(Param {
        name: context.name(&pattern.ident),
        json: attributes.take_text("json"),
        ty: types::read(context, &param.ty)?,
        distinguish_null,
    })
}

/// Reads what a host function returns: the results, and whether it may fail.
fn read_results(context: &mut Context<'_>, output: &syn::ReturnType) -> (Vec<Type>, bool) {
    let syn::ReturnType::Type(_, ty) = output else {
        return (Vec::new(), false);
    };
    match result_segment(ty) {
        Some(segment) => {
            let inner = types::arguments(context, segment, 1).unwrap_or_default();
            let values = inner.first().map(|inner| read_values(context, inner));
            (values.unwrap_or_default(), true)
        }
        None => (read_values(context, ty), false),
    }
}

/// Reads one value or a tuple of values.
fn read_values(context: &mut Context<'_>, ty: &syn::Type) -> Vec<Type> {
    match ty {
        syn::Type::Tuple(tuple) => {
            let values = tuple.elems.iter();
            values.filter_map(|ty| types::read(context, ty)).collect()
        }
        _ => types::read(context, ty).into_iter().collect(),
    }
}

/// Reads what an export returns; none stands for `()`.
fn read_output(context: &mut Context<'_>, output: &syn::ReturnType) -> Option<Type> {
    let syn::ReturnType::Type(_, ty) = output else {
        return None;
    };
    if matches!(&**ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return None;
    }
    if result_segment(ty).is_some() {
        context.error(
            ty.span(),
            Kind::Unsupported,
            "an export returns a `Result`",
            "write the plain type; every export can fail",
        );
        return None;
    }
    types::read(context, ty)
}

/// The path segment of a type written `Result<…>`.
fn result_segment(ty: &syn::Type) -> Option<&syn::PathSegment> {
    match ty {
        syn::Type::Path(path) if path.path.segments.len() == 1 => path
            .path
            .segments
            .first()
            .filter(|segment| segment.ident == "Result"),
        _ => None,
    }
}
