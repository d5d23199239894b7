//! The plugins of this repository, as built for shipping, in the native host.
#![allow(clippy::unwrap_used)]

mod agents;
mod costs;
mod exports;
mod faults;
mod listening;
mod manager;
mod memory;
mod package;
mod profiles;
mod scrobbling;
mod services;
mod settings;

mod sonic;
mod webhook;
