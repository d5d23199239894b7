//! What generated bindings and export shims stand on; not for plugins to use.
//!
//! One core that is compiled once, and wrappers thin enough to vanish. The two platforms below it differ in where the
//! bytes go: in wasm to the Extism kernel, elsewhere to the test host of the thread.

#[cfg_attr(target_arch = "wasm32", path = "wasm.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
pub(crate) mod platform;

#[cfg(all(target_arch = "wasm32", not(feature = "system-allocator")))]
mod memory;

#[cfg(target_arch = "wasm32")]
mod panic;

use crate::buffer;
use crate::host::{Error, HostError};
use crate::wire::{self, Decode, Encode, Writer};

/// A host function.
#[derive(Debug)]
pub struct Import {
    /// Its name on the wire, like `kvstore_set`.
    pub name: &'static str,
    /// The function itself: takes and returns the place of a document in host memory.
    #[cfg(target_arch = "wasm32")]
    pub function: unsafe extern "C" fn(u64) -> u64,
}

/// Declares a host function and returns a reference to it.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[macro_export]
macro_rules! __import {
    ($name:literal) => {{
        #[link(wasm_import_module = "extism:host/user")]
        unsafe extern "C" {
            #[link_name = $name]
            fn function(request: u64) -> u64;
        }
        &$crate::runtime::Import {
            name: $name,
            function,
        }
    }};
}

/// Names a host function.
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __import {
    ($name:literal) => {
        &$crate::runtime::Import { name: $name }
    };
}

pub use crate::__import as import;

/// Calls a host function: writes the request, reads the fields of the answer into `results`.
///
/// # Errors
///
/// When the host reports an error or answers with something else than the agreed object.
#[inline(never)]
pub fn call(
    import: &Import,
    request: &[(&str, &dyn Encode)],
    results: &mut [(&str, &mut dyn Decode)],
) -> Result<(), Error> {
    let request = wire::encode_fields(request, false);
    let message = match platform::call(import, &request) {
        Some(answer) => match wire::decode_answer(&answer, results) {
            Ok(None) => return Ok(()),
            Ok(Some(message)) => message,
            Err(error) => buffer::concat(&["unreadable answer: ", error.message()]),
        },
        None => buffer::copy("the host gave no answer"),
    };
    Err(Error::new(HostError::new(import.name, message)))
}

/// The error of a call that has no memory left.
pub(crate) const OUT_OF_MEMORY: &str = "out of memory";
/// What an export returns to the host: the code of success.
const DONE: i32 = 0;
/// What an export returns with an error message.
const FAILED: i32 = -1;

/// Runs one export that takes a request: a new plugin value is made for each call.
pub fn export<P, I, O, E>(function: impl FnOnce(&P, I) -> Result<O, E>) -> i32
where
    P: NewPerCall,
    I: Decode + Default,
    O: Encode,
    E: ExportError,
{
    platform::guard(|| {
        let mut request = I::default();
        match begin(&mut request) {
            Some(buffer) => finish(function(&P::default(), request), buffer),
            None => FAILED,
        }
    })
}

/// Runs one export that takes no request.
pub fn export_without_input<P, O, E>(function: impl FnOnce(&P) -> Result<O, E>) -> i32
where
    P: NewPerCall,
    O: Encode,
    E: ExportError,
{
    platform::guard(|| finish(function(&P::default()), Vec::new()))
}

/// Reads the request and returns the buffer it was in, which the output may use again; on failure the error is set and the
/// method is not to be called.
#[inline(never)]
fn begin(request: &mut dyn Decode) -> Option<Vec<u8>> {
    let input = platform::input();
    if !input.is_empty() {
        if let Err(error) = wire::decode_document(&input, request) {
            let message = buffer::concat(&["unreadable request: ", error.message()]);
            fail(&message);
            platform::leave((message, error, input));
            return None;
        }
    }
    Some(input.into_buffer())
}

#[inline]
fn finish<O: Encode, E: ExportError>(result: Result<O, E>, buffer: Vec<u8>) -> i32 {
    match result {
        Ok(output) => {
            let code = succeed(&output, buffer);
            platform::leave(output);
            code
        }
        Err(error) => fail(error.message()),
    }
}

#[inline(never)]
fn succeed(output: &dyn Encode, buffer: Vec<u8>) -> i32 {
    let mut w = Writer::reusing(buffer);
    output.encode(&mut w);
    let document = w.into_bytes();
    // The unit type writes nothing, and no output at all is how "nothing to say" is spelt.
    if document.is_empty() {
        platform::leave(document);
    } else {
        platform::set_output(document);
    }
    DONE
}

#[inline(never)]
fn fail(message: &str) -> i32 {
    // An empty error counts as none, and the host would report a bare exit code.
    platform::set_error(if message.is_empty() {
        "the plugin failed without a message"
    } else {
        message
    });
    FAILED
}

/// The errors that exports return.
pub trait ExportError {
    /// Returns the text for the host.
    fn message(&self) -> &str;
}

/// Types a plugin may be: anything with a default value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` must implement `Default`",
    label = "no default value",
    note = "a new plugin value is made for every call: the server keeps nothing of an instance between calls",
    note = "add `#[derive(Default)]` to `{Self}`"
)]
pub trait NewPerCall: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> NewPerCall for T {}

/// Makes one export: a function of that name in the module where the macro stands.
///
/// Only in wasm does it leave the crate; elsewhere it is a type check, and two registrations of one export in a module
/// are an error that names both places.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($plugin:ty, $export:ident, $method:expr, input) => {
        $crate::__export!(@function $export, $crate::runtime::export::<$plugin, _, _, _>($method));
    };
    ($plugin:ty, $export:ident, $method:expr, no_input) => {
        $crate::__export!(@function $export, $crate::runtime::export_without_input::<$plugin, _, _>($method));
    };
    (@function $export:ident, $run:expr) => {
        #[doc(hidden)]
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn $export() -> i32 {
            $run
        }
    };
}
