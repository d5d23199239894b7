//! Compiled code that the hosts of one process share.
//!
//! Tests start a host each, many at the same time, and most of them load the same few plugins: each is compiled once.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Compiled, Key};

/// Modules that are kept; the one that was first asked for longest ago goes first.
const MODULES: usize = 16;

/// The code of one module. Whoever finds none compiles it with the lock held, so that others wait instead of compiling too.
pub(in crate::runtime) type Slot = Arc<Mutex<Option<Compiled>>>;

static SLOTS: Mutex<Vec<(Key, Slot)>> = Mutex::new(Vec::new());

/// Returns the place for the code of that name.
pub(in crate::runtime) fn slot(key: &Key) -> Slot {
    let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, slot)) = slots.iter().find(|(known, _)| known == key) {
        return Arc::clone(slot);
    }
    if slots.len() == MODULES {
        slots.remove(0);
    }
    let slot = Slot::default();
    slots.push((*key, Arc::clone(&slot)));
    slot
}
