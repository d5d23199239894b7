//! `docs`: the reference documentation of any source.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, common};
use nd_hostgen::backend::reference;
use std::io::Write;
use std::process::ExitCode;

/// The command.
pub const COMMAND: Command = Command {
    name: "docs",
    operands: &[],
    about: "writes the reference documentation of a source as Markdown",
    details: "",
    flags: &[&[
        common::INPUT,
        common::SHARED,
        Flag::value("output", "DIR", "where to write the pages"),
        Flag::switch("dry-run", "write nothing; print every page"),
        Flag::switch("v", "say what is written").or("verbose"),
    ]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let pages = reference::pages(&common::load(arguments)?);
    if arguments.is_on("dry-run") {
        for (name, text) in &pages {
            writeln!(out, "=== {name} ===\n{text}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(folder) = arguments.path("output") else {
        let message = "say where to write with --output, or use --dry-run";
        return Err(Failure::Usage(message.to_owned()));
    };
    for path in common::write_all(folder, &pages)? {
        if arguments.is_on("v") {
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
