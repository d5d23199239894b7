//! The songs that sound most like a given one.

use super::{Match, Space};

/// How many songs are looked at closely; the rest is too far away for the correction of hubs to bring it back.
const CLOSE: usize = 200;

/// The `count` songs most similar to `seed`, best first, without the seed and without copies of it or of each other.
pub fn neighbours(space: &Space<'_>, seed: usize, count: usize) -> Vec<Match> {
    if count == 0 {
        return Vec::new();
    }
    let mut near: Vec<(f32, usize)> = (0..space.songs().len())
        .filter(|&song| song != seed)
        .map(|song| (space.plain_distance(seed, song), song))
        .collect();
    let close = CLOSE.max(count.saturating_mul(2));
    if near.len() > close {
        near.select_nth_unstable_by(close, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(close);
    }
    for (distance, song) in &mut near {
        *distance = space.distance(seed, *song);
    }
    near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut found: Vec<Match> = Vec::with_capacity(count.min(near.len()));
    for (distance, song) in near {
        let known = |other: usize| space.is_same_song(song, other);
        if known(seed) || found.iter().any(|m| known(m.song)) {
            continue;
        }
        found.push(Match {
            song,
            similarity: Space::similarity(distance),
        });
        if found.len() == count {
            break;
        }
    }
    found
}
