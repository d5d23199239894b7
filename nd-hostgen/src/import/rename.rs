//! Names that Go definitions may use and generated Rust needs for itself: they get others, which the wire does not see.

use crate::names;
use crate::syntax::{Folder, SourceFile, Spanned, Type, TypeKind};
use std::collections::BTreeMap;

/// Renames what stands in the way, and says so for types, whose names plugins write.
pub(super) fn reserved(file: &mut SourceFile, notes: &mut Vec<String>) {
    for service in &mut file.services {
        if let Some(name) = &mut service.name {
            let camel = names::upper_camel(&names::snake(&name.value));
            // The wire knows the name in lower case only.
            if camel.to_lowercase() == name.value.to_lowercase()
                && !names::is_upper_camel(&name.value)
            {
                name.value = camel;
            }
        }
        for function in &mut service.functions {
            free(&mut function.name, &names::RESERVED_FUNCTIONS);
            for param in &mut function.params {
                free(&mut param.name, &names::RESERVED_VALUES);
            }
            for result in &mut function.result_names {
                free(&mut result.name, &names::RESERVED_VALUES);
            }
        }
    }
    if file.folder == Folder::Types {
        return;
    }
    let new = new_names(file);
    for (old, new) in &new {
        notes.push(format!(
            "type `{old}` is called `{new}` here, because generated code needs its name ({})",
            file.path
        ));
    }
    if !new.is_empty() {
        rename_types(file, &new);
    }
}

/// Adds a `_`, which neither JSON nor import names keep.
fn free(name: &mut Spanned<String>, reserved: &[&str]) {
    if reserved.contains(&name.value.as_str()) && !names::is_unusable(&name.value) {
        name.value.push('_');
    }
}

/// The new names of types whose names are taken: with the trait's name in front.
fn new_names(file: &SourceFile) -> BTreeMap<String, String> {
    let services = file.services.iter().map(|item| &item.trait_name);
    let mut traits = services.chain(file.capabilities.iter().map(|item| &item.trait_name));
    let Some(start) = traits.next() else {
        return BTreeMap::new();
    };
    let structs = file.structs.iter().map(|item| &item.name.value);
    let types: Vec<&String> = structs
        .chain(file.aliases.iter().map(|item| &item.name.value))
        .collect();
    let taken = types
        .iter()
        .filter(|name| names::RESERVED_TYPES.contains(&name.as_str()));
    let pairs = taken.map(|name| {
        let mut new = format!("{}{name}", start.value);
        while types.contains(&&new) || names::RESERVED_TYPES.contains(&new.as_str()) {
            new += "Data";
        }
        ((*name).clone(), new)
    });
    pairs.collect()
}

fn rename_types(file: &mut SourceFile, new: &BTreeMap<String, String>) {
    let rename = |name: &mut String| {
        if let Some(new) = new.get(name.as_str()) {
            name.clone_from(new);
        }
    };
    for function in file
        .services
        .iter_mut()
        .flat_map(|item| &mut item.functions)
    {
        let params = function.params.iter_mut().map(|param| &mut param.ty);
        params
            .chain(&mut function.results)
            .for_each(|ty| inside(ty, &rename));
    }
    for export in file
        .capabilities
        .iter_mut()
        .flat_map(|item| &mut item.exports)
    {
        let params = export.params.iter_mut().map(|param| &mut param.ty);
        params
            .chain(&mut export.output)
            .for_each(|ty| inside(ty, &rename));
    }
    for item in &mut file.structs {
        rename(&mut item.name.value);
        item.fields
            .iter_mut()
            .for_each(|field| inside(&mut field.ty, &rename));
    }
    for alias in &mut file.aliases {
        rename(&mut alias.name.value);
    }
    for constant in &mut file.constants {
        rename(&mut constant.ty.value);
    }
    file.declared.iter_mut().for_each(rename);
}

/// Renames the local types inside a type.
fn inside(ty: &mut Type, rename: &dyn Fn(&mut String)) {
    match &mut ty.kind {
        TypeKind::List(inner) | TypeKind::Map(inner) | TypeKind::Option(inner) => {
            inside(inner, rename);
        }
        TypeKind::Named {
            shared: false,
            name,
        } => rename(name),
        _ => {}
    }
}
