//! The table at the end: each figure with its floor and its goal.

use nd_tests::{load, wasm};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::thread::available_parallelism;

use crate::calls::{ANSWERING, PLAIN, SMALL, call, host, input};
use crate::load::LARGE;
use crate::{counting, memory, threads};

/// Where criterion keeps what it measured.
pub(crate) fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    root.join(target.unwrap_or_else(|| "target".into()))
        .join("criterion")
}

/// Returns the median of a benchmark in microseconds.
fn median(name: &str) -> f64 {
    let path = folder().join(name).join("new/estimates.json");
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let estimates: Value = serde_json::from_slice(&text).unwrap_or_default();
    estimates["median"]["point_estimate"]
        .as_f64()
        .unwrap_or(f64::NAN)
        / 1e3
}

fn row(what: &str, figure: f64, floor: Option<f64>, goal: Option<f64>, unit: &str) {
    let floor = floor.map_or_else(String::new, |floor| format!("{floor:.1}"));
    let (goal, verdict) = match goal {
        Some(goal) if figure <= goal => (format!("{goal:.0}"), "ok"),
        Some(goal) => (format!("{goal:.0}"), "missed"),
        None => (String::new(), ""),
    };
    println!("{what:<44}{figure:>10.1}{floor:>10}{goal:>8}  {unit:<8}{verdict}");
}

/// Prints every figure.
pub(crate) fn print() {
    println!("\n{:<44}{:>10}{:>10}{:>8}", "", "figure", "floor", "goal");
    let floor = Some(median("floor/instance_pooled"));
    row(
        "bare instance, mapped anew",
        median("floor/instance_mapped"),
        floor,
        None,
        "us",
    );
    row(
        "call of a small plugin, extism crate",
        median("floor/extism"),
        floor,
        None,
        "us",
    );
    row(
        "call of a small plugin",
        median("call/plain_counted"),
        floor,
        Some(50.0),
        "us",
    );
    row(
        "  without fuel",
        median("call/plain_uncounted"),
        floor,
        Some(50.0),
        "us",
    );
    row(
        "  with an answer",
        median("call/answering_counted"),
        floor,
        Some(50.0),
        "us",
    );
    let host_call = median("call/host_call_one") - median("call/host_call_none");
    row("one host function more", host_call, None, None, "us");
    row(
        "load, never compiled",
        median("load/cold") / 1e3,
        None,
        None,
        "ms",
    );
    let megabytes = wasm(LARGE).len() as f64 / 1e6;
    let cached = median("load/cached") / 1e3;
    row(
        &format!("load, compiled ({megabytes:.1} MB)"),
        cached,
        None,
        None,
        "ms",
    );
    row(
        "  for 3 MB",
        cached / megabytes * 3.0,
        None,
        Some(50.0),
        "ms",
    );
    for operation in ["set", "get", "has"] {
        let median = median(&format!("kv_1000/{operation}")) / 1e3;
        row(
            &format!("1000 kvstore_{operation} in one call"),
            median,
            None,
            Some(250.0),
            "ms",
        );
    }
    print_counts();
    print_threads();
    match memory::before_and_after() {
        Some((before, after)) => {
            let what = format!("memory after {} calls more", memory::CALLS);
            // A page here and there is not a leak: a leak of 32 bytes per call would be 3 MiB.
            row(&what, after, Some(before), Some(before + 3.0), "MiB");
        }
        None => println!("memory: this system does not tell"),
    }
}

/// Prints what does not depend on the machine.
fn print_counts() {
    let host = host();
    let plugin = load(&host, SMALL);
    let input = input();
    for export in [PLAIN, ANSWERING] {
        call(&plugin, export, &input);
        let allocations = counting::allocations(1000, || drop(call(&plugin, export, &input)));
        row(
            &format!("heap allocations of {export}"),
            allocations as f64,
            None,
            None,
            "",
        );
        let fuel = host.journal().last_call(export).and_then(|call| call.fuel);
        row(
            &format!("fuel of {export}"),
            fuel.unwrap_or_default() as f64,
            None,
            None,
            "",
        );
    }
}

fn print_threads() {
    const THREADS: [usize; 4] = [1, 2, 4, 16];
    let cores = available_parallelism().map_or(1, usize::from);
    let rates = threads::rates(THREADS);
    for (threads, rate) in THREADS.into_iter().zip(rates) {
        println!(
            "{threads:>3} threads on {cores} cores {:>29.0} calls/s, {:.2} times one thread; bare instances {:.2}, sharing nothing {:.2}",
            rate.calls,
            rate.calls / rates[0].calls,
            rate.instances / rates[0].instances,
            rate.spins / rates[0].spins,
        );
    }
}
