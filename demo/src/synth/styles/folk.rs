//! A plucked steel-string guitar: alternating thumb, picked chords and a tune on the upper strings.

use super::Grid;
use crate::synth::mix::{Mix, Place};
use crate::synth::rng::Rng;
use crate::synth::theory::{Key, phrase};
use crate::synth::voices::strings::pluck;

pub fn perform(key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    let beats = rng.pick(&[3.0, 4.0]);
    let grid = Grid::new(bpm, beats);
    let mut mix = Mix::new(grid.seconds());
    let chords = rng.pick(&[[0, 3, 0, 4], [0, 4, 3, 0], [0, 5, 3, 4], [0, 3, 4, 0]]);
    let fingers = rng.pick(&[[7, 9, 11, 9], [9, 7, 11, 7], [11, 9, 7, 9]]);
    let tune = [&chords[..2], &chords[2..]]
        .map(|chords| phrase(rng, 2.0 * beats, &[1.0, 0.5, 0.5, 1.5], chords));

    for bar in 0..grid.bars {
        let chord = chords[bar % 4];
        for beat in 0..beats as usize {
            let thumb = key.hertz(chord + if beat % 2 == 0 { 0 } else { 4 }, -1);
            let sound = pluck(rng, thumb, 1.1, 0.5);
            mix.add(
                grid.at(bar, beat as f32),
                &sound,
                Place {
                    gain: 0.75,
                    pan: -0.15,
                    room: 0.12,
                },
            );
            let sound = pluck(
                rng,
                key.hertz(chord + fingers[(beat + bar) % 4], 0),
                0.9,
                0.75,
            );
            mix.add(
                grid.at(bar, beat as f32 + 0.5),
                &sound,
                Place {
                    gain: 0.5,
                    pan: 0.1,
                    room: 0.15,
                },
            );
        }
        if bar % 2 == 0 && bar >= 2 {
            for note in &tune[bar / 2 % 2] {
                let sound = pluck(
                    rng,
                    key.hertz(note.degree, 1),
                    note.beats * grid.beat + 0.5,
                    0.9,
                );
                mix.add(
                    grid.at(bar, note.beat),
                    &sound,
                    Place {
                        gain: 0.7,
                        pan: 0.3,
                        room: 0.2,
                    },
                );
            }
        }
    }
    // A last strum, string after string.
    for (string, step) in [0, 4, 7, 9, 11, 14].into_iter().enumerate() {
        let sound = pluck(rng, key.hertz(step, -1), 1.5, 0.5);
        let at = grid.at(grid.bars, 0.0) + string as f32 * 0.025;
        mix.add(
            at,
            &sound,
            Place {
                gain: 0.6,
                pan: 0.0,
                room: 0.2,
            },
        );
    }
    mix.finish(0.3)
}
