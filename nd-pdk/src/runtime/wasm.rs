//! Inside wasm: the Extism kernel holds input, output, errors and the documents that go to and from the host.

use super::Import;
use crate::log::Level;
use crate::text;
use crate::wire::push_decimal;
use std::panic::PanicHookInfo;

/// The functions of the Extism kernel. Places and lengths are those of kernel memory, which is not this module's.
mod kernel {
    #[link(wasm_import_module = "extism:host/env")]
    unsafe extern "C" {
        pub(super) safe fn alloc(length: u64) -> u64;
        pub(super) safe fn error_set(offset: u64);
        pub(super) safe fn free(offset: u64);
        pub(super) safe fn get_log_level() -> i32;
        pub(super) safe fn input_length() -> u64;
        pub(super) safe fn input_load_u64(offset: u64) -> u64;
        pub(super) safe fn input_load_u8(offset: u64) -> u8;
        pub(super) safe fn length(offset: u64) -> u64;
        pub(super) safe fn load_u64(offset: u64) -> u64;
        pub(super) safe fn load_u8(offset: u64) -> u8;
        pub(super) safe fn log_debug(offset: u64);
        pub(super) safe fn log_error(offset: u64);
        pub(super) safe fn log_info(offset: u64);
        pub(super) safe fn log_trace(offset: u64);
        pub(super) safe fn log_warn(offset: u64);
        pub(super) safe fn output_set(offset: u64, length: u64);
        pub(super) safe fn store_u64(offset: u64, value: u64);
        pub(super) safe fn store_u8(offset: u64, value: u8);
        pub(super) safe fn var_get(key: u64) -> u64;
        pub(super) safe fn var_set(key: u64, value: u64);
    }
}

/// Makes a panic tell the host where and why.
#[inline]
pub(crate) fn guard(run: impl FnOnce() -> i32) -> i32 {
    report_panics();
    run()
}

/// Reads the input of the export that runs.
pub(crate) fn input() -> Vec<u8> {
    load(
        kernel::input_length(),
        0,
        |at| kernel::input_load_u64(at),
        |at| kernel::input_load_u8(at),
    )
}

/// Sets the output of the export that runs.
pub(crate) fn set_output(document: &[u8]) {
    // The block belongs to the host from now on, so it is not freed.
    let block = Block::new(document);
    kernel::output_set(block.0, document.len() as u64);
    std::mem::forget(block);
}

/// Sets the error of the export that runs.
pub(crate) fn set_error(message: &str) {
    let block = Block::new(message.as_bytes());
    kernel::error_set(block.0);
    std::mem::forget(block);
}

/// Calls a host function; `None` when it returned no document.
pub(crate) fn call(import: &Import, request: &[u8]) -> Option<Vec<u8>> {
    let request = Block::new(request);
    // SAFETY: every host function of a service has this signature and reads the block before it returns.
    let answer = unsafe { (import.function)(request.0) };
    drop(request);
    Block::at(answer).map(|block| block.bytes())
}

/// Tells whether the host wants messages of this level.
pub(crate) fn log_enabled(level: Level) -> bool {
    let least = kernel::get_log_level();
    least != i32::MAX && level as i32 >= least
}

/// Hands a message to the host's log.
pub(crate) fn log(level: Level, message: &str) {
    let block = Block::new(message.as_bytes());
    let write = match level {
        Level::Trace => kernel::log_trace,
        Level::Debug => kernel::log_debug,
        Level::Info => kernel::log_info,
        Level::Warn => kernel::log_warn,
        Level::Error => kernel::log_error,
    };
    write(block.0);
}

/// Reads a variable of this instance.
pub(crate) fn var(key: &str) -> Option<Vec<u8>> {
    let key = Block::new(key.as_bytes());
    let value = kernel::var_get(key.0);
    Block::at(value).map(|block| block.bytes())
}

/// Sets or removes a variable of this instance.
pub(crate) fn set_var(key: &str, value: Option<&[u8]>) {
    let key = Block::new(key.as_bytes());
    let value = value.map(Block::new);
    kernel::var_set(key.0, value.as_ref().map_or(0, |block| block.0));
}

/// A block of kernel memory, freed when dropped.
struct Block(u64);

impl Block {
    #[inline(never)]
    fn new(bytes: &[u8]) -> Self {
        let offset = kernel::alloc(bytes.len() as u64);
        let mut at = 0;
        while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            kernel::store_u64(offset + at as u64, u64::from_le_bytes(*word));
            at += 8;
        }
        while let Some(byte) = bytes.get(at) {
            kernel::store_u8(offset + at as u64, *byte);
            at += 1;
        }
        Self(offset)
    }

    fn at(offset: u64) -> Option<Self> {
        (offset != 0).then_some(Self(offset))
    }

    #[inline(never)]
    fn bytes(&self) -> Vec<u8> {
        load(
            kernel::length(self.0),
            self.0,
            |at| kernel::load_u64(at),
            |at| kernel::load_u8(at),
        )
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        kernel::free(self.0);
    }
}

/// Copies a block here, eight bytes at a time.
///
/// With pointers, because what is optimised for size calls a function for each step of an iterator.
#[inline]
fn load(length: u64, offset: u64, word: impl Fn(u64) -> u64, byte: impl Fn(u64) -> u8) -> Vec<u8> {
    let length = length as usize;
    let mut bytes = Vec::with_capacity(length);
    let start: *mut u8 = bytes.as_mut_ptr();
    let mut at = 0;
    // SAFETY: all writes are within the capacity, and they cover all of the length that is set at the end.
    unsafe {
        while at + 8 <= length {
            start
                .add(at)
                .cast::<u64>()
                .write_unaligned(word(offset + at as u64));
            at += 8;
        }
        while at < length {
            start.add(at).write(byte(offset + at as u64));
            at += 1;
        }
        bytes.set_len(length);
    }
    bytes
}

fn report_panics() {
    std::panic::set_hook(Box::new(report_panic));
}

/// Sets the panic as the call's error and ends the call.
///
/// The server would see a bare trap and throw the message away with standard error. A call that ends with `proc_exit(0)`
/// returns normally instead, and an error that is set counts whatever the code.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let mut digits = Vec::new();
    let place = panic.location().map(|location| {
        for number in [location.line(), location.column()] {
            digits.push(b':');
            push_decimal(number.into(), &mut digits);
        }
        location.file()
    });
    let payload = panic.payload();
    let message = match payload.downcast_ref::<&str>() {
        Some(text) => text,
        None => payload
            .downcast_ref::<String>()
            .map_or("no message", String::as_str),
    };
    let digits = std::str::from_utf8(&digits).unwrap_or_default();
    set_error(&text::concat(&[
        "panicked at ",
        place.unwrap_or("an unknown place"),
        digits,
        ": ",
        message,
    ]));
    #[cfg(target_os = "wasi")]
    {
        #[link(wasm_import_module = "wasi_snapshot_preview1")]
        unsafe extern "C" {
            safe fn proc_exit(code: i32) -> !;
        }
        proc_exit(0)
    }
}
