//! The command line of the generator: arguments in, messages and exit codes out.

use nd_hostgen::backend;
use nd_hostgen::diagnostic::counted;
use nd_hostgen::driver::{self, Difference};
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: nd-hostgen [--root DIR] [--check | --dry-run | --print-model] [-v]

Reads the definitions under DIR/capabilities and writes everything generated from them.

  --root DIR      the repository's root (default: the current directory)
  --check         write nothing; fail if a generated file is stale, missing or left over
  --dry-run       write nothing; print every generated file
  --print-model   write nothing; print the checked model
  -v              say what is read and written
  --help          print this text
";

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => match run(&arguments, &mut io::stdout().lock()) {
            Ok(code) => code,
            Err(error) => {
                complain(&format!("error: {}\n", chain(&*error)));
                ExitCode::FAILURE
            }
        },
        Err(message) => {
            complain(&format!("{message}\n\n{USAGE}"));
            ExitCode::from(2)
        }
    }
}

/// What a run is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Write,
    Check,
    DryRun,
    PrintModel,
    Help,
}

/// The command line.
#[derive(Debug, PartialEq)]
struct Arguments {
    root: PathBuf,
    mode: Mode,
    verbose: bool,
}

impl Arguments {
    /// Reads the command line; the error says what is wrong with it.
    fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self {
            root: PathBuf::from("."),
            mode: Mode::Write,
            verbose: false,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mode = match word.as_str() {
                "--root" => {
                    let value = words.next();
                    parsed.root = value.ok_or("--root needs a directory")?.into();
                    continue;
                }
                "-v" | "--verbose" => {
                    parsed.verbose = true;
                    continue;
                }
                "--check" => Mode::Check,
                "--dry-run" => Mode::DryRun,
                "--print-model" => Mode::PrintModel,
                "-h" | "--help" => Mode::Help,
                _ => return Err(format!("unknown argument `{word}`")),
            };
            if parsed.mode != Mode::Write && parsed.mode != mode {
                return Err(format!("`{word}` does not go with the mode before it"));
            }
            parsed.mode = mode;
        }
        Ok(parsed)
    }
}

/// Does what the command line asks for.
fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.mode == Mode::Help {
        out.write_all(USAGE.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let root = &arguments.root;
    let model = driver::load(root)?;
    if arguments.verbose {
        let (services, capabilities) = (model.services.len(), model.capabilities.len());
        writeln!(out, "root: {}", root.display())?;
        writeln!(out, "found {}", counted(services, "host service"))?;
        for service in &model.services {
            let functions = counted(service.functions.len(), "function");
            writeln!(out, "  {} ({functions}), {}", service.name, service.source)?;
        }
        writeln!(
            out,
            "found {}",
            counted(capabilities, "capability definition")
        )?;
        for capability in &model.capabilities {
            let exports = counted(capability.exports.len(), "export");
            writeln!(
                out,
                "  {} ({exports}), {}",
                capability.module, capability.source
            )?;
        }
    }
    if arguments.mode == Mode::PrintModel {
        writeln!(out, "{model:#?}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = backend::emit(&model);
    match arguments.mode {
        Mode::DryRun => {
            for (path, text) in &files {
                writeln!(out, "=== {path} ===\n{text}")?;
            }
        }
        Mode::Check => {
            let difference = driver::compare(root, &files)?;
            if !difference.is_empty() {
                complain(&report(&difference));
                return Ok(ExitCode::FAILURE);
            }
            if arguments.verbose {
                writeln!(out, "{} generated files are fresh", files.len())?;
            }
        }
        _ => {
            let difference = driver::write(root, &files)?;
            if arguments.verbose {
                print_changes(&difference, out)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which files a run wrote and removed.
fn print_changes(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    for path in difference.stale.iter().chain(&difference.missing) {
        writeln!(out, "wrote {path}")?;
    }
    for path in &difference.left_over {
        writeln!(out, "removed {path}")?;
    }
    if difference.is_empty() {
        writeln!(out, "nothing changed")?;
    }
    Ok(())
}

/// Says how the disk differs from the definitions, and what to do.
fn report(difference: &Difference) -> String {
    let kinds = [
        ("stale", &difference.stale),
        ("missing", &difference.missing),
        ("left over", &difference.left_over),
        ("not generated, move it away", &difference.foreign),
    ];
    let mut text = String::from("error: generated files do not match the definitions\n");
    for (kind, paths) in kinds {
        for path in paths {
            text += &format!("  {path} ({kind})\n");
        }
    }
    text + "run make gen and commit the result\n"
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

/// Writes to standard error; if even that fails there is nobody left to tell.
fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
