//! Slow string chords in a large room, with a few glassy notes above; no beat.

use super::Grid;
use crate::synth::mix::{Mix, Place};
use crate::synth::rng::Rng;
use crate::synth::theory::{Key, chord};
use crate::synth::voices::strings::glass;
use crate::synth::voices::synths::pad;

pub fn perform(key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    let grid = Grid::new(bpm, 4.0);
    let mut mix = Mix::new(grid.seconds());
    let chords = rng.pick(&[[0, 3, 5, 4], [0, 5, 1, 3], [0, 2, 5, 3], [3, 0, 4, 5]]);
    let cutoff = rng.between(650.0, 950.0);

    for bar in (0..grid.bars).step_by(2) {
        let degree = chords[bar / 2 % 4];
        // Chords overlap: each is held longer than its two bars.
        let held = grid.at(2, 0.0) * 1.15;
        for (i, step) in chord(degree, 4).chain([degree - 7]).enumerate() {
            // Voices stay within an octave and a half, so that chords melt into each other.
            let octave = if step > 8 { -1 } else { 0 };
            let sound = pad(key.hertz(step, octave), held, cutoff);
            let pan = [-0.7, 0.6, -0.3, 0.4, 0.0][i];
            mix.add(
                grid.at(bar, rng.between(0.0, 0.6)),
                &sound,
                Place {
                    gain: 0.3,
                    pan,
                    room: 0.6,
                },
            );
        }
        for _ in 0..3 {
            let sound = glass(key.hertz(degree + rng.pick(&[0, 2, 4, 8]), 2), 4.0);
            let pan = rng.between(-0.8, 0.8);
            mix.add(
                grid.at(bar, rng.between(1.0, 7.0)),
                &sound,
                Place {
                    gain: 0.12,
                    pan,
                    room: 0.9,
                },
            );
        }
    }
    mix.finish(1.0)
}
