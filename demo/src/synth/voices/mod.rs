//! Instruments: each function renders one note or hit as mono samples.

pub mod drums;
pub mod strings;
pub mod synths;

use super::SAMPLE_RATE;

const STEP: f32 = 1.0 / SAMPLE_RATE as f32;

fn samples(seconds: f32) -> usize {
    (seconds * SAMPLE_RATE as f32) as usize
}

/// The loudness of a note over time: attack, decay to the sustained level, release after it was held.
#[derive(Clone, Copy)]
struct Envelope {
    attack: f32,
    decay: f32,
    sustain: f32,
    release: f32,
}

impl Envelope {
    /// The length of a note held for some seconds.
    fn samples(&self, held: f32) -> usize {
        samples(held + self.release)
    }

    fn at(&self, time: f32, held: f32) -> f32 {
        let pressed = |time: f32| {
            let decayed = (1.0 - (time - self.attack) / self.decay).clamp(0.0, 1.0);
            (time / self.attack).min(1.0) * (self.sustain + (1.0 - self.sustain) * decayed)
        };
        match time < held {
            true => pressed(time),
            false => pressed(held) * (1.0 - (time - held) / self.release).max(0.0),
        }
    }
}

/// A sawtooth without the worst aliasing: its corner is rounded over one sample (PolyBLEP).
struct Saw {
    phase: f32,
    step: f32,
}

impl Saw {
    fn new(hertz: f32, phase: f32) -> Self {
        Self {
            phase,
            step: hertz * STEP,
        }
    }

    fn next(&mut self) -> f32 {
        let step = self.step;
        self.phase += step;
        self.phase -= self.phase.floor();
        let corner = match self.phase {
            p if p < step => p / step - 1.0,
            p if p > 1.0 - step => (p - 1.0) / step + 1.0,
            _ => 0.0,
        };
        2.0 * self.phase - 1.0 + corner * corner * -corner.signum()
    }
}

/// Simper's state-variable filter: low-pass and high-pass that stay stable when the cut-off moves.
#[derive(Default)]
struct Filter {
    g: f32,
    k: f32,
    a: f32,
    low: f32,
    band: f32,
}

impl Filter {
    fn new(hertz: f32, resonance: f32) -> Self {
        let mut filter = Self::default();
        filter.tune(hertz, resonance);
        filter
    }

    /// Moves the cut-off; a resonance of 0.5 is flat, 8 whistles.
    fn tune(&mut self, hertz: f32, resonance: f32) {
        self.g = (std::f32::consts::PI * hertz.min(0.45 * SAMPLE_RATE as f32) * STEP).tan();
        self.k = 1.0 / resonance;
        self.a = 1.0 / (1.0 + self.g * (self.g + self.k));
    }

    fn low(&mut self, input: f32) -> f32 {
        let high = (input - self.low - (self.g + self.k) * self.band) * self.a;
        let band = self.g * high + self.band;
        let low = self.g * band + self.low;
        self.band = self.g * high + band;
        self.low = self.g * band + low;
        low
    }

    fn high(&mut self, input: f32) -> f32 {
        let high = (input - self.low - (self.g + self.k) * self.band) * self.a;
        self.low(input);
        high
    }
}
