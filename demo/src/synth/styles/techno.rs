//! Four on the floor: bass drum on every beat, an acid line in sixteenths, clap, hats and a stab.

use super::Grid;
use crate::synth::mix::{Mix, Place};
use crate::synth::rng::Rng;
use crate::synth::theory::{Key, chord};
use crate::synth::voices::drums::{clap, hat, kick};
use crate::synth::voices::synths::{acid, stab};

pub fn perform(key: Key, bpm: f32, rng: &mut Rng) -> Vec<i16> {
    let grid = Grid::new(bpm, 4.0);
    let mut mix = Mix::new(grid.seconds());
    let drum = kick(rng.between(44.0, 52.0), 0.35);
    let (claps, open) = (clap(rng), hat(rng, 0.09));
    // One bar of the line, repeated: a degree or a rest, and how hard it is struck.
    let line: Vec<Option<(i32, f32)>> = (0..16)
        .map(|_| {
            rng.chance(0.8)
                .then(|| (rng.pick(&[0, 0, 0, 7, 2, 4, 6]), rng.between(0.1, 1.0)))
        })
        .collect();
    let stabs = rng.pick(&[[1.5, 3.0], [0.75, 2.5], [2.25, 3.5]]);

    for bar in 0..grid.bars {
        // It builds up: hats after two bars, clap after four; the drum pauses before the second half.
        let (hats, claps_in) = (bar >= 2, bar >= 4);
        let pause = bar + 1 == grid.bars / 2;
        for beat in 0..4 {
            let place = grid.at(bar, beat as f32);
            if !(pause && beat >= 2) {
                mix.add(
                    place,
                    &drum,
                    Place {
                        gain: 0.95,
                        pan: 0.0,
                        room: 0.02,
                    },
                );
            }
            if hats {
                mix.add(
                    place + grid.beat / 2.0,
                    &open,
                    Place {
                        gain: 0.35,
                        pan: 0.15,
                        room: 0.05,
                    },
                );
            }
            if claps_in && beat % 2 == 1 {
                mix.add(
                    place,
                    &claps,
                    Place {
                        gain: 0.5,
                        pan: 0.0,
                        room: 0.25,
                    },
                );
            }
        }
        for (sixteenth, step) in line.iter().enumerate() {
            let closed = hat(rng, 0.025);
            mix.add(
                grid.at(bar, sixteenth as f32 / 4.0),
                &closed,
                Place {
                    gain: 0.18,
                    pan: -0.2,
                    room: 0.0,
                },
            );
            if let Some((degree, accent)) = step {
                let opening = (bar as f32 / grid.bars as f32 * 0.6 + 0.4) * accent;
                let sound = acid(key.hertz(*degree, -2), grid.beat * 0.2, opening);
                mix.add(
                    grid.at(bar, sixteenth as f32 / 4.0),
                    &sound,
                    Place {
                        gain: 0.5,
                        pan: 0.05,
                        room: 0.08,
                    },
                );
            }
        }
        if bar % 4 >= 2 {
            for (at, degree) in stabs
                .iter()
                .flat_map(|at| chord(0, 3).map(move |degree| (at, degree)))
            {
                let sound = stab(key.hertz(degree, 0), 0.12);
                mix.add(
                    grid.at(bar, *at),
                    &sound,
                    Place {
                        gain: 0.22,
                        pan: -0.3,
                        room: 0.5,
                    },
                );
            }
        }
    }
    mix.finish(0.45)
}
