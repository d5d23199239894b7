//! `diff`: what differs between two sources.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, common};
use nd_hostgen::diff::{self, Options, Report};
use std::io::Write;
use std::process::ExitCode;

/// The command.
pub const COMMAND: Command = Command {
    name: "diff",
    operands: &["OLD", "NEW"],
    about: "says what differs between two sources, and whom each difference breaks",
    details: "\
Guests break where a plugin made for OLD does not work on a host made for NEW,
hosts break where a host made for OLD does not serve a plugin made for NEW.

Exit codes: 0 no difference that --fail-on asks for, 1 a source cannot be read,
2 wrong command line, 3 such a difference.
",
    flags: &[&[
        Flag::value(
            "fail-on",
            "WHAT",
            "any (default), breaking, guests, hosts or never",
        ),
        Flag::value("format", "FORMAT", "text (default) or json"),
        Flag::switch("json", "the same as --format json"),
        Flag::switch(
            "docs",
            "compare documentation, releases and names in Rust as well",
        ),
        common::OUTPUT_FILE,
    ]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let fails = fails_on(
        arguments
            .text("fail-on")
            .map_err(Failure::Usage)?
            .unwrap_or("any"),
    )?;
    let json = match arguments.text("format").map_err(Failure::Usage)? {
        None => arguments.is_on("json"),
        Some("json") => true,
        Some("text") if !arguments.is_on("json") => false,
        Some(other) => {
            let message = format!("`--format {other}` is neither text nor json");
            return Err(Failure::Usage(message));
        }
    };
    let (old, new) = (arguments.operand(0), arguments.operand(1));
    let options = Options {
        details: arguments.is_on("docs"),
    };
    let (before, after) = (
        common::load_from(&old, None)?,
        common::load_from(&new, None)?,
    );
    let report = diff::diff(&before, &after, options);
    let (old, new) = (old.display().to_string(), new.display().to_string());
    let text = if json {
        report.json(&old, &new)
    } else {
        report.text(&old, &new)
    };
    common::write(arguments, &text, out)?;
    if fails(&report) {
        return Ok(ExitCode::from(super::DIFFERENT));
    }
    Ok(ExitCode::SUCCESS)
}

/// Which reports are failures.
fn fails_on(what: &str) -> Result<fn(&Report) -> bool, Failure> {
    match what {
        "any" => Ok(|report| !report.is_empty()),
        "breaking" => Ok(|report| report.breaking_guests() + report.breaking_hosts() > 0),
        "guests" => Ok(|report| report.breaking_guests() > 0),
        "hosts" => Ok(|report| report.breaking_hosts() > 0),
        "never" => Ok(|_| false),
        other => Err(Failure::Usage(format!(
            "`--fail-on {other}` is none of any, breaking, guests, hosts and never"
        ))),
    }
}
