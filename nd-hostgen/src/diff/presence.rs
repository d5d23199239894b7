//! The verdicts on what one side has and the other has not.
//!
//! Whoever reads may count on what is always written: when that is missing, it breaks. What may be missing or null anyway
//! breaks nobody, and neither does what a reader does not know.

use super::flows::Flow;
use super::{Verdict, Verdicts};

/// The verdicts on a field, parameter or result that only the new side has.
pub(super) fn added(needed: bool, flows: &[Flow]) -> Verdicts {
    each(flows, |flow| match flow {
        Flow::ToHost => (
            unsent(needed, "existing plugins do not send it, and hosts"),
            Verdict::compatible("existing hosts ignore it"),
        ),
        Flow::Answer | Flow::Input => (
            Verdict::compatible("existing plugins ignore it"),
            unsent(needed, "existing hosts do not send it, and plugins"),
        ),
    })
}

/// The verdicts on a field, parameter or result that only the old side has.
pub(super) fn removed(needed: bool, flows: &[Flow]) -> Verdicts {
    each(flows, |flow| match flow {
        Flow::ToHost => (
            Verdict::compatible("what existing plugins send is ignored"),
            unsent(needed, "new plugins do not send it, and existing hosts"),
        ),
        Flow::Answer | Flow::Input => (
            unsent(needed, "existing plugins no longer get it, and"),
            Verdict::compatible("new plugins ignore it"),
        ),
    })
}

/// The verdicts on something that one side calls otherwise: what is there is not found, except by hosts if only capitals
/// differ.
pub(super) fn renamed((side, name, other): (&str, &str, &str), flows: &[Flow]) -> Verdicts {
    each(flows, |flow| {
        let (verdict, end): (fn(String) -> Verdict, _) = if is_found(name, other, *flow) {
            (Verdict::compatible, "which hosts take for the same")
        } else {
            (Verdict::breaking, "so what is sent is not found")
        };
        let why = format!("the {side} side calls it `{other}`, {end}");
        (verdict(why.clone()), verdict(why))
    })
}

/// Whether what is written under one name is found under another: hosts do not insist on capitals.
pub(super) fn is_found(name: &str, other: &str, flow: Flow) -> bool {
    name == other || flow == Flow::ToHost && name.eq_ignore_ascii_case(other)
}

/// The worst verdicts of all ways.
pub(super) fn each(flows: &[Flow], judge: impl Fn(&Flow) -> Verdicts) -> Verdicts {
    let mut worst = super::harmless();
    for verdicts in flows.iter().map(judge) {
        worst = super::worse(worst, verdicts);
    }
    worst
}

/// The verdict on something that is not sent, for those who may count on it.
fn unsent(needed: bool, who: &str) -> Verdict {
    if needed {
        Verdict::breaking(format!("{who} may count on it"))
    } else {
        Verdict::compatible(format!("{who} know that it may be missing"))
    }
}
