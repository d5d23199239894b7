//! Inside wasm: the Extism kernel holds input, output, errors and the documents that go to and from the host.

use super::{Import, OUT_OF_MEMORY};
use crate::buffer;
use crate::log::Level;
use crate::wire::Document;

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
        pub(super) safe fn length_unsafe(offset: u64) -> u64;
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
    super::panic::report_panics();
    run()
}

/// Reads the input of the export that runs.
pub(crate) fn input() -> Document {
    let length = kernel::input_length();
    load(length, 0, 0, kernel::input_load_u64, kernel::input_load_u8)
}

/// Sets the output of the export that runs.
pub(crate) fn set_output(mut document: Vec<u8>) {
    let length = document.len();
    if length < WORD {
        // The block may be longer than the document, and then a word is enough.
        buffer::append(&mut document, &[0; WORD]);
    }
    // The block belongs to the host from now on, so it is not freed.
    let block = Block::new(&document);
    kernel::output_set(block.0, length as u64);
    leave((block, document));
}

/// Leaves behind what the call needs no more: the instance ends with it, and its memory with the instance.
pub(crate) fn leave<T>(value: T) {
    std::mem::forget(value);
}

/// Sets the error of the export that runs.
pub(crate) fn set_error(message: &str) {
    let block = Block::new(message.as_bytes());
    kernel::error_set(block.0);
    leave(block);
}

/// Ends the call with an error.
///
/// The server would see a bare trap and throw the message away with standard error. A call that ends with `proc_exit(0)`
/// returns normally instead, and an error that is set counts whatever the code.
#[cold]
pub(crate) fn give_up(message: &str) -> ! {
    #[cfg(target_os = "wasi")]
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        safe fn proc_exit(code: i32) -> !;
    }
    set_error(message);
    #[cfg(target_os = "wasi")]
    proc_exit(0);
    #[cfg(not(target_os = "wasi"))]
    core::arch::wasm32::unreachable()
}

/// Ends the call when the kernel has no room for so many bytes; no bytes need none.
#[cold]
#[inline(never)]
fn no_room(wanted: usize) {
    if wanted > OUT_OF_MEMORY.len() {
        give_up(OUT_OF_MEMORY);
    }
    if wanted > 0 {
        // There is none for the text either.
        core::arch::wasm32::unreachable()
    }
}

/// Calls a host function; `None` when it returned no document.
pub(crate) fn call(import: &Import, request: &[u8]) -> Option<Document> {
    let request = Block::new(request);
    // SAFETY: every host function of a service has this signature and reads the block before it returns.
    let answer = unsafe { (import.function)(request.0) };
    drop(request);
    Block::at(answer).map(|block| block.document())
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
    Block::at(value).map(|block| block.document().into_bytes())
}

/// Sets or removes a variable of this instance.
pub(crate) fn set_var(key: &str, value: Option<&[u8]>) {
    let key = Block::new(key.as_bytes());
    let value = value.map(Block::new);
    kernel::var_set(key.0, value.as_ref().map_or(0, |block| block.0));
}

/// The bytes that are handed over at a time. On the server only transfers of words are cheap.
const WORD: usize = 8;

/// The bytes that are handed over without counting.
const SPAN: usize = 8 * WORD;

/// Copies words to kernel memory. As a function of its own it needs fewer instructions for each than in a loop.
///
/// # Safety
///
/// So many bytes must be readable.
#[inline(never)]
unsafe fn store_span(from: *const u8, to: u64) {
    // SAFETY: promised by the caller.
    unsafe {
        store_word(from, to);
        store_word(from.add(WORD), to + 8);
        store_word(from.add(2 * WORD), to + 16);
        store_word(from.add(3 * WORD), to + 24);
        store_word(from.add(4 * WORD), to + 32);
        store_word(from.add(5 * WORD), to + 40);
        store_word(from.add(6 * WORD), to + 48);
        store_word(from.add(7 * WORD), to + 56);
    }
}

/// Copies a word to kernel memory.
///
/// # Safety
///
/// So many bytes must be readable.
#[inline(always)]
unsafe fn store_word(from: *const u8, to: u64) {
    // SAFETY: promised by the caller.
    kernel::store_u64(to, unsafe { from.cast::<u64>().read_unaligned() });
}

/// A block of kernel memory, freed when dropped.
struct Block(u64);

impl Block {
    /// Copies bytes into a new block.
    #[inline(never)]
    fn new(bytes: &[u8]) -> Self {
        let length = bytes.len();
        let offset = kernel::alloc(length as u64);
        if offset == 0 {
            no_room(length);
        }
        if let Some(last) = length.checked_sub(WORD) {
            let (mut from, mut to) = (bytes.as_ptr(), offset);
            // SAFETY: every word read is within the bytes.
            unsafe {
                for _ in 0..last / SPAN {
                    store_span(from, to);
                    from = from.add(SPAN);
                    to += SPAN as u64;
                }
                for _ in 0..last % SPAN / WORD {
                    store_word(from, to);
                    from = from.add(WORD);
                    to += WORD as u64;
                }
                // The last words may overlap.
                store_word(from, to);
                store_word(bytes.as_ptr().add(last), offset + last as u64);
            }
            return Self(offset);
        }
        for (at, byte) in bytes.iter().enumerate() {
            kernel::store_u8(offset + at as u64, *byte);
        }
        Self(offset)
    }

    fn at(offset: u64) -> Option<Self> {
        (offset != 0).then_some(Self(offset))
    }

    #[inline(never)]
    fn document(&self) -> Document {
        // The other way to ask for the length walks through all blocks to see whether this is one.
        let length = kernel::length_unsafe(self.0);
        let mut short = 0;
        if length < WORD as u64 {
            // No server reads words that reach beyond the memory of the kernel, and the block may be at its end. So this is
            // the word that ends with the block; it begins in what the kernel keeps before each.
            short = kernel::load_u64(self.0 + length - 8) >> ((64 - 8 * length) & 63);
        }
        load(length, self.0, short, kernel::load_u64, kernel::load_u8)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        kernel::free(self.0);
    }
}

/// Copies bytes here, with functions of the kernel for words and bytes; the last word may overlap the one before. What is
/// less than a word may be in `short` already, unless that is zero.
#[inline(never)]
fn load(
    length: u64,
    from: u64,
    short: u64,
    word: extern "C" fn(u64) -> u64,
    byte: extern "C" fn(u64) -> u8,
) -> Document {
    let length = length as usize;
    // SAFETY: all writes are within the length or a word, and they cover all of it.
    Document::filled(length, |start| unsafe {
        let copy = |at: usize| {
            let word = word(from + at as u64);
            start.add(at).cast::<u64>().write_unaligned(word);
            word
        };
        let Some(last) = length.checked_sub(WORD) else {
            start.cast::<u64>().write_unaligned(short);
            let mut bits = short;
            if bits == 0 {
                for at in 0..length {
                    let byte = byte(from + at as u64);
                    bits |= u64::from(byte);
                    start.add(at).write(byte);
                }
            }
            return bits;
        };
        let (mut at, mut bits) = (0, 0);
        while at + SPAN <= last {
            bits |= load_span(word, from + at as u64, start.add(at));
            at += SPAN;
        }
        while at < last {
            bits |= copy(at);
            at += WORD;
        }
        bits | copy(last)
    })
}

/// Copies words from kernel memory, and returns the bits that any of them has.
///
/// # Safety
///
/// So many bytes must be writable.
#[inline(never)]
unsafe fn load_span(word: extern "C" fn(u64) -> u64, from: u64, to: *mut u8) -> u64 {
    let copy = |at: usize| {
        let word = word(from + at as u64);
        // SAFETY: promised by the caller.
        unsafe { to.add(at).cast::<u64>().write_unaligned(word) };
        word
    };
    let half = copy(0) | copy(WORD) | copy(2 * WORD) | copy(3 * WORD);
    half | copy(4 * WORD) | copy(5 * WORD) | copy(6 * WORD) | copy(7 * WORD)
}
