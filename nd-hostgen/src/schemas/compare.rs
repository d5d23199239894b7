//! Our schemas against the files of somebody else: equal in names, types, formats, required fields and references.
//!
//! Documentation and the order of things are left out. Files are told by the exports in them, not by their names.

use super::Schema;
use crate::driver::DriverError;
use crate::text_file;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use thiserror::Error;

/// Why schemas could not be compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The folder or a file in it could not be read.
    #[error(transparent)]
    Io(#[from] DriverError),
    /// A file is not YAML.
    #[error("`{file}` is not YAML: {message}")]
    NotYaml {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// The folder holds no schema; name one that does.
    #[error("no schemas in `{folder}`: no `.yaml` file there has exports")]
    Nothing {
        /// The folder.
        folder: String,
    },
}

/// A schema of somebody else.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Its file's name.
    pub file: String,
    /// What it says.
    pub schema: Value,
}

/// Reads every schema of a folder; YAML files without `exports` are something else and are left out.
///
/// # Errors
///
/// Fails if something cannot be read, if a file is not YAML, or if there is no schema.
pub fn read(folder: &Path) -> Result<Vec<Reference>, CompareError> {
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| DriverError::Io {
            action,
            path,
            source,
        }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io("list", folder))? {
        let path = entry.map_err(io("list", folder))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml")) {
            paths.push(path);
        }
    }
    paths.sort();
    let mut references = Vec::new();
    for path in paths {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = text_file::read_found(&path, text_file::DATA)?;
        let schema: Value = match serde_saphyr::from_str(&text) {
            Ok(schema) => schema,
            Err(error) => {
                let message = error.to_string();
                return Err(CompareError::NotYaml { file, message });
            }
        };
        if schema.get("exports").is_some() {
            references.push(Reference { file, schema });
        }
    }
    if references.is_empty() {
        let folder = folder.display().to_string();
        return Err(CompareError::Nothing { folder });
    }
    Ok(references)
}

/// Compares our schemas with those of somebody else; each line tells one difference, none means that they agree.
pub fn compare(ours: &[Schema], theirs: &[Reference]) -> Vec<String> {
    let mut differences = Vec::new();
    let mut met = BTreeSet::new();
    for reference in theirs {
        let theirs = names(&reference.schema);
        let common = |schema: &Schema| {
            let ours = schema.exports.iter();
            ours.filter(|export| theirs.contains(export.name.as_str()))
                .count()
        };
        let best = ours.iter().enumerate().max_by_key(|(at, schema)| {
            // Of several that have as much in common, the first.
            (common(schema), std::cmp::Reverse(*at))
        });
        match best {
            Some((at, schema)) if common(schema) > 0 && met.insert(at) => {
                let mut theirs = reference.schema.clone();
                normalise(&mut theirs);
                let mut ours = schema.meaning();
                normalise(&mut ours);
                let place = format!("{} ({})", schema.capability, reference.file);
                differ(&place, &ours, &theirs, &mut differences);
            }
            _ => differences.push(format!(
                "{}: no capability of ours has its exports",
                reference.file
            )),
        }
    }
    for (at, schema) in ours.iter().enumerate() {
        if !met.contains(&at) {
            differences.push(format!(
                "{}: no file of theirs has its exports",
                schema.capability
            ));
        }
    }
    differences
}

/// The names of a schema's exports.
fn names(schema: &Value) -> BTreeSet<&str> {
    let exports = schema.get("exports").and_then(Value::as_object);
    let exports = exports.into_iter().flat_map(Map::keys);
    exports.map(String::as_str).collect()
}

/// Takes out what has no meaning: documentation, and the order of required fields.
fn normalise(schema: &mut Value) {
    let exports = schema.get_mut("exports").and_then(Value::as_object_mut);
    for export in exports.into_iter().flat_map(Map::values_mut) {
        without_description(export);
        let payloads = export.as_object_mut();
        payloads
            .into_iter()
            .flat_map(Map::values_mut)
            .for_each(without_description);
    }
    let types = schema
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for ty in types.into_iter().flat_map(Map::values_mut) {
        without_description(ty);
        let properties = ty.get_mut("properties").and_then(Value::as_object_mut);
        properties
            .into_iter()
            .flat_map(Map::values_mut)
            .for_each(without_description);
        if let Some(required) = ty.get_mut("required").and_then(Value::as_array_mut) {
            required.sort_by_key(Value::to_string);
        }
    }
}

fn without_description(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        object.remove("description");
    }
}

/// Tells every difference of two trees with its path.
fn differ(path: &str, ours: &Value, theirs: &Value, differences: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for key in keys {
                let path = format!("{path}: {key}");
                match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) => differ(&path, ours, theirs, differences),
                    (Some(_), None) => differences.push(format!("{path} is ours only")),
                    _ => differences.push(format!("{path} is theirs only")),
                }
            }
        }
        _ if ours != theirs => {
            differences.push(format!("{path} is {ours} here and {theirs} there"));
        }
        _ => {}
    }
}
