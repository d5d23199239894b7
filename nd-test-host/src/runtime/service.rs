//! The host services as functions of `extism:host/user`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wasmtime::{Caller, Linker, Result};

use super::imports::USER_MODULE;
use super::instance::State;
use super::limits::check_stop;
use crate::context::CallContext;
use crate::generated::{FUNCTIONS, Services};
use crate::journal::{Direction, Outcome, Payload};
use crate::own::OwnFunction;

/// Offers all host services; which of them a plugin may import is checked before its module is linked.
pub(super) fn link(linker: &mut Linker<State>, own: &[OwnFunction]) -> Result<()> {
    for function in FUNCTIONS {
        let name = (function.service, function.import);
        linker.func_wrap(
            USER_MODULE,
            function.import,
            move |caller: Caller<'_, State>, request: u64| {
                call_service(caller, name, request, function.handler)
            },
        )?;
    }
    for function in own {
        let name = (function.service, function.import);
        let handler = Arc::clone(&function.handler);
        linker.func_wrap(
            USER_MODULE,
            function.import,
            move |caller: Caller<'_, State>, request: u64| {
                call_service(caller, name, request, |_, context, document| {
                    handler(context, document)
                })
            },
        )?;
    }
    Ok(())
}

/// Answers a call of a host function, named by service and import.
fn call_service(
    mut caller: Caller<'_, State>,
    (service, import): (&str, &str),
    request: u64,
    handler: impl Fn(&Services, &CallContext, &[u8]) -> Vec<u8>,
) -> Result<u64> {
    let state = caller.data();
    let context = &state.context;
    check_stop(context)?;
    let request = state.memory.block(request);
    let open = context.journal().begin(
        context.call(),
        Direction::Import,
        context.plugin(),
        import,
        request,
    );
    let answer = {
        let _current = context.enter();
        let services = &state.shared.services;
        // A panic must not unwind through the guest's frames, and must not take the host down.
        catch_unwind(AssertUnwindSafe(|| {
            let faults = &state.shared.faults;
            faults.around(context, &*state.shared.clock, (service, import), || {
                handler(services, context, request)
            })
        }))
    };
    match answer {
        Ok(answer) => {
            let legacy = &state.shared.legacy;
            legacy.request(context, import, request);
            open.end(outcome_of(&answer), None);
            check_stop(context)?;
            Ok(caller.data_mut().memory.store(&answer))
        }
        Err(panic) => {
            let message = format!("{import} panicked: {}", panic_text(&*panic));
            open.end(Outcome::Failed(message.clone()), None);
            Err(wasmtime::Error::msg(message))
        }
    }
}

/// Reads an answer for the journal: the glue writes a failure as an object whose only field is `error`.
fn outcome_of(answer: &[u8]) -> Outcome {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Failure {
        error: String,
    }
    if answer.starts_with(br#"{"error":"#)
        && let Ok(Failure { error }) = crate::wire::decode(answer)
    {
        return Outcome::Failed(error);
    }
    Outcome::Answered(Payload::new(answer))
}

/// Returns what a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
