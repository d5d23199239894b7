//! A native host that loads Navidrome plugins and behaves as the server does.
//!
//! It is made for tests and for trying plugins out: a few lines start a host in any `#[test]`, load a package, call it
//! through a typed client, and look at everything that went over the boundary.
//!
//! ```no_run
//! use nd_test_host::peer::{Answer, HttpPeer};
//! use nd_test_host::{Host, PluginSettings};
//! use nd_types::scrobbler::ScrobbleRequest;
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let peer = HttpPeer::start()?;
//! peer.on("/hook", Answer::status(204));
//! let host = Host::builder()
//!     .user("u1", "ann")
//!     .plugin(
//!         "webhook",
//!         PluginSettings::new()
//!             .all_users()
//!             .config(&json!({ "urls": [peer.url("/hook")] })),
//!     )
//!     .build()?;
//! let plugin = host.load("target/webhook.ndp")?;
//!
//! assert!(plugin.scrobbler().is_authorized("ann"));
//! plugin.scrobbler().scrobble(&ScrobbleRequest::default())?;
//! assert_eq!(peer.requests().len(), 1);
//! assert_eq!(host.journal().calls_of("http_send").len(), 1);
//! println!("{}", host.journal());
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! | module | holds |
//! | --- | --- |
//! | [`package`] | reading and writing `.ndp` archives, plugin ids |
//! | [`manifest`] | the manifest's rules, settings and their schema |
//! | [`plugin`] | loading, calls, capability detection |
//! | [`client`] | a typed client per capability |
//! | [`services`] | the host services, each behind its trait in [`generated`] |
//! | [`own`] | host services of a fork, beside the server's |
//! | [`host`] | the host and its builder |
//! | [`server`] | the server's settings, its rules per release, and what it does with the answers |
//! | [`store`] | the host's own database |
//! | [`faults`] | errors, delays, corrupt answers and a full disk, on purpose |
//! | [`journal`] | the record of calls, log lines and printed lines |
//! | [`peer`] | HTTP and WebSocket servers on loopback for plugins to talk to: scripted, recording, replaying |
//!
//! It follows the rules of server release 0.64 unless it is told to follow those of 0.63 ([`server::Rules`]). A guest is
//! taken for hostile: endless loops, memory growth, made-up offsets, path tricks and lying JSON end in an error.

pub mod client;
pub mod context;
pub mod error;
pub mod faults;
pub mod generated;
pub mod host;
pub mod journal;
pub mod manifest;
pub mod own;
pub mod package;
pub mod peer;
pub mod plugin;
mod runtime;
pub mod server;
pub mod services;
pub mod setup;
pub mod store;
mod until;
pub mod wire;

// The names nearly every test needs.
pub use error::CallError;
pub use host::{BuildError, Host, HostBuilder, PluginSettings};
pub use journal::LogLevel;
pub use package::Package;
pub use plugin::{LoadError, Plugin};
pub use runtime::{ImportError, ImportErrors, LinkError};
