//! The engine: compiles a module once per load and gives every call an instance of its own.
//!
//! # Why not the `extism` crate
//!
//! Guests are built against the Extism interface, and this module offers it: `extism:host/env`, the host functions
//! in `extism:host/user`, and WASI preview 1. It sits on `wasmtime` directly, because a host that takes plugins for
//! hostile needs what the `extism` crate (1.30) cannot give: a time limit that covers the guest's initialisation and
//! does not end other calls of the same plugin along with the slow one, mounts that are read-only in subdirectories
//! too, offsets that are checked before memory is read, return codes that are not lost, and the clock and the sleep
//! a server's guests see. The tests compare the memory functions with `extism` as the reference.
//!
//! Speed is the other reason. Every call has an instance of its own, and the `extism` crate pays for one with two
//! linkers' worth of look-ups, a second module for its memory and a fresh mapping per memory. Here imports are
//! connected once per load, instances come from a pool whose memories are copy-on-write images of the module's data
//! (see [`engine`]), and WASI is set up when a guest first asks for it. `make bench` prints both beside each other.
//!
//! # Differences from the server
//!
//! * Linear memory is capped (1 GiB unless the host is told otherwise); the server sets no limit.
//! * Tables count towards that cap as well.
//! * Guest output on stdout and stderr goes to the journal; the server discards it.
//! * `path_open` and the other file functions are those of `wasi-common`, with the server's rules of confinement on
//!   top. Handles of a directory refer to its path, not to the directory itself. A pointer that is not aligned as C
//!   would align it traps; an exit code above 125 is reported as a trap instead of an exit.

mod code;
mod engine;
mod env;
mod imports;
mod instance;
mod limits;
mod memory;
mod outcome;
mod service;
mod wasi;

pub(crate) use code::CodeCache;
pub use engine::LinkError;
pub(crate) use engine::{Compiled, Engine};
pub use imports::{ImportError, ImportErrors};
pub(crate) use instance::{Finished, Shared};
pub(crate) use service::panic_text;
pub(crate) use wasi::Mount;
