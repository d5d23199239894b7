//! How long whole runs of the generator take, from the start of the process to its end: part of `make bench`.
//!
//! The input is as large as the server's own: all our definitions, and the same written as a checkout of Go files.
//! Each figure is the shortest of [`RUNS`] runs: whatever else the machine does only adds to it.

#[path = "../tests/support/go_writer.rs"]
#[allow(dead_code)]
mod go_writer;

use nd_hostgen::driver;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often each command runs.
const RUNS: usize = 31;

/// What a whole run may take.
const GOAL: Duration = Duration::from_millis(100);

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir()?;
    let go = folder.path().join("checkout");
    let sources = go_writer::write(&driver::load(&root)?);
    for (path, text) in sources
        .folders
        .iter()
        .chain(&sources.shared)
        .flat_map(|f| &f.files)
    {
        let path = go.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&go))?;
        fs::write(path, text)?;
    }
    let model = folder.path().join("model.json");
    let out = folder.path().join("out");
    let (root, go) = (root.display().to_string(), go.display().to_string());
    let (model, out) = (model.display().to_string(), out.display().to_string());
    let commands: [(&str, &[&str]); 7] = [
        (
            "generate, checked against the disk",
            &["--root", &root, "--check"],
        ),
        (
            "generate from Go",
            &["generate", "--input", &go, "--root", &out],
        ),
        (
            "import from Go",
            &["import", "--input", &go, "--known", &root, "--dry-run"],
        ),
        (
            "model of Go",
            &["model", "--input", &go, "--output", &model],
        ),
        (
            "schemas from a model file",
            &["schemas", "--input", &model, "--output", &out],
        ),
        ("schemas from Go", &["schemas", "--input", &go, "--dry-run"]),
        (
            "diff of ours and Go",
            &["diff", &root, &go, "--docs", "--fail-on", "never"],
        ),
    ];
    println!(
        "\n{:<44}{:>10}{:>18}",
        "whole runs of nd-hostgen", "figure", "goal"
    );
    for (what, arguments) in commands {
        let figure = shortest(arguments)?;
        let verdict = if figure <= GOAL { "ok" } else { "missed" };
        let (figure, goal) = (figure.as_secs_f64() * 1e3, GOAL.as_millis());
        println!("{what:<44}{figure:>10.1}{goal:>18}  ms      {verdict}");
    }
    Ok(())
}

/// The time of the fastest run; a run that fails is a mistake of the bench.
fn shortest(arguments: &[&str]) -> Result<Duration, Box<dyn Error>> {
    let mut shortest = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_nd-hostgen"))
            .args(arguments)
            .output()?;
        shortest = shortest.min(start.elapsed());
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{arguments:?}: {message}").into());
        }
    }
    Ok(shortest)
}
