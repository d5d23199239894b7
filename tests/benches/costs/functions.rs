//! The functions of a WebAssembly module: how long they are, and their names, if it has kept them.

use std::collections::HashMap;

const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const CODE: u8 = 10;
/// The part of the name section that holds those of functions.
const FUNCTIONS: u8 = 1;

/// Returns bytes and names of the largest functions.
pub(crate) fn largest(module: &[u8], count: usize) -> Vec<(usize, String)> {
    read(module, count).unwrap_or_default()
}

fn read(module: &[u8], count: usize) -> Option<Vec<(usize, String)>> {
    let (mut sizes, mut names, mut imports) = (Vec::new(), HashMap::new(), 0);
    let mut rest = Bytes(module.get(8..)?);
    while !rest.0.is_empty() {
        let id = rest.byte()?;
        let mut section = rest.part()?;
        match id {
            IMPORT => imports = functions_imported(&mut section)?,
            CODE => {
                for _ in 0..section.number()? {
                    sizes.push(section.part()?.0.len());
                }
            }
            CUSTOM if section.part()?.0 == b"name" => names = names_of(&mut section)?,
            _ => {}
        }
    }
    let mut functions: Vec<_> = sizes.into_iter().zip(imports..).collect();
    functions.sort_by(|a, b| b.cmp(a));
    let named = functions.into_iter().take(count).map(|(size, index)| {
        let name = names
            .remove(&index)
            .unwrap_or_else(|| format!("function {index}"));
        (size, name)
    });
    Some(named.collect())
}

fn functions_imported(section: &mut Bytes<'_>) -> Option<usize> {
    let mut functions = 0;
    for _ in 0..section.number()? {
        section.part()?;
        section.part()?;
        // The modules of plugins import nothing else.
        (section.byte()? == 0).then_some(())?;
        section.number()?;
        functions += 1;
    }
    Some(functions)
}

fn names_of(section: &mut Bytes<'_>) -> Option<HashMap<usize, String>> {
    let mut names = HashMap::new();
    while !section.0.is_empty() {
        let id = section.byte()?;
        let mut part = section.part()?;
        if id == FUNCTIONS {
            for _ in 0..part.number()? {
                let index = part.number()?;
                names.insert(index, String::from_utf8_lossy(part.part()?.0).into_owned());
            }
        }
    }
    Some(names)
}

/// Bytes yet to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number in groups of seven bits, least first.
    fn number(&mut self) -> Option<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                return Some(number);
            }
        }
    }

    /// A length, and so many bytes.
    fn part(&mut self) -> Option<Self> {
        let length = self.number()?;
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Self(part))
    }
}
