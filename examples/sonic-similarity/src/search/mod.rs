//! Answers: which song is meant, what sounds like it, and how to get from one song to another.

mod lookup;
mod neighbours;
mod path;
mod space;

pub use lookup::{UNKNOWN_ARTIST, Wanted, find, normalise};
pub use neighbours::neighbours;
pub use path::{LONGEST_PATH, path};
pub use space::{Song, Space};

/// A song of the answer, by its place in the space, and how similar it is to the one it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Place in the [`Space`].
    pub song: usize,
    /// 1 for the same sound, 0.5 for two songs taken at random, towards 0 for ever less alike.
    pub similarity: f64,
}

#[cfg(test)]
mod tests;
