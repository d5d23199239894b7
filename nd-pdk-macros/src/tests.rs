//! The three steps on token streams.
