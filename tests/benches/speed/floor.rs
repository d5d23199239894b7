//! What nobody can beat: an instance of the same module in the bare engine, and a call through the `extism` crate.

use criterion::Criterion;
use extism::{CompiledPlugin, Function, PTR, PluginBuilder, UserData};
use nd_tests::wasm;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module,
    PoolingAllocationConfig, Store,
};

use crate::calls::{PLAIN, SMALL, input};

/// A module connected to functions that are never called.
pub(crate) fn prepare(wasm: &[u8], pooled: bool) -> wasmtime::Result<InstancePre<()>> {
    let mut config = Config::new();
    config.epoch_interruption(true).consume_fuel(true);
    if pooled {
        let mut pool = PoolingAllocationConfig::new();
        // One for each of the threads that use it at once.
        pool.total_core_instances(16)
            .total_memories(16)
            .total_tables(16)
            .total_gc_heaps(16);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    let engine = Engine::new(&config)?;
    let module = Module::from_binary(&engine, wasm)?;
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module)?;
    linker.instantiate_pre(&module)
}

/// Makes an instance and throws it away.
pub(crate) fn instance(pre: &InstancePre<()>) {
    let mut store = Store::new(pre.module().engine(), ());
    store.set_epoch_deadline(1);
    if let Err(error) = pre.instantiate(&mut store) {
        panic!("{error}");
    }
}

pub(crate) fn times(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("floor");
    let wasm = wasm(SMALL);
    for (name, pooled) in [("instance_pooled", true), ("instance_mapped", false)] {
        let pre = prepare(&wasm, pooled).unwrap_or_else(|error| panic!("{error}"));
        group.bench_function(name, |bencher| {
            bencher.iter(|| instance(&pre));
        });
    }
    let compiled = reference(wasm).unwrap_or_else(|error| panic!("{error}"));
    let input = input();
    group.bench_function("extism", |bencher| {
        bencher.iter(|| {
            let plugin = extism::Plugin::new_from_compiled(&compiled);
            let answer: Result<Vec<u8>, _> =
                plugin.and_then(|mut plugin| plugin.call(PLAIN, &input[..]));
            answer.unwrap_or_else(|error| panic!("{error}"))
        });
    });
    group.finish();
}

/// The plugin in the `extism` crate, compiled once, with a host function that answers nothing.
fn reference(wasm: Vec<u8>) -> Result<CompiledPlugin, extism::Error> {
    let set = Function::new(
        "kvstore_set",
        [PTR],
        [PTR],
        UserData::new(()),
        |_, _, outputs, _| {
            outputs[0] = extism::Val::I64(0);
            Ok(())
        },
    );
    PluginBuilder::new(wasm)
        .with_wasi(true)
        .with_cache_disabled()
        .with_functions([set.with_namespace("extism:host/user")])
        .compile()
}
