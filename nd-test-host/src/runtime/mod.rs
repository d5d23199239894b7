//! The engine: compiles a module once per load and gives every call an instance of its own.
//!
//! # Why not the `extism` crate
//!
//! Guests are built against the Extism interface, and this module offers it: `extism:host/env`, the host functions
//! in `extism:host/user`, and WASI preview 1. It sits on `wasmtime` directly, because a host that takes plugins for
//! hostile needs what the `extism` crate (1.30) cannot give: a time limit that covers the guest's initialisation and
//! does not end other calls of the same plugin along with the slow one, mounts that are read-only in subdirectories
//! too, offsets that are checked before memory is read, return codes that are not lost, and the clock and the sleep
//! a server's guests see. The tests compare the memory functions with `extism` as the reference.
//!
//! # Differences from the server
//!
//! * Linear memory is capped (1 GiB unless the host is told otherwise); the server sets no limit.
//! * Tables count towards that cap as well.
//! * Guest output on stdout and stderr goes to the journal; the server discards it.
//! * Writing to, truncating or syncing a directory is `EBADF`; the server answers `EISDIR`.
//! * `path_open` and the other file functions are those of `wasi-common`, with the server's rules of confinement on
//!   top. Handles of a directory refer to its path, not to the directory itself. A pointer that is not aligned as C
//!   would align it traps; an exit code above 125 is reported as a trap instead of an exit.

mod env;
mod imports;
mod instance;
mod limits;
mod memory;
mod outcome;
mod service;
mod wasi;

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmtime::{Config, InstancePre, Linker, Module};

pub use imports::{ImportError, ImportErrors};
pub(crate) use instance::{Finished, Shared};
pub(crate) use service::panic_text;
pub(crate) use wasi::Mount;

use crate::manifest::Permissions;
use instance::State;
use limits::Ticker;

/// Stack of a guest. Threads of a test have 2 MiB in all.
const MAX_STACK: usize = 1 << 20;

/// What compiles and runs the plugins of one host.
pub(crate) struct Engine {
    engine: wasmtime::Engine,
    ticker: Ticker,
    memory_limit: usize,
    count_fuel: bool,
}

impl Engine {
    /// Starts an engine with the WebAssembly features the server offers, and no others.
    pub(crate) fn start(memory_limit: usize, count_fuel: bool) -> Result<Arc<Self>, String> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .consume_fuel(count_fuel)
            .max_wasm_stack(MAX_STACK)
            .wasm_tail_call(false)
            .wasm_relaxed_simd(false)
            .wasm_multi_memory(false)
            .wasm_memory64(false)
            .wasm_extended_const(false);
        let engine = wasmtime::Engine::new(&config).map_err(|error| error.to_string())?;
        let ticker = Ticker::start(&engine).map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            engine,
            ticker,
            memory_limit,
            count_fuel,
        }))
    }

    /// Compiles a module.
    pub(crate) fn compile(&self, wasm: &[u8]) -> Result<Module, String> {
        // The alternate form prints the whole chain: where in the file, and what is wrong there.
        Module::from_binary(&self.engine, wasm).map_err(|error| format!("{error:#}"))
    }

    /// Checks a module's imports and connects them.
    pub(crate) fn link(
        self: &Arc<Self>,
        module: &Module,
        permissions: &Permissions,
    ) -> Result<Compiled, LinkError> {
        imports::check(module, permissions)?;
        let mut linker = Linker::new(&self.engine);
        let pre = instance::link(&mut linker, permissions)
            .and_then(|()| linker.instantiate_pre(module))
            .map_err(|error| LinkError::Link(format!("{error:#}")))?;
        let functions = module
            .exports()
            .filter(|export| export.ty().func().is_some());
        Ok(Compiled {
            engine: Arc::clone(self),
            pre,
            exports: functions.map(|export| export.name().to_owned()).collect(),
        })
    }
}

/// Why a module's imports cannot be connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The module imports what the host does not offer to this plugin.
    #[error(transparent)]
    Imports(#[from] ImportErrors),
    /// An import has another type than the host's function.
    #[error("{0}")]
    Link(String),
}

/// A module ready to be instantiated.
pub(crate) struct Compiled {
    engine: Arc<Engine>,
    pre: InstancePre<State>,
    exports: BTreeSet<String>,
}

impl Compiled {
    /// Returns the names of the exported functions.
    pub(crate) fn exports(&self) -> &BTreeSet<String> {
        &self.exports
    }

    /// Tells whether the module exports a function of that name.
    pub(crate) fn has_export(&self, name: &str) -> bool {
        self.exports.contains(name)
    }
}
