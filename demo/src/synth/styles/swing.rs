//! A small jazz band: swung ride cymbal, walking bass, brass riffs answered by a solo horn.

use super::Grid;
use crate::synth::mix::{Mix, Place};
use crate::synth::rng::Rng;
use crate::synth::theory::{Key, chord, phrase};
use crate::synth::voices::drums::{brush, ride};
use crate::synth::voices::strings::double_bass;
use crate::synth::voices::synths::brass;

/// Where the second eighth of a beat falls: two thirds in, not half.
const SWING: f32 = 0.64;

pub fn perform(key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    let grid = Grid::new(bpm, 4.0);
    let mut mix = Mix::new(grid.seconds());
    let chords = rng.pick(&[[1, 4, 0, 5], [0, 5, 1, 4], [0, 3, 1, 4]]);
    let ping = ride(rng, 0.5);
    let riff = rng.pick(&[[0.0, 1.5, 3.0], [0.5, 1.5, 2.5], [0.0, 0.5, 2.5]]);
    let solo =
        [&chords[..2], &chords[2..]].map(|chords| phrase(rng, 8.0, &[0.5, 0.5, 1.0, 1.5], chords));
    let swung = |beat: f32| beat.floor() + if beat.fract() >= 0.5 { SWING } else { 0.0 };

    for bar in 0..grid.bars {
        let (root, next) = (chords[bar % 4], chords[(bar + 1) % 4]);
        for beat in [0.0, 1.0, 1.5, 2.0, 3.0, 3.5] {
            let gain = rng.between(0.2, 0.28);
            mix.add(
                grid.at(bar, swung(beat)),
                &ping,
                Place {
                    gain,
                    pan: 0.35,
                    room: 0.1,
                },
            );
        }
        for beat in [1.0, 3.0] {
            let sound = brush(rng);
            mix.add(
                grid.at(bar, beat),
                &sound,
                Place {
                    gain: 0.3,
                    pan: -0.1,
                    room: 0.1,
                },
            );
        }
        // The bass walks through the chord and steps into the next root.
        let approach = next + rng.pick(&[-1, 1]);
        for (beat, degree) in [root, root + 2, root + 4, approach].into_iter().enumerate() {
            let sound = double_bass(key.hertz(degree, -2), grid.beat * 0.95);
            mix.add(
                grid.at(bar, beat as f32),
                &sound,
                Place {
                    gain: 0.8,
                    pan: -0.05,
                    room: 0.06,
                },
            );
        }
        // Two bars of the whole section, two bars of solo.
        if bar % 4 < 2 {
            for (at, degree) in riff
                .iter()
                .flat_map(|at| chord(root, 4).map(move |degree| (at, degree)))
            {
                let sound = brass(
                    key.hertz(degree, 0),
                    grid.beat * 0.35,
                    rng.between(0.7, 1.0),
                );
                mix.add(
                    grid.at(bar, swung(*at)),
                    &sound,
                    Place {
                        gain: 0.26,
                        pan: -0.25,
                        room: 0.2,
                    },
                );
            }
        } else if bar % 2 == 0 {
            for note in &solo[bar / 4 % 2] {
                let held = note.beats * grid.beat * 0.85;
                let sound = brass(key.hertz(note.degree, 0), held, rng.between(0.5, 0.9));
                mix.add(
                    grid.at(bar, swung(note.beat)),
                    &sound,
                    Place {
                        gain: 0.5,
                        pan: 0.15,
                        room: 0.25,
                    },
                );
            }
        }
    }
    mix.finish(0.5)
}
