//! One change of a plugin at a time.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::ThreadId;

use super::{Inner, ManagerError};
use crate::context::CallContext;

/// The plugins that are being changed, and the threads that change them.
#[derive(Default)]
pub(super) struct Claims {
    taken: Mutex<HashMap<String, ThreadId>>,
    freed: Condvar,
}

/// The right to change one plugin, for as long as it lives. No lock is held meanwhile.
pub(super) struct Claim<'a> {
    claims: &'a Claims,
    id: String,
}

impl Inner {
    /// Waits until nobody else changes the plugin.
    ///
    /// # Errors
    ///
    /// When that could never end: this very thread does it, or a call of the plugin which waits for this in turn.
    pub(super) fn claim(&self, id: &str) -> Result<Claim<'_>, ManagerError> {
        let inside = CallContext::current().is_some_and(|call| call.plugin() == id);
        let claims = &self.claims;
        let mut taken = claims.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = std::thread::current().id();
        while let Some(other) = taken.get(id) {
            if inside || *other == thread {
                return Err(ManagerError::Busy { id: id.to_owned() });
            }
            taken = claims
                .freed
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        taken.insert(id.to_owned(), thread);
        Ok(Claim {
            claims,
            id: id.to_owned(),
        })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let taken = &self.claims.taken;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.remove(&self.id);
        self.claims.freed.notify_all();
    }
}
