//! Harmony: how strongly each of the twelve pitch classes sounds.

/// Fine pitch-class bins per octave: ten cents each, enough to find the tuning of a recording.
const FINE: usize = 120;
const FINE_PER_CLASS: usize = FINE / 12;

/// Range in which peaks are taken for notes, in hertz (about C2 to C7).
const LOW_HZ: f32 = 65.0;
const HIGH_HZ: f32 = 2_100.0;

/// C0 with A4 at 440 Hz.
const C0_HZ: f32 = 16.351_598;

/// Square root of the share of each pitch class, starting at C; all zero without any tone.
///
/// The Euclidean distance of such vectors is the Hellinger distance of the shares.
pub type Chroma = [f32; 12];

/// Collects pitch classes from long frames.
pub struct ChromaCollector {
    bin_hz: f32,
    fine: [f64; FINE],
    frame: [f32; FINE],
}

impl ChromaCollector {
    /// For spectra of frames of `frame_len` samples at `sample_rate`.
    pub fn new(sample_rate: u32, frame_len: usize) -> Self {
        Self {
            bin_hz: sample_rate as f32 / frame_len as f32,
            fine: [0.0; FINE],
            frame: [0.0; FINE],
        }
    }

    /// Adds the spectral peaks of one frame.
    pub fn add(&mut self, power: &[f32]) {
        let first = ((LOW_HZ / self.bin_hz) as usize).max(1);
        let last = ((HIGH_HZ / self.bin_hz) as usize).min(power.len().saturating_sub(2));
        if first >= last {
            return;
        }
        self.frame.fill(0.0);
        for bin in first..=last {
            let (left, mid, right) = (power[bin - 1], power[bin], power[bin + 1]);
            // -90 dB: below that, peaks are dither and rounding.
            if mid <= left || mid < right || mid < 1e-9 {
                continue;
            }
            // A parabola through the logarithms gives the frequency between the bins.
            let (l, m, r) = (left.max(1e-12).ln(), mid.ln(), right.max(1e-12).ln());
            let curve = l - 2.0 * m + r;
            let offset = if curve < 0.0 {
                (0.5 * (l - r) / curve).clamp(-0.5, 0.5)
            } else {
                0.0
            };
            let octaves = ((bin as f32 + offset) * self.bin_hz / C0_HZ).log2();
            let fine = ((octaves - octaves.floor()) * FINE as f32).round() as usize % FINE;
            // Amplitude, not power: one loud voice must not hide the chord.
            self.frame[fine] += mid.sqrt();
        }
        let sum: f32 = self.frame.iter().sum();
        if sum > 0.0 {
            for (total, value) in self.fine.iter_mut().zip(&self.frame) {
                *total += f64::from(value / sum);
            }
        }
    }

    /// The pitch classes of everything added so far, with the recording's own tuning removed.
    pub fn finish(&self) -> Chroma {
        let half = FINE_PER_CLASS as i32 / 2;
        // The tuning is the shift for which most of the sound lies on the semitones.
        let on_grid = |shift: i32| -> f64 { (0..12).map(|c| self.near(c, shift, 1)).sum() };
        let tuning = (-half..half).fold((0, on_grid(0)), |best, shift| {
            let value = on_grid(shift);
            if value > best.1 * 1.000_001 {
                (shift, value)
            } else {
                best
            }
        });
        let classes: [f64; 12] = std::array::from_fn(|c| self.near(c, tuning.0, half - 1));
        let sum: f64 = classes.iter().sum();
        if sum > 0.0 {
            classes.map(|c| (c / sum).sqrt() as f32)
        } else {
            [0.0; 12]
        }
    }

    /// What lies within `reach` bins around a semitone, weighted by a triangle.
    fn near(&self, class: usize, shift: i32, reach: i32) -> f64 {
        let centre = (class * FINE_PER_CLASS) as i32 + shift;
        let weight = |d: i32| 1.0 - f64::from(d.abs()) / f64::from(reach + 1);
        (-reach..=reach)
            .map(|d| weight(d) * self.fine[(centre + d).rem_euclid(FINE as i32) as usize])
            .sum()
    }
}
