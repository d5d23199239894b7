//! What the kit has already: the shared types of the definitions that this generator was built with, and `nd-types` too.

use crate::driver::{self, DriverError};
use crate::model::{Model, Struct, Type};
use std::collections::{BTreeMap, BTreeSet};

/// The definitions of the shared types, by path.
const SHARED: [(&str, &str); 1] = [(
    "types/shared.rs",
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../capabilities/types/shared.rs"
    )),
)];

/// The shared types of a model, as far as the kit is concerned.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Known {
    /// The names of those that `nd-types` has, too.
    pub same: BTreeSet<String>,
    /// The names of those that are something else there.
    pub different: BTreeSet<String>,
}

/// Compares the shared types of a model with those of the kit: by their fields, and by what these hold.
///
/// # Errors
///
/// Fails if the kit's own definitions have mistakes.
pub fn known(model: &Model) -> Result<Known, DriverError> {
    let texts = SHARED.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let kit = driver::shared_types_of(&texts.into())?;
    let (kit, own) = (shared(&kit), shared(model));
    let mut known = Known::default();
    for (name, item) in &own {
        match kit.get(name) {
            Some(theirs) if fields(theirs) == fields(item) => known.same.insert((*name).to_owned()),
            Some(_) => known.different.insert((*name).to_owned()),
            None => false,
        };
    }
    // A type is another one if it holds another one.
    loop {
        let holds_other = |name: &&String| {
            let item = own.get(name.as_str());
            let mut held = item.into_iter().flat_map(|item| &item.fields);
            held.any(|field| named(&field.ty).is_some_and(|name| !known.same.contains(name)))
        };
        let Some(name) = known.same.iter().find(holds_other).cloned() else {
            return Ok(known);
        };
        known.same.remove(&name);
        known.different.insert(name);
    }
}

/// The shared structs of a model by name.
fn shared(model: &Model) -> BTreeMap<&str, &Struct> {
    let shared = model.modules.iter().filter(|module| module.shared);
    let structs = shared.flat_map(|module| &module.structs);
    structs.map(|item| (item.name.as_str(), item)).collect()
}

/// What both sides of the wire must agree on, and the names that code uses.
fn fields(item: &Struct) -> BTreeMap<&str, (&str, &Type, bool)> {
    let fields = item.fields.iter();
    fields
        .map(|field| (&*field.json, (&*field.name, &field.ty, field.omit_empty)))
        .collect()
}

/// The struct inside a type.
fn named(ty: &Type) -> Option<&str> {
    match ty {
        Type::List(inner) | Type::Map(inner) | Type::Option(inner) => named(inner),
        Type::Shared(name) | Type::Local(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn kit() -> Model {
        let texts = SHARED.map(|(path, text)| (path.to_owned(), text.to_owned()));
        driver::shared_types_of(&texts.into()).unwrap()
    }

    #[test]
    fn the_kit_knows_all_of_its_own() {
        let known = known(&kit()).unwrap();
        assert!(known.same.contains("ArtistRef") && known.same.contains("SongRef"));
        assert!(known.different.is_empty());
    }

    #[test]
    fn one_more_field_makes_another_type_also_of_what_holds_it() {
        let mut model = kit();
        for module in &mut model.modules {
            for item in &mut module.structs {
                if item.name == "ArtistRef" {
                    item.fields.pop();
                }
            }
        }
        let known = known(&model).unwrap();
        let different: Vec<&str> = known.different.iter().map(String::as_str).collect();
        assert_eq!(different, ["ArtistRef", "SongRef", "Track"]);
        assert!(known.same.is_empty());
    }

    #[test]
    fn new_types_are_neither_the_same_nor_different() {
        let mut model = kit();
        for module in &mut model.modules {
            for item in &mut module.structs {
                item.name += "New";
            }
        }
        assert_eq!(known(&model).unwrap(), Known::default());
    }
}
