//! Many threads that call one plugin.

use nd_test_host::Plugin;
use nd_tests::load;
use std::thread;
use std::time::Instant;

use crate::calls::{PLAIN, SMALL, call, host, input};

/// Calls of all threads together.
const CALLS: usize = 6400;
/// Of so many runs the best one counts: it had the least of the machine's other work.
const RUNS: usize = 5;

/// Returns calls per second for each number of threads.
pub(crate) fn rates<const N: usize>(threads: [usize; N]) -> [f64; N] {
    let host = host();
    let plugin = load(&host, SMALL);
    let mut best = [0.0_f64; N];
    for _ in 0..RUNS {
        for (best, count) in best.iter_mut().zip(threads) {
            *best = best.max(rate(&plugin, count));
        }
    }
    best
}

fn rate(plugin: &Plugin, threads: usize) -> f64 {
    let input = input();
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..CALLS / threads {
                    call(plugin, PLAIN, &input);
                }
            });
        }
    });
    CALLS as f64 / started.elapsed().as_secs_f64()
}
