//! Stub.
use super::Files;
use crate::model::Model;
/// Stub.
pub fn emit(_model: &Model, _files: &mut Files) {}
