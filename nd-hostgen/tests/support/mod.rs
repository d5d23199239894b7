//! What several tests share; no test uses all of it.

#![allow(dead_code)]

pub mod go_writer;
pub mod models;
pub mod mutate;
