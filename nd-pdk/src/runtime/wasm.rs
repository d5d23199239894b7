//! Inside wasm: the Extism kernel holds input, output, errors and the documents that go to and from the host.

use super::Import;
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
    load(
        length,
        |at| kernel::input_load_u64(at),
        |at| kernel::input_load_u8(at),
    )
}

/// Sets the output of the export that runs.
pub(crate) fn set_output(document: &[u8]) {
    // The block belongs to the host from now on, so it is not freed. It may be longer than the document.
    let block = Block::new(document, WORD);
    kernel::output_set(block.0, document.len() as u64);
    std::mem::forget(block);
}

/// Sets the error of the export that runs.
pub(crate) fn set_error(message: &str) {
    let block = Block::new(message.as_bytes(), 0);
    kernel::error_set(block.0);
    std::mem::forget(block);
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

/// Calls a host function; `None` when it returned no document.
pub(crate) fn call(import: &Import, request: &[u8]) -> Option<Document> {
    let request = Block::new(request, 0);
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
    let block = Block::new(message.as_bytes(), 0);
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
    let key = Block::new(key.as_bytes(), 0);
    let value = kernel::var_get(key.0);
    Block::at(value).map(|block| block.document().into_bytes())
}

/// Sets or removes a variable of this instance.
pub(crate) fn set_var(key: &str, value: Option<&[u8]>) {
    let key = Block::new(key.as_bytes(), 0);
    let value = value.map(|value| Block::new(value, 0));
    kernel::var_set(key.0, value.as_ref().map_or(0, |block| block.0));
}

/// The bytes that are handed over at a time. On the server only transfers of words are cheap.
const WORD: usize = 8;

/// A block of kernel memory, freed when dropped.
struct Block(u64);

impl Block {
    /// Copies bytes into a new block, whose length is theirs or `least`.
    #[inline(never)]
    fn new(bytes: &[u8], least: usize) -> Self {
        let length = bytes.len();
        let offset = kernel::alloc(length.max(least) as u64);
        if let Some(last) = length.checked_sub(WORD) {
            let copy = |from: *const u8, to: u64| {
                // SAFETY: the place is a word's length before the end.
                kernel::store_u64(to, unsafe { from.cast::<u64>().read_unaligned() });
            };
            let (mut from, mut to) = (bytes.as_ptr(), offset);
            // SAFETY: no place is past the last one.
            unsafe {
                for _ in 0..last / (4 * WORD) {
                    copy(from, to);
                    copy(from.add(WORD), to + 8);
                    copy(from.add(2 * WORD), to + 16);
                    copy(from.add(3 * WORD), to + 24);
                    from = from.add(4 * WORD);
                    to += 32;
                }
                for _ in 0..last % (4 * WORD) / WORD {
                    copy(from, to);
                    from = from.add(WORD);
                    to += 8;
                }
                // The last words may overlap.
                copy(from, to);
                copy(bytes.as_ptr().add(last), offset + last as u64);
            }
            return Self(offset);
        }
        if least < WORD {
            for (at, byte) in bytes.iter().enumerate() {
                kernel::store_u8(offset + at as u64, *byte);
            }
        } else {
            let word = bytes
                .iter()
                .rfold(0, |word, byte| word << 8 | u64::from(*byte));
            kernel::store_u64(offset, word);
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
        if length < WORD as u64 {
            // Within the memory of the kernel, unless the block is the very last thing there: then it is zero.
            let word = kernel::load_u64(self.0);
            if word != 0 {
                let bytes = word.to_le_bytes();
                return Document::new(bytes.get(..length as usize).unwrap_or_default());
            }
        }
        load(
            length,
            |at| kernel::load_u64(self.0 + at),
            |at| kernel::load_u8(self.0 + at),
        )
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        kernel::free(self.0);
    }
}

/// Copies bytes here, a word at a time, four words to a round. The last word may overlap the one before.
#[inline(always)]
fn load(length: u64, word: impl Fn(u64) -> u64, byte: impl Fn(u64) -> u8) -> Document {
    let length = length as usize;
    // SAFETY: all writes are within the length, and they cover all of it.
    Document::filled(length, |start| unsafe {
        let mut bits = 0;
        let mut copy = |from: u64, to: *mut u8| {
            let word = word(from);
            bits |= word;
            to.cast::<u64>().write_unaligned(word);
        };
        let mut at = 0;
        if let Some(last) = length.checked_sub(WORD) {
            let (mut from, mut to) = (0, start);
            while at + 3 * WORD <= last {
                copy(from, to);
                copy(from + 8, to.add(WORD));
                copy(from + 16, to.add(2 * WORD));
                copy(from + 24, to.add(3 * WORD));
                from += 32;
                to = to.add(4 * WORD);
                at += 4 * WORD;
            }
            while at < last {
                copy(at as u64, start.add(at));
                at += WORD;
            }
            copy(last as u64, start.add(last));
        } else {
            while at < length {
                let byte = byte(at as u64);
                bits |= u64::from(byte);
                start.add(at).write(byte);
                at += 1;
            }
        }
        bits
    })
}
