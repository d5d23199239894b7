//! How fast the host is: `make bench`.
//!
//! Times are taken by criterion, which compares them with the run before; a table of all figures comes last, each
//! beside its floor, taken in the same run, and its goal. Times depend on the machine and on what else it does. Three figures
//! do not: fuel, heap allocations, and the ratio to the floor, roughly.

mod calls;
mod counting;
mod floor;
mod load;
mod memory;
mod table;
mod threads;

use criterion::Criterion;

#[global_allocator]
static HEAP: counting::Counting = counting::Counting;

fn main() {
    let mut criterion = Criterion::default()
        .output_directory(&table::folder())
        .configure_from_args();
    floor::times(&mut criterion);
    calls::times(&mut criterion);
    load::times(&mut criterion);
    criterion.final_summary();
    if std::env::args().any(|argument| argument == "--bench") {
        table::print();
    }
}
