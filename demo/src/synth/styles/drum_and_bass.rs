//! A broken beat at a high tempo over a slow growling bass and long minor chords.

use super::Grid;
use crate::synth::mix::{Mix, Place};
use crate::synth::rng::Rng;
use crate::synth::theory::{Key, chord};
use crate::synth::voices::drums::{hat, kick, snare};
use crate::synth::voices::synths::{pad, reese};

pub fn perform(key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    let grid = Grid::new(bpm, 4.0);
    let mut mix = Mix::new(grid.seconds());
    let roots = rng.pick(&[[0, 5], [0, 3], [0, 6], [0, 4]]);
    let drum = kick(58.0, 0.22);
    let (loud, ghost) = (snare(rng, 195.0, 0.9), snare(rng, 230.0, 0.35));
    let second_kick = rng.pick(&[2.5, 2.5, 2.75]);
    let ghosts = rng.pick(&[[1.75, 3.75], [2.25, 3.5], [1.75, 2.25]]);

    for bar in 0..grid.bars {
        for beat in [0.0, second_kick] {
            mix.add(
                grid.at(bar, beat),
                &drum,
                Place {
                    gain: 0.9,
                    pan: 0.0,
                    room: 0.03,
                },
            );
        }
        for beat in [1.0, 3.0] {
            mix.add(
                grid.at(bar, beat),
                &loud,
                Place {
                    gain: 0.8,
                    pan: 0.0,
                    room: 0.15,
                },
            );
        }
        for beat in ghosts {
            mix.add(
                grid.at(bar, beat),
                &ghost,
                Place {
                    gain: 0.35,
                    pan: 0.1,
                    room: 0.1,
                },
            );
        }
        for eighth in 0..8 {
            let sound = hat(rng, if eighth % 4 == 2 { 0.06 } else { 0.03 });
            let gain = rng.between(0.2, 0.34);
            mix.add(
                grid.at(bar, eighth as f32 / 2.0),
                &sound,
                Place {
                    gain,
                    pan: 0.25,
                    room: 0.03,
                },
            );
        }
        let root = roots[bar / 2 % 2];
        if bar % 2 == 0 {
            for (beat, beats, step) in [
                (0.0, 2.5, 0),
                (3.0, 2.0, 0),
                (6.0, 1.4, rng.pick(&[2, 4, -1])),
            ] {
                let sound = reese(key.hertz(root + step, -2), beats * grid.beat);
                mix.add(
                    grid.at(bar, beat),
                    &sound,
                    Place {
                        gain: 0.6,
                        pan: 0.0,
                        room: 0.03,
                    },
                );
            }
        }
        if bar % 4 == 0 {
            for (i, step) in chord(root, 4).enumerate() {
                let sound = pad(key.hertz(step, 0), grid.at(4, 0.0), 1600.0);
                mix.add(
                    grid.at(bar, 0.0),
                    &sound,
                    Place {
                        gain: 0.13,
                        pan: [-0.6, 0.6, -0.3, 0.3][i],
                        room: 0.5,
                    },
                );
            }
        }
    }
    mix.finish(0.6)
}
