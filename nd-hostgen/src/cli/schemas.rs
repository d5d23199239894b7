//! `schemas`: the XTP schema of each capability, written, printed, or compared with somebody else's.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, common, complain};
use nd_hostgen::diagnostic::counted;
use nd_hostgen::schemas::{self, compare};
use std::io::Write;
use std::process::ExitCode;

/// The command.
pub const COMMAND: Command = Command {
    name: "schemas",
    operands: &[],
    about: "writes the XTP schema of each capability, or compares them with other files",
    details: "\
Schemas that break the rules of XTP are written all the same, with a warning.
Compared are names, types, formats, required fields and references, not texts.

Exit codes: 0 written, or no difference; 1 a failure; 2 wrong command line;
3 schemas differ from those of --compare.
",
    flags: &[&[
        common::INPUT,
        common::SHARED,
        Flag::value("output", "DIR", "where to write one file per capability"),
        Flag::switch("dry-run", "write nothing; print every file"),
        Flag::value(
            "compare",
            "DIR",
            "write nothing; say how the schemas in DIR differ",
        ),
        Flag::switch("v", "say what is written or compared").or("verbose"),
    ]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let schemas = schemas::of(&common::load(arguments)?);
    for schema in &schemas {
        let broken = schema.mistakes();
        if !broken.is_empty() {
            let (name, rules) = (&schema.capability, broken.join("\n  "));
            complain(&format!(
                "Warning: Schema validation for {name}:\n  {rules}\n"
            ));
        }
    }
    let verbose = arguments.is_on("v");
    if let Some(folder) = arguments.path("compare") {
        let theirs = compare::read(folder)?;
        let differences = compare::compare(&schemas, &theirs);
        for difference in &differences {
            writeln!(out, "{difference}")?;
        }
        if verbose {
            let compared = counted(theirs.len(), "file");
            let found = counted(differences.len(), "difference");
            writeln!(out, "compared with {compared}: {found}")?;
        }
        let code = if differences.is_empty() {
            0
        } else {
            super::DIFFERENT
        };
        return Ok(ExitCode::from(code));
    }
    let names = schemas::file_names(&schemas);
    let files = names.iter().zip(&schemas);
    let files = files.map(|(name, schema)| (format!("{name}.yaml"), schema.yaml()));
    if arguments.is_on("dry-run") {
        for (name, text) in files {
            writeln!(out, "=== {name} ===\n{text}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(folder) = arguments.path("output") else {
        let message = "say where to write with --output, or use --dry-run or --compare";
        return Err(Failure::Usage(message.to_owned()));
    };
    for path in common::write_all(folder, &files.collect())? {
        if verbose {
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
