//! What compiles and links the plugins of one host, and the pool their instances come from.
//!
//! # The pool
//!
//! Making an instance means memory mappings and page faults, and both cost more than a small call. So instances come
//! from a pool of [`POOLED`] slots that are mapped once: a slot keeps the pages of the module it served last, and
//! after a call only the pages the guest wrote are put back to what the module says. Nothing of a call is left.
//!
//! The pool never refuses what the server would run. A module that does not fit a slot, and a call that finds all
//! slots taken, get an instance with mappings of its own, from a second engine that is started when first needed. The
//! two engines differ in nothing else, so that code compiled for one runs in the other.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError};

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, InstancePre, Linker, Module,
    PoolingAllocationConfig, UnknownImportError,
};

use super::code::{self, CodeCache, Key, shared};
use super::imports::{self, ImportError, ImportErrors};
use super::instance::{self, State};
use super::limits::{MAX_TABLE, Ticker};
use crate::manifest::Permissions;
use crate::own::OwnFunction;

/// Stack of a guest. Threads of a test have 2 MiB in all.
const MAX_STACK: usize = 1 << 20;
/// Instances that may live at once before calls have to bring their own mappings. Each reserves 4 GiB of addresses,
/// not of memory.
const POOLED: u32 = 64;
/// Memory a slot keeps between two calls, at most.
const KEEP_RESIDENT: usize = 1 << 20;
/// Unit in which memories grow.
const WASM_PAGE: usize = 64 << 10;
/// What a 32-bit memory can address.
const ADDRESSABLE: usize = 1 << 32;

/// What compiles and runs the plugins of one host.
pub(crate) struct Engine {
    /// Has the pool, where the machine has the addresses for one.
    main: Backend,
    /// Without a pool; started when first needed.
    spare: OnceLock<Result<Backend, String>>,
    settings: Settings,
    cache: Option<CodeCache>,
    own: Arc<[OwnFunction]>,
    pub(super) ticker: Ticker,
}

#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) memory_limit: usize,
    pub(super) count_fuel: bool,
}

/// An engine with every host function connected; which of them a module may import is checked before.
pub(super) struct Backend {
    pub(super) engine: wasmtime::Engine,
    linker: Linker<State>,
}

impl Backend {
    fn start(config: &Config, own: &[OwnFunction]) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::new(config)?;
        let mut linker = Linker::new(&engine);
        instance::link(&mut linker, own)?;
        Ok(Self { engine, linker })
    }
}

impl Engine {
    /// Starts an engine with the WebAssembly features the server offers, and no others.
    pub(crate) fn start(
        memory_limit: usize,
        count_fuel: bool,
        cache: Option<CodeCache>,
        own: Arc<[OwnFunction]>,
    ) -> Result<Arc<Self>, String> {
        let settings = Settings {
            memory_limit,
            count_fuel,
        };
        let pooled = config(settings, Some(pool(settings)));
        // A machine may have no room for so many addresses, but it can still run plugins.
        let main = Backend::start(&pooled, &own)
            .or_else(|_| Backend::start(&config(settings, None), &own))
            .map_err(|error| error.to_string())?;
        let ticker = Ticker::start(&main.engine).map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            main,
            spare: OnceLock::new(),
            settings,
            cache,
            own,
            ticker,
        }))
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    #[cfg(test)]
    pub(super) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.main.engine
    }

    /// Compiles a module, or finds it compiled already: on disk, or by another host of this process.
    pub(crate) fn compile(&self, wasm: &[u8]) -> Result<Code, String> {
        let key = Key::new(&self.main.engine, wasm);
        let on_disk = self.cache.as_ref().and_then(|cache| cache.get(&key));
        if let Some(code) = on_disk.and_then(|kept| self.revive(&kept).ok()) {
            return Ok(code);
        }
        let slot = shared::slot(&key);
        let mut shared = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*shared
            && let Ok(code) = self.revive(kept)
        {
            if let (Some(cache), Ok(bytes)) = (&self.cache, kept.read()) {
                let _ = cache.put(&key, &bytes);
            }
            return Ok(code);
        }
        let code = self.compile_anew(wasm)?;
        // A plugin that cannot be kept compiled is compiled again next time.
        if let Ok(bytes) = code.module.serialize() {
            *shared = code::Compiled::unnamed(&bytes).ok();
            if let Some(cache) = &self.cache {
                let _ = cache.put(&key, &bytes);
            }
        }
        Ok(code)
    }

    fn compile_anew(&self, wasm: &[u8]) -> Result<Code, String> {
        if let Ok(module) = Module::from_binary(&self.main.engine, wasm) {
            return Ok(Code { module, main: true });
        }
        // The other engine tells whether it was the pool that the module does not fit.
        let module = Module::from_binary(&self.spare()?.engine, wasm)
            // The alternate form prints the whole chain: where in the file, and what is wrong there.
            .map_err(|error| format!("{error:#}"))?;
        Ok(Code {
            module,
            main: false,
        })
    }

    /// Makes a module of code this host compiled.
    fn revive(&self, kept: &code::Compiled) -> Result<Code, String> {
        if let Ok(module) = kept.module(&self.main.engine) {
            return Ok(Code { module, main: true });
        }
        let module = kept.module(&self.spare()?.engine);
        Ok(Code {
            module: module.map_err(|error| error.to_string())?,
            main: false,
        })
    }

    /// Checks a module's imports and connects them.
    pub(crate) fn link(
        self: &Arc<Self>,
        code: &Code,
        permissions: &Permissions,
    ) -> Result<Compiled, LinkError> {
        imports::check(&code.module, permissions, &self.own)?;
        let pre = if code.main {
            self.main.linker.instantiate_pre(&code.module)
        } else {
            let spare = self.spare().map_err(LinkError::Link)?;
            spare.linker.instantiate_pre(&code.module)
        };
        let pre = pre.map_err(|error| LinkError::of(&error))?;
        Ok(Compiled {
            engine: Arc::clone(self),
            exports: exports(&code.module),
            pre,
            spare: OnceLock::new(),
        })
    }

    fn spare(&self) -> Result<&Backend, String> {
        let spare = self.spare.get_or_init(|| {
            let backend = Backend::start(&config(self.settings, None), &self.own);
            let backend = backend.map_err(|error| error.to_string())?;
            self.ticker.add(&backend.engine);
            Ok(backend)
        });
        spare.as_ref().map_err(Clone::clone)
    }
}

fn config(settings: Settings, pool: Option<PoolingAllocationConfig>) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(settings.count_fuel)
        .max_wasm_stack(MAX_STACK)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_extended_const(false);
    if let Some(pool) = pool {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

fn pool(settings: Settings) -> PoolingAllocationConfig {
    let memory = settings.memory_limit.next_multiple_of(WASM_PAGE);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(POOLED)
        .total_memories(POOLED)
        .total_tables(POOLED)
        .total_gc_heaps(POOLED)
        // What a guest may grow to is the same in the pool as outside.
        .max_memory_size(memory.min(ADDRESSABLE))
        .table_elements(MAX_TABLE)
        .max_unused_warm_slots(POOLED)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        // Finds the pages a guest wrote, where the system can tell (Linux 6.7).
        .pagemap_scan(Enabled::Auto);
    pool
}

/// A compiled module.
pub(crate) struct Code {
    module: Module,
    /// Whether it belongs to the main engine.
    main: bool,
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

impl LinkError {
    fn of(error: &wasmtime::Error) -> Self {
        match error.downcast_ref::<UnknownImportError>() {
            // Only WASI's own names have not been checked before.
            Some(unknown) => Self::Imports(ImportErrors {
                errors: vec![ImportError::Unknown {
                    module: unknown.module().to_owned(),
                    function: unknown.name().to_owned(),
                    nearest: None,
                }],
            }),
            None => Self::Link(format!("{error:#}")),
        }
    }
}

/// A module ready to be instantiated.
pub(crate) struct Compiled {
    pub(super) engine: Arc<Engine>,
    pub(super) pre: InstancePre<State>,
    /// The same for calls that find the pool empty.
    spare: OnceLock<Result<InstancePre<State>, String>>,
    pub(super) exports: BTreeMap<String, Signature>,
}

/// How many values an exported function takes and returns.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    pub(super) params: usize,
    pub(super) results: usize,
}

fn exports(module: &Module) -> BTreeMap<String, Signature> {
    let functions = module.exports().filter_map(|export| {
        let ty = export.ty();
        let function = ty.func()?;
        let signature = Signature {
            params: function.params().len(),
            results: function.results().len(),
        };
        Some((export.name().to_owned(), signature))
    });
    functions.collect()
}

impl Compiled {
    /// Returns the names of the exported functions, sorted.
    pub(crate) fn exports(&self) -> impl Iterator<Item = &String> {
        self.exports.keys()
    }

    /// Tells whether the module exports a function of that name.
    pub(crate) fn has_export(&self, name: &str) -> bool {
        self.exports.contains_key(name)
    }

    #[cfg(test)]
    pub(crate) fn is_pooled(&self) -> bool {
        wasmtime::Engine::same(self.pre.module().engine(), self.engine.wasmtime())
    }

    /// Returns the module as linked outside the pool.
    pub(super) fn outside_the_pool(&self) -> Result<&InstancePre<State>, String> {
        let spare = self.spare.get_or_init(|| {
            let bytes = self.pre.module().serialize();
            let bytes = bytes.map_err(|error| error.to_string())?;
            let backend = self.engine.spare()?;
            // SAFETY: these are the bytes of `Module::serialize`, unchanged, in this process.
            let module = unsafe { Module::deserialize(&backend.engine, bytes) };
            module
                .and_then(|module| backend.linker.instantiate_pre(&module))
                .map_err(|error| error.to_string())
        });
        spare.as_ref().map_err(Clone::clone)
    }
}
