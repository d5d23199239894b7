//! What the kit costs a plugin: bytes of its module, memory and fuel of its calls. `make bench` prints all figures.

use nd_tests::costs::{BUDGETS, MEMORY_AT_START, zipped};
use nd_tests::meter::Meter;
use nd_tests::wasm;
use std::collections::BTreeSet;
use std::process::Command;

/// Crates linked into a plugin that uses `nd-pdk` alone, and the same with macros and what these need.
const LINKED: usize = 4;
const LINKED_AND_MACROS: usize = 9;

#[test]
fn small_plugins_stay_small() {
    for budget in BUDGETS {
        let size = zipped(&wasm(budget.plugin));
        println!("{}: {size} of {} bytes", budget.plugin, budget.zipped);
        assert!(
            size <= budget.zipped,
            "{} has grown to {size} bytes, zipped, {} are allowed; look for new formatting, panics or dependencies in nd-pdk",
            budget.plugin,
            budget.zipped
        );
    }
}

#[test]
fn calls_cost_little_and_the_same_every_time() {
    for budget in BUDGETS {
        let meter = Meter::new(&wasm(budget.plugin));
        for call in budget.calls {
            let cost = call.measure(&meter);
            println!(
                "{}, {}: {} of {} fuel, {} of {} kernel calls, {} bytes out, memory {} then {}",
                budget.plugin,
                call.what,
                cost.fuel,
                call.fuel,
                cost.kernel_calls,
                call.kernel_calls,
                cost.output.len(),
                cost.memory_at_start,
                cost.memory
            );
            assert!(cost.fuel <= call.fuel, "{}: {} fuel", call.what, cost.fuel);
            assert!(
                cost.kernel_calls <= call.kernel_calls,
                "{}: {} calls of the kernel",
                call.what,
                cost.kernel_calls
            );
            assert!(cost.memory_at_start <= MEMORY_AT_START, "{}", call.what);
            assert_eq!(call.measure(&meter).fuel, cost.fuel, "{}", call.what);
        }
    }
}

#[test]
fn a_plugin_links_few_crates() {
    for (edges, most) in [
        ("normal,no-proc-macro", LINKED),
        ("normal", LINKED_AND_MACROS),
    ] {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--prefix=none",
                "--package=minimal-scrobbler",
            ])
            .args(["--target=wasm32-wasip1", "--edges", edges])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // "name version", and more; the plugin itself comes first.
        let crates: BTreeSet<Vec<&str>> = text
            .lines()
            .map(|line| line.split(' ').take(2).collect())
            .collect();
        let count = crates.len().saturating_sub(1);
        println!("{edges}: {count} of {most} crates");
        assert!(
            (1..=most).contains(&count),
            "{count} crates, {most} are allowed:\n{text}"
        );
    }
}
