//! `bindings`: guest bindings and host glue of services that are not the server's, for crates that are not ours.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, common, complain};
use nd_hostgen::backend::Files;
use nd_hostgen::backend::own::Own;
use nd_hostgen::{driver, source};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The command.
pub const COMMAND: Command = Command {
    name: "bindings",
    operands: &[],
    about: "writes guest bindings and host glue of a fork's own host services, for its own crates",
    details: "\
The files of --guest need nd-pdk, those of --host need nd-test-host, nd-types and serde;
where a function takes or gives any value, both need serde_json.
Each folder holds generated files only; name it in a `mod` of the crate.

Exit codes: 0 written, or fresh; 1 a failure, or not fresh; 2 wrong command line.
",
    flags: &[&[
        common::INPUT,
        Flag::value(
            "shared",
            "SOURCE",
            "the shared types; of our own definitions those that nd-types has already",
        ),
        Flag::value("guest", "DIR", "where to write the guest bindings"),
        Flag::value("host", "DIR", "where to write the host glue"),
        Flag::switch(
            "check",
            "write nothing; fail if a file is stale, missing or left over",
        ),
        Flag::switch("dry-run", "write nothing; print every file"),
        Flag::switch("v", "say what is written").or("verbose"),
    ]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let (guest, host) = (arguments.path("guest"), arguments.path("host"));
    if guest.is_none() && host.is_none() {
        let message = "say where to write, with --guest, --host or both";
        return Err(Failure::Usage(message.to_owned()));
    }
    let input = arguments.path("input").unwrap_or(Path::new("."));
    let (read, known) = source::load_with(input, arguments.path("shared"))?;
    common::remark(&read);
    let model = read.model;
    for capability in &model.capabilities {
        let (name, place) = (&capability.module, &capability.place);
        complain(&format!(
            "warning: the capability `{name}` at {place} is left out; own bindings are for host services\n"
        ));
    }
    if model.services.is_empty() {
        complain("error: there is no host service in the definitions, nothing was written\n");
        return Ok(ExitCode::FAILURE);
    }
    let own = Own {
        model: &model,
        known: &known,
    };
    let sides = [(guest, own.guest()), (host, own.host())];
    let sides = sides
        .iter()
        .filter_map(|(folder, files)| Some(((*folder)?, files)));
    let mut code = ExitCode::SUCCESS;
    for (folder, files) in sides {
        if !side(arguments, folder, files, out)? {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Writes, compares or prints one side; tells whether all is well.
fn side(
    arguments: &Arguments,
    folder: &Path,
    files: &Files,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let verbose = arguments.is_on("v");
    if arguments.is_on("dry-run") {
        for (name, text) in files {
            writeln!(out, "=== {} ===\n{text}", folder.join(name).display())?;
        }
        return Ok(true);
    }
    if arguments.is_on("check") {
        let difference = driver::compare_in(folder, &[""], files)?;
        if !difference.is_empty() {
            let advice = "run nd-hostgen bindings without --check and commit the result";
            complain(&common::report(&difference, folder, advice));
        }
        return Ok(difference.is_empty());
    }
    let difference = driver::write_in(folder, &[""], files)?;
    if verbose {
        common::print_changes(&difference, folder, out)?;
    }
    Ok(true)
}
