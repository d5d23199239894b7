//! Background work: finds the audio files of the libraries and analyses what is new or changed, a few at a time.

mod analyse;
mod step;
mod walk;
mod work;

pub use analyse::{Analysis, Heard, analyse};
pub use step::{Env, Library, Outcome, Report, step};
pub use work::{Work, WorkFile};

#[cfg(test)]
mod tests;
