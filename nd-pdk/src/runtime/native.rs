//! Outside wasm: everything reaches the test host installed on this thread.

use super::Import;
use crate::log::Level;
use crate::testing;
use crate::wire::Document;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Turns a panic into the call's error, as in wasm.
pub(crate) fn guard(run: impl FnOnce() -> i32) -> i32 {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(code) => code,
        Err(payload) => {
            let text = match payload.downcast_ref::<&str>() {
                Some(text) => text,
                None => payload
                    .downcast_ref::<String>()
                    .map_or("no message", String::as_str),
            };
            super::fail(&crate::buffer::concat(&["panicked: ", text]))
        }
    }
}

/// Ends the call.
#[cold]
pub(crate) fn give_up(message: &str) -> ! {
    panic!("{message}")
}

/// Reads the input of the export that runs.
pub(crate) fn input() -> Document {
    Document::new(&testing::exports::input())
}

/// Sets the output of the export that runs.
pub(crate) fn set_output(document: Vec<u8>) {
    testing::exports::set_output(document);
}

/// Gives back what the call needs no more.
pub(crate) fn leave<T>(value: T) {
    drop(value);
}

/// Sets the error of the export that runs.
pub(crate) fn set_error(message: &str) {
    testing::exports::set_error(message);
}

/// Calls a host function.
pub(crate) fn call(import: &Import, request: &[u8]) -> Option<Document> {
    Some(Document::new(&testing::backend::answer(
        import.name,
        request,
    )))
}

/// Tells whether the host wants messages of this level.
pub(crate) fn log_enabled(level: Level) -> bool {
    testing::backend::with(|backend| level >= backend.log_level()).unwrap_or(false)
}

/// Hands a message to the host's log.
pub(crate) fn log(level: Level, message: &str) {
    testing::backend::with(|backend| backend.log(level, message));
}

/// Reads a variable of this instance.
pub(crate) fn var(key: &str) -> Option<Vec<u8>> {
    testing::backend::with(|backend| backend.var(key)).flatten()
}

/// Sets or removes a variable of this instance.
pub(crate) fn set_var(key: &str, value: Option<&[u8]>) {
    testing::backend::with(|backend| backend.set_var(key, value));
}
