//! The server's side of the plugins: its settings, its rules per release, and what it does with their answers.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`] | the settings of `navidrome.toml` that plugins notice |
//! | [`rules`] | what the releases 0.63 and 0.64 do differently |
//! | [`lyrics`] | lyrics: their sources in order, and their formats |
//! | [`plays`] | what happens when somebody listens |

pub mod config;
pub mod lyrics;
pub mod plays;
pub mod rules;

pub use config::ServerConfig;
pub use plays::Plays;
pub use rules::Rules;
