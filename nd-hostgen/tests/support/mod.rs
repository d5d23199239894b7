//! What several tests share.

pub mod go_writer;
