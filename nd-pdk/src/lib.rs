//! Everything a [Navidrome](https://www.navidrome.org) plugin in Rust needs: traits for what the server asks a plugin,
//! functions for what a plugin asks the server, and a fake server for `cargo test`.
//!
//! # A whole plugin
//!
//! A scrobbler that posts each play to a web hook. `#[nd_pdk::export]` exports the methods that are written, no more:
//!
//! ```
//! use nd_pdk::host::{self, http::HTTPRequest};
//! use nd_pdk::log;
//! use nd_pdk::scrobbler::{Error, IsAuthorizedRequest, NowPlayingRequest, ScrobbleRequest, Scrobbler};
//!
//! #[derive(Default)]
//! struct WebHook;
//!
//! #[nd_pdk::export]
//! impl Scrobbler for WebHook {
//!     fn is_authorized(&self, req: IsAuthorizedRequest) -> Result<bool, Error> {
//!         Ok(!req.username.is_empty() && host::config::get("url")?.is_some())
//!     }
//!
//!     fn now_playing(&self, _req: NowPlayingRequest) -> Result<(), Error> {
//!         Ok(())
//!     }
//!
//!     fn scrobble(&self, req: ScrobbleRequest) -> Result<(), Error> {
//!         let url = host::config::get("url")?.ok_or_else(|| Error::unrecoverable("no url is configured"))?;
//!         let body = format!("{} listened to {}", req.username, req.track.title).into_bytes();
//!         // A network failure becomes "retry later" by itself: the server keeps the play and asks again.
//!         let response = host::http::send(HTTPRequest { method: "POST".into(), url, body, ..Default::default() })?;
//!         match response.map_or(0, |response| response.status_code) {
//!             200..=299 => Ok(()),
//!             status => {
//!                 log::warn!("the web hook answered {status}");
//!                 Err(Error::retry_later(format!("status {status}")))
//!             }
//!         }
//!     }
//! }
//!
//! // In the plugin: `#[cfg(test)] mod tests { #[test] fn … }`. No server, no wasm.
//! use nd_pdk::testing::{FakeHost, Reply};
//!
//! # fn main() -> Result<(), Error> {
//! let host = FakeHost::builder()
//!     .config("url", "https://example.org/hook")
//!     .reply("POST", "https://example.org/hook", Reply::status(204))
//!     .install();
//!
//! let mut req = ScrobbleRequest { username: "ada".into(), ..Default::default() };
//! req.track.title = "So What".into();
//! WebHook.scrobble(req)?;
//!
//! assert_eq!(host.requests()[0].body, b"ada listened to So What");
//! # Ok(())
//! # }
//! ```
//!
//! # Building it
//!
//! A plugin is a library of type `cdylib`, compiled for `wasm32-wasip1` (`rustup target add wasm32-wasip1`). With the
//! settings below it is small:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"] # with a second type beside it, Cargo leaves link-time optimisation out
//!
//! [dependencies]
//! nd-pdk = { version = "0.1", default-features = false } # with `serde_json`, `?` also takes the errors of that crate
//!
//! [profile.release]
//! opt-level = "s"
//! lto = true
//! codegen-units = 1
//! panic = "abort"
//! strip = true
//! ```
//!
//! Every call gets a new instance, whose memory the server clears. Most of it is a stack of 1 MiB, unless
//! `.cargo/config.toml` asks for a smaller one:
//!
//! ```toml
//! [target.wasm32-wasip1]
//! rustflags = ["-Clink-arg=-zstack-size=65536"]
//! ```
//!
//! ```text
//! cargo build --release --target wasm32-wasip1
//! cp target/wasm32-wasip1/release/webhook.wasm plugin.wasm
//! zip webhook.ndp manifest.json plugin.wasm
//! ```
//!
//! The manifest names the plugin and asks for permissions; a scrobbler needs `users`:
//!
//! ```json
//! {
//!   "name": "Web hook",
//!   "author": "Ada",
//!   "version": "1.0.0",
//!   "permissions": {
//!     "users": { "reason": "scrobbles the plays of these users" },
//!     "http": { "reason": "sends them to the web hook", "requiredHosts": ["example.org"] }
//!   }
//! }
//! ```
//!
//! # Capabilities: what the server asks
//!
//! | Module | Trait | Methods |
//! | --- | --- | --- |
//! | [`metadata`] | [`MetadataAgent`](metadata::MetadataAgent) | any of 11: biographies, images, similar artists, top songs… |
//! | [`scrobbler`] | [`Scrobbler`](scrobbler::Scrobbler) | 3, and playback reports if wanted |
//! | [`lyrics`] | [`Lyrics`](lyrics::Lyrics) | 1 |
//! | [`sonicsimilarity`] | [`SonicSimilarity`](sonicsimilarity::SonicSimilarity) | 1, and paths between songs if wanted |
//! | [`taskworker`] | [`TaskWorker`](taskworker::TaskWorker) | runs the tasks of [`host::task`] |
//! | [`lifecycle`] | [`Lifecycle`](lifecycle::Lifecycle) | called after each load |
//! | [`scheduler`] | [`SchedulerCallback`](scheduler::SchedulerCallback) | called by the schedules of [`host::scheduler`] |
//! | [`websocket`] | [`WebSocketCallback`](websocket::WebSocketCallback) | any of 4: what arrives on [`host::websocket`] |
//!
//! Where every method is optional there is also a trait per method (`metadata::ArtistBiographyProvider`), and for each
//! capability a macro per trait (`register_scrobbler!`). They are the interface of the server's own kit: a plugin written
//! for that one needs only another dependency line.
//!
//! Methods return the capability's own `Error`, into which `?` converts the errors of host functions. A panic reaches the
//! server as an error too, with its place in the source.
//!
//! # Host services: what a plugin asks
//!
//! | Module | Permission | What for |
//! | --- | --- | --- |
//! | [`host::artwork`] | `artwork` | public addresses of images |
//! | [`host::cache`] | `cache` | values in memory, with an expiry |
//! | [`host::config`] | none | what the administrator configured |
//! | [`host::http`] | `http` | HTTP requests |
//! | [`host::kvstore`] | `kvstore` | values that survive restarts |
//! | [`host::library`] | `library` | the music libraries, their statistics and files |
//! | [`host::matcher`] | `matcher`, `library` | finding songs in the libraries |
//! | [`host::scheduler`] | `scheduler` | calls at a later time, once or regularly |
//! | [`host::scrobbleretriever`] | `scrobbleRetriever`, `users` | the users' listening history |
//! | [`host::storage`] | `storage` | a directory of the plugin's own |
//! | [`host::subsonicapi`] | `subsonicapi`, `users` | the server's Subsonic API |
//! | [`host::task`] | `taskqueue` | queues of work, with retries |
//! | [`host::users`] | `users` | the users that were granted to the plugin |
//! | [`host::websocket`] | `websocket` | WebSocket connections |
//!
//! Beside them: [`log`] writes to the server's log, [`var`] keeps values within one call.
//!
//! # What to know about the server
//!
//! * Every call gets a new instance of the module: statics, memory and variables are gone afterwards. What shall last goes
//!   into a host service.
//! * A call may take 30 seconds, host functions included. Sleeping does not work: it returns at once.
//! * Calls run in parallel.
//! * A panic ends the call with its place and message as the error, and the code that prints panics is half as large as a
//!   small plugin. The kit has no panics of its own, so a plugin without `unwrap`, `vec[i]`, `format!` and the like goes
//!   without that code.
//!
//! # Features
//!
//! * `extism-pdk`, on by default, for plugins written for the server's own kit: re-exports the Extism kit as
//!   `nd_pdk::extism_pdk`, in wasm, and makes [`host::Error`] the type `extism_pdk::Error` is. New plugins turn it off:
//!   they are smaller, and build in a fraction of the time.
//! * `system-allocator`, off by default: leaves memory to the standard library, or to a `#[global_allocator]` of the
//!   plugin's own. Otherwise plugins get a small one that is made for instances that live for one call.
//!
//! The crate needs Rust 1.85.

// The macro is in scope of the generated modules under the crate's own path.
use error::capability_error;

#[cfg(any(test, not(feature = "extism-pdk")))]
mod any_error;
mod buffer;
mod error;
mod generated;
pub mod host;
pub mod log;
mod outcome;
#[doc(hidden)]
pub mod runtime;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod text;
pub mod var;
pub mod wire;

pub use generated::capabilities::{
    lifecycle, lyrics, metadata, scheduler, scrobbler, sonicsimilarity, taskworker, websocket,
};
pub use generated::types;
pub use nd_pdk_macros::export;

/// The kit of the runtime below, for what this crate does not cover. Only with the feature `extism-pdk`.
#[cfg(all(target_arch = "wasm32", feature = "extism-pdk"))]
pub use extism_pdk;

/// What nearly every plugin uses: `use nd_pdk::prelude::*;`.
pub mod prelude {
    pub use crate::types::{ArtistRef, SongRef, Track};
    pub use crate::{export, host, log};
}
