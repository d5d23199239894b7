//! Flags that several commands share, and what they stand for.

use super::args::{Arguments, Flag};
use super::{Failure, complain};
use nd_hostgen::backend::Files;
use nd_hostgen::driver::{Difference, DriverError};
use nd_hostgen::model::Model;
use nd_hostgen::source::{self, Read};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where the definitions are.
pub const INPUT: Flag = Flag::value(
    "input",
    "SOURCE",
    "definitions, a checkout of the server, Go files or a model file (default: .)",
);

/// The file to write.
pub const OUTPUT_FILE: Flag = Flag::value(
    "output",
    "FILE",
    "the file to write (default: standard output)",
);

/// Where shared types are that the input does not declare.
pub const SHARED: Flag = Flag::value(
    "shared",
    "SOURCE",
    "where the shared types are that the input uses and does not declare",
);

/// Reads the model that `--input` names.
pub fn load(arguments: &Arguments) -> Result<Model, Failure> {
    let path = arguments.path("input").unwrap_or(Path::new("."));
    load_from(path, arguments.path("shared"))
}

/// Reads a model, with remarks on standard error.
pub fn load_from(path: &Path, shared: Option<&Path>) -> Result<Model, Failure> {
    let read = source::read(path, shared)?;
    remark(&read);
    Ok(read.model)
}

/// Says what is worth knowing about a source.
pub fn remark(read: &Read) {
    if !read.remarks.is_empty() {
        complain(&format!("{}\n", read.remarks.trim_end()));
    }
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

/// Says which files below a folder a run wrote and removed.
pub fn print_changes(
    difference: &Difference,
    folder: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    for path in difference.stale.iter().chain(&difference.missing) {
        writeln!(out, "wrote {}", folder.join(path).display())?;
    }
    for path in &difference.left_over {
        writeln!(out, "removed {}", folder.join(path).display())?;
    }
    if difference.is_empty() {
        writeln!(out, "nothing changed")?;
    }
    Ok(())
}

/// Says how the files below a folder differ from the definitions, and what to do.
pub fn report(difference: &Difference, folder: &Path, advice: &str) -> String {
    let kinds = [
        ("stale", &difference.stale),
        ("missing", &difference.missing),
        ("left over", &difference.left_over),
        ("not generated, move it away", &difference.foreign),
    ];
    let mut text = String::from("error: generated files do not match the definitions\n");
    for (kind, paths) in kinds {
        for path in paths {
            text += &format!("  {} ({kind})\n", folder.join(path).display());
        }
    }
    text + advice + "\n"
}

/// Writes files into a folder, which is made if it is not there; returns their paths.
pub fn write_all(folder: &Path, files: &Files) -> Result<Vec<PathBuf>, DriverError> {
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| DriverError::Io {
            action,
            path,
            source,
        }
    };
    std::fs::create_dir_all(folder).map_err(io("create", folder))?;
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(io("write", &path))?;
        written.push(path);
    }
    Ok(written)
}
