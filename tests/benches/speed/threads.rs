//! Many threads that call one plugin, beside as many that only make instances of it in the bare engine, and as many
//! that share nothing: what the engine and the machine give more threads right now.

use nd_tests::{load, wasm};
use std::hint::black_box;
use std::thread;
use std::time::Instant;

use crate::calls::{PLAIN, SMALL, call, host, input};
use crate::floor;

/// Calls of all threads together.
const CALLS: usize = 6400;
/// Of so many runs the best one counts: it had the least of the machine's other work.
const RUNS: usize = 5;
/// Rounds of a loop that takes about as long as a call.
const SPIN: u64 = 20_000;

/// What is done per second.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rates {
    pub(crate) calls: f64,
    pub(crate) instances: f64,
    pub(crate) spins: f64,
}

/// Returns the rates for each number of threads.
pub(crate) fn rates<const N: usize>(threads: [usize; N]) -> [Rates; N] {
    let host = host();
    let plugin = load(&host, SMALL);
    let input = input();
    let bare = floor::prepare(&wasm(SMALL), true).unwrap_or_else(|error| panic!("{error}"));
    let mut best = [Rates::default(); N];
    for _ in 0..RUNS {
        for (best, count) in best.iter_mut().zip(threads) {
            let calls = rate(count, || drop(call(&plugin, PLAIN, &input)));
            best.calls = best.calls.max(calls);
            let instances = rate(count, || floor::instance(&bare));
            best.instances = best.instances.max(instances);
            best.spins = best.spins.max(rate(count, spin));
        }
    }
    best
}

fn spin() {
    let mut state = 1_u64;
    for round in 0..SPIN {
        state = black_box(state.wrapping_mul(6_364_136_223_846_793_005) ^ round);
    }
}

fn rate(threads: usize, work: impl Fn() + Sync) -> f64 {
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..CALLS / threads).for_each(|_| work()));
        }
    });
    CALLS as f64 / started.elapsed().as_secs_f64()
}
