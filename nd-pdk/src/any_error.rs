//! The error of host functions where the feature `extism-pdk` is off: what plugins use of `anyhow::Error`, without what
//! that brings into each of them.
//!
//! Code that compiles with this one compiles with `anyhow`'s too, so that the feature can be on in one plugin of a
//! workspace and off in another.

use std::error::Error as StdError;
use std::fmt;

type Inner = dyn StdError + Send + Sync + 'static;

/// Any error, and what caused it; that of a host function holds a [`HostError`](crate::host::HostError).
///
/// It displays the error alone; the alternate form (`{:#}`) and `Debug` add the causes.
pub struct Error {
    inner: Box<Inner>,
}

impl Error {
    /// Makes it from another error.
    pub fn new(error: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            inner: Box::new(error),
        }
    }

    /// Makes it from a text.
    pub fn msg(message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self {
            inner: message.to_string().into(),
        }
    }

    /// Puts in front of it what was being done.
    #[must_use]
    pub fn context(self, context: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self::new(Context {
            text: context.to_string(),
            cause: self.inner,
        })
    }

    /// Returns the first error of the chain that is of type `E`.
    pub fn downcast_ref<E: fmt::Display + fmt::Debug + StdError + Send + Sync + 'static>(
        &self,
    ) -> Option<&E> {
        self.chain().find_map(|error| error.downcast_ref())
    }

    /// Tells whether an error of the chain is of type `E`.
    pub fn is<E: fmt::Display + fmt::Debug + StdError + Send + Sync + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Walks from this error to what caused it, and on.
    pub fn chain(&self) -> Chain<'_> {
        Chain {
            next: Some(&*self.inner),
        }
    }

    /// Returns the last error of the chain.
    pub fn root_cause(&self) -> &(dyn StdError + 'static) {
        self.chain().last().unwrap_or(&*self.inner)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return fmt::Debug::fmt(self, f);
        }
        fmt::Display::fmt(&self.inner, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        for error in self.chain() {
            f.write_str(before)?;
            fmt::Display::fmt(error, f)?;
            before = ": ";
        }
        Ok(())
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl From<Error> for Box<Inner> {
    fn from(error: Error) -> Self {
        error.inner
    }
}

impl From<Error> for Box<dyn StdError + 'static> {
    fn from(error: Error) -> Self {
        error.inner
    }
}

/// The errors of a chain, see [`Error::chain`].
#[derive(Debug, Clone)]
pub struct Chain<'a> {
    next: Option<&'a (dyn StdError + 'static)>,
}

impl<'a> Iterator for Chain<'a> {
    type Item = &'a (dyn StdError + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let error = self.next.take()?;
        self.next = error.source();
        Some(error)
    }
}

/// An error with what was being done when it happened.
struct Context {
    text: String,
    cause: Box<Inner>,
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text alone, for the one who prints the chain prints the cause too.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Context {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use crate::host::HostError;

    #[test]
    fn what_caused_an_error_is_found_and_shown() {
        let error = Error::new(HostError::new("kvstore_set", "no room")).context("saving");
        assert_eq!(error.to_string(), "saving");
        assert_eq!(format!("{error:#}"), "saving: no room");
        assert_eq!(format!("{error:?}"), "saving: no room");
        assert_eq!(error.root_cause().to_string(), "no room");
        assert_eq!(error.chain().count(), 2);
        let cause: Option<&HostError> = error.downcast_ref();
        assert_eq!(cause.map(HostError::function), Some("kvstore_set"));
        assert!(!error.is::<std::fmt::Error>());
    }

    #[test]
    fn errors_convert_in_and_out() {
        fn read() -> Result<i32, Error> {
            Ok("x".parse()?)
        }
        fn outer() -> Result<i32, Box<dyn std::error::Error>> {
            Ok(read()?)
        }
        assert!(outer().is_err_and(|e| e.is::<std::num::ParseIntError>()));
        assert_eq!(Error::msg("text").to_string(), "text");
    }
}
