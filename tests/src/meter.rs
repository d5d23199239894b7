//! Measures what a plugin costs: fuel as the engine counts it, with the Extism kernel that the server has too, on a
//! fresh instance. The same input gives the same figures on every machine.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmtime::{
    AsContextMut, Caller, Config, Engine, Extern, ExternType, Func, FuncType, Instance, Linker,
    Module, Store, Val,
};

/// Functions of the kernel that are cheap on the server; it runs the others as WebAssembly.
const WORD_TRANSFERS: [&str; 3] = ["input_load_u64", "load_u64", "store_u64"];
const KERNEL: &str = "extism:host/env";
const SERVICES: &str = "extism:host/user";
/// The least level of messages that are wanted: info.
const LEVEL: i32 = 2;

/// A plugin to measure.
pub struct Meter {
    kernel: Module,
    plugin: Module,
}

/// What a call cost, and what came out of it.
#[derive(Debug)]
pub struct Cost {
    /// What the engine counted from the guest's initialisation to the end of the call, about one unit per instruction.
    pub fuel: u64,
    /// Calls of kernel functions other than transfers of eight bytes.
    pub kernel_calls: u64,
    /// Bytes of the plugin's memory before the call.
    pub memory_at_start: usize,
    /// Bytes of the plugin's memory after the call, when it is largest.
    pub memory: usize,
    /// The output.
    pub output: Vec<u8>,
}

/// What the functions of the host share.
#[derive(Default)]
struct State {
    kernel: Option<Instance>,
    kernel_calls: u64,
}

impl Meter {
    /// Prepares a plugin.
    ///
    /// # Panics
    ///
    /// When the module is not one.
    pub fn new(wasm: &[u8]) -> Self {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).unwrap_or_else(|error| panic!("{error}"));
        let module =
            |wasm: &[u8]| Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
        Self {
            kernel: module(&kernel()),
            plugin: module(wasm),
        }
    }

    /// Calls an export on a fresh instance.
    ///
    /// # Panics
    ///
    /// When the call fails, for then its cost means nothing.
    pub fn call(&self, export: &str, input: &[u8]) -> Cost {
        self.run(export, input)
            .unwrap_or_else(|error| panic!("{export}: {error:?}"))
    }

    fn run(&self, export: &str, input: &[u8]) -> wasmtime::Result<Cost> {
        let engine = self.plugin.engine();
        let mut store = Store::new(engine, State::default());
        store.set_fuel(u64::MAX)?;
        let mut linker = Linker::new(engine);
        let kernel = linker.instantiate(&mut store, &self.kernel)?;
        store.data_mut().kernel = Some(kernel);
        for import in self.plugin.imports() {
            let ExternType::Func(ty) = import.ty() else {
                continue;
            };
            let (name, module) = (import.name().to_owned(), import.module());
            let function = match (module, kernel.get_func(&mut store, &name)) {
                (KERNEL, Some(function)) => counted(&mut store, &name, function),
                (KERNEL, None) => Func::new(&mut store, ty, |_, _, results| {
                    results
                        .iter_mut()
                        .for_each(|result| *result = Val::I32(LEVEL));
                    Ok(())
                }),
                (SERVICES, _) => service(&mut store, ty, name.clone()),
                _ => continue,
            };
            linker.define(&store, module, &name, function)?;
        }
        linker.define_unknown_imports_as_traps(&self.plugin)?;
        let instance = linker.instantiate(&mut store, &self.plugin)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| wasmtime::Error::msg("no memory"))?;
        let memory_at_start = memory.data_size(&store);
        let offset = write(&mut store, input)?;
        invoke(
            &mut store,
            "input_set",
            &[Val::I64(offset), Val::I64(input.len() as i64)],
        )?;
        store.data_mut().kernel_calls = 0;
        let before = store.get_fuel()?;
        if let Some(start) = instance.get_func(&mut store, "_initialize") {
            start.call(&mut store, &[], &mut [])?;
        }
        let mut code = [Val::I32(0)];
        instance
            .get_func(&mut store, export)
            .ok_or_else(|| wasmtime::Error::msg("no such export"))?
            .call(&mut store, &[], &mut code)?;
        let fuel = before - store.get_fuel()?;
        let kernel_calls = store.data().kernel_calls;
        let error = invoke(&mut store, "error_get", &[])?;
        if error != 0 {
            let text = read(&mut store, error)?;
            return Err(wasmtime::Error::msg(
                String::from_utf8_lossy(&text).into_owned(),
            ));
        }
        let offset = invoke(&mut store, "output_offset", &[])?;
        let length = invoke(&mut store, "output_length", &[])?;
        Ok(Cost {
            fuel,
            kernel_calls,
            memory_at_start,
            memory: memory.data_size(&store),
            output: bytes(&mut store, offset, length),
        })
    }
}

/// The kernel of the `extism` crate, which is that of the server.
fn kernel() -> Vec<u8> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap_or_else(|error| panic!("cargo metadata: {error}"));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let manifest = packages
        .iter()
        .find(|package| package["name"] == "extism")
        .and_then(|package| package["manifest_path"].as_str())
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("cargo metadata names no package `extism`"));
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let path = folder.join("src/extism-runtime.wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A function of the kernel whose calls are counted.
fn counted(store: &mut Store<State>, name: &str, function: Func) -> Func {
    let counts = u64::from(!WORD_TRANSFERS.contains(&name));
    let ty = function.ty(&store);
    Func::new(
        store,
        ty,
        move |mut caller: Caller<'_, State>, params, results| {
            caller.data_mut().kernel_calls += counts;
            function.call(caller.as_context_mut(), params, results)
        },
    )
}

/// A host function: reads the request from the kernel and puts the answer there, as every host does.
fn service(store: &mut Store<State>, ty: FuncType, name: String) -> Func {
    Func::new(
        store,
        ty,
        move |mut caller: Caller<'_, State>, params, results| {
            let request = read(&mut caller, params[0].unwrap_i64())?;
            let request: Value = serde_json::from_slice(&request)?;
            let answer = answer(&name, &request).to_string();
            results[0] = Val::I64(write(&mut caller, answer.as_bytes())?);
            Ok(())
        },
    )
}

/// What the host functions of the measured plugins answer.
fn answer(function: &str, _request: &Value) -> Value {
    match function {
        "cache_getstring" => json!({"value": "v".repeat(1024), "exists": true}),
        "kvstore_get" => {
            // 1,024 times the letter `v`: 341 groups of three, and one more.
            let value = "dnZ2".repeat(341) + "dg==";
            json!({"value": value, "exists": true})
        }
        _ => json!({}),
    }
}

type Context<'a> = wasmtime::StoreContextMut<'a, State>;

/// Calls a function of the kernel that returns a number or nothing.
fn invoke(
    mut store: impl AsContextMut<Data = State>,
    name: &str,
    params: &[Val],
) -> wasmtime::Result<i64> {
    let mut store: Context<'_> = store.as_context_mut();
    let function = export(&mut store, name).and_then(Extern::into_func);
    let function =
        function.ok_or_else(|| wasmtime::Error::msg(format!("no kernel function {name}")))?;
    let mut results = vec![Val::I64(0); function.ty(&store).results().len()];
    function.call(&mut store, params, &mut results)?;
    Ok(results.first().map_or(0, Val::unwrap_i64))
}

fn export(store: &mut Context<'_>, name: &str) -> Option<Extern> {
    let kernel = store.data().kernel?;
    kernel.get_export(store, name)
}

fn read(mut store: impl AsContextMut<Data = State>, offset: i64) -> wasmtime::Result<Vec<u8>> {
    let length = invoke(store.as_context_mut(), "length", &[Val::I64(offset)])?;
    Ok(bytes(store, offset, length))
}

fn bytes(mut store: impl AsContextMut<Data = State>, offset: i64, length: i64) -> Vec<u8> {
    let mut store = store.as_context_mut();
    let memory = export(&mut store, "memory").and_then(Extern::into_memory);
    let data = memory.map(|memory| memory.data(&store)).unwrap_or_default();
    let end = offset as usize + length as usize;
    data.get(offset as usize..end).unwrap_or_default().to_vec()
}

fn write(mut store: impl AsContextMut<Data = State>, bytes: &[u8]) -> wasmtime::Result<i64> {
    let mut store = store.as_context_mut();
    let offset = invoke(&mut store, "alloc", &[Val::I64(bytes.len() as i64)])?;
    if let Some(memory) = export(&mut store, "memory").and_then(Extern::into_memory) {
        memory.write(&mut store, offset as usize, bytes)?;
    }
    Ok(offset)
}
