//! The server's side of the plugins: its settings, its rules per release, and what it does with their answers.
//!
//! | module | holds |
//! | --- | --- |
//! | [`agents`] | metadata: its sources in order, and what is made of their answers |
//! | [`config`] | the settings of `navidrome.toml` that plugins notice |
//! | [`settings`] | reading them from the file and the environment |
//! | [`manager`] | the plugins folder: what is enabled, configured and granted, and what happens when that changes |
//! | [`rules`] | what the releases 0.63 and 0.64 do differently |
//! | [`lyrics`] | lyrics: their sources in order, and their formats |
//! | [`sonic`] | songs that sound alike, and paths between songs |
//! | [`metrics`] | counts and times of plugin calls |
//! | [`plays`] | who takes note of what users play |
//! | [`scrobbling`] | what happens when somebody listens |

pub mod agents;
pub mod config;
pub(crate) mod legacy;
pub mod lyrics;
pub mod manager;
mod markup;
pub mod metrics;
pub mod plays;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod scrobbling;
pub mod settings;
pub mod sonic;

pub use config::ServerConfig;
pub use manager::Manager;
pub use plays::Plays;
pub use rules::Rules;
pub use settings::{ServerFile, SettingsError};
