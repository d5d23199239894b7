//! Calling exports natively, through the same documents as the server.

use std::cell::RefCell;

/// The documents of the export that runs.
#[derive(Default)]
struct Call {
    input: Vec<u8>,
    output: Vec<u8>,
    error: Option<String>,
}

thread_local! {
    static CALL: RefCell<Call> = RefCell::default();
}

/// Calls an export as the server does: with a JSON document, answered by one (empty for "no value").
///
/// Exports are the functions that `#[nd_pdk::export]` and the `register_*!` macros make, in the module where they stand.
///
/// ```
/// use nd_pdk::lifecycle::{Error, Lifecycle};
/// use nd_pdk::testing::call_export;
///
/// #[derive(Default)]
/// struct Plugin;
///
/// #[nd_pdk::export]
/// impl Lifecycle for Plugin {
///     fn on_init(&self) -> Result<(), Error> {
///         Err(Error::new("not today"))
///     }
/// }
///
/// # fn main() {
/// assert_eq!(call_export(nd_on_init, "{}"), Err("not today".to_owned()));
/// # }
/// ```
///
/// # Errors
///
/// The error text that the export set, whatever code it returned; or the bare code.
pub fn call_export(export: extern "C" fn() -> i32, input: &str) -> Result<String, String> {
    let before = CALL.replace(Call {
        input: input.as_bytes().to_vec(),
        ..Call::default()
    });
    let code = export();
    let call = CALL.replace(before);
    match call.error {
        Some(error) => Err(error),
        None if code != 0 => Err(format!("the export returned {code}")),
        None => String::from_utf8(call.output).map_err(|error| error.to_string()),
    }
}

pub(crate) fn input() -> Vec<u8> {
    CALL.with_borrow(|call| call.input.clone())
}

pub(crate) fn set_output(document: Vec<u8>) {
    CALL.with_borrow_mut(|call| call.output = document);
}

pub(crate) fn set_error(message: &str) {
    CALL.with_borrow_mut(|call| call.error = Some(message.to_owned()));
}
