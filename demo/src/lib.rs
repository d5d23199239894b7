//! The parts of the demonstration that other programs may want: the made-up music library.

pub mod synth;
