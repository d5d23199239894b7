//! Flags that several commands share, and what they stand for.

use super::Failure;
use super::args::{Arguments, Flag};
use nd_hostgen::driver::DriverError;
use nd_hostgen::model::Model;
use nd_hostgen::source;
use std::io::Write;
use std::path::Path;

/// Where the definitions are.
pub const INPUT: Flag = Flag::value(
    "input",
    "SOURCE",
    "a repository, a folder of definitions or a model file (default: .)",
);

/// The file to write.
pub const OUTPUT_FILE: Flag = Flag::value(
    "output",
    "FILE",
    "the file to write (default: standard output)",
);

/// Reads the model that `--input` names.
pub fn load(arguments: &Arguments) -> Result<Model, Failure> {
    let path = arguments.path("input").unwrap_or(Path::new("."));
    Ok(source::load(path)?)
}

/// Writes a text where `--output` says.
pub fn write(arguments: &Arguments, text: &str, out: &mut dyn Write) -> Result<(), Failure> {
    match arguments.path("output") {
        None => out.write_all(text.as_bytes())?,
        Some(path) => std::fs::write(path, text).map_err(|source| DriverError::Io {
            action: "write",
            path: path.to_owned(),
            source,
        })?,
    }
    Ok(())
}
