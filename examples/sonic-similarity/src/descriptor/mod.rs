//! What a track sounds like, in numbers, and how far two tracks are apart.
//!
//! Three parts, after the scheme that Pohle, Schnitzer, Schedl, Knees and Widmer describe in "On rhythm and
//! general music similarity" (ISMIR 2009): timbre, rhythm, and (our addition) harmony.

pub mod chroma;
mod compact;
pub mod gaussian;
pub mod mel;
pub mod rhythm;
mod spectrum;

use chroma::{Chroma, ChromaCollector};
use gaussian::{DIM, Gaussian, GaussianBuilder};
use mel::{BANDS, Dct, MelBank, MelFrame};
use rhythm::Rhythm;
use spectrum::Framer;

pub use compact::{COMPACT_LEN, COMPACT_VERSION};

/// Frames for timbre and rhythm: 46 ms, one every 23 ms.
const SHORT_FRAME_SECONDS: f64 = 2048.0 / 44_100.0;
const SHORT_HOP_SECONDS: f64 = 1024.0 / 44_100.0;

/// Frames for pitch: 186 ms tell semitones apart from about C3 on.
const LONG_FRAME_SECONDS: f64 = 8192.0 / 44_100.0;
const LONG_HOP_SECONDS: f64 = 4096.0 / 44_100.0;

/// Everything is measured relative to the mean loudness of the track, in decibels: bands are cut off at
/// `FLOOR_DB`, and frames below `GATE_DB` count as pauses.
const FLOOR_DB: f32 = -70.0;
const GATE_DB: f32 = -40.0;

/// Mean power below which a track is silence (-80 dB of full scale).
const SILENCE: f64 = 1e-8;

/// A track must have this many sounding frames (a quarter of a second).
const FEWEST_FRAMES: usize = 10;

/// Variance of each MFCC over the frames of a typical track, in square decibels, and the number of frames
/// it stands for in every covariance.
const PRIOR: [f32; DIM] = [
    976.0, 338.0, 232.0, 109.0, 81.0, 67.0, 56.0, 47.0, 43.0, 39.0, 39.0, 37.0, 35.0, 38.0, 39.0,
    39.0, 37.0, 35.0, 31.0, 33.0,
];
const PRIOR_WEIGHT: f64 = 8.0;

/// The parts of a comparison.
pub const PARTS: usize = 3;

/// What the parts weigh: timbre, rhythm, harmony. They add up to 1.
pub const WEIGHTS: [f32; PARTS] = [0.7, 0.2, 0.1];

/// Mean distance between two songs taken at random, per part, in the mixed collection used for tuning.
pub const TYPICAL: [f32; PARTS] = [1.5, 0.7, 0.5];

/// What a track sounds like.
#[derive(Debug, Clone, PartialEq)]
pub struct Descriptor {
    /// Timbre.
    pub timbre: Gaussian,
    /// Rhythm; `None` for tracks too short to have one.
    pub rhythm: Option<Rhythm>,
    /// Harmony.
    pub chroma: Chroma,
}

impl Descriptor {
    /// Distances of the parts, each on its own scale, in the order of [`WEIGHTS`].
    ///
    /// Symmetric, never negative, and 0 for equal parts.
    pub fn distances(&self, other: &Self) -> [f32; PARTS] {
        let rhythm = match (&self.rhythm, &other.rhythm) {
            (Some(a), Some(b)) => euclid(&a.pattern, &b.pattern),
            (None, None) => 0.0,
            // Nothing is known, so nothing is said: as far apart as two songs usually are.
            _ => TYPICAL[1],
        };
        [
            self.timbre.distance(&other.timbre),
            rhythm,
            euclid(&self.chroma, &other.chroma),
        ]
    }
}

fn euclid(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f32>()
        .sqrt()
}

/// Takes the samples of a track and gives its [`Descriptor`].
pub struct Analyzer {
    short: Framer,
    long: Framer,
    mel: MelBank,
    chroma: ChromaCollector,
    frames: Vec<MelFrame>,
    /// Where in `frames` each stretch of continuous sound begins.
    starts: Vec<usize>,
    fps: f32,
}

impl Analyzer {
    /// For mono samples at `sample_rate`.
    pub fn new(sample_rate: u32) -> Self {
        let short = Framer::new(sample_rate, SHORT_FRAME_SECONDS, SHORT_HOP_SECONDS);
        let long = Framer::new(sample_rate, LONG_FRAME_SECONDS, LONG_HOP_SECONDS);
        Self {
            mel: MelBank::new(sample_rate, short.frame_len()),
            chroma: ChromaCollector::new(sample_rate, long.frame_len()),
            fps: short.frames_per_second(sample_rate),
            short,
            long,
            frames: Vec::new(),
            starts: vec![0],
        }
    }

    /// Adds samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.short
            .push(samples, |power| self.frames.push(self.mel.apply(power)));
        self.long.push(samples, |power| self.chroma.add(power));
    }

    /// Ends a stretch: the samples that come next are from elsewhere in the track.
    pub fn cut(&mut self) {
        self.short.cut();
        self.long.cut();
        self.starts.push(self.frames.len());
    }

    /// Seconds of sound analysed so far.
    pub fn seconds(&self) -> f32 {
        self.frames.len() as f32 / self.fps
    }

    /// The descriptor; `None` if there was no sound, or too little of it.
    pub fn finish(mut self) -> Option<Descriptor> {
        let powers: Vec<f64> = self
            .frames
            .iter()
            .map(|f| f.iter().map(|&b| f64::from(b)).sum())
            .collect();
        let all = mean_from(&powers, 0.0);
        if !(all > SILENCE && all.is_finite()) {
            return None;
        }
        // Pauses would lower the level, so it is taken without them.
        let gate = all * 10f64.powf(f64::from(GATE_DB) / 10.0);
        let level = 10.0 * mean_from(&powers, gate).log10() as f32;
        let dct = Dct::<DIM>::default();
        let mut timbre = GaussianBuilder::default();
        let mut sounding = 0;
        for (frame, power) in self.frames.iter_mut().zip(&powers) {
            for band in frame.iter_mut() {
                *band = (10.0 * band.max(1e-20).log10() - level).max(FLOOR_DB);
            }
            if *power >= gate {
                sounding += 1;
                timbre.add(&dct.apply(frame));
            }
        }
        if sounding < FEWEST_FRAMES {
            return None;
        }
        self.starts.push(self.frames.len());
        let stretches: Vec<&[MelFrame]> = self
            .starts
            .windows(2)
            .map(|w| &self.frames[w[0]..w[1]])
            .collect();
        Some(Descriptor {
            timbre: timbre.finish(&PRIOR, PRIOR_WEIGHT)?,
            rhythm: rhythm::measure(&stretches, self.fps),
            chroma: self.chroma.finish(),
        })
    }
}

/// Mean of the values that are at least `lowest`; 0 if there are none.
fn mean_from(values: &[f64], lowest: f64) -> f64 {
    let (sum, count) = values
        .iter()
        .filter(|v| **v >= lowest || v.is_nan())
        .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

const _: () = assert!(BANDS >= DIM);

#[cfg(test)]
mod tests;
