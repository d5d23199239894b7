//! A descriptor as a fixed number of bytes.
//!
//! Distances are always taken between descriptors that went through this form, so that a track compares the same
//! whether it was just analysed or read from the index.

use super::Descriptor;
use super::chroma::Chroma;
use super::gaussian::{DIM, Gaussian, TRIANGLE};
use super::rhythm::{GROUPS, RATES, Rhythm};

/// Changes whenever the bytes or what they measure change; tracks of another version are analysed again.
pub const COMPACT_VERSION: u8 = 1;

const PAIRS: usize = TRIANGLE - DIM;

/// Mean and deviation of each dimension, their correlations, the tempo, the rhythm pattern, the chroma.
pub const COMPACT_LEN: usize = 2 * DIM + 2 * DIM + 2 * PAIRS + 2 + GROUPS * RATES + 12;

/// Steps per decibel of a mean and of a deviation.
const MEAN_STEPS: f32 = 64.0;
const DEVIATION_STEPS: f32 = 256.0;

/// Tempo steps per beat per minute; 0 stands for "no rhythm".
const BPM_STEPS: f32 = 100.0;

impl Descriptor {
    /// The bytes of the descriptor.
    pub fn to_bytes(&self) -> [u8; COMPACT_LEN] {
        let mut out = Vec::with_capacity(COMPACT_LEN);
        let covariance = &self.timbre.covariance;
        let deviation: [f32; DIM] = std::array::from_fn(|i| covariance[diagonal(i)].sqrt());
        for mean in self.timbre.mean {
            out.extend(((mean * MEAN_STEPS).round() as i16).to_le_bytes());
        }
        for deviation in deviation {
            out.extend(((deviation * DEVIATION_STEPS).round().max(1.0) as u16).to_le_bytes());
        }
        for i in 0..DIM {
            for j in 0..i {
                let correlation = covariance[diagonal(i) - i + j] / (deviation[i] * deviation[j]);
                out.extend(((correlation * f32::from(i16::MAX)).round() as i16).to_le_bytes());
            }
        }
        let bpm = self.rhythm.as_ref().map_or(0.0, |r| r.bpm.max(0.01));
        out.extend(((bpm * BPM_STEPS).round() as u16).to_le_bytes());
        match &self.rhythm {
            Some(rhythm) => out.extend(rhythm.pattern.map(root_to_byte)),
            None => out.extend([0; GROUPS * RATES]),
        }
        out.extend(self.chroma.map(|c| (c * 255.0).round() as u8));
        let mut bytes = [0; COMPACT_LEN];
        bytes.copy_from_slice(&out);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` if the bytes cannot be such a descriptor.
    pub fn from_bytes(bytes: &[u8; COMPACT_LEN]) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let mean = std::array::from_fn(|_| f32::from(reader.u16() as i16) / MEAN_STEPS);
        let deviation: [f32; DIM] =
            std::array::from_fn(|_| f32::from(reader.u16()) / DEVIATION_STEPS);
        let mut covariance = [0.0; TRIANGLE];
        for i in 0..DIM {
            for j in 0..i {
                let correlation = f32::from(reader.u16() as i16) / f32::from(i16::MAX);
                covariance[diagonal(i) - i + j] = correlation * deviation[i] * deviation[j];
            }
            covariance[diagonal(i)] = deviation[i] * deviation[i];
        }
        let timbre = Gaussian::new(mean, covariance)?;
        let bpm = f32::from(reader.u16()) / BPM_STEPS;
        let pattern = std::array::from_fn(|_| byte_to_root(reader.u8()));
        let chroma: Chroma = std::array::from_fn(|_| f32::from(reader.u8()) / 255.0);
        Some(Self {
            timbre,
            rhythm: (bpm > 0.0).then_some(Rhythm { pattern, bpm }),
            chroma,
        })
    }
}

/// Where the variance of dimension `i` is in the triangle.
fn diagonal(i: usize) -> usize {
    i * (i + 3) / 2
}

/// A byte for a value in 0..1, finer near 0 where most of a pattern is.
fn root_to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0).sqrt() * 255.0).round() as u8
}

fn byte_to_root(byte: u8) -> f32 {
    (f32::from(byte) / 255.0).powi(2)
}

struct Reader<'a> {
    bytes: &'a [u8; COMPACT_LEN],
    at: usize,
}

impl Reader<'_> {
    fn u8(&mut self) -> u8 {
        self.at += 1;
        self.bytes[self.at - 1]
    }

    fn u16(&mut self) -> u16 {
        let low = self.u8();
        u16::from_le_bytes([low, self.u8()])
    }
}
