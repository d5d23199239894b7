//! The seam between host functions called natively and whatever plays the host.

use super::services::{self, Services};
use crate::host::HostError;
use crate::log::Level;
use crate::wire::{self, Decode, Encode};
use std::cell::RefCell;
use std::rc::Rc;

/// Something that plays the host in native tests: all services, and what is not a service.
pub trait Backend: Services + AsServices {
    /// Gets every call first: its wire name and the request document. An answer given here is final.
    fn intercept(&mut self, import: &str, request: &[u8]) -> Option<Result<Vec<u8>, HostError>> {
        let _ = (import, request);
        None
    }

    /// Takes a message for the server's log.
    fn log(&mut self, level: Level, message: &str) {
        let _ = (level, message);
    }

    /// Returns the least important level that is logged.
    fn log_level(&self) -> Level {
        Level::Trace
    }

    /// Returns the value of an Extism variable.
    fn var(&self, key: &str) -> Option<Vec<u8>> {
        let _ = key;
        None
    }

    /// Sets or removes an Extism variable.
    fn set_var(&mut self, key: &str, value: Option<&[u8]>) {
        let _ = (key, value);
    }
}

/// The step from a [`Backend`] to its services; implemented for everything. (Rust 1.86 would do without.)
#[doc(hidden)]
pub trait AsServices {
    fn as_services(&mut self) -> &mut dyn Services;
}

impl<T: Services> AsServices for T {
    fn as_services(&mut self) -> &mut dyn Services {
        self
    }
}

thread_local! {
    static INSTALLED: RefCell<Option<Rc<RefCell<dyn Backend>>>> = const { RefCell::new(None) };
}

/// Keeps a test host installed; dropping it brings back what was installed before.
#[must_use = "the test host is gone when this is dropped"]
pub struct Installed {
    before: Option<Rc<RefCell<dyn Backend>>>,
}

impl std::fmt::Debug for Installed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Installed")
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let before = self.before.take();
        INSTALLED.with(|installed| installed.replace(before));
    }
}

/// Makes `backend` answer the host functions that this thread calls.
pub fn install(backend: Rc<RefCell<dyn Backend>>) -> Installed {
    Installed {
        before: INSTALLED.with(|installed| installed.replace(Some(backend))),
    }
}

/// Answers one host function: always a document, as the host does.
pub(crate) fn answer(import: &str, request: &[u8]) -> Vec<u8> {
    let result = current(import).and_then(|backend| {
        let mut backend = backend.try_borrow_mut().map_err(|_| {
            HostError::from(format!(
                "{import} was called from inside another host function of the same test host"
            ))
        })?;
        if let Some(answer) = backend.intercept(import, request) {
            return answer;
        }
        services::dispatch(backend.as_services(), import, request).unwrap_or_else(|| {
            Err(HostError::from(format!(
                "there is no host function `{import}`"
            )))
        })
    });
    result.unwrap_or_else(|error| wire::encode_fields(&[("error", &error.message())], false))
}

fn current(import: &str) -> Result<Rc<RefCell<dyn Backend>>, HostError> {
    INSTALLED
        .with(|installed| installed.borrow().clone())
        .ok_or_else(|| {
            HostError::from(format!(
                "{import} was called but no test host is installed on this thread: \
             keep `let host = nd_pdk::testing::FakeHost::builder().install();` alive in the test"
            ))
        })
}

/// Runs `f` on the installed test host, if there is one that is not busy.
pub(crate) fn with<T>(f: impl FnOnce(&mut dyn Backend) -> T) -> Option<T> {
    let backend = INSTALLED.with(|installed| installed.borrow().clone())?;
    let mut backend = backend.try_borrow_mut().ok()?;
    Some(f(&mut *backend))
}

/// Reads the arguments of a call.
pub(crate) fn read(
    request: &[u8],
    arguments: &mut [(&str, &mut dyn Decode)],
) -> Result<(), HostError> {
    wire::decode_fields(request, arguments).map_err(|error| HostError::from(error.message()))
}

/// Writes the results of a call, leaving out empty ones as the server does.
pub(crate) fn write(results: &[(&str, &dyn Encode)]) -> Vec<u8> {
    wire::encode_fields(results, true)
}
