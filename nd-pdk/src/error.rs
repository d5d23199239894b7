//! The errors of capability methods: one small type per capability module, all made by one macro.

use crate::buffer;
use crate::host::{Error, HostError};
use std::fmt::Write;

/// Returns the whole message of an error of a host function or a library: the error and what caused it.
#[inline(never)]
pub(crate) fn message(error: &Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        if !text.is_empty() {
            buffer::append_text(&mut text, ": ");
        }
        // Nearly every error is the host's, whose text is there already; writing to a text never fails.
        match cause.downcast_ref::<HostError>() {
            Some(error) => buffer::append_text(&mut text, error.message()),
            None => drop(write!(Text(&mut text), "{cause}")),
        }
    }
    text
}

/// A text that grows without panics.
struct Text<'a>(&'a mut String);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        buffer::append_text(self.0, text);
        Ok(())
    }
}

/// Defines the `Error` of a capability module, named so that the scrobbler's can know its outcomes.
#[doc(hidden)]
macro_rules! capability_error {
    (scrobbler) => {
        pub use $crate::outcome::Outcome;
        $crate::error::capability_error!(@define $crate::outcome::message);
    };
    ($module:ident) => {
        $crate::error::capability_error!(@define $crate::error::message);
    };
    (@define $message:path) => {
        /// Why a method of this capability failed: the text that the server is told.
        ///
        /// `?` makes it from the errors of host functions, from strings, from common errors of the standard library and,
        /// with the feature `serde_json`, from those of that crate.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Error {
            /// The text for the server.
            pub message: String,
        }

        impl Error {
            /// Makes an error with this text.
            pub fn new(message: impl Into<String>) -> Self {
                Self { message: message.into() }
            }
        }

        impl std::fmt::Display for Error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.message)
            }
        }

        impl std::error::Error for Error {}

        impl $crate::runtime::ExportError for Error {
            fn message(&self) -> &str {
                &self.message
            }
        }

        impl From<$crate::host::Error> for Error {
            fn from(error: $crate::host::Error) -> Self {
                Self { message: $message(&error) }
            }
        }

        impl From<$crate::host::HostError> for Error {
            fn from(error: $crate::host::HostError) -> Self {
                $crate::host::Error::new(error).into()
            }
        }

        impl From<String> for Error {
            fn from(message: String) -> Self {
                Self { message }
            }
        }

        $crate::error::capability_error!(@from
            &str,
            Box<dyn std::error::Error + Send + Sync>,
            std::fmt::Error,
            std::io::Error,
            std::num::ParseFloatError,
            std::num::ParseIntError,
            std::num::TryFromIntError,
            std::str::Utf8Error,
            std::string::FromUtf8Error,
            std::time::SystemTimeError,
        );
        #[cfg(feature = "serde_json")]
        $crate::error::capability_error!(@from serde_json::Error,);
    };
    (@from $($source:ty,)*) => {$(
        impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Self { message: error.to_string() }
            }
        }
    )*};
}

pub(crate) use capability_error;
