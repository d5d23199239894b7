//! The wire types of the Navidrome plugin interface: what crosses the boundary between a plugin and the
//! server as JSON, as plain structs with `serde` and nothing else.
//!
//! The shared types [`ArtistRef`], [`SongRef`] and [`Track`] stand at the root; every other type stands
//! in the module of the capability or host service that it belongs to. All structs are generated from
//! the definitions under `capabilities/`.
//!
//! # Reading and writing
//!
//! - JSON names are the field names in camel case.
//! - Every field may be missing on reading and is then empty; unknown fields are skipped.
//! - Fields that the interface leaves out when empty are left out on writing, all others are always
//!   written.
//! - Bytes are texts in padded standard base64, also inside lists, maps and options; see [`bytes`].
//!
//! Both sides of the boundary share this crate, so a mistake here passes every round trip. The tests
//! therefore compare with fixed documents.

pub mod bytes;
mod fields;
mod generated;

// A new definition adds its module to the crate without a change here.
pub use generated::*;

/// Tells whether a value is empty: a number zero, a truth value false, a text or a list without elements.
///
/// Generated code leaves such fields out on writing; it is not meant for anyone else.
#[doc(hidden)]
pub fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
