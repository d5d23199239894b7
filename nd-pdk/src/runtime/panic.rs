//! How a panic becomes the error of the call.
//!
//! The server would see a bare trap, and throw away what a panic prints. A panic hook could tell more, but setting one
//! links all the code that prints panics, 15 kB of it, into plugins that have no panic at all. So this module stands
//! where that code ends: it is the C library's `write`, which keeps what a panic prints, and its `abort`, which sets it
//! as the error of the call.
//!
//! Standard libraries before Rust 1.95 print in another way; with them there is a hook.

use super::platform;

#[cfg(panic_hook)]
pub(crate) use hook::report_panics;

/// What a panic prints begins like this, and goes on with the name of the thread.
#[cfg(not(panic_hook))]
const BEGIN: &[u8] = b"\nthread '";
/// In front of the place in the source.
#[cfg(not(panic_hook))]
const PLACE: &str = "panicked at ";
/// The advice after the message.
#[cfg(not(panic_hook))]
const ADVICE: &str = "\nnote: run with `RUST_BACKTRACE";

#[cfg(not(panic_hook))]
#[inline(always)]
pub(crate) fn report_panics() {}

#[cfg(not(panic_hook))]
mod c {
    use super::{BEGIN, platform, told};
    use crate::buffer;
    use core::cell::UnsafeCell;

    const STANDARD_ERROR: i32 = 2;
    /// Bytes of a message that are kept.
    const MOST: usize = 8 * 1024;

    struct Printed(UnsafeCell<Vec<u8>>);

    // SAFETY: plugins have one thread.
    unsafe impl Sync for Printed {}

    /// What the panic printed so far.
    static PRINTED: Printed = Printed(UnsafeCell::new(Vec::new()));

    #[repr(C)]
    struct Part {
        bytes: *const u8,
        length: usize,
    }

    unsafe extern "C" {
        fn writev(file: i32, parts: *const Part, count: i32) -> isize;
    }

    #[unsafe(export_name = "write")]
    unsafe extern "C" fn write(file: i32, bytes: *const u8, length: usize) -> isize {
        // SAFETY: the caller passes a place and a length, as C's `write` wants them; one thread.
        unsafe {
            if file == STANDARD_ERROR {
                note(
                    &mut *PRINTED.0.get(),
                    core::slice::from_raw_parts(bytes, length),
                );
            }
            writev(file, &Part { bytes, length }, 1)
        }
    }

    /// Keeps what a panic prints, which may come in parts.
    fn note(printed: &mut Vec<u8>, part: &[u8]) {
        if part.starts_with(BEGIN) {
            printed.clear();
        } else if printed.is_empty() {
            return;
        }
        let room = MOST - printed.len();
        buffer::append(printed, part.get(..room).unwrap_or(part));
    }

    #[unsafe(export_name = "abort")]
    extern "C" fn abort() -> ! {
        // SAFETY: one thread, and nobody writes any more.
        let printed = unsafe { &*PRINTED.0.get() };
        platform::give_up(&told(printed))
    }
}

/// Takes place and message out of what a panic printed.
#[cfg(not(panic_hook))]
fn told(printed: &[u8]) -> String {
    use crate::{buffer, text};
    let printed = match core::str::from_utf8(printed) {
        Ok(text) => text,
        Err(error) => printed
            .get(..error.valid_up_to())
            .and_then(|valid| core::str::from_utf8(valid).ok())
            .unwrap_or_default(),
    };
    let from = text::find(printed, PLACE).unwrap_or(printed.len());
    let told = printed.get(from..).unwrap_or_default();
    if told.is_empty() {
        return buffer::copy("the plugin aborted");
    }
    let end = text::find(told, ADVICE).unwrap_or(told.len());
    let told = told.get(..end).unwrap_or_default();
    match text::find(told, ":\n").and_then(|at| told.split_at_checked(at)) {
        Some((place, message)) => {
            let message = message.get(2..).unwrap_or_default();
            buffer::concat(&[place, ": ", message.trim_ascii_end()])
        }
        None => buffer::copy(told),
    }
}

#[cfg(panic_hook)]
mod hook {
    use super::platform;
    use crate::buffer;
    use crate::wire::number::decimal;
    use std::panic::PanicHookInfo;

    #[inline(never)]
    pub(crate) fn report_panics() {
        std::panic::set_hook(Box::new(report));
    }

    /// Ends the call with the place and the message of a panic.
    fn report(panic: &PanicHookInfo<'_>) {
        let (file, line, column) = panic.location().map_or(("", 0, 0), |location| {
            (location.file(), location.line(), location.column())
        });
        let payload = panic.payload();
        let message = match payload.downcast_ref::<&str>() {
            Some(text) => text,
            None => payload
                .downcast_ref::<String>()
                .map_or("no message", String::as_str),
        };
        platform::give_up(&buffer::concat(&[
            "panicked at ",
            file,
            ":",
            &decimal(line.into()),
            ":",
            &decimal(column.into()),
            ": ",
            message,
        ]))
    }
}
