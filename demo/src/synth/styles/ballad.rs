//! A slow piano piece: broken chords in the left hand, a song in the right.

use super::Grid;
use crate::synth::mix::{Mix, Place};
use crate::synth::rng::Rng;
use crate::synth::theory::{Key, phrase};
use crate::synth::voices::strings::piano;

pub fn perform(key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    let grid = Grid::new(bpm, 4.0);
    let mut mix = Mix::new(grid.seconds());
    let chords = rng.pick(&[[0, 4, 5, 3], [0, 5, 3, 4], [5, 3, 0, 4], [0, 2, 3, 4]]);
    let broken = rng.pick(&[
        [0, 4, 7, 9, 11, 9, 7, 4],
        [0, 4, 7, 11, 9, 7, 9, 4],
        [0, 7, 9, 11, 14, 11, 9, 7],
    ]);

    // Two bars each; the first comes back, the second answers.
    let song = [&chords[..2], &chords[2..]]
        .map(|chords| phrase(rng, 8.0, &[1.0, 1.0, 1.5, 0.5, 2.0], chords));
    for bar in 0..grid.bars {
        let chord = chords[bar % 4];
        for (eighth, step) in broken.iter().enumerate() {
            let sound = piano(
                key.hertz(chord + step, -1),
                grid.beat * 2.5,
                rng.between(0.4, 0.5),
            );
            // Nobody plays like a clock.
            let late = rng.between(0.0, 0.015);
            mix.add(
                grid.at(bar, eighth as f32 / 2.0) + late,
                &sound,
                Place {
                    gain: 0.5,
                    pan: -0.2,
                    room: 0.35,
                },
            );
        }
        if bar % 2 == 0 {
            for note in &song[bar / 2 % 2] {
                let sound = piano(
                    key.hertz(note.degree, 1),
                    note.beats * grid.beat + 1.2,
                    rng.between(0.55, 0.7),
                );
                mix.add(
                    grid.at(bar, note.beat),
                    &sound,
                    Place {
                        gain: 0.8,
                        pan: 0.2,
                        room: 0.4,
                    },
                );
            }
        }
    }
    // The last chord.
    for step in [-7, 0, 4, 7, 9] {
        let sound = piano(key.hertz(step, 0), 2.5, 0.5);
        mix.add(
            grid.at(grid.bars, 0.0),
            &sound,
            Place {
                gain: 0.5,
                pan: 0.0,
                room: 0.4,
            },
        );
    }
    mix.finish(0.75)
}
