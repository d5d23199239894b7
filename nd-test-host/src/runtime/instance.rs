//! One call: a fresh instance, the guest's initialisation, the export, and what came of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use wasi_common::{I32Exit, WasiCtx};
use wasmtime::{
    Func, Instance, InstancePre, Linker, PoolConcurrencyLimitError, Result, Store, UpdateDeadline,
    Val,
};

use super::engine::{Compiled, Signature};
use super::limits::{MemoryCap, check_stop};
use super::memory::{Memory, Range};
use super::outcome::{Call, detail};
use super::wasi::{self, Mount};
use super::{env, service};
use crate::context::CallContext;
use crate::error::CallError;
use crate::faults::Faults;
use crate::generated::Services;
use crate::own::OwnFunction;
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
    wasi: Option<WasiCtx>,
    cap: MemoryCap,
}

impl State {
    /// Returns the instance's side of WASI, which is made when the guest first asks for it; many calls never do.
    pub(super) fn wasi(&mut self) -> &mut WasiCtx {
        let shared = &self.shared;
        self.wasi
            .get_or_insert_with(|| wasi::context(&shared.mounts, &shared.faults, &self.context))
    }
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
        let made = self.instantiate(self.state(shared, context));
        made.and_then(|(_store, instance)| instance.map(|_| ()))
            .map_err(|error| detail(&error))
    }

    /// Calls an export and reads the result by the server's rules, all but the decoding of the output.
    pub(crate) fn call(
        &self,
        shared: &Arc<Shared>,
        context: &CallContext,
        limit: Duration,
        input: &[u8],
    ) -> Finished {
        let call = Call { context, limit };
        let Some(&signature) = self.exports.get(context.export()) else {
            let result = Err(call.missing());
            return Finished { result, fuel: None };
        };
        let _ticks = self.engine.ticker.guard();
        let (mut store, instance) = match self.instantiate(self.state(shared, context.clone())) {
            Ok(made) => made,
            Err(error) => {
                let result = Err(call.no_instance(&error));
                return Finished { result, fuel: None };
            }
        };
        let result = match instance {
            Ok(instance) => self.run(&mut store, &instance, signature, &call, input),
            Err(error) => Err(call.no_instance(&error)),
        };
        let fuel = store.get_fuel().ok().map(|left| u64::MAX - left);
        Finished { result, fuel }
    }

    fn state(&self, shared: &Arc<Shared>, context: CallContext) -> State {
        let limit = self.engine.settings().memory_limit;
        State {
            shared: Arc::clone(shared),
            context,
            memory: Memory::new(limit),
            variables: HashMap::new(),
            http: None,
            wasi: None,
            cap: MemoryCap::new(limit),
        }
    }

    /// Makes an instance, in the pool if there is room. Its store tells the fuel also if that fails.
    fn instantiate(&self, state: State) -> Result<(Store<State>, Result<Instance>)> {
        let mut store = self.store(&self.pre, state)?;
        let instance = self.pre.instantiate(&mut store);
        match instance {
            // Nothing of the guest has run yet.
            Err(error) if error.is::<PoolConcurrencyLimitError>() => {
                let pre = self.outside_the_pool().map_err(wasmtime::Error::msg)?;
                let mut state = store.into_data();
                state.cap = MemoryCap::new(self.engine.settings().memory_limit);
                let mut store = self.store(pre, state)?;
                let instance = pre.instantiate(&mut store);
                Ok((store, instance))
            }
            instance => Ok((store, instance)),
        }
    }

    fn store(&self, pre: &InstancePre<State>, state: State) -> Result<Store<State>> {
        let mut store = Store::new(pre.module().engine(), state);
        store.limiter(|state| &mut state.cap);
        if self.engine.settings().count_fuel {
            store.set_fuel(u64::MAX)?;
        }
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            check_stop(&store.data().context)?;
            Ok(UpdateDeadline::Continue(1))
        });
        Ok(store)
    }

    fn run(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
        signature: Signature,
        call: &Call<'_>,
        input: &[u8],
    ) -> Result<Vec<u8>, CallError> {
        // The module's exports were looked at before, so this one is there.
        let Some(export) = instance.get_func(&mut *store, call.context.export()) else {
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
        let code = self
            .initialise(store, instance)
            .and_then(|()| invoke(store, &export, signature));
        let code = match code {
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
    fn initialise(&self, store: &mut Store<State>, instance: &Instance) -> Result<()> {
        let prepare = |store: &mut Store<State>, name: &str, arguments: &[Val]| {
            let (Some(signature), Some(function)) =
                (self.exports.get(name), instance.get_func(&mut *store, name))
            else {
                return Ok(());
            };
            let mut results = vec![Val::I32(0); signature.results];
            function.call(&mut *store, arguments, &mut results)
        };
        let is_plain = |name: &&str| {
            let signature = self.exports.get(*name);
            signature.is_some_and(|signature| signature.params == 0)
        };
        if self.has_export("hs_init") {
            if is_plain(&"_initialize") {
                prepare(store, "_initialize", &[])?;
            }
            return prepare(store, "hs_init", &[Val::I32(0), Val::I32(0)]);
        }
        let found = ["_initialize", "__wasm_call_ctors"]
            .into_iter()
            .find(is_plain);
        found.map_or(Ok(()), |name| prepare(store, name, &[]))
    }
}

/// Calls an export that takes nothing and returns at most one number.
fn invoke(store: &mut Store<State>, export: &Func, signature: Signature) -> Result<u32> {
    let Signature { params, results } = signature;
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

/// Links everything a plugin may import with all permissions there are.
pub(super) fn link(linker: &mut Linker<State>, own: &[OwnFunction]) -> Result<()> {
    env::link(linker)?;
    wasi::link(linker)?;
    service::link(linker, own)
}
