//! Rhythm: at which rates the loudness of low, middle and high sounds comes and goes, and the tempo.
//!
//! The pattern follows the fluctuation patterns of Pampalk, Rauber and Merkl (2002) in the form Pohle et al.
//! (2009) gave them: onsets instead of loudness, and rates on a logarithmic scale.

use std::f32::consts::TAU;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::mel::{BANDS, MelFrame};

/// Groups of neighbouring mel bands that are followed separately.
pub const GROUPS: usize = 5;

/// Rates per group, spaced equally per octave so that a change of tempo is a shift.
pub const RATES: usize = 26;
const RATES_PER_OCTAVE: f32 = 6.0;
const LOWEST_RATE_HZ: f32 = 0.5;

/// Length of the pieces whose rhythm is measured, in frames (11.9 s), and the step between them.
const PIECE: usize = 512;
const STEP: usize = 128;

/// A piece must have at least this many frames (3 s) to say anything about rhythm.
const SHORTEST: usize = 130;

/// Onsets weaker than this (root sum square of the pattern, in decibels) count as hardly any rhythm.
const FAINT: f32 = 0.5;

/// Strength of each rate in each group, as a vector of length 1, or shorter where there is hardly any rhythm.
pub type Pattern = [f32; GROUPS * RATES];

/// The rhythm of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    /// Modulation strengths.
    pub pattern: Pattern,
    /// Most likely tempo in beats per minute.
    pub bpm: f32,
}

/// Measures the rhythm of stretches of logarithmic mel frames (decibels), `fps` frames per second.
///
/// `None` when no stretch is long enough.
pub fn measure(stretches: &[&[MelFrame]], fps: f32) -> Option<Rhythm> {
    let onsets: Vec<Vec<[f32; GROUPS]>> = stretches
        .iter()
        .filter(|s| s.len() >= SHORTEST)
        .map(|s| onsets(s))
        .collect();
    let pattern = pattern(&onsets, fps)?;
    let square: f32 = pattern.iter().map(|p| p * p).sum();
    let length = (square + FAINT * FAINT).sqrt();
    Some(Rhythm {
        pattern: pattern.map(|p| p / length),
        bpm: tempo(&onsets, fps),
    })
}

/// Rises of loudness from frame to frame, averaged over the bands of each group.
fn onsets(frames: &[MelFrame]) -> Vec<[f32; GROUPS]> {
    let per_group = BANDS / GROUPS;
    frames
        .windows(2)
        .map(|pair| {
            std::array::from_fn(|g| {
                let bands = g * per_group..(g + 1) * per_group;
                bands
                    .map(|b| (pair[1][b] - pair[0][b]).max(0.0))
                    .sum::<f32>()
                    / per_group as f32
            })
        })
        .collect()
}

fn pattern(onsets: &[Vec<[f32; GROUPS]>], fps: f32) -> Option<Pattern> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(PIECE);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    let mut sum = [0.0f32; GROUPS * RATES];
    let mut pieces = 0.0;
    for stretch in onsets {
        let last = stretch.len().saturating_sub(PIECE);
        for start in (0..=last).step_by(STEP) {
            let piece = &stretch[start..(start + PIECE).min(stretch.len())];
            for group in 0..GROUPS {
                let mean = piece.iter().map(|o| o[group]).sum::<f32>() / piece.len() as f32;
                input.fill(0.0);
                let mut norm = 0.0;
                for (i, onset) in piece.iter().enumerate() {
                    let weight = 0.5 - 0.5 * (TAU * i as f32 / piece.len() as f32).cos();
                    input[i] = weight * (onset[group] - mean);
                    norm += weight;
                }
                fft.process(&mut input, &mut output).ok()?;
                for rate in 0..RATES {
                    sum[group * RATES + rate] += strength(&output, rate, fps) * 2.0 / norm;
                }
            }
            pieces += 1.0;
        }
    }
    (pieces > 0.0).then(|| sum.map(|s| s / pieces))
}

/// Amplitude around one rate: the root mean square over its share of the octave.
fn strength(spectrum: &[Complex<f32>], rate: usize, fps: f32) -> f32 {
    let bin = |rate: f32| LOWEST_RATE_HZ * 2f32.powf(rate / RATES_PER_OCTAVE) * PIECE as f32 / fps;
    let rate = rate as f32;
    let (from, centre, to) = (bin(rate - 0.75), bin(rate), bin(rate + 0.75));
    // The lowest rates lie closer than the bins; there, two bins are blended.
    let reach = (to - from).max(2.0) * 0.5;
    let near = spectrum
        .iter()
        .enumerate()
        .take(to.ceil() as usize + 1)
        .skip(from as usize);
    let (sum, weights) = near.fold((0.0, 0.0), |(sum, weights), (k, value)| {
        let weight = (1.0 - (k as f32 - centre).abs() / reach).max(0.0);
        (sum + weight * value.norm_sqr(), weights + weight)
    });
    if weights > 0.0 {
        (sum / weights).sqrt()
    } else {
        0.0
    }
}

/// Tempo from the autocorrelation of all onsets, with a preference for middle tempi.
fn tempo(onsets: &[Vec<[f32; GROUPS]>], fps: f32) -> f32 {
    let lag = |bpm: f32| (60.0 * fps / bpm) as usize;
    let (shortest, longest) = (lag(240.0), lag(40.0));
    let mut correlation = vec![0.0f32; longest + 2];
    for stretch in onsets {
        let all: Vec<f32> = stretch.iter().map(|o| o.iter().sum()).collect();
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        for (lag, sum) in correlation
            .iter_mut()
            .enumerate()
            .skip(shortest.saturating_sub(1))
        {
            let pairs = all.iter().zip(all.iter().skip(lag));
            *sum += pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f32>();
        }
    }
    let weighted = |lag: usize| {
        let octaves = (60.0 * fps / lag as f32 / 120.0).log2();
        correlation[lag] * (-0.5 * (octaves / 0.9).powi(2)).exp()
    };
    let best = (shortest..=longest)
        .max_by(|&a, &b| weighted(a).total_cmp(&weighted(b)))
        .unwrap_or(shortest);
    // A parabola through the peak gives the lag between the frames.
    let (l, m, r) = (
        correlation[best - 1],
        correlation[best],
        correlation[best + 1],
    );
    let curve = l - 2.0 * m + r;
    let offset = if curve < 0.0 {
        (0.5 * (l - r) / curve).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    60.0 * fps / (best as f32 + offset)
}
