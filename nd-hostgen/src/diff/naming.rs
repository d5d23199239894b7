//! Fields, parameters and results by their names.

use crate::model::{Field, Param, ResultField};

/// A thing with a name on the wire.
pub(super) trait Named {
    /// The name on the wire.
    fn json(&self) -> &str;

    /// The name in Rust.
    fn name(&self) -> &str;
}

impl Named for Field {
    fn json(&self) -> &str {
        &self.json
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Param {
    fn json(&self) -> &str {
        &self.json
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for ResultField {
    fn json(&self) -> &str {
        &self.json
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The thing of the other side that is this one under another name on the wire.
pub(super) fn renamed<'a, T: Named>(item: &T, others: &[&'a T], same: &[&T]) -> Option<&'a T> {
    let alike =
        |other: &&&T| other.name() == item.name() || other.json().eq_ignore_ascii_case(item.json());
    let is_gone = |other: &&&T| !same.iter().any(|item| item.json() == other.json());
    let mut gone = others.iter().filter(is_gone);
    gone.find(alike).copied()
}

/// The names, in order, of those that the other side has too.
pub(super) fn order<T: Named>(these: &[&T], others: &[&T]) -> String {
    let names = these.iter().map(|item| item.json());
    let both = names.filter(|name| others.iter().any(|other| other.json() == *name));
    both.collect::<Vec<_>>().join(", ")
}
