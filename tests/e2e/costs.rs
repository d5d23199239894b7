//! What the kit costs a plugin: bytes of its module, memory and fuel of its calls. `make bench` prints all figures.

use nd_tests::costs::{BUDGETS, MEMORY_AT_START, zipped};
use nd_tests::meter::Meter;
use nd_tests::wasm;

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
