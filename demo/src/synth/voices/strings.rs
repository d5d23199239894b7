//! Struck, plucked and sine-like tones: piano, guitar, double bass, bell.

use super::{Envelope, Filter, STEP, samples};
use crate::synth::SAMPLE_RATE;
use crate::synth::rng::Rng;
use std::f32::consts::TAU;

/// A piano note: slightly stretched partials, the higher ones weaker (more so when played softly) and sooner gone.
pub fn piano(hertz: f32, held: f32, velocity: f32) -> Vec<f32> {
    const STIFFNESS: f32 = 0.0004;
    let envelope = Envelope {
        attack: 0.004,
        decay: 0.01,
        sustain: 1.0,
        release: 0.25,
    };
    let count = envelope.samples(held);
    let mut out = vec![0.0; count];
    for n in 1..=12 {
        let number = n as f32;
        let frequency = hertz * number * (1.0 + STIFFNESS * number * number).sqrt();
        if frequency > 0.4 * SAMPLE_RATE as f32 {
            break;
        }
        // The hammer strikes at an eighth of the string, so the eighth partial is missing.
        let strike = (std::f32::consts::PI * number / 8.0).sin().abs() + 0.02;
        let level = strike * number.powf(-0.7 - 1.1 * (1.0 - velocity));
        let decay = (-STEP * (0.7 + hertz / 500.0) * (1.0 + 0.35 * number)).exp();
        add_partial(&mut out, frequency, level, decay);
    }
    // The felt and the key are heard as well, the same on every note.
    let mut noise = Rng::new(u64::from(hertz.to_bits()));
    let mut thump = Filter::new(2400.0, 0.7);
    for (i, sample) in out.iter_mut().enumerate() {
        let time = i as f32 * STEP;
        *sample += 0.5 * thump.low(noise.noise()) * (-time * 45.0).exp();
        *sample *= velocity * 0.6 * envelope.at(time, held);
    }
    out
}

/// A plucked string after Karplus and Strong: a burst of noise circles in a delay line that dulls it.
pub fn pluck(rng: &mut Rng, hertz: f32, seconds: f32, brightness: f32) -> Vec<f32> {
    let period = SAMPLE_RATE as f32 / hertz - 0.5; // the averaging below delays by half a sample
    let length = period as usize;
    let fraction = period - length as f32;
    let mut previous = 0.0;
    let mut line: Vec<f32> = (0..=length)
        .map(|_| {
            previous += brightness * (rng.noise() - previous);
            previous
        })
        .collect();
    let loss = (-STEP * 4.0 * (hertz / 220.0).sqrt() / hertz * SAMPLE_RATE as f32).exp();
    let count = samples(seconds);
    let mut out = Vec::with_capacity(count);
    let (mut at, mut last) = (0, 0.0);
    for i in 0..count {
        let next = (at + 1) % line.len();
        let value = line[at] * fraction + line[next] * (1.0 - fraction);
        line[at] = loss * 0.5 * (value + last);
        last = value;
        at = next;
        let end = ((count - i) as f32 * STEP / 0.06).min(1.0); // the hand mutes it
        out.push(value * end);
    }
    out
}

/// A walking bass note: few partials, a soft thump at the start.
pub fn double_bass(hertz: f32, seconds: f32) -> Vec<f32> {
    let mut out = vec![0.0; samples(seconds)];
    for (partial, level, speed) in [
        (1.0, 0.9, 2.2),
        (2.0, 0.45, 3.5),
        (3.0, 0.22, 5.0),
        (4.0, 0.08, 8.0),
    ] {
        add_partial(&mut out, hertz * partial, level, (-STEP * speed).exp());
    }
    let envelope = Envelope {
        attack: 0.012,
        decay: 0.05,
        sustain: 0.8,
        release: 0.05,
    };
    for (i, sample) in out.iter_mut().enumerate() {
        *sample *= envelope.at(i as f32 * STEP, seconds - 0.05);
    }
    out
}

/// A soft glassy tone that swells and fades.
pub fn glass(hertz: f32, seconds: f32) -> Vec<f32> {
    let mut out = vec![0.0; samples(seconds)];
    for (partial, level) in [(1.0, 0.6), (2.76, 0.12), (5.4, 0.04)] {
        add_partial(
            &mut out,
            hertz * partial,
            level,
            (-STEP * 0.6 * partial).exp(),
        );
    }
    let envelope = Envelope {
        attack: 0.4,
        decay: 1.0,
        sustain: 0.8,
        release: seconds * 0.5,
    };
    for (i, sample) in out.iter_mut().enumerate() {
        *sample *= envelope.at(i as f32 * STEP, seconds * 0.5);
    }
    out
}

/// Adds a decaying sine; a rotating pointer is far cheaper than a sine per sample.
fn add_partial(out: &mut [f32], hertz: f32, level: f32, decay: f32) {
    let (sin, cos) = (TAU * hertz * STEP).sin_cos();
    let (turn_re, turn_im) = (cos * decay, sin * decay);
    let (mut re, mut im) = (level, 0.0f32);
    for sample in out {
        (re, im) = (re * turn_re - im * turn_im, re * turn_im + im * turn_re);
        *sample += im;
    }
}
