//! The command line of upstream's generator, for what means the same here: Go definitions in, Rust and schemas out.

use super::args::{Arguments, Command, Flag};
use super::{Failure, Outcome, chain, complain};
use nd_hostgen::backend::Files;
use nd_hostgen::backend::own::Own;
use nd_hostgen::diagnostic::counted;
use nd_hostgen::driver::{self, DriverError};
use nd_hostgen::go::{self, GoInput, Loaded};
use nd_hostgen::{import, kit, schemas};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is made of the definitions; at most one of these may be asked for.
const MODES: [&str; 6] = [
    "host-only",
    "host-wrappers",
    "capability-only",
    "schemas",
    "shared-types",
    "extism-pdk",
];

/// Flags that tell this command line from that of `generate`.
const OTHER: [&str; 6] = ["input", "output", "package", "shared", "go", "rust"];

/// The command.
pub const COMMAND: Command = Command {
    name: "ndpgen",
    operands: &[],
    about: "takes the flags of upstream's generator; the name may be left out before one of them",
    details: "\
Rust is written where upstream's generator writes Go: below OUTPUT/rust/nd-pdk-host/src the guest
bindings, with --host-wrappers below OUTPUT/rust/nd-test-host/src the host glue.

Exit codes: 0 written, or nothing annotated; 1 a failure; 2 wrong command line.
",
    flags: &[&[
        Flag::switch(
            "host-only",
            "write guest bindings of host services (the default)",
        ),
        Flag::switch("host-wrappers", "write host glue of host services"),
        Flag::switch("schemas", "write the XTP schema of each capability"),
        Flag::switch("capability-only", "refused; see `import` and `generate`"),
        Flag::switch("shared-types", "refused; see `import` and `generate`"),
        Flag::switch("extism-pdk", "refused; it writes Go"),
        Flag::value("input", "DIR", "a folder of Go files (default: .)"),
        Flag::value(
            "output",
            "DIR",
            "the base of what is written (default: that of --input)",
        ),
        Flag::value("shared", "DIR", "the folder of shared types"),
        Flag::value("package", "NAME", "a name for Go; changes nothing here"),
        Flag::switch("rust", "write Rust (the default)"),
        Flag::switch("go", "refused; this generator writes Rust"),
        Flag::switch("legacy", "keep the stricter rules of the old generator"),
        Flag::switch("dry-run", "write nothing; print every file"),
        Flag::switch("v", "say what is read and written"),
    ]],
    run,
};

/// Whether a command line without a command is meant for this one.
pub fn is_meant(words: &[OsString]) -> bool {
    let mut words = words.iter().filter_map(|word| word.to_str());
    words.any(|word| {
        let name = word
            .strip_prefix('-')
            .map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        let name = name.map(|name| name.split('=').next().unwrap_or(name));
        name.is_some_and(|name| MODES.contains(&name) || OTHER.contains(&name))
    })
}

fn run(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    match run_mode(arguments, out) {
        Err(Failure::Failed(error)) => {
            complain(&format!("Error: {}\n", chain(&*error)));
            Ok(ExitCode::FAILURE)
        }
        outcome => outcome,
    }
}

fn run_mode(arguments: &Arguments, out: &mut dyn Write) -> Outcome {
    let mode = match arguments.on(&MODES)[..] {
        [] => "host-only",
        [mode] => mode,
        ref several => {
            let flags = several.join(", -");
            return refuse(&format!("cannot specify multiple modes (-{flags})"));
        }
    };
    let refused = match mode {
        "extism-pdk" => "-extism-pdk writes Go, and this generator writes Rust; take upstream's",
        "capability-only" => {
            "-capability-only: the bindings of capabilities are part of the kit; run `nd-hostgen \
             import` to define them and `nd-hostgen generate` to make them"
        }
        "shared-types" => {
            "-shared-types: shared types are part of the kit; run `nd-hostgen import` to define \
             them and `nd-hostgen generate` to make them"
        }
        _ if arguments.is_on("go") => {
            "-go writes Go, and this generator writes Rust; take upstream's, or leave the flag out"
        }
        _ => "",
    };
    if !refused.is_empty() {
        return refuse(refused);
    }
    let input = arguments.path("input").unwrap_or(Path::new("."));
    let output = arguments.path("output").unwrap_or(input);
    let package = arguments.text("package").map_err(Failure::Usage)?;
    let loaded = load(arguments, input, mode)?;
    let run = Run {
        arguments,
        input,
        output,
        package: package.unwrap_or(if mode == "host-only" { "host" } else { "" }),
        verbose: arguments.is_on("v"),
    };
    match mode {
        "schemas" => run.schemas(&loaded, out),
        _ => run.services(&loaded, mode == "host-wrappers", out),
    }
}

/// Reads the definitions; a missing folder is told in upstream's words.
fn load(arguments: &Arguments, input: &Path, mode: &str) -> Result<Loaded, Failure> {
    let loaded = go::load_all(&GoInput {
        input: input.to_owned(),
        shared: arguments.path("shared").map(Path::to_owned),
        legacy: arguments.is_on("legacy"),
    });
    match loaded {
        Err(DriverError::GoFolder { path, source, .. }) if mode == "schemas" && path == input => {
            let action = "parsing capability files: reading directory";
            Err(DriverError::GoFolder {
                action,
                path,
                source,
            }
            .into())
        }
        loaded => Ok(loaded?),
    }
}

/// A run in one of the modes.
struct Run<'a> {
    arguments: &'a Arguments,
    input: &'a Path,
    output: &'a Path,
    package: &'a str,
    verbose: bool,
}

impl Run<'_> {
    fn services(&self, loaded: &Loaded, host: bool, out: &mut dyn Write) -> Outcome {
        self.remark(loaded);
        let folder = match host {
            true => self.output.join("rust/nd-test-host/src"),
            false => self.output.join("rust/nd-pdk-host/src"),
        };
        if self.verbose {
            writeln!(out, "Input directory: {}", self.input.display())?;
            writeln!(out, "Base output directory: {}", self.output.display())?;
            writeln!(out, "Rust output directory: {}", folder.display())?;
            writeln!(out, "Package name: {}", self.package)?;
            writeln!(out, "Host-only mode: {}", !host)?;
            writeln!(out, "Generate Go client code: false")?;
            writeln!(out, "Generate Rust client code: {}", !host)?;
        }
        let mut loaded = loaded.clone();
        let all = loaded.files.len();
        loaded.files.retain(|file| file.capabilities.is_empty());
        let had_capabilities = loaded.files.len() < all;
        if loaded.files.iter().all(|file| file.services.is_empty()) {
            if self.verbose && had_capabilities {
                complain("note: there are capabilities; -schemas is for them\n");
            }
            return self.nothing("No host services found", out);
        }
        let model = import::for_rust(&loaded)?;
        if self.verbose {
            writeln!(out, "Found {} host service(s)", model.services.len())?;
            for service in &model.services {
                let functions = counted(service.functions.len(), "function");
                writeln!(out, "  {} ({functions})", service.name)?;
            }
        }
        let known = kit::known(&model)?;
        for name in &known.different {
            complain(&format!(
                "note: the shared type `{name}` is not that of nd-types, so it is written too\n"
            ));
        }
        let own = Own {
            model: &model,
            known: &known.same,
        };
        let files = if host { own.host() } else { own.guest() };
        self.write(&folder, &files, out)
    }

    fn schemas(&self, loaded: &Loaded, out: &mut dyn Write) -> Outcome {
        self.remark(loaded);
        if self.verbose {
            writeln!(out, "Input directory: {}", self.input.display())?;
            writeln!(out, "Base output directory: {}", self.output.display())?;
            writeln!(out, "Capability-only mode: false")?;
        }
        let schemas = schemas::of(&loaded.model());
        if schemas.is_empty() {
            if self.verbose && !loaded.files.is_empty() {
                complain("note: there are host services; -host-only is for them\n");
            }
            return self.nothing("No capabilities found", out);
        }
        if self.verbose {
            writeln!(out, "Found {} capability(ies)", schemas.len())?;
            for schema in &schemas {
                writeln!(out, "  {}", schema.capability)?;
            }
        }
        for schema in &schemas {
            let broken = schema.mistakes();
            if !broken.is_empty() {
                let (name, rules) = (&schema.capability, broken.join("\n  "));
                complain(&format!(
                    "Warning: Schema validation for {name}:\n  {rules}\n"
                ));
            }
        }
        let names = schemas::file_names(&schemas).into_iter().zip(&schemas);
        for (name, schema) in names {
            let path = self.output.join(format!("{name}.yaml"));
            self.put(&path, &schema.yaml(), out)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Warnings, but not why there is nothing: that is asked for with `-v`.
    fn remark(&self, loaded: &Loaded) {
        let warnings = loaded.rendered_warnings();
        if !warnings.is_empty() {
            complain(&format!("{warnings}\n"));
        }
        if self.verbose && !loaded.explanation.is_empty() {
            let lines = loaded.explanation.join("\n  ");
            complain(&format!("note: no definitions were found\n  {lines}\n"));
        }
    }

    fn nothing(&self, message: &str, out: &mut dyn Write) -> Outcome {
        if self.verbose {
            writeln!(out, "{message}")?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Writes or prints files, and takes away those of earlier runs that are not among them.
    fn write(&self, folder: &Path, files: &Files, out: &mut dyn Write) -> Outcome {
        if self.arguments.is_on("dry-run") {
            for (name, text) in files {
                self.put(&folder.join(name), text, out)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        driver::write_in(folder, &[""], files)?;
        if self.verbose {
            for name in files.keys() {
                writeln!(out, "Generated {}", folder.join(name).display())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn put(&self, path: &Path, text: &str, out: &mut dyn Write) -> Result<(), Failure> {
        if self.arguments.is_on("dry-run") {
            writeln!(out, "=== {} ===\n{text}", path.display())?;
            return Ok(());
        }
        let io = |action: &'static str, path: PathBuf| {
            move |source| DriverError::Io {
                action,
                path,
                source,
            }
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(io("create", parent.to_owned()))?;
        }
        std::fs::write(path, text).map_err(io("write", path.to_owned()))?;
        if self.verbose {
            writeln!(out, "Generated {}", path.display())?;
        }
        Ok(())
    }
}

/// Says that something is not done here.
fn refuse(message: &str) -> Outcome {
    complain(&format!("Error: {message}\n"));
    Ok(ExitCode::FAILURE)
}
