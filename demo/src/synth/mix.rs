//! The mixing desk: places sounds in time and space, adds a room, and makes 16-bit stereo of it.

use super::SAMPLE_RATE;
use super::rng::Rng;

/// How a sound enters the mix.
#[derive(Clone, Copy)]
pub struct Place {
    /// Loudness, 1 = as rendered.
    pub gain: f32,
    /// -1 left … 1 right.
    pub pan: f32,
    /// Share that is also sent to the room.
    pub room: f32,
}

/// A piece being put together.
pub struct Mix {
    left: Vec<f32>,
    right: Vec<f32>,
    send: Vec<f32>,
}

impl Mix {
    /// Starts a silent piece.
    pub fn new(seconds: f32) -> Self {
        let samples = (seconds * SAMPLE_RATE as f32) as usize;
        Self {
            left: vec![0.0; samples],
            right: vec![0.0; samples],
            send: vec![0.0; samples],
        }
    }

    /// Adds a sound that begins `at` seconds; what would last beyond the end is cut.
    pub fn add(&mut self, at: f32, sound: &[f32], place: Place) {
        let start = (at.max(0.0) * SAMPLE_RATE as f32) as usize;
        // Constant power: the sum of the squares does not depend on the direction.
        let angle = (place.pan + 1.0) * std::f32::consts::FRAC_PI_4;
        let (left, right) = (place.gain * angle.cos(), place.gain * angle.sin());
        let room = place.gain * place.room;
        let slots = self
            .left
            .iter_mut()
            .zip(&mut self.right)
            .zip(&mut self.send)
            .skip(start);
        for (((l, r), s), x) in slots.zip(sound) {
            *l += left * x;
            *r += right * x;
            *s += room * x;
        }
    }

    /// Adds the room, fades the ends, brings the loudest sample to -1 dB, and interleaves left and right.
    pub fn finish(mut self, room_size: f32) -> Vec<i16> {
        reverb(&self.send, &mut self.left, room_size, 0);
        // Other delays on the other side make the room wide.
        reverb(&self.send, &mut self.right, room_size, 23);

        let (fade_in, fade_out) = (SAMPLE_RATE as f32 * 0.005, SAMPLE_RATE as f32 * 1.2);
        let count = self.left.len();
        let fade =
            |i: usize| (i as f32 / fade_in).min(1.0) * ((count - i) as f32 / fade_out).min(1.0);
        let peak = self
            .left
            .iter()
            .chain(&self.right)
            .fold(1e-6f32, |peak, x| peak.max(x.abs()));
        let gain = 0.89 * f32::from(i16::MAX) / peak;
        // The faint hiss of a microphone: no recording is as silent as arithmetic.
        let mut hiss = Rng::new(1);
        let pairs = self.left.iter().zip(&self.right).enumerate();
        pairs
            .flat_map(|(i, (l, r))| {
                [l, r].map(|x| (x * gain * fade(i) + 6.0 * hiss.noise()) as i16)
            })
            .collect()
    }
}

/// Schroeder's reverberator: parallel combs for the density of echoes, then all-passes to smear them.
fn reverb(input: &[f32], output: &mut [f32], size: f32, spread: usize) {
    const COMBS: [usize; 4] = [1557, 1617, 1491, 1422];
    const ALL_PASSES: [usize; 2] = [556, 225];
    let scale = |samples: usize| (samples as f32 * SAMPLE_RATE as f32 / 44_100.0) as usize + spread;
    let mut combs = COMBS.map(|length| (vec![0.0f32; scale(length)], 0, 0.0f32));
    let mut all_passes = ALL_PASSES.map(|length| (vec![0.0f32; scale(length)], 0));
    let feedback = 0.70 + 0.25 * size;
    for (x, out) in input.iter().zip(output) {
        let mut sum = 0.0;
        for (line, at, damped) in &mut combs {
            let echo = line[*at];
            *damped = echo * 0.7 + *damped * 0.3; // walls swallow the highs
            line[*at] = x * 0.12 + *damped * feedback;
            *at = (*at + 1) % line.len();
            sum += echo;
        }
        for (line, at) in &mut all_passes {
            let old = line[*at];
            line[*at] = sum + old * 0.5;
            sum = old - sum * 0.5;
            *at = (*at + 1) % line.len();
        }
        *out += sum;
    }
}
