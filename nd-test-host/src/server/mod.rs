//! The server's side of the plugins: its settings, its rules per release, and what it does with their answers.
//!
//! | module | holds |
//! | --- | --- |
//! | [`agents`] | metadata: its sources in order, and what is made of their answers |
//! | [`config`] | the settings of `navidrome.toml` that plugins notice |
//! | [`rules`] | what the releases 0.63 and 0.64 do differently |
//! | [`lyrics`] | lyrics: their sources in order, and their formats |
//! | [`metrics`] | counts and times of plugin calls |
//! | [`plays`] | who takes note of what users play |
//! | [`scrobbling`] | what happens when somebody listens |

pub mod agents;
pub mod config;
pub mod lyrics;
pub mod metrics;
pub mod plays;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod scrobbling;

pub use config::ServerConfig;
pub use plays::Plays;
pub use rules::Rules;
