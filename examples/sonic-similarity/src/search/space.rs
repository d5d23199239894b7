//! All indexed songs, and the distance between them.

use std::cell::OnceCell;

use crate::descriptor::{Descriptor, PARTS, TYPICAL};
use crate::index::{FileKey, TrackEntry, crc32};

use super::lookup::normalise;

/// How many songs stand for the whole library when distances are put to scale.
const SAMPLE: usize = 48;

/// How many pairs of songs the built-in typical distances count for.
const TYPICAL_PAIRS: f32 = 30.0;

/// How many songs of the sample the average hub counts for.
const AVERAGE_HUB: f32 = 4.0;

/// Timbre distance below which two files hold the same recording in different encodings. Encoders and sample
/// rates move a song by up to 0.2; different songs are about 1 apart, parts of one song seldom below 0.4.
const SAME_RECORDING: f32 = 0.3;

/// Lengths of copies of one recording differ by at most this, in milliseconds.
const SAME_LENGTH_MS: u32 = 3_000;

/// One indexed song.
pub struct Song<'a> {
    /// Its file.
    pub key: FileKey<'a>,
    /// Its tags.
    pub entry: &'a TrackEntry<'a>,
    /// Its sound.
    pub descriptor: Descriptor,
}

/// The songs with their distance.
///
/// Each part of a descriptor is divided by its mean over the library, so that no part rules by its unit alone, and
/// the weighted sum of a pair by the geometric mean of how far each of the two is from everything. That second
/// scaling keeps songs that are close to everything ("hubs") from turning up in every answer; it is the global form
/// of the scaling in Schnitzer, Flexer, Schedl and Widmer (JMLR 13, 2012).
pub struct Space<'a> {
    songs: Vec<Song<'a>>,
    /// Factor per part: its weight divided by its mean distance.
    factors: [f32; PARTS],
    sample: Vec<usize>,
    hubs: Vec<OnceCell<f32>>,
}

impl<'a> Space<'a> {
    /// Takes the songs in any order, and what the parts of a descriptor weigh; the weights add up to 1.
    pub fn new(mut songs: Vec<Song<'a>>, weights: [f32; PARTS]) -> Self {
        songs.sort_unstable_by_key(|s| s.key);
        // Picked by a checksum: spread over all folders, and the same for every query of an unchanged index.
        let mut sample: Vec<(u32, usize)> = songs
            .iter()
            .enumerate()
            .map(|(i, s)| (crc32(s.key.path.as_bytes()), i))
            .collect();
        sample.sort_unstable();
        sample.truncate(SAMPLE);
        let sample: Vec<usize> = sample.into_iter().map(|(_, i)| i).collect();
        let scales = scales(&songs, &sample);
        let factors = std::array::from_fn(|i| weights[i] / scales[i]);
        let hubs = songs.iter().map(|_| OnceCell::new()).collect();
        Self {
            songs,
            factors,
            sample,
            hubs,
        }
    }

    /// The songs, in the order of their keys.
    pub fn songs(&self) -> &[Song<'a>] {
        &self.songs
    }

    /// Distance without regard to hubs; 1 on average.
    pub fn plain_distance(&self, a: usize, b: usize) -> f32 {
        if a == b {
            return 0.0;
        }
        let parts = self.songs[a]
            .descriptor
            .distances(&self.songs[b].descriptor);
        parts
            .iter()
            .zip(&self.factors)
            .map(|(part, factor)| part * factor)
            .sum()
    }

    /// Distance; 1 on average, symmetric, 0 from a song to itself.
    pub fn distance(&self, a: usize, b: usize) -> f32 {
        if a == b {
            return 0.0;
        }
        self.plain_distance(a, b) / (self.hub(a) * self.hub(b)).sqrt()
    }

    /// Similarity for a distance.
    pub fn similarity(distance: f32) -> f64 {
        let distance = f64::from(distance);
        (-std::f64::consts::LN_2 * distance * distance).exp()
    }

    /// Mean distance of a song to the sample.
    fn hub(&self, song: usize) -> f32 {
        *self.hubs[song].get_or_init(|| {
            let others = self.sample.iter().filter(|&&s| s != song);
            let (sum, count) = others.fold((0.0, 0.0), |(sum, n), &s| {
                (sum + self.plain_distance(song, s), n + 1.0)
            });
            (sum + AVERAGE_HUB) / (count + AVERAGE_HUB)
        })
    }

    /// Whether two entries are one song: the same name, and the same recording in the ear of the descriptor.
    pub fn is_same_song(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.songs[a], &self.songs[b]);
        let known = |ms: u32| ms != 0;
        let (x, y) = (one.entry.duration_ms, other.entry.duration_ms);
        let same_length = !(known(x) && known(y)) || x.abs_diff(y) <= SAME_LENGTH_MS;
        a == b
            || same_length
                && normalise(one.entry.title) == normalise(other.entry.title)
                && normalise(one.entry.artist) == normalise(other.entry.artist)
                && one.descriptor.timbre.distance(&other.descriptor.timbre) < SAME_RECORDING
    }
}

/// Mean distance per part over all pairs of the sample, leaning on the typical values.
fn scales(songs: &[Song<'_>], sample: &[usize]) -> [f32; PARTS] {
    let mut sums = TYPICAL.map(|t| t * TYPICAL_PAIRS);
    let mut pairs = TYPICAL_PAIRS;
    for (i, &a) in sample.iter().enumerate() {
        for &b in &sample[..i] {
            let parts = songs[a].descriptor.distances(&songs[b].descriptor);
            sums.iter_mut()
                .zip(parts)
                .for_each(|(sum, part)| *sum += part);
            pairs += 1.0;
        }
    }
    // Nobody's library is so uniform that a part should be blown up without bounds.
    std::array::from_fn(|i| (sums[i] / pairs).max(TYPICAL[i] * 0.1))
}
