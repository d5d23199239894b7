//! The plugin's settings, with defaults for everything that is not set.

use std::time::Duration;

use nd_pdk::host::{Error, config};

use crate::descriptor::{PARTS, WEIGHTS};

/// When nothing else is configured, changes are looked for once an hour.
pub const DEFAULT_RESCAN: &str = "@hourly";

/// What the administrator configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long a step works before it starts no further file.
    pub step: Duration,
    /// Seconds between two steps.
    pub pause_seconds: i32,
    /// How much of a song is listened to, in seconds.
    pub excerpt_seconds: f64,
    /// When to look for changes: a cron expression.
    pub rescan: String,
    /// What timbre, rhythm and harmony weigh; they add up to 1.
    pub weights: [f32; PARTS],
}

impl Settings {
    /// Reads the configuration. Values out of range are moved to the nearest end of it.
    ///
    /// # Errors
    /// When the host does not answer.
    pub fn load() -> Result<Self, Error> {
        let rescan = config::get("rescan")?
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        Ok(Self {
            step: Duration::from_secs_f64(number("stepSeconds", 15.0, 1.0..=20.0)?),
            pause_seconds: number("pauseSeconds", 1.0, 0.0..=3600.0)? as i32,
            excerpt_seconds: number("excerptSeconds", 120.0, 15.0..=600.0)?,
            rescan: rescan.unwrap_or_else(|| DEFAULT_RESCAN.to_owned()),
            weights: weights([
                number("timbreWeight", f64::from(WEIGHTS[0]) * 10.0, 0.0..=10.0)?,
                number("rhythmWeight", f64::from(WEIGHTS[1]) * 10.0, 0.0..=10.0)?,
                number("harmonyWeight", f64::from(WEIGHTS[2]) * 10.0, 0.0..=10.0)?,
            ]),
        })
    }
}

fn number(key: &str, default: f64, range: std::ops::RangeInclusive<f64>) -> Result<f64, Error> {
    let value = config::get(key)?
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|value| value.is_finite());
    Ok(value.unwrap_or(default).clamp(*range.start(), *range.end()))
}

/// Brings the weights to a sum of 1; without any weight at all, the built-in ones are used.
fn weights(weights: [f64; PARTS]) -> [f32; PARTS] {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.map(|weight| (weight / sum) as f32)
    } else {
        WEIGHTS
    }
}
