//! `import`: definitions in our own language from annotated Go ones.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, complain};
use nd_hostgen::driver::{self, DriverError};
use nd_hostgen::go::{self, GoInput};
use nd_hostgen::import::{self, Imported, Options};
use nd_hostgen::model::Model;
use nd_hostgen::{names, source};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The command.
pub const COMMAND: Command = Command {
    name: "import",
    operands: &[],
    about: "writes definitions in our own language from annotated Go ones, such as a checkout of the server",
    details: "\
What --known defines already keeps its releases, documentation and names; without --known that is
what lies in --output. A file that exists and would change is written only with --overwrite.
Texts of Go comments are copied unless --derive-docs is given; their licence is that of the Go files.

Exit codes: 0 written or nothing to do; 1 a failure; 2 wrong command line.
",
    flags: &[&[
        Flag::value("input", "DIR", "a checkout, or a folder of Go files (default: .)"),
        Flag::value("shared", "DIR", "the folder of shared types"),
        Flag::value("output", "DIR", "the folder that holds types/, capabilities/ and services/"),
        Flag::value("since", "RELEASE", "the server release that has what is new, such as 0.64.0"),
        Flag::value("known", "SOURCE", "definitions whose releases and documentation are kept"),
        Flag::value("only", "NAMES", "the modules to write, separated by commas"),
        Flag::switch("derive-docs", "make documentation from names, and copy none"),
        Flag::switch("overwrite", "change files that exist"),
        Flag::switch("legacy", "keep the stricter rules of the old generator"),
        Flag::switch("dry-run", "write nothing; print every file"),
        Flag::switch("v", "say what is read and written").or("verbose"),
    ]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let output = arguments.path("output");
    let dry = arguments.is_on("dry-run");
    if output.is_none() && !dry {
        let message = "say where to write with --output, or use --dry-run";
        return Err(Failure::Usage(message.to_owned()));
    }
    let options = Options {
        since: since(arguments)?,
        derive_docs: arguments.is_on("derive-docs"),
    };
    let loaded = go::load_all(&GoInput {
        input: arguments.path("input").unwrap_or(Path::new(".")).to_owned(),
        shared: arguments.path("shared").map(Path::to_owned),
        legacy: arguments.is_on("legacy"),
    })?;
    if !loaded.warnings.is_empty() {
        complain(&format!("{}\n", loaded.rendered_warnings()));
    }
    if !loaded.explanation.is_empty() {
        complain(&format!(
            "note: nothing to import\n  {}\n",
            loaded.explanation.join("\n  ")
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let known = known(arguments, output)?;
    let mut imported = import::import(&loaded, &known, &options)?;
    if let Some(names) = arguments.text("only").map_err(Failure::Usage)? {
        keep_only(&mut imported, names)?;
    }
    for note in &imported.notes {
        complain(&format!("note: {note}\n"));
    }
    match output {
        Some(output) if !dry => write(arguments, output, &imported, out),
        _ => {
            for (path, text) in &imported.files {
                writeln!(out, "=== {path} ===\n{text}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The release for what is new; `0.64` stands for `0.64.0`.
fn since(arguments: &Arguments) -> Result<Option<String>, Failure> {
    let Some(given) = arguments.text("since").map_err(Failure::Usage)? else {
        return Ok(None);
    };
    let plain = given.strip_prefix('v').unwrap_or(given);
    let longer = format!("{plain}.0");
    for release in [plain, &longer] {
        if names::is_release(release) {
            return Ok(Some(release.to_owned()));
        }
    }
    let message = format!("`{given}` is not a server release; write three numbers, such as 0.64.0");
    Err(Failure::Usage(message))
}

/// The definitions that exist already.
fn known(arguments: &Arguments, output: Option<&Path>) -> Result<Model, Failure> {
    if let Some(path) = arguments.path("known") {
        return Ok(source::load(path)?);
    }
    let sources = match output {
        Some(output) => driver::sources(output)?,
        None => Default::default(),
    };
    Ok(driver::model_of(&sources)?)
}

/// Leaves only the files of some modules.
fn keep_only(imported: &mut Imported, names: &str) -> Result<(), Failure> {
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.strip_suffix(".rs").unwrap_or(name).to_owned()
    };
    let known: Vec<String> = imported.files.keys().map(|path| stem(path)).collect();
    let names: Vec<String> = names
        .split(',')
        .map(|name| name.trim().to_lowercase())
        .collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        let known = known.join(", ");
        return Err(Failure::Usage(format!(
            "there is no module `{unknown}`; there are: {known}"
        )));
    }
    imported.files.retain(|path, _| names.contains(&stem(path)));
    Ok(())
}

/// Writes the files that differ, all of them or none.
fn write(
    arguments: &Arguments,
    output: &Path,
    imported: &Imported,
    out: &mut dyn Write,
) -> Outcome {
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| DriverError::Io {
            action,
            path,
            source,
        }
    };
    let mut changed: Vec<(PathBuf, &String)> = Vec::new();
    for (path, text) in &imported.files {
        let path = output.join(path);
        match fs::read_to_string(&path) {
            Ok(found) if found == *text => {}
            Ok(_) if !arguments.is_on("overwrite") => {
                return Err(DriverError::Exists { path }.into());
            }
            Ok(_) => changed.push((path, text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                changed.push((path, text));
            }
            Err(error) => return Err(io("read", &path)(error).into()),
        }
    }
    for (path, text) in &changed {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io("create", parent))?;
        }
        fs::write(path, text).map_err(io("write", path))?;
        if arguments.is_on("v") {
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    if arguments.is_on("v") && changed.is_empty() {
        writeln!(out, "nothing changed")?;
    }
    Ok(ExitCode::SUCCESS)
}
