//! Reading parameters.

use super::fault::Fault;

/// The parameters of a request, names and values.
#[derive(Clone, Copy)]
pub(super) struct Params<'a>(pub(super) &'a [(String, String)]);

impl<'a> Params<'a> {
    /// Returns the first value of a parameter, unless it is empty.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns the value of a parameter that must be there.
    pub(super) fn required(self, name: &str) -> Result<&'a str, Fault> {
        self.text(name).ok_or_else(|| Fault::missing(name))
    }

    /// Returns every value of a parameter that is not empty.
    pub(super) fn all(self, name: &str) -> Vec<&'a str> {
        let named = self.0.iter().filter(|(key, _)| key == name);
        named
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Returns every value of a parameter, of which there must be one.
    pub(super) fn some(self, name: &str) -> Result<Vec<&'a str>, Fault> {
        let values = self.all(name);
        match values.is_empty() {
            true => Err(Fault::missing(name)),
            false => Ok(values),
        }
    }

    /// Returns a number; what is none counts as missing.
    pub(super) fn number<T: std::str::FromStr>(self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Returns how many items are wanted, at most `most`.
    pub(super) fn count(self, name: &str, default: usize, most: usize) -> usize {
        self.number(name).unwrap_or(default).min(most)
    }

    /// Returns a truth.
    pub(super) fn truth(self, name: &str) -> Option<bool> {
        let text = self.text(name)?.to_lowercase();
        Some(matches!(text.as_str(), "true" | "on" | "1"))
    }
}
