//! Notes, keys, chords and melodies.

use super::rng::Rng;

/// The steps of a scale in semitones above its root.
pub type Scale = [i32; 7];

/// Major.
pub const MAJOR: Scale = [0, 2, 4, 5, 7, 9, 11];
/// Natural minor.
pub const MINOR: Scale = [0, 2, 3, 5, 7, 8, 10];
/// Dorian: minor with a brighter sixth.
pub const DORIAN: Scale = [0, 2, 3, 5, 7, 9, 10];
/// Mixolydian: major with a softer seventh, at home in folk and jazz.
pub const MIXOLYDIAN: Scale = [0, 2, 4, 5, 7, 9, 10];

/// A root (MIDI number, 60 = middle C) and a scale.
#[derive(Clone, Copy)]
pub struct Key {
    pub root: i32,
    pub scale: Scale,
}

impl Key {
    /// Returns the MIDI number of a degree; 0 is the root, 7 its octave, -1 the step below it.
    pub fn note(&self, degree: i32) -> i32 {
        self.root + 12 * degree.div_euclid(7) + self.scale[degree.rem_euclid(7) as usize]
    }

    /// Returns the frequency of a degree, moved by whole octaves.
    pub fn hertz(&self, degree: i32, octaves: i32) -> f32 {
        hertz(self.note(degree) + 12 * octaves)
    }
}

/// Returns the frequency of a MIDI number in equal temperament.
pub fn hertz(midi: i32) -> f32 {
    440.0 * ((midi - 69) as f32 / 12.0).exp2()
}

/// The degrees of the triad or, with four notes, the seventh chord on a degree.
pub fn chord(degree: i32, notes: i32) -> impl Iterator<Item = i32> {
    (0..notes).map(move |i| degree + 2 * i)
}

/// A note of a melody: its place and length in beats, and its degree.
#[derive(Clone, Copy)]
pub struct Note {
    pub beat: f32,
    pub beats: f32,
    pub degree: i32,
}

/// Invents a phrase of `beats` beats: steps more than leaps, its strong notes in the chord, ending on a chord note.
/// `values` are the note lengths to choose from.
pub fn phrase(rng: &mut Rng, beats: f32, values: &[f32], chords: &[i32]) -> Vec<Note> {
    let mut notes = Vec::new();
    let (mut beat, mut degree) = (0.0, rng.pick(&[0, 2, 4]) + chords[0]);
    while beat < beats - 0.01 {
        let length = rng.pick(values).min(beats - beat);
        let chord = chords[((beat / beats * chords.len() as f32) as usize).min(chords.len() - 1)];
        if beat.fract() == 0.0 && rng.chance(0.7) {
            degree = nearest_of_chord(degree, chord);
        }
        notes.push(Note {
            beat,
            beats: length,
            degree,
        });
        degree += rng.pick(&[-3, -2, -1, -1, -1, 1, 1, 1, 2, 3]);
        // A melody that wandered off the staff comes back.
        degree -= 2 * (degree > 9) as i32 - 2 * (degree < -2) as i32;
        beat += length;
    }
    if let (Some(last), Some(&chord)) = (notes.last_mut(), chords.last()) {
        last.degree = nearest_of_chord(last.degree, chord);
    }
    notes
}

fn nearest_of_chord(degree: i32, chord: i32) -> i32 {
    // Chord notes are 0, 2 and 4 steps above the chord's degree, in every octave.
    let near = |d: &i32| matches!((d - chord).rem_euclid(7), 0 | 2 | 4);
    [degree, degree - 1, degree + 1, degree - 2]
        .into_iter()
        .find(near)
        .unwrap_or(degree)
}
