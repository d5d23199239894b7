//! `model`: the checked model of any source as JSON.

use super::args::{Arguments, Command};
use super::{Outcome, common};
use nd_hostgen::model_file;
use std::io::Write;
use std::process::ExitCode;

/// The command.
pub const COMMAND: Command = Command {
    name: "model",
    operands: &[],
    about: "writes the checked model of a source as JSON, itself a source for every command",
    details: "",
    flags: &[&[common::INPUT, common::SHARED, common::OUTPUT_FILE]],
    run,
};

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let model = common::load(arguments)?;
    common::write(arguments, &model_file::write(&model), out)?;
    Ok(ExitCode::SUCCESS)
}
