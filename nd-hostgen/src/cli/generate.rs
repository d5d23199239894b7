//! `generate`: everything generated in this repository, written, compared or printed.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, common, complain};
use nd_hostgen::backend;
use nd_hostgen::diagnostic::counted;
use nd_hostgen::driver;
use nd_hostgen::model::Model;
use nd_hostgen::source::{self, SourceError};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// What is done with the files instead of writing them; at most one of these may be asked for.
const MODES: [&str; 3] = ["check", "dry-run", "print-model"];

/// The command.
pub const COMMAND: Command = Command {
    name: "generate",
    operands: &[],
    about: "writes everything generated from the definitions under DIR/capabilities",
    details: "",
    flags: &[&[
        Flag::value(
            "root",
            "DIR",
            "the repository's root (default: the current directory)",
        ),
        Flag::value(
            "input",
            "SOURCE",
            "take the definitions from here instead: any source, such as a checkout of the server",
        ),
        Flag::switch(
            "check",
            "write nothing; fail if a generated file is stale, missing or left over",
        ),
        Flag::switch("dry-run", "write nothing; print every generated file"),
        Flag::switch("print-model", "write nothing; print the checked model"),
        Flag::switch("v", "say what is read and written").or("verbose"),
    ]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let mode = match arguments.on(&MODES)[..] {
        [] => "",
        [mode] => mode,
        [first, second, ..] => {
            let message = format!("`--{second}` does not go with `--{first}`");
            return Err(Failure::Usage(message));
        }
    };
    let verbose = arguments.is_on("v");
    let root = arguments.path("root").unwrap_or(Path::new("."));
    let model = match arguments.path("input") {
        None => driver::load(root)?,
        Some(input) => {
            let (read, _) = source::load_with(input, None)?;
            common::remark(&read);
            // Whoever names the wrong place would lose every generated file.
            if read.model.services.is_empty() && read.model.capabilities.is_empty() {
                let path = input.to_owned();
                return Err(SourceError::Nothing { path }.into());
            }
            read.model
        }
    };
    if verbose {
        writeln!(out, "root: {}", root.display())?;
        print_found(&model, out)?;
    }
    if mode == "print-model" {
        writeln!(out, "{model:#?}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = backend::emit(&model);
    match mode {
        "dry-run" => {
            for (path, text) in &files {
                writeln!(out, "=== {path} ===\n{text}")?;
            }
        }
        "check" => {
            let difference = driver::compare(root, &files)?;
            if !difference.is_empty() {
                complain(&common::report(
                    &difference,
                    Path::new(""),
                    "run make gen and commit the result",
                ));
                return Ok(ExitCode::FAILURE);
            }
            if verbose {
                writeln!(out, "{} generated files are fresh", files.len())?;
            }
        }
        _ => {
            let difference = driver::write(root, &files)?;
            if verbose {
                common::print_changes(&difference, Path::new(""), out)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which services and capabilities a model holds.
fn print_found(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    let (services, capabilities) = (&model.services, &model.capabilities);
    writeln!(out, "found {}", counted(services.len(), "host service"))?;
    for service in services {
        let functions = counted(service.functions.len(), "function");
        writeln!(out, "  {} ({functions}), {}", service.name, service.source)?;
    }
    let found = counted(capabilities.len(), "capability definition");
    writeln!(out, "found {found}")?;
    for capability in capabilities {
        let exports = counted(capability.exports.len(), "export");
        let (module, source) = (&capability.module, &capability.source);
        writeln!(out, "  {module} ({exports}), {source}")?;
    }
    Ok(())
}
