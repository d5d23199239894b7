//! Reads the annotated interface definitions under `capabilities/` and writes what both sides of the
//! wasm boundary need.
//!
//! The way of a run: [`parse`], or [`go`] for upstream's own definitions, reads each item by itself, [`check`] finds
//! every mistake, [`lower`] turns sound definitions into a [`model`], the back ends under [`backend`] turn the model
//! into a map of path to text, and [`driver`] alone writes generated files.

pub mod backend;
pub mod check;
pub mod diagnostic;
pub mod diff;
pub mod driver;
pub mod go;
pub mod import;
pub mod kit;
pub mod lower;
pub mod model;
pub mod model_file;
pub mod names;
pub mod parse;
pub mod print;
pub mod resolve;
pub mod schemas;
pub mod source;
pub mod syntax;

mod text_file;
