//! Errors of the API: a code clients know, and a text for people.

use super::document::Object;
use crate::store::StoreError;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    code: i32,
    message: String,
}

impl Fault {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Something that has no code of its own.
    pub(super) fn other(message: impl Into<String>) -> Self {
        Self::new(0, message)
    }

    /// A parameter is missing.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(10, format!("missing parameter: '{parameter}'"))
    }

    /// There is no such user, or the password is wrong.
    pub(super) fn credentials() -> Self {
        Self::new(40, "Wrong username or password")
    }

    /// The user may not do that.
    pub(super) fn denied() -> Self {
        Self::new(50, "User is not authorized for the given operation")
    }

    /// There is no such item, or the user may not see it.
    pub(super) fn not_found(message: &str) -> Self {
        Self::new(70, message)
    }

    pub(super) fn document(&self) -> Object {
        Object::new()
            .with("code", self.code)
            .with("message", self.message.as_str())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::other(error.to_string())
    }
}
