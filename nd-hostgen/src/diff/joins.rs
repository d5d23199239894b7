//! Which item of one side is which of the other.

use std::collections::BTreeMap;

/// An item of each side, if it has one.
pub(super) type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// An item with what it belongs to.
pub(super) type Owned<'a, O, T> = (&'a O, &'a T);

/// An item of each side with what it belongs to there.
type OwnedPair<'a, O, T> = (Option<Owned<'a, O, T>>, Option<Owned<'a, O, T>>);

/// A service or capability of both sides, with what they consist of.
pub(super) struct Group<'a, O, T> {
    /// The owners.
    pub owners: Pair<'a, O>,
    /// The items: those of the old owner, and the new ones of the new owner. What moved stands where it was.
    pub items: Vec<OwnedPair<'a, O, T>>,
}

impl<O, T> Group<'_, O, T> {
    /// Whether something is on the old side only.
    pub fn loses(&self) -> bool {
        self.items.iter().any(|(_, new)| new.is_none())
    }

    /// Whether something is on the new side only.
    pub fn gains(&self) -> bool {
        self.items.iter().any(|(old, _)| old.is_none())
    }
}

/// How owners and items are joined.
pub(super) struct Names<O, T> {
    /// The name of an owner.
    pub owner: fn(&O) -> &String,
    /// The items of an owner.
    pub items: fn(&O) -> &[T],
    /// The name of an item on the wire, which no two owners share.
    pub wire: fn(&T) -> &String,
    /// Its other name.
    pub name: fn(&T) -> &String,
}

/// Joins owners by their name and items by theirs on the wire, whoever owns them; what has no counterpart is joined by its
/// other name, if the owner is the same.
pub(super) fn groups<'a, O, T>(
    old: &'a [O],
    new: &'a [O],
    names: &Names<O, T>,
) -> Vec<Group<'a, O, T>> {
    let by_wire = |owners: &'a [O]| -> BTreeMap<&'a String, Owned<'a, O, T>> {
        let items = owners.iter().flat_map(|owner| {
            let items = (names.items)(owner).iter();
            items.map(move |item| ((names.wire)(item), (owner, item)))
        });
        items.collect()
    };
    let (all_old, all_new) = (by_wire(old), by_wire(new));
    let groups = pairs(old, new, names.owner).into_iter();
    let groups = groups.map(|owners| {
        let items = |owner: Option<&'a O>| owner.map(names.items).unwrap_or_default();
        let is_moved = |item: &T| {
            let wire = (names.wire)(item);
            all_old.contains_key(wire) && all_new.contains_key(wire)
        };
        let joined = join(items(owners.0), items(owners.1), names, is_moved);
        let joined = joined.into_iter().filter_map(|(old, new)| {
            let mut pair = (owners.0.zip(old), owners.1.zip(new));
            match (old, new) {
                (Some(old), None) => pair.1 = all_new.get((names.wire)(old)).copied(),
                (None, Some(new)) if all_old.contains_key((names.wire)(new)) => return None,
                _ => {}
            }
            Some(pair)
        });
        Group {
            owners,
            items: joined.collect(),
        }
    });
    groups.collect()
}

/// Joins the items of two sides by a key: those of the old side in its order, then those that are new.
pub(super) fn pairs<'a, T, K: Ord>(
    old: impl IntoIterator<Item = &'a T>,
    new: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Vec<Pair<'a, T>> {
    let mut places = BTreeMap::new();
    let mut pairs = Vec::new();
    for item in old {
        places.insert(key(item), pairs.len());
        pairs.push((Some(item), None));
    }
    for item in new {
        match places.get(&key(item)).and_then(|at| pairs.get_mut(*at)) {
            Some(pair) => pair.1 = Some(item),
            None => pairs.push((None, Some(item))),
        }
    }
    pairs
}

/// Joins the items of one owner; those that moved to or from another one keep no place free.
fn join<'a, O, T>(
    old: &'a [T],
    new: &'a [T],
    names: &Names<O, T>,
    is_moved: impl Fn(&T) -> bool,
) -> Vec<Pair<'a, T>> {
    let mut joined = pairs(old, new, names.wire);
    let (mut at, mut length) = (0, joined.len());
    while at < length {
        if let (Some(lost), None) = joined[at]
            && !is_moved(lost)
        {
            let renamed = joined.iter().position(|pair| match pair {
                (None, Some(found)) => {
                    (names.name)(found) == (names.name)(lost) && !is_moved(found)
                }
                _ => false,
            });
            // What is only new stands after what was there, so nothing before this place moves.
            if let Some(from) = renamed {
                joined[at].1 = joined.remove(from).1;
                length -= 1;
            }
        }
        at += 1;
    }
    joined
}
