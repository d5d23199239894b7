//! Mel bands and the cosine transform that turns them into MFCCs.

use std::f32::consts::PI;

/// Number of mel bands.
pub const BANDS: usize = 40;

/// Lowest and highest frequency of the bands, in hertz. The upper end is what a working rate of
/// 22.05 kHz would keep, and lies below the low-pass of every usual lossy encoder.
const LOW_HZ: f32 = 30.0;
const HIGH_HZ: f32 = 11_025.0;

/// One frame as band powers.
pub type MelFrame = [f32; BANDS];

/// Triangular filters, equally spaced on the mel scale.
pub struct MelBank {
    /// First bin and the weights from there on, per band.
    filters: Vec<(usize, Vec<f32>)>,
}

impl MelBank {
    /// Filters for spectra of frames of `frame_len` samples at `sample_rate`.
    pub fn new(sample_rate: u32, frame_len: usize) -> Self {
        let bin_hz = sample_rate as f32 / frame_len as f32;
        let bins = frame_len / 2 + 1;
        let (low, high) = (mel(LOW_HZ), mel(HIGH_HZ));
        let edge = |i: usize| hertz(low + (high - low) * i as f32 / (BANDS + 1) as f32);
        let filters = (0..BANDS).map(|band| {
            let (from, mid, to) = (edge(band), edge(band + 1), edge(band + 2));
            let first = (from / bin_hz).ceil() as usize;
            let last = ((to / bin_hz).floor() as usize).min(bins - 1);
            let weight = |bin: usize| {
                let hz = bin as f32 * bin_hz;
                ((hz - from) / (mid - from))
                    .min((to - hz) / (to - mid))
                    .max(0.0)
            };
            // A band above what the file holds has no bins and stays silent.
            (first, (first..=last).map(weight).collect())
        });
        Self {
            filters: filters.collect(),
        }
    }

    /// Power in each band.
    pub fn apply(&self, power: &[f32]) -> MelFrame {
        let mut bands = [0.0; BANDS];
        for (band, (first, weights)) in bands.iter_mut().zip(&self.filters) {
            let bins = power.get(*first..).unwrap_or_default();
            *band = weights.iter().zip(bins).map(|(w, p)| w * p).sum();
        }
        bands
    }
}

fn mel(hz: f32) -> f32 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn hertz(mel: f32) -> f32 {
    700.0 * (10f32.powf(mel / 2595.0) - 1.0)
}

/// The first `N` coefficients of an orthonormal cosine transform over the bands.
pub struct Dct<const N: usize> {
    rows: [[f32; BANDS]; N],
}

impl<const N: usize> Default for Dct<N> {
    fn default() -> Self {
        let mut rows = [[0.0; BANDS]; N];
        for (k, row) in rows.iter_mut().enumerate() {
            let norm = if k == 0 {
                (1.0 / BANDS as f32).sqrt()
            } else {
                (2.0 / BANDS as f32).sqrt()
            };
            for (n, cell) in row.iter_mut().enumerate() {
                *cell = norm * (PI * k as f32 * (n as f32 + 0.5) / BANDS as f32).cos();
            }
        }
        Self { rows }
    }
}

impl<const N: usize> Dct<N> {
    /// Transforms one frame of logarithmic band powers.
    pub fn apply(&self, bands: &MelFrame) -> [f32; N] {
        std::array::from_fn(|k| self.rows[k].iter().zip(bands).map(|(a, b)| a * b).sum())
    }
}
