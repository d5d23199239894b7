//! Test hosts: a plugin's own `cargo test` needs no wasm and no server.
//!
//! Outside wasm every host function reaches the [`Backend`] installed on the thread. [`FakeHost`] is one with the server's
//! rules for Config, Cache, KVStore, Users and the log, scripted HTTP, and scripted answers for everything else:
//!
//! ```
//! use nd_pdk::host::{cache, kvstore};
//! use nd_pdk::testing::FakeHost;
//! use std::time::Duration;
//!
//! let host = FakeHost::builder().kvstore_max_size(10).install();
//!
//! cache::set_string("token", "abc", 60)?;
//! host.advance(Duration::from_secs(61));
//! assert_eq!(cache::get_string("token")?, None);
//!
//! let error = kvstore::set("key", vec![0; 11]).unwrap_err();
//! assert!(error.to_string().contains("storage limit exceeded"));
//! # Ok::<(), nd_pdk::host::Error>(())
//! ```
//!
//! Test hosts belong to their thread, so tests may run in parallel; a thread that a test starts has none.

mod allow;
pub(crate) mod backend;
mod cache;
mod config;
pub(crate) mod exports;
mod fake;
mod http;
mod kvstore;
mod users;

/// One trait per host service, for test hosts of one's own: every function has a default that fails.
pub use crate::generated::native as services;

pub use allow::Release;
pub use backend::{Backend, Installed, install};
pub use exports::call_export;
pub use fake::{Builder, Call, FakeHost, LogEntry};
pub use http::Reply;

pub(crate) use backend::{read, write};
