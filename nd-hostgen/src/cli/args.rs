//! Flags and operands: one table per command, from which both the reading and the usage text come.
//!
//! A flag may be written with one dash or two, its value after a space or after `=`; a switch also takes `=true`
//! and `=false`. Operands may stand anywhere, and `--` ends the flags.

use super::Outcome;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// The program's name in usage texts.
pub const PROGRAM: &str = "nd-hostgen";

/// How many columns the left side of a usage text has.
const LEFT: usize = 20;

/// A flag of a command.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Its name without dashes.
    pub name: &'static str,
    /// Another name; empty if it has one only.
    pub also: &'static str,
    /// What its value is called in the usage text; empty for a switch.
    pub value: &'static str,
    /// What it does.
    pub help: &'static str,
}

impl Flag {
    /// Makes a flag that takes a value.
    pub const fn value(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self {
            name,
            also: "",
            value,
            help,
        }
    }

    /// Makes a flag without a value.
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self::value(name, "", help)
    }

    /// Gives the flag a second name.
    pub const fn or(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || (!self.also.is_empty() && self.also == name)
    }

    /// The flag as the usage text writes it: one dash for a letter, two for a word.
    fn shown(&self) -> String {
        let dashes = |name: &str| if name.len() == 1 { "-" } else { "--" };
        let mut text = format!("{}{}", dashes(self.name), self.name);
        if !self.also.is_empty() {
            let _ = write!(text, ", {}{}", dashes(self.also), self.also);
        }
        if !self.value.is_empty() {
            let _ = write!(text, " {}", self.value);
        }
        text
    }
}

/// A command of the program.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The word that selects it.
    pub name: &'static str,
    /// Its operands, in order, all of them needed.
    pub operands: &'static [&'static str],
    /// What it does, in one line.
    pub about: &'static str,
    /// More about it, such as exit codes; ends with a line break unless it is empty.
    pub details: &'static str,
    /// Its flags, in groups.
    pub flags: &'static [&'static [Flag]],
    /// Does it.
    pub run: fn(&Arguments, &mut dyn io::Write) -> Outcome,
}

impl Command {
    /// The text that `--help` prints.
    pub fn usage(&self) -> String {
        let mut text = format!("usage: {PROGRAM} {} [flags]", self.name);
        for operand in self.operands {
            let _ = write!(text, " {operand}");
        }
        let _ = writeln!(text, "\n\n{}\n", self.about);
        text += &self.flag_table();
        if !self.details.is_empty() {
            let _ = write!(text, "\n{}", self.details);
        }
        text
    }

    /// The flags with what they do, one per line.
    pub fn flag_table(&self) -> String {
        let mut text = String::new();
        for flag in self.flags.iter().copied().flatten() {
            text += &row(&flag.shown(), flag.help);
        }
        text + &row("-h, --help", "print this text")
    }

    fn flag(&self, name: &str) -> Option<&'static Flag> {
        let mut flags = self.flags.iter().copied().flatten();
        flags.find(|flag| flag.is_called(name))
    }

    /// Reads the words after the command's name.
    ///
    /// # Errors
    ///
    /// Says what is wrong with them.
    pub fn parse(&self, words: impl IntoIterator<Item = OsString>) -> Result<Arguments, String> {
        let mut arguments = Arguments::default();
        let mut words = words.into_iter();
        let mut only_operands = false;
        while let Some(word) = words.next() {
            if only_operands || !is_flag(&word) {
                arguments.operands.push(word);
            } else if word == "--" {
                only_operands = true;
            } else {
                self.parse_flag(&word, &mut words, &mut arguments)?;
            }
        }
        if arguments.help {
            return Ok(arguments);
        }
        if let Some(extra) = arguments.operands.get(self.operands.len()) {
            return Err(format!("unknown argument `{}`", extra.display()));
        }
        if let Some(missing) = self.operands.get(arguments.operands.len()) {
            return Err(format!("{missing} is missing"));
        }
        Ok(arguments)
    }

    fn parse_flag(
        &self,
        word: &OsStr,
        words: &mut dyn Iterator<Item = OsString>,
        arguments: &mut Arguments,
    ) -> Result<(), String> {
        let text = word
            .to_str()
            .ok_or_else(|| format!("unknown flag `{}`", word.display()))?;
        let body = text.trim_start_matches('-');
        let (name, given) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        let short_enough = text.len() - body.len() <= 2;
        if short_enough && given.is_none() && (name == "h" || name == "help") {
            arguments.help = true;
            return Ok(());
        }
        let flag = self.flag(name).filter(|_| short_enough);
        let flag = flag.ok_or_else(|| self.unknown(text, name))?;
        if flag.value.is_empty() {
            let on = match given {
                None | Some("true") => true,
                Some("false") => false,
                Some(_) => return Err(format!("`{text}`: the flag is either true or false")),
            };
            arguments.switches.insert(flag.name, on);
            return Ok(());
        }
        let value = match given {
            Some(value) => OsString::from(value),
            None => words
                .next()
                .ok_or_else(|| format!("`{text}` needs a value: {}", flag.value.to_lowercase()))?,
        };
        arguments.values.insert(flag.name, value);
        Ok(())
    }

    /// Says that there is no such flag, and which one may have been meant.
    fn unknown(&self, text: &str, name: &str) -> String {
        let flags = self.flags.iter().copied().flatten().map(|flag| flag.name);
        let words = flags.filter(|flag| flag.len() > 1);
        match nd_hostgen::diagnostic::nearest(name, words) {
            Some(near) => format!("unknown flag `{text}`; did you mean `--{near}`?"),
            None => format!("unknown flag `{text}`"),
        }
    }
}

/// A line of a usage text.
pub fn row(left: &str, right: &str) -> String {
    if left.len() > LEFT {
        return format!("  {left}\n  {:LEFT$}  {right}\n", "");
    }
    format!("  {left:LEFT$}  {right}\n")
}

/// Whether a word is a flag; a single dash stands for standard input or output.
fn is_flag(word: &OsStr) -> bool {
    word.len() > 1 && word.as_encoded_bytes().starts_with(b"-")
}

/// What a command line says.
#[derive(Debug, Default, PartialEq)]
pub struct Arguments {
    switches: BTreeMap<&'static str, bool>,
    values: BTreeMap<&'static str, OsString>,
    operands: Vec<OsString>,
    /// Whether the usage is asked for.
    pub help: bool,
}

impl Arguments {
    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.switches.get(name).copied().unwrap_or_default()
    }

    /// The switches among these that are on.
    pub fn on<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        let names = names.iter().copied();
        names.filter(|name| self.is_on(name)).collect()
    }

    /// The value of a flag as a path.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.values.get(name).map(Path::new)
    }

    /// The value of a flag as a text.
    ///
    /// # Errors
    ///
    /// Fails if the value is not Unicode.
    pub fn text(&self, name: &str) -> Result<Option<&str>, String> {
        let value = self.values.get(name);
        let value = value.map(|value| {
            value
                .to_str()
                .ok_or_else(|| format!("the value of `--{name}` is not Unicode"))
        });
        value.transpose()
    }

    /// An operand as a path; the parser has seen to it that all are there.
    pub fn operand(&self, at: usize) -> PathBuf {
        self.operands.get(at).map(PathBuf::from).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::process::ExitCode;

    const COMMAND: Command = Command {
        name: "try",
        operands: &["FILE"],
        about: "Tries.",
        details: "",
        flags: &[
            &[Flag::value("input", "DIR", "where to read")],
            &[
                Flag::switch("v", "say more").or("verbose"),
                Flag::switch("dry-run", "write nothing"),
            ],
        ],
        run: |_, _| Ok(ExitCode::SUCCESS),
    };

    fn parse(line: &str) -> Result<Arguments, String> {
        COMMAND.parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn one_dash_and_two_mean_the_same() {
        let expected = parse("--input=a --verbose --dry-run file").unwrap();
        for line in [
            "-input a -v -dry-run file",
            "file -input=a --v=true -dry-run",
            "-input b -verbose=false --input a --v --dry-run=true -- file",
        ] {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (
                "file -inptu a",
                "unknown flag `-inptu`; did you mean `--input`?",
            ),
            ("file ---v", "unknown flag `---v`"),
            ("file -x", "unknown flag `-x`"),
            ("file -input", "`-input` needs a value: dir"),
            (
                "file -v=maybe",
                "`-v=maybe`: the flag is either true or false",
            ),
            ("file other", "unknown argument `other`"),
            ("-v", "FILE is missing"),
        ];
        for (line, message) in cases {
            assert_eq!(parse(line), Err(message.to_owned()), "{line}");
        }
    }

    #[test]
    fn after_two_dashes_everything_is_an_operand() {
        assert_eq!(parse("-- -v").unwrap().operand(0), PathBuf::from("-v"));
        assert_eq!(parse("-").unwrap().operand(0), PathBuf::from("-"));
    }

    #[test]
    fn help_needs_no_operands() {
        for line in ["-h", "--help", "-help"] {
            assert!(parse(line).unwrap().help, "{line}");
        }
    }

    #[test]
    fn the_usage_lists_every_flag() {
        assert_eq!(
            COMMAND.usage(),
            "usage: nd-hostgen try [flags] FILE\n\nTries.\n\n  \
             --input DIR           where to read\n  \
             -v, --verbose         say more\n  \
             --dry-run             write nothing\n  \
             -h, --help            print this text\n"
        );
    }
}
