//! XTP schemas of the capabilities, for tools of other languages.

use super::Files;
use crate::model::Model;
use crate::schemas;

/// Where the files go.
pub const DIRECTORY: &str = "capabilities/schemas";

/// Writes one schema per capability.
pub fn emit(model: &Model, files: &mut Files) {
    let schemas = schemas::of(model);
    for (name, schema) in schemas::file_names(&schemas).iter().zip(&schemas) {
        let header = super::header("#", &schema.source, super::COMMAND);
        let text = format!("{header}{}", schema.yaml());
        files.insert(format!("{DIRECTORY}/{name}.yaml"), text);
    }
}
