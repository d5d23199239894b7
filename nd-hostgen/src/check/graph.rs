//! Which structs hold which: for endless structs and unused ones, in time that grows with the definitions only.

use crate::resolve::{Scope, Target};
use crate::syntax::{Origin, SourceFile, Struct, Type, TypeKind};
use std::collections::BTreeMap;
use std::ptr;

/// All structs of a run, numbered.
pub(super) struct Graph<'a> {
    /// The structs with their files.
    pub structs: Vec<(&'a SourceFile, &'a Struct)>,
    numbers: BTreeMap<*const Struct, usize>,
    scope: Scope<'a>,
}

impl<'a> Graph<'a> {
    /// Numbers the structs of all files.
    pub fn new(files: &'a [SourceFile]) -> Self {
        let structs = files.iter();
        let structs = structs.flat_map(|file| file.structs.iter().map(move |item| (file, item)));
        let structs: Vec<(&SourceFile, &Struct)> = structs.collect();
        let numbers = structs.iter().enumerate();
        let numbers = numbers.map(|(at, (_, item))| (ptr::from_ref(*item), at));
        Self {
            numbers: numbers.collect(),
            scope: Scope::new(files),
            structs,
        }
    }

    /// Whether the name of a struct stands for it in its own file, and not for one declared before it.
    pub fn is_first(&self, at: usize) -> bool {
        let (file, item) = self.structs[at];
        let found = self.scope.resolve(file, false, &item.name.value);
        matches!(found, Some(Target::Local(first)) if ptr::eq(first, item))
    }

    /// The number of a struct.
    fn number(&self, item: &Struct) -> Option<usize> {
        self.numbers.get(&ptr::from_ref(item)).copied()
    }

    /// The struct somewhere inside a type that a file writes.
    pub fn inside(&self, file: &'a SourceFile, ty: &Type) -> Option<usize> {
        match &ty.kind {
            TypeKind::List(inner) | TypeKind::Map(inner) | TypeKind::Option(inner) => {
                self.inside(file, inner)
            }
            _ => self.named(file, ty),
        }
    }

    /// The struct whose bytes are among those of a value; a Go pointer holds its value elsewhere, an `Option` does not.
    pub fn by_value(&self, file: &'a SourceFile, ty: &Type) -> Option<usize> {
        match &ty.kind {
            TypeKind::Option(inner) if file.origin == Origin::Rust => self.by_value(file, inner),
            _ => self.named(file, ty),
        }
    }

    fn named(&self, file: &'a SourceFile, ty: &Type) -> Option<usize> {
        let TypeKind::Named { shared, name } = &ty.kind else {
            return None;
        };
        match self.scope.resolve(file, *shared, name)? {
            Target::Local(item) | Target::Shared(item) => self.number(item),
            Target::Alias(_) => None,
        }
    }

    /// What can be reached from some structs, they themselves included.
    pub fn reached(&self, mut open: Vec<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.structs.len()];
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                let (file, item) = self.structs[at];
                let fields = item.fields.iter();
                open.extend(fields.filter_map(|field| self.inside(file, &field.ty)));
            }
        }
        reached
    }
}

/// Numbers the nodes of a graph so that two have one number if each can be reached from the other.
///
/// This is the path-based algorithm of Gabow, with a stack of its own: definitions may be as deep as they are long.
pub(super) fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut order = vec![NONE; edges.len()];
    let mut component = vec![NONE; edges.len()];
    let (mut path, mut bounds, mut work) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    for start in 0..edges.len() {
        if order[start] == NONE {
            work.push((start, 0));
        }
        while let Some((node, next)) = work.pop() {
            if next == 0 {
                order[node] = count;
                count += 1;
                path.push(node);
                bounds.push(node);
            }
            if let Some(target) = edges[node].get(next).copied() {
                work.push((node, next + 1));
                if order[target] == NONE {
                    work.push((target, 0));
                } else if component[target] == NONE {
                    while bounds
                        .last()
                        .is_some_and(|last| order[*last] > order[target])
                    {
                        bounds.pop();
                    }
                }
            } else if bounds.last() == Some(&node) {
                bounds.pop();
                while let Some(member) = path.pop() {
                    component[member] = node;
                    if member == node {
                        break;
                    }
                }
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_a_circle_share_a_component() {
        let edges = [
            vec![1],
            vec![2, 3],
            vec![0],
            vec![4],
            vec![3, 5],
            vec![],
            vec![6],
        ];
        let found = components(&edges);
        assert!(found[0] == found[1] && found[1] == found[2]);
        assert_eq!(found[3], found[4]);
        let apart: std::collections::BTreeSet<usize> =
            [0, 3, 5, 6].iter().map(|at| found[*at]).collect();
        assert_eq!(apart.len(), 4);
    }

    #[test]
    fn a_long_chain_is_no_circle_and_needs_no_stack() {
        let edges: Vec<Vec<usize>> = (1..200_000).map(|next| vec![next]).collect();
        let edges = [edges, vec![vec![]]].concat();
        let found = components(&edges);
        assert!(found.iter().enumerate().all(|(at, found)| at == *found));
    }
}
