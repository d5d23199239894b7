//! What the kit costs a plugin, beside what the server's own kit costs and what the tests allow: `make bench`.
//!
//! Bytes, fuel and memory are the same on every machine; the times of the build are not.

mod functions;

use nd_tests::costs::{BUDGETS, zipped};
use nd_tests::meter::Meter;
use nd_tests::wasm;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The plugins people copy.
const EXAMPLES: [&str; 2] = ["webhook", "sonic-similarity"];
/// Functions that are listed, the largest first.
const LARGEST: usize = 8;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!(
        "\n{:<44}{:>12}{:>12}{:>12}",
        "", "figure", "upstream", "budget"
    );
    for budget in BUDGETS {
        let module = wasm(budget.plugin);
        println!("{}", budget.plugin);
        row("  wasm bytes", module.len() as u64, None, None);
        let upstream = budget.zipped_upstream.map(|bytes| bytes as u64);
        row(
            "  zipped bytes",
            zipped(&module) as u64,
            upstream,
            Some(budget.zipped as u64),
        );
        let meter = Meter::new(&module);
        for call in budget.calls {
            let cost = call.measure(&meter);
            let what = format!("  fuel: {}", call.what);
            row(&what, cost.fuel, call.fuel_upstream, Some(call.fuel));
            row(
                "    memory at its end, bytes",
                cost.memory as u64,
                None,
                None,
            );
        }
    }
    for example in EXAMPLES {
        let module = wasm(example);
        println!("{example}");
        row("  wasm bytes", module.len() as u64, None, None);
        row("  zipped bytes", zipped(&module) as u64, None, None);
    }
    build("minimal-scrobbler");
}

fn row(what: &str, figure: u64, upstream: Option<u64>, budget: Option<u64>) {
    let shown = |figure: Option<u64>| figure.map_or_else(String::new, |figure| figure.to_string());
    let (upstream, budget) = (shown(upstream), shown(budget));
    println!("{what:<44}{figure:>12}{upstream:>12}{budget:>12}");
}

/// Times a clean and an incremental build of a plugin, in a folder of its own, and lists its largest functions.
fn build(plugin: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = root.join("target/costs");
    // There is nothing to remove the first time.
    let _ = std::fs::remove_dir_all(&target);
    println!("{plugin}, built with names");
    let module = timed("  clean build, seconds", &root, &target, plugin);
    let source = root.join("tests/fixtures").join(plugin).join("src/lib.rs");
    let text = std::fs::read(&source).unwrap_or_else(|error| panic!("{error}"));
    std::fs::write(&source, text).unwrap_or_else(|error| panic!("{error}"));
    timed("  build after a change, seconds", &root, &target, plugin);
    let module = std::fs::read(&module).unwrap_or_else(|error| panic!("{error}"));
    for (size, name) in functions::largest(&module, LARGEST) {
        println!("  {size:>8} bytes  {name}");
    }
}

/// Builds a plugin and returns its module.
fn timed(what: &str, root: &Path, target: &Path, plugin: &str) -> PathBuf {
    let started = Instant::now();
    let status = Command::new(env!("CARGO"))
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--profile=plugin",
            "--target=wasm32-wasip1",
        ])
        .args([
            "--config=profile.plugin.strip='debuginfo'",
            "--package",
            plugin,
        ])
        .arg("--target-dir")
        .arg(target)
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{plugin} does not build"
    );
    println!("{what:<44}{:>12.1}", started.elapsed().as_secs_f64());
    let name = plugin.replace('-', "_");
    target
        .join("wasm32-wasip1/plugin")
        .join(name)
        .with_extension("wasm")
}
