//! Sawtooth voices: string pad, brass, acid bass, reese bass, stab.

use super::{Envelope, Filter, STEP, Saw};
use std::f32::consts::TAU;

/// How often a moving cut-off is worked out again, in samples.
const TUNE_EVERY: usize = 32;

/// A string section: three detuned saws behind a dark, slowly breathing filter.
pub fn pad(hertz: f32, held: f32, cutoff: f32) -> Vec<f32> {
    let envelope = Envelope {
        attack: held * 0.35,
        decay: 1.0,
        sustain: 0.85,
        release: 1.8,
    };
    voice(hertz, &[-0.006, 0.0, 0.007], envelope, held, 0.6, |time| {
        cutoff * (1.0 + 0.35 * (TAU * time / 7.0).sin())
    })
}

/// A brass section: the harder it is blown the brighter, with a little vibrato once the note stands.
pub fn brass(hertz: f32, held: f32, velocity: f32) -> Vec<f32> {
    let envelope = Envelope {
        attack: 0.045,
        decay: 0.12,
        sustain: 0.75,
        release: 0.09,
    };
    voice(hertz, &[-0.002, 0.0025], envelope, held, 0.9, |time| {
        let bite = (time / 0.06).min(1.0) * (0.55 + 0.45 * (-time * 4.0).exp());
        500.0 + velocity * 4200.0 * bite
    })
}

/// The squelch of an acid line: one saw, a resonant filter that snaps shut.
pub fn acid(hertz: f32, held: f32, accent: f32) -> Vec<f32> {
    let envelope = Envelope {
        attack: 0.003,
        decay: 0.2,
        sustain: 0.4,
        release: 0.03,
    };
    voice(hertz, &[0.0], envelope, held, 5.0, |time| {
        180.0 + (400.0 + 2400.0 * accent) * (-time * 14.0).exp()
    })
}

/// The bass of drum and bass: two saws beating against each other over a sine.
pub fn reese(hertz: f32, held: f32) -> Vec<f32> {
    let envelope = Envelope {
        attack: 0.01,
        decay: 0.1,
        sustain: 0.9,
        release: 0.06,
    };
    let mut out = voice(hertz, &[-0.014, 0.014], envelope, held, 1.4, |time| {
        420.0 + 240.0 * (TAU * 1.7 * time).sin()
    });
    for (i, sample) in out.iter_mut().enumerate() {
        let time = i as f32 * STEP;
        *sample = *sample * 0.8 + 0.9 * (TAU * hertz * time).sin() * envelope.at(time, held);
    }
    out
}

/// A short bright chord note of dance music.
pub fn stab(hertz: f32, held: f32) -> Vec<f32> {
    let envelope = Envelope {
        attack: 0.004,
        decay: 0.18,
        sustain: 0.15,
        release: 0.12,
    };
    voice(hertz, &[-0.008, 0.0, 0.009], envelope, held, 1.2, |time| {
        700.0 + 3500.0 * (-time * 9.0).exp()
    })
}

/// Detuned saws through a low-pass whose cut-off (Hz) is a function of time, under an envelope.
fn voice(
    hertz: f32,
    detune: &[f32],
    envelope: Envelope,
    held: f32,
    resonance: f32,
    cutoff: impl Fn(f32) -> f32,
) -> Vec<f32> {
    let phases = [0.0, 0.37, 0.71];
    let mut saws: Vec<Saw> = detune
        .iter()
        .zip(phases)
        .map(|(d, phase)| Saw::new(hertz * (1.0 + d), phase))
        .collect();
    let mut filter = Filter::default();
    let level = 0.6 / (detune.len() as f32).sqrt();
    (0..envelope.samples(held))
        .map(|i| {
            let time = i as f32 * STEP;
            if i % TUNE_EVERY == 0 {
                filter.tune(cutoff(time), resonance);
            }
            let sum: f32 = saws.iter_mut().map(Saw::next).sum();
            filter.low(sum * level) * envelope.at(time, held)
        })
        .collect()
}
