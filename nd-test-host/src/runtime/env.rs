//! The functions every plugin may import: module `extism:host/env`, in the forms the Extism kits declare.

use wasmtime::{Caller, Linker, Result};

use super::instance::State;
use super::limits::check_stop;
use super::memory::Range;
use crate::journal::{Direction, LogLevel, Outcome, Payload};
use crate::services::http::RuntimeRequest;

/// Name of the module.
pub(super) const ENV_MODULE: &str = "extism:host/env";
/// Keys and values of Extism variables together may take this many bytes per instance.
const MAX_VARIABLES: usize = 1 << 20;

/// The names of all functions of the module, for messages about imports.
pub(super) const FUNCTIONS: &[&str] = &[
    "alloc",
    "config_get",
    "error_get",
    "error_set",
    "free",
    "get_log_level",
    "http_headers",
    "http_request",
    "http_status_code",
    "input_length",
    "input_load_u64",
    "input_load_u8",
    "input_offset",
    "input_set",
    "length",
    "length_unsafe",
    "load_u64",
    "load_u8",
    "log_debug",
    "log_error",
    "log_info",
    "log_trace",
    "log_warn",
    "memory_bytes",
    "output_length",
    "output_offset",
    "output_set",
    "reset",
    "store_u64",
    "store_u8",
    "var_get",
    "var_set",
];

/// A runtime function that refuses to do what the guest asked; it ends the call.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

fn refused<T>(message: impl Into<String>) -> Result<T> {
    Err(wasmtime::Error::new(Refused(message.into())))
}

/// Offers the functions to a module.
pub(super) fn link(linker: &mut Linker<State>) -> Result<()> {
    link_memory(linker)?;
    link_call(linker)?;
    link_logging(linker)?;
    linker.func_wrap(ENV_MODULE, "config_get", config_get)?;
    linker.func_wrap(ENV_MODULE, "var_get", var_get)?;
    linker.func_wrap(ENV_MODULE, "var_set", var_set)?;
    linker.func_wrap(ENV_MODULE, "http_request", http_request)?;
    linker.func_wrap(ENV_MODULE, "http_status_code", http_status_code)?;
    linker.func_wrap(ENV_MODULE, "http_headers", http_headers)?;
    Ok(())
}

type C<'a> = Caller<'a, State>;

fn link_memory(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(ENV_MODULE, "alloc", |mut c: C<'_>, length: u64| {
        c.data_mut().memory.alloc(length)
    })?;
    linker.func_wrap(ENV_MODULE, "free", |mut c: C<'_>, offset: u64| {
        c.data_mut().memory.free(offset);
    })?;
    for name in ["length", "length_unsafe"] {
        linker.func_wrap(ENV_MODULE, name, |c: C<'_>, offset: u64| {
            c.data().memory.length(offset)
        })?;
    }
    linker.func_wrap(ENV_MODULE, "load_u8", |c: C<'_>, offset: u64| {
        u32::from(c.data().memory.load_u8(offset))
    })?;
    linker.func_wrap(ENV_MODULE, "load_u64", |c: C<'_>, offset: u64| {
        c.data().memory.load_u64(offset)
    })?;
    linker.func_wrap(
        ENV_MODULE,
        "store_u8",
        |mut c: C<'_>, offset: u64, value: u32| {
            c.data_mut().memory.store_u8(offset, value as u8);
        },
    )?;
    linker.func_wrap(
        ENV_MODULE,
        "store_u64",
        |mut c: C<'_>, offset: u64, value: u64| {
            c.data_mut().memory.store_u64(offset, value);
        },
    )?;
    linker.func_wrap(ENV_MODULE, "memory_bytes", |c: C<'_>| {
        c.data().memory.size()
    })?;
    linker.func_wrap(ENV_MODULE, "reset", |mut c: C<'_>| {
        c.data_mut().memory.reset();
    })?;
    Ok(())
}

fn link_call(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(ENV_MODULE, "input_offset", |c: C<'_>| {
        c.data().memory.input().offset
    })?;
    linker.func_wrap(ENV_MODULE, "input_length", |c: C<'_>| {
        c.data().memory.input().length
    })?;
    linker.func_wrap(ENV_MODULE, "input_load_u8", |c: C<'_>, index: u64| {
        u32::from(c.data().memory.input_load_u8(index))
    })?;
    linker.func_wrap(ENV_MODULE, "input_load_u64", |c: C<'_>, index: u64| {
        c.data().memory.input_load_u64(index)
    })?;
    linker.func_wrap(
        ENV_MODULE,
        "input_set",
        |mut c: C<'_>, offset: u64, length: u64| {
            c.data_mut().memory.set_input(Range { offset, length });
        },
    )?;
    linker.func_wrap(
        ENV_MODULE,
        "output_set",
        |mut c: C<'_>, offset: u64, length: u64| {
            c.data_mut().memory.set_output(Range { offset, length });
        },
    )?;
    linker.func_wrap(ENV_MODULE, "output_offset", |c: C<'_>| {
        c.data().memory.output().offset
    })?;
    linker.func_wrap(ENV_MODULE, "output_length", |c: C<'_>| {
        c.data().memory.output().length
    })?;
    linker.func_wrap(ENV_MODULE, "error_set", |mut c: C<'_>, offset: u64| {
        c.data_mut().memory.set_error(offset);
    })?;
    linker.func_wrap(ENV_MODULE, "error_get", |c: C<'_>| c.data().memory.error())?;
    Ok(())
}

fn link_logging(linker: &mut Linker<State>) -> Result<()> {
    for (name, level) in [
        ("log_trace", LogLevel::Trace),
        ("log_debug", LogLevel::Debug),
        ("log_info", LogLevel::Info),
        ("log_warn", LogLevel::Warn),
        ("log_error", LogLevel::Error),
    ] {
        linker.func_wrap(ENV_MODULE, name, move |c: C<'_>, offset: u64| {
            let state = c.data();
            let message = String::from_utf8_lossy(state.memory.block(offset));
            let context = &state.context;
            context
                .journal()
                .log_in(context.call(), context.plugin(), level, message);
        })?;
    }
    linker.func_wrap(ENV_MODULE, "get_log_level", |c: C<'_>| {
        c.data().context.journal().threshold().number()
    })?;
    Ok(())
}

/// Answers a configuration value; offset 0 for an unknown key and, as a block cannot be empty, for an empty value.
///
/// Neither this nor the functions below free what the guest passed: kits differ in who does, and the memory ends
/// with the call anyway.
fn config_get(mut c: C<'_>, key: u64) -> u64 {
    let state = c.data_mut();
    let key = String::from_utf8_lossy(state.memory.block(key)).into_owned();
    match state.shared.config.get(&key) {
        Some(value) => state.memory.store(value.as_bytes()),
        None => 0,
    }
}

fn var_get(mut c: C<'_>, key: u64) -> u64 {
    let state = c.data_mut();
    let value = state.variables.get(state.memory.block(key));
    match value.cloned() {
        Some(value) => state.memory.store(&value),
        None => 0,
    }
}

/// Sets a variable, or removes it when the value's offset is 0. Variables end with the call.
fn var_set(mut c: C<'_>, key: u64, value: u64) -> Result<()> {
    let state = c.data_mut();
    let key = state.memory.block(key).to_vec();
    if value == 0 {
        state.variables.remove(&key);
        return Ok(());
    }
    let value = state.memory.block(value).to_vec();
    let others = state.variables.iter().filter(|(name, _)| **name != key);
    let taken: usize = others.map(|(name, value)| name.len() + value.len()).sum();
    if taken + key.len() + value.len() > MAX_VARIABLES {
        return refused("variable store is full");
    }
    state.variables.insert(key, value);
    Ok(())
}

/// What the last request of an instance brought, for the functions that tell about it.
pub(super) struct LastResponse {
    status: u16,
    /// A JSON object.
    headers: Vec<u8>,
}

/// The runtime's own HTTP call: it exists, so that modules which import it load. Any failure ends the plugin call,
/// and in newer releases every request is one.
fn http_request(mut c: C<'_>, request: u64, body: u64) -> Result<u64> {
    let state = c.data_mut();
    check_stop(&state.context)?;
    let input = state.memory.block(request).to_vec();
    let request: RuntimeRequest = match crate::wire::decode(&input) {
        Ok(request) => request,
        Err(error) => return refused(format!("invalid HTTP request: {error}")),
    };
    let body = state.memory.block(body).to_vec();
    let context = state.context.clone();
    let open = context.journal().begin(
        context.call(),
        Direction::Import,
        context.plugin(),
        "http_request",
        &input,
    );
    let answer = {
        let _current = context.enter();
        state.shared.http.request(&context, &request, &body)
    };
    match answer {
        Ok(response) => {
            open.end(Outcome::Answered(Payload::new(&response.body)), None);
            check_stop(&context)?;
            state.http = Some(LastResponse {
                status: response.status,
                headers: crate::wire::encode(&response.headers).unwrap_or_default(),
            });
            Ok(state.memory.store(&response.body))
        }
        Err(text) => {
            open.end(Outcome::Failed(text.clone()), None);
            check_stop(&context)?;
            refused(text)
        }
    }
}

fn http_status_code(c: C<'_>) -> i32 {
    let last = c.data().http.as_ref();
    last.map_or(0, |response| i32::from(response.status))
}

fn http_headers(mut c: C<'_>) -> u64 {
    let state = c.data_mut();
    match &state.http {
        Some(response) => state.memory.store(&response.headers),
        None => 0,
    }
}
