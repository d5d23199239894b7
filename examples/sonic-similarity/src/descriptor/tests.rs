//! Descriptors of signals whose sound is known.
#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;

use super::*;

const RATE: u32 = 22_050;

fn describe(samples: &[f32]) -> Option<Descriptor> {
    let mut analyzer = Analyzer::new(RATE);
    analyzer.push(samples);
    analyzer.finish()
}

fn samples(seconds: f32, at: impl Fn(f32) -> f32) -> Vec<f32> {
    (0..(seconds * RATE as f32) as usize)
        .map(|i| at(i as f32 / RATE as f32))
        .collect()
}

fn sines(seconds: f32, hertz: &[f32]) -> Vec<f32> {
    let share = 0.5 / hertz.len() as f32;
    samples(seconds, |t| {
        hertz.iter().map(|f| share * (TAU * f * t).sin()).sum()
    })
}

/// White noise that is the same in every run.
fn noise(seconds: f32, seed: u32) -> Vec<f32> {
    let mut state = seed;
    samples(seconds, |_| 0.0)
        .iter()
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// A short decaying burst on every beat.
fn clicks(seconds: f32, bpm: f32) -> Vec<f32> {
    let noise = noise(seconds, 1);
    let envelope = samples(seconds, |t| (-(t % (60.0 / bpm)) * 60.0).exp());
    noise
        .iter()
        .zip(envelope)
        .map(|(n, e)| n * e * 0.5)
        .collect()
}

/// A tune of sorts: changing chords over a beat.
fn tune(rate: u32, seconds: f32, gain: f32) -> Vec<f32> {
    let mut state = 1u32;
    (0..(seconds * rate as f32) as usize)
        .map(|i| {
            let t = i as f32 / rate as f32;
            let root = [220.0, 261.63, 174.61, 196.0][(t * 2.0) as usize % 4];
            let chord: f32 = (1..9)
                .map(|h| (TAU * root * h as f32 * t).sin() / h as f32)
                .sum();
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
            gain * (chord * (-(t % 0.5) * 3.0).exp() + hiss * (-(t % 0.25) * 30.0).exp())
        })
        .collect()
}

fn bytes_and_back(descriptor: &Descriptor) -> Descriptor {
    Descriptor::from_bytes(&descriptor.to_bytes()).unwrap()
}

#[test]
fn the_tempo_of_a_click_track_is_found() {
    for bpm in [63.0, 90.0, 120.0, 137.0, 174.0] {
        let found = describe(&clicks(20.0, bpm)).unwrap().rhythm.unwrap().bpm;
        assert!(
            (found / bpm - 1.0).abs() < 0.02,
            "{bpm} was taken for {found}"
        );
    }
}

#[test]
fn rhythms_are_closer_the_closer_their_tempo() {
    let rhythm = |bpm| describe(&clicks(30.0, bpm)).unwrap();
    let (a, near, far) = (rhythm(120.0), rhythm(123.0), rhythm(160.0));
    assert!(a.distances(&near)[1] < a.distances(&far)[1]);
}

#[test]
fn the_notes_of_a_chord_are_its_strongest_pitch_classes() {
    // C major, and the same a quarter tone higher: the tuning of a recording does not matter.
    for detune in [1.0, 2f32.powf(0.4 / 12.0)] {
        let chord = [261.63, 329.63, 392.0].map(|f| f * detune);
        let chroma = describe(&sines(4.0, &chord)).unwrap().chroma;
        let mut order: Vec<usize> = (0..12).collect();
        order.sort_by(|&a, &b| chroma[b].total_cmp(&chroma[a]));
        order.truncate(3);
        order.sort_unstable();
        assert_eq!(order, [0, 4, 7], "{chroma:?}");
        assert!((chroma.iter().map(|c| c * c).sum::<f32>() - 1.0).abs() < 1e-4);
    }
}

#[test]
fn two_takes_of_noise_are_alike_and_a_tone_is_not() {
    let [one, other] = [1, 2].map(|seed| describe(&noise(20.0, seed)).unwrap().timbre);
    let tone = describe(&sines(20.0, &[440.0])).unwrap().timbre;
    assert!(one.distance(&other) < 0.4, "{}", one.distance(&other));
    assert!(one.distance(&tone) > 1.5, "{}", one.distance(&tone));
}

#[test]
fn distances_are_symmetric_and_zero_to_oneself() {
    let all = [
        noise(4.0, 3),
        clicks(14.0, 100.0),
        sines(4.0, &[220.0, 330.0]),
        sines(1.0, &[880.0]),
    ];
    let all = all.map(|s| bytes_and_back(&describe(&s).unwrap()));
    for a in &all {
        assert!(
            a.distances(a).iter().all(|d| *d < 1e-3),
            "{:?}",
            a.distances(a)
        );
        for b in &all {
            let (there, back) = (a.distances(b), b.distances(a));
            assert!(
                there
                    .iter()
                    .zip(back)
                    .all(|(x, y)| (x - y).abs() < 1e-4 && *x >= 0.0 && x.is_finite())
            );
        }
    }
}

#[test]
fn loudness_and_sample_rate_hardly_matter() {
    let song = |rate: u32, gain: f32| {
        let mut analyzer = Analyzer::new(rate);
        analyzer.push(&tune(rate, 20.0, gain));
        analyzer.finish().unwrap()
    };
    let reference = song(44_100, 0.3);
    for (rate, gain) in [(44_100, 0.01), (48_000, 0.3), (96_000, 0.3), (22_050, 0.3)] {
        let distances = reference.distances(&song(rate, gain));
        assert!(
            distances[0] < 0.5 && distances[1] < 0.1 && distances[2] < 0.1,
            "{rate} {gain}: {distances:?}"
        );
    }
}

#[test]
fn silence_nothing_and_what_is_no_number_have_no_descriptor() {
    assert_eq!(describe(&[]), None);
    assert_eq!(describe(&[0.0; 50_000]), None);
    assert_eq!(describe(&[1e-6; 50_000]), None);
    assert_eq!(describe(&[f32::NAN; 50_000]), None);
    assert_eq!(describe(&[0.5; 100]), None);
}

#[test]
fn clipping_and_very_short_sounds_have_one() {
    let clipped: Vec<f32> = noise(3.0, 5)
        .iter()
        .map(|s| (s * 50.0).clamp(-1.0, 1.0))
        .collect();
    assert!(describe(&clipped).is_some());
    let blip = describe(&sines(0.5, &[700.0])).unwrap();
    assert_eq!(blip.rhythm, None);
    assert!(blip.timbre.log_det.is_finite());
}

#[test]
fn pauses_do_not_change_the_timbre() {
    let sound = tune(RATE, 10.0, 0.3);
    let mut with_pause = sound.clone();
    with_pause.resize(20 * RATE as usize, 0.0);
    let (a, b) = (describe(&sound).unwrap(), describe(&with_pause).unwrap());
    assert!(
        a.timbre.distance(&b.timbre) < 0.2,
        "{}",
        a.timbre.distance(&b.timbre)
    );
}

#[test]
fn a_cut_keeps_two_stretches_apart() {
    let mut analyzer = Analyzer::new(RATE);
    analyzer.push(&clicks(13.0, 120.0));
    analyzer.cut();
    analyzer.push(&clicks(13.0, 120.0));
    analyzer.cut();
    let bpm = analyzer.finish().unwrap().rhythm.unwrap().bpm;
    assert!((bpm - 120.0).abs() < 2.5, "{bpm}");
}

#[test]
fn bytes_hold_a_descriptor_closely_and_are_stable() {
    for samples in [
        noise(4.0, 9),
        clicks(20.0, 99.0),
        sines(2.0, &[100.0, 5_000.0]),
    ] {
        let before = describe(&samples).unwrap();
        let after = bytes_and_back(&before);
        assert!(
            before.distances(&after).iter().all(|d| *d < 0.05),
            "{:?}",
            before.distances(&after)
        );
        assert_eq!(before.rhythm.is_some(), after.rhythm.is_some());
        assert_eq!(before.to_bytes(), describe(&samples).unwrap().to_bytes());
    }
}

#[test]
fn bytes_without_a_valid_covariance_are_refused() {
    assert_eq!(Descriptor::from_bytes(&[0; COMPACT_LEN]), None);
    let mut bytes = describe(&noise(2.0, 4)).unwrap().to_bytes();
    // Every dimension the opposite of every other, which three of them cannot be.
    bytes[4 * gaussian::DIM..4 * gaussian::DIM + 380].fill(0x80);
    assert_eq!(Descriptor::from_bytes(&bytes), None);
}
