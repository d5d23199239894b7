//! One call: a fresh instance, the guest's initialisation, the export, and what came of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use wasi_common::{I32Exit, WasiCtx};
use wasmtime::{Func, Instance, Linker, Result, Store, UpdateDeadline, Val};

use super::limits::{MemoryCap, check_stop};
use super::memory::{Memory, Range};
use super::outcome::{Call, detail};
use super::wasi::Mount;
use super::{Compiled, env, service};
use crate::context::CallContext;
use crate::error::CallError;
use crate::faults::Faults;
use crate::generated::Services;
use crate::manifest::Permissions;
use crate::server::legacy::Noticed;
use crate::services::Clock;
use crate::services::http::RuntimeHttp;
use env::LastResponse;

/// Return code of an export that exists without being implemented.
const NOT_IMPLEMENTED: u32 = -2_i32 as u32;

/// What all calls of one load share.
pub(crate) struct Shared {
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) services: Services,
    pub(crate) faults: Faults,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) http: RuntimeHttp,
    pub(crate) legacy: Noticed,
}

/// What one instance owns.
pub(super) struct State {
    pub(super) shared: Arc<Shared>,
    pub(super) context: CallContext,
    pub(super) memory: Memory,
    pub(super) variables: HashMap<Vec<u8>, Vec<u8>>,
    /// What the runtime's own request call brought last.
    pub(super) http: Option<LastResponse>,
    pub(super) wasi: WasiCtx,
    cap: MemoryCap,
}

/// What a call came to.
pub(crate) struct Finished {
    pub(crate) result: Result<Vec<u8>, CallError>,
    pub(crate) fuel: Option<u64>,
}

impl Finished {
    /// The end of a call for which the machine has no thread left.
    pub(crate) fn no_thread(context: &CallContext, error: &std::io::Error) -> Self {
        Self {
            result: Err(CallError::Instance {
                plugin: context.plugin().to_owned(),
                detail: format!("no thread for the call: {error}"),
            }),
            fuel: None,
        }
    }
}

impl Compiled {
    /// Makes an instance and throws it away, so that what cannot be instantiated fails at load.
    pub(crate) fn probe(&self, shared: &Arc<Shared>, context: CallContext) -> Result<(), String> {
        let _ticks = self.engine.ticker.guard();
        let mut store = self.store(shared, context).map_err(|e| detail(&e))?;
        self.pre
            .instantiate(&mut store)
            .map(|_| ())
            .map_err(|e| detail(&e))
    }

    /// Calls an export and reads the result by the server's rules, all but the decoding of the output.
    pub(crate) fn call(
        &self,
        shared: &Arc<Shared>,
        context: CallContext,
        limit: Duration,
        input: &[u8],
    ) -> Finished {
        let call = Call {
            plugin: context.plugin().to_owned(),
            export: context.export().to_owned(),
            context: context.clone(),
            limit,
        };
        if !self.has_export(&call.export) {
            let result = Err(call.missing());
            return Finished { result, fuel: None };
        }
        let _ticks = self.engine.ticker.guard();
        let mut store = match self.store(shared, context) {
            Ok(store) => store,
            Err(error) => {
                let result = Err(call.no_instance(&error));
                return Finished { result, fuel: None };
            }
        };
        let result = match self.pre.instantiate(&mut store) {
            Ok(instance) => run(&mut store, &instance, &call, input),
            Err(error) => Err(call.no_instance(&error)),
        };
        let fuel = store.get_fuel().ok().map(|left| u64::MAX - left);
        Finished { result, fuel }
    }

    fn store(&self, shared: &Arc<Shared>, context: CallContext) -> Result<Store<State>> {
        let wasi = super::wasi::context(&shared.mounts, &context)?;
        let state = State {
            shared: Arc::clone(shared),
            context: context.clone(),
            memory: Memory::new(self.engine.memory_limit),
            variables: HashMap::new(),
            http: None,
            wasi,
            cap: MemoryCap::new(self.engine.memory_limit),
        };
        let mut store = Store::new(&self.engine.engine, state);
        store.limiter(|state| &mut state.cap);
        if self.engine.count_fuel {
            store.set_fuel(u64::MAX)?;
        }
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            check_stop(&context)?;
            Ok(UpdateDeadline::Continue(1))
        });
        Ok(store)
    }
}

fn run(
    store: &mut Store<State>,
    instance: &Instance,
    call: &Call,
    input: &[u8],
) -> Result<Vec<u8>, CallError> {
    // The module's exports were looked at before, so this one is there.
    let Some(export) = instance.get_func(&mut *store, &call.export) else {
        return Err(call.missing());
    };
    let memory = &mut store.data_mut().memory;
    let offset = memory.store(input);
    if offset == 0 && !input.is_empty() {
        return Err(call.input_too_large());
    }
    memory.set_input(Range {
        offset,
        length: input.len() as u64,
    });
    let code = match initialise(store, instance).and_then(|()| invoke(store, &export)) {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => 0,
            _ => return Err(call.failed(&error)),
        },
    };
    let memory = &store.data().memory;
    if let Some(message) = memory.error_text() {
        return Err(call.plugin_error(message));
    }
    match code {
        0 => Ok(memory.output_bytes().to_vec()),
        NOT_IMPLEMENTED => Err(call.not_implemented()),
        code => Err(call.exit_code(code)),
    }
}

/// Runs what the guest's language needs before its first function, chosen by what the module exports.
fn initialise(store: &mut Store<State>, instance: &Instance) -> Result<()> {
    let plain = |store: &mut Store<State>, name: &str| {
        let function = instance.get_func(&mut *store, name)?;
        let ty = function.ty(&*store);
        (ty.params().len() == 0).then_some((function, ty.results().len()))
    };
    if let Some(haskell) = instance.get_func(&mut *store, "hs_init") {
        if let Some((function, results)) = plain(store, "_initialize") {
            function.call(&mut *store, &[], &mut vec![Val::I32(0); results])?;
        }
        let results = haskell.ty(&*store).results().len();
        return haskell.call(
            &mut *store,
            &[Val::I32(0), Val::I32(0)],
            &mut vec![Val::I32(0); results],
        );
    }
    let found = plain(store, "_initialize").or_else(|| plain(store, "__wasm_call_ctors"));
    if let Some((function, results)) = found {
        function.call(&mut *store, &[], &mut vec![Val::I32(0); results])?;
    }
    Ok(())
}

/// Calls an export that takes nothing and returns at most one number.
fn invoke(store: &mut Store<State>, export: &Func) -> Result<u32> {
    let ty = export.ty(&*store);
    let (params, results) = (ty.params().len(), ty.results().len());
    if params != 0 {
        return Err(wasmtime::Error::msg(format!(
            "the export takes {params} parameters, expected none"
        )));
    }
    if results > 1 {
        return Err(wasmtime::Error::msg(format!(
            "the export has {results} results, expected 0 or 1"
        )));
    }
    let mut values = vec![Val::I32(0); results];
    export.call(&mut *store, &[], &mut values)?;
    // The server takes the lower half of whatever number comes back.
    Ok(match values.first() {
        None => 0,
        Some(Val::I32(code)) => *code as u32,
        Some(Val::I64(code)) => *code as u32,
        Some(Val::F32(bits)) => *bits,
        Some(Val::F64(bits)) => *bits as u32,
        Some(_) => return Err(wasmtime::Error::msg("the export does not return a number")),
    })
}

/// Links everything a plugin with these permissions may import.
pub(super) fn link(linker: &mut Linker<State>, permissions: &Permissions) -> Result<()> {
    env::link(linker)?;
    wasi_common::sync::snapshots::preview_1::add_wasi_snapshot_preview1_to_linker(
        linker,
        |state: &mut State| &mut state.wasi,
    )?;
    service::link(linker, permissions)
}
