//! A smooth way from one song to another.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Match, Space};

/// Paths are never longer than this.
pub const LONGEST_PATH: usize = 500;

/// How many songs are considered for the places in between.
const CANDIDATES: usize = 400;

/// An exchange looks at this many unused songs around the same stage of the way, a turn at stretches this long. This
/// bounds the time of a long path.
const EXCHANGES: usize = 100;
const LONGEST_TURN: usize = 30;

/// At most this many rounds of improvement; each makes the path shorter, and few are needed.
const ROUNDS: usize = 20;

/// `count` songs from `start` to `end`, both included, each one close to the one before.
///
/// What is made small is above all the largest distance between neighbours. Nothing is repeated; copies of one song count as repetition. The similarity of a song is the
/// one to its predecessor, and 1 for the first.
///
/// Special cases: `count` 0 gives nothing, 1 gives the start; a path from a song to itself is that song alone; when
/// fewer than `count` songs are indexed, all of them are used; `count` beyond [`LONGEST_PATH`] is cut.
pub fn path(space: &Space<'_>, start: usize, end: usize, count: usize) -> Vec<Match> {
    let count = count.min(LONGEST_PATH);
    let songs = match count {
        0 => Vec::new(),
        1 => vec![start],
        _ if start == end => vec![start],
        _ => Search::new(space, start, end).run(count - 2),
    };
    let mut previous = None;
    songs
        .iter()
        .map(|&song| {
            let distance = previous.map_or(0.0, |p| space.distance(p, song));
            previous = Some(song);
            Match {
                song,
                similarity: Space::similarity(distance),
            }
        })
        .collect()
}

struct Search<'s, 'a> {
    space: &'s Space<'a>,
    start: usize,
    end: usize,
    known: RefCell<HashMap<(usize, usize), f32>>,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(space: &'s Space<'a>, start: usize, end: usize) -> Self {
        Self {
            space,
            start,
            end,
            known: RefCell::default(),
        }
    }

    fn run(&self, inner: usize) -> Vec<usize> {
        let candidates = self.candidates(inner);
        let inner = inner.min(candidates.len());
        let mut path = vec![self.start];
        path.extend(self.best_chain(&candidates, inner));
        path.push(self.end);
        self.improve(&mut path, &candidates);
        path
    }

    /// Cost of a step: a high power of the distance, so that the largest steps decide.
    fn step(&self, a: usize, b: usize) -> f32 {
        let pair = (a.min(b), a.max(b));
        *self.known.borrow_mut().entry(pair).or_insert_with(|| {
            let distance = self.space.distance(pair.0, pair.1);
            distance.powi(8)
        })
    }

    /// Songs worth considering, ordered from start to end.
    ///
    /// With `i` steps from the start to a song and `j` from there to the end, the largest step is at least the larger
    /// of `d(start, song) / i` and `d(song, end) / j`. For each place, the songs for which this bound is lowest are
    /// taken.
    fn candidates(&self, inner: usize) -> Vec<usize> {
        if inner == 0 {
            return Vec::new();
        }
        let ends: Vec<(usize, f32, f32)> = (0..self.space.songs().len())
            .filter(|&s| s != self.start && s != self.end)
            .map(|s| {
                (
                    s,
                    self.space.plain_distance(self.start, s),
                    self.space.plain_distance(s, self.end),
                )
            })
            .collect();
        let per_place = (CANDIDATES / inner).max(2).min(ends.len());
        let mut chosen = vec![false; ends.len()];
        let mut order: Vec<usize> = (0..ends.len()).collect();
        for place in 1..=inner {
            let (before, behind) = (place as f32, (inner + 1 - place) as f32);
            let bound = |i: usize| (ends[i].1 / before).max(ends[i].2 / behind);
            let compare = |a: &usize, b: &usize| bound(*a).total_cmp(&bound(*b)).then(a.cmp(b));
            if per_place < order.len() {
                order.select_nth_unstable_by(per_place, compare);
            }
            order[..per_place].iter().for_each(|&i| chosen[i] = true);
        }
        // Places may share their best songs; there must still be enough for all of them.
        let direct = |i: usize| ends[i].1 + ends[i].2;
        order.sort_unstable_by(|&a, &b| direct(a).total_cmp(&direct(b)).then(a.cmp(&b)));
        let picked = order.iter().filter(|&&i| chosen[i]);
        let mut songs: Vec<usize> = Vec::new();
        for &i in picked.chain(order.iter().filter(|&&i| !chosen[i])) {
            if songs.len() >= inner && !chosen[i] {
                break;
            }
            let song = ends[i].0;
            let known = [self.start, self.end];
            if !known
                .iter()
                .chain(&songs)
                .any(|&other| self.space.is_same_song(song, other))
            {
                songs.push(song);
            }
        }
        let progress = |song: usize| {
            let (a, b) = (
                self.space.plain_distance(self.start, song),
                self.space.plain_distance(song, self.end),
            );
            a / (a + b).max(f32::MIN_POSITIVE)
        };
        let mut ordered: Vec<(f32, usize)> = songs.into_iter().map(|s| (progress(s), s)).collect();
        ordered.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ordered.into_iter().map(|(_, song)| song).collect()
    }

    /// Cuts the ordered candidates into one group per place and finds the cheapest chain through the groups.
    fn best_chain(&self, candidates: &[usize], inner: usize) -> Vec<usize> {
        if inner == 0 {
            return Vec::new();
        }
        let group = |place: usize| {
            &candidates[place * candidates.len() / inner..(place + 1) * candidates.len() / inner]
        };
        // Per place and song: cost of the cheapest chain up to it, and the song before it in its group.
        let mut costs: Vec<f32> = group(0).iter().map(|&s| self.step(self.start, s)).collect();
        let mut origins: Vec<Vec<usize>> = Vec::new();
        for place in 1..inner {
            let before = group(place - 1);
            let (next, origin) = group(place)
                .iter()
                .map(|&song| {
                    cheapest(
                        before
                            .iter()
                            .zip(&costs)
                            .map(|(&b, cost)| cost + self.step(b, song)),
                    )
                })
                .unzip();
            costs = next;
            origins.push(origin);
        }
        let last = group(inner - 1);
        let (_, mut at) = cheapest(
            last.iter()
                .zip(&costs)
                .map(|(&s, cost)| cost + self.step(s, self.end)),
        );
        let mut chain = vec![last[at]];
        for place in (1..inner).rev() {
            at = origins[place - 1][at];
            chain.push(group(place - 1)[at]);
        }
        chain.reverse();
        chain
    }

    /// Exchanges songs of the path for unused ones, and turns stretches around, as long as that makes it cheaper.
    fn improve(&self, path: &mut [usize], candidates: &[usize]) {
        const GAIN: f32 = 1e-5;
        let last = path.len() - 1;
        let mut unused: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|c| !path.contains(c))
            .collect();
        for _ in 0..ROUNDS {
            let mut better = false;
            for at in 1..last {
                let cost =
                    |song: usize| self.step(path[at - 1], song) + self.step(song, path[at + 1]);
                let first = (unused.len() * at / path.len()).saturating_sub(EXCHANGES / 2);
                let near = unused.iter().skip(first).take(EXCHANGES);
                let (best, place) = cheapest(near.map(|&song| cost(song)));
                if best + GAIN < cost(path[at]) {
                    std::mem::swap(&mut path[at], &mut unused[first + place]);
                    better = true;
                }
            }
            for from in 1..last {
                for to in from + 1..last.min(from + LONGEST_TURN) {
                    let now =
                        self.step(path[from - 1], path[from]) + self.step(path[to], path[to + 1]);
                    let turned =
                        self.step(path[from - 1], path[to]) + self.step(path[from], path[to + 1]);
                    if turned + GAIN < now {
                        path[from..=to].reverse();
                        better = true;
                    }
                }
            }
            if !better {
                break;
            }
        }
    }
}

/// The lowest value and its place; infinity when there is none.
fn cheapest(costs: impl Iterator<Item = f32>) -> (f32, usize) {
    let mut best = (f32::INFINITY, 0);
    for (place, cost) in costs.enumerate() {
        if cost < best.0 {
            best = (cost, place);
        }
    }
    best
}
