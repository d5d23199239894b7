//! Cuts a mono signal into overlapping frames and gives the power spectrum of each.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Overlapping frames of one length, in seconds the same at every sample rate.
///
/// Working in seconds at the rate of the file makes a resampler unnecessary: the filters laid over the
/// spectrum are given in hertz and do not care how far it reaches.
pub struct Framer {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    scale: f32,
    hop: usize,
    pending: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl Framer {
    /// Frames of about `frame_seconds`, one every `hop_seconds`.
    pub fn new(sample_rate: u32, frame_seconds: f64, hop_seconds: f64) -> Self {
        let rate = f64::from(sample_rate);
        let len = fast_length((rate * frame_seconds).round() as usize);
        let hop = ((rate * hop_seconds).round() as usize).clamp(1, len);
        let fft = RealFftPlanner::new().plan_fft_forward(len);
        let window: Vec<f32> = (0..len)
            .map(|i| 0.5 - 0.5 * (TAU * i as f32 / len as f32).cos())
            .collect();
        let sum: f32 = window.iter().sum();
        Self {
            // A sine of full scale gives 1 in its bin, whatever the frame length.
            scale: 4.0 / (sum * sum),
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; len / 2 + 1],
            pending: Vec::with_capacity(2 * len),
            window,
            hop,
            fft,
        }
    }

    /// Samples per frame.
    pub fn frame_len(&self) -> usize {
        self.window.len()
    }

    /// Frames per second.
    pub fn frames_per_second(&self, sample_rate: u32) -> f32 {
        sample_rate as f32 / self.hop as f32
    }

    /// Adds samples and hands the power spectrum of every frame that became complete to `each`.
    pub fn push(&mut self, samples: &[f32], mut each: impl FnMut(&[f32])) {
        self.pending.extend_from_slice(samples);
        let len = self.window.len();
        let mut start = 0;
        while self.pending.len() - start >= len {
            let frame = &self.pending[start..start + len];
            for ((to, sample), weight) in self.input.iter_mut().zip(frame).zip(&self.window) {
                *to = sample * weight;
            }
            // The buffers come from the plan itself, so their lengths cannot be wrong.
            let done =
                self.fft
                    .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
            if done.is_ok() {
                for (to, bin) in self.power.iter_mut().zip(&self.output) {
                    *to = bin.norm_sqr() * self.scale;
                }
                each(&self.power);
            }
            start += self.hop;
        }
        self.pending.drain(..start);
    }

    /// Forgets a started frame: the samples that come next do not continue the ones before.
    pub fn cut(&mut self) {
        self.pending.clear();
    }
}

/// The even number next to `wanted` with no prime factor above 7: such transforms are fast.
fn fast_length(wanted: usize) -> usize {
    let is_fast = |n: usize| {
        let mut rest = n;
        for factor in [2, 3, 5, 7] {
            while rest % factor == 0 {
                rest /= factor;
            }
        }
        n % 2 == 0 && rest == 1
    };
    let wanted = wanted.max(16);
    // 16 and every power of two above are fast, so the search ends.
    (0..wanted)
        .flat_map(|d| [wanted - d, wanted + d])
        .find(|&n| is_fast(n))
        .unwrap_or(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_length_is_close_even_and_smooth() {
        assert_eq!(fast_length(2048), 2048);
        assert_eq!(fast_length(2229), 2240);
        assert_eq!(fast_length(1), 16);
    }

    #[test]
    fn a_full_scale_sine_has_power_one_in_its_bin_at_every_rate() {
        for rate in [8_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            let mut framer = Framer::new(rate, 0.0464, 0.0232);
            let len = framer.frame_len();
            let samples: Vec<f32> = (0..len)
                .map(|i| (TAU * 16.0 * i as f32 / len as f32).sin())
                .collect();
            let mut frames = 0;
            framer.push(&samples, |power| {
                frames += 1;
                assert!((power[16] - 1.0).abs() < 1e-3, "{rate}: {}", power[16]);
            });
            assert_eq!(frames, 1);
        }
    }

    #[test]
    fn frames_do_not_depend_on_how_the_samples_arrive() {
        let samples: Vec<f32> = (0..20_000)
            .map(|i| ((i * i) % 97) as f32 / 97.0 - 0.5)
            .collect();
        let mut whole = Vec::new();
        Framer::new(44_100, 0.0464, 0.0232).push(&samples, |p| whole.push(p.to_vec()));
        let mut framer = Framer::new(44_100, 0.0464, 0.0232);
        let mut pieces = Vec::new();
        for piece in samples.chunks(577) {
            framer.push(piece, |p| pieces.push(p.to_vec()));
        }
        assert_eq!(whole, pieces);
    }
}
