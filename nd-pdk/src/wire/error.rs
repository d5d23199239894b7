//! The error of reading.

/// Why a document could not be read: what was expected, in which field, at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    pub(super) message: String,
}

impl WireError {
    /// Returns the description.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WireError {}
