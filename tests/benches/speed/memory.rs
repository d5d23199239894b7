//! Memory of the process over many calls.

use nd_tests::load;
use std::fs;

use crate::calls::{ANSWERING, SMALL, call, host, input};

/// Calls between the two readings.
pub(crate) const CALLS: usize = 100_000;
/// Calls before the first reading: the journal keeps so many before it forgets the oldest.
const WARM_UP: usize = 25_000;

/// Returns the resident memory in MiB before and after the calls, where the system tells.
pub(crate) fn before_and_after() -> Option<(f64, f64)> {
    let host = host();
    let plugin = load(&host, SMALL);
    let input = input();
    let run = |times| (0..times).for_each(|_| drop(call(&plugin, ANSWERING, &input)));
    run(WARM_UP);
    let before = resident()?;
    run(CALLS);
    Some((before, resident()?))
}

fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
