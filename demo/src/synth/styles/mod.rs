//! The six styles: each module composes and performs a piece from a key, a tempo and a seed.

mod ambient;
mod ballad;
mod drum_and_bass;
mod folk;
mod swing;
mod techno;

use super::Style;
use super::rng::Rng;
use super::theory::Key;

/// The length of every piece lies around this many seconds.
const AIM: f32 = 29.0;
/// What rings on after the last bar, in seconds.
const TAIL: f32 = 1.6;

/// Composes and performs a piece: interleaved 16-bit stereo.
pub fn perform(style: Style, key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    match style {
        Style::Ballad => ballad::perform(key, bpm, rng),
        Style::Techno => techno::perform(key, bpm, rng),
        Style::Ambient => ambient::perform(key, bpm, rng),
        Style::Folk => folk::perform(key, bpm, rng),
        Style::DrumAndBass => drum_and_bass::perform(key, bpm, rng),
        Style::Swing => swing::perform(key, bpm, rng),
    }
}

/// Bars and beats in seconds.
struct Grid {
    beat: f32,
    beats_per_bar: f32,
    bars: usize,
}

impl Grid {
    /// As many bars as come near the aimed length, in groups of two.
    fn new(bpm: f32, beats_per_bar: f32) -> Self {
        let beat = 60.0 / bpm;
        let bars = 2 * (AIM / (beat * beats_per_bar) / 2.0).round() as usize;
        Self {
            beat,
            beats_per_bar,
            bars,
        }
    }

    /// The time of a beat (which may be a fraction) of a bar.
    fn at(&self, bar: usize, beat: f32) -> f32 {
        (bar as f32 * self.beats_per_bar + beat) * self.beat
    }

    fn seconds(&self) -> f32 {
        self.at(self.bars, 0.0) + TAIL
    }
}
