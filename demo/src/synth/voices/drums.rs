//! Drums and cymbals out of sines and filtered noise.

use super::{Filter, STEP, samples};
use crate::synth::rng::Rng;
use std::f32::consts::TAU;

/// A bass drum: a sine falling from a click to its tone.
pub fn kick(tone: f32, seconds: f32) -> Vec<f32> {
    let mut phase = 0.0;
    (0..samples(seconds))
        .map(|i| {
            let time = i as f32 * STEP;
            phase += TAU * STEP * (tone + 220.0 * (-time * 45.0).exp());
            (1.6 * phase.sin() * (-time * 9.0).exp()).tanh()
        })
        .collect()
}

/// A snare: a drum skin and the rattle of the wires below it.
pub fn snare(rng: &mut Rng, tone: f32, rattle: f32) -> Vec<f32> {
    let mut filter = Filter::new(1800.0, 0.7);
    (0..samples(0.28))
        .map(|i| {
            let time = i as f32 * STEP;
            let skin = (TAU * tone * time).sin() * (-time * 26.0).exp();
            skin * 0.7 + rattle * filter.high(rng.noise()) * (-time * 17.0).exp()
        })
        .collect()
}

/// Hands clapping: four bursts close together.
pub fn clap(rng: &mut Rng) -> Vec<f32> {
    let mut filter = Filter::new(1100.0, 1.2);
    (0..samples(0.22))
        .map(|i| {
            let time = i as f32 * STEP;
            let burst = (0..4)
                .map(|n| time - 0.011 * n as f32)
                .filter(|t| *t >= 0.0)
                .fold(f32::MAX, f32::min);
            filter.high(rng.noise()) * ((-burst * 130.0).exp() * 0.7 + (-time * 22.0).exp() * 0.5)
        })
        .collect()
}

/// A hi-hat; `open` is how long it rings, in seconds.
pub fn hat(rng: &mut Rng, open: f32) -> Vec<f32> {
    let mut filter = Filter::new(7000.0, 0.8);
    (0..samples(open * 3.0))
        .map(|i| filter.high(rng.noise()) * (-(i as f32) * STEP / (open * 0.6)).exp())
        .collect()
}

/// A ride cymbal: a ping of clashing partials in a wash of noise.
pub fn ride(rng: &mut Rng, seconds: f32) -> Vec<f32> {
    const PARTIALS: [f32; 5] = [3120.0, 4270.0, 5431.0, 6713.0, 8219.0];
    let mut filter = Filter::new(5200.0, 0.7);
    (0..samples(seconds))
        .map(|i| {
            let time = i as f32 * STEP;
            let ping: f32 = PARTIALS
                .iter()
                .map(|hertz| (TAU * hertz * time).sin())
                .sum();
            let end = ((seconds - time) / 0.08).min(1.0);
            end * (0.09 * ping * (-time * 11.0).exp()
                + 0.4 * filter.high(rng.noise()) * (-time * 8.0).exp())
        })
        .collect()
}

/// Brushes on a snare.
pub fn brush(rng: &mut Rng) -> Vec<f32> {
    let mut filter = Filter::new(2600.0, 0.6);
    (0..samples(0.2))
        .map(|i| {
            let time = i as f32 * STEP;
            filter.high(rng.noise()) * (time / 0.03).min(1.0) * (-time * 20.0).exp()
        })
        .collect()
}
