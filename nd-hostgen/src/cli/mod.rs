//! The command line: which command is asked for, messages and exit codes.

mod args;
mod bindings;
mod common;
mod diff;
mod docs;
mod generate;
mod import;
mod model;
mod schemas;
mod upstream;

use args::{Arguments, Command, PROGRAM, row};
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// Every command; the first is what runs when none is named.
const COMMANDS: &[Command] = &[
    generate::COMMAND,
    schemas::COMMAND,
    model::COMMAND,
    diff::COMMAND,
    docs::COMMAND,
    bindings::COMMAND,
    import::COMMAND,
    upstream::COMMAND,
];

/// The exit code that tells of differences.
const DIFFERENT: u8 = 3;

/// What a command ends with.
pub type Outcome = Result<ExitCode, Failure>;

/// Why a command did not do what it was asked for.
pub enum Failure {
    /// The command line is at fault; the text says how.
    Usage(String),
    /// Something went wrong on the way.
    Failed(Box<dyn Error>),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Runs the command line, without the program's name: exit code 1 stands for a failure, 2 for a wrong command line.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let named = words.first().and_then(|word| {
        let mut commands = COMMANDS.iter();
        commands.find(|command| *word == command.name)
    });
    let (command, usage) = match named {
        Some(command) => {
            words.remove(0);
            (command, command.usage())
        }
        None if upstream::is_meant(&words) => (&upstream::COMMAND, upstream::COMMAND.usage()),
        None => (&generate::COMMAND, overview()),
    };
    let done = match command.parse(words) {
        Ok(arguments) => perform(command, &usage, &arguments),
        Err(message) => Err(Failure::Usage(message)),
    };
    match done {
        Ok(code) => code,
        Err(Failure::Usage(message)) => {
            complain(&format!("error: {message}\n\n{usage}"));
            ExitCode::from(2)
        }
        Err(Failure::Failed(error)) => {
            // Whoever closed the pipe has read enough.
            if !is_closed_pipe(&*error) {
                complain(&format!("error: {}\n", chain(&*error)));
            }
            ExitCode::FAILURE
        }
    }
}

fn perform(command: &Command, usage: &str, arguments: &Arguments) -> Outcome {
    let mut out = io::stdout().lock();
    if arguments.help {
        out.write_all(usage.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let code = (command.run)(arguments, &mut out)?;
    out.flush()?;
    Ok(code)
}

/// The usage text of the program: its commands, then the flags of the one that needs no name.
fn overview() -> String {
    let mut text = format!("usage: {PROGRAM} [command] [flags]\n\ncommands:\n\n");
    for command in COMMANDS {
        text += &row(command.name, command.about);
    }
    let first = generate::COMMAND;
    text += &format!(
        "\nflags of {}, the command when none is named:\n\n",
        first.name
    );
    text += &first.flag_table();
    text + &format!("\n`{PROGRAM} <command> --help` tells more; flags may have one dash or two\n")
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

fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes to standard error; if even that fails there is nobody left to tell.
fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
