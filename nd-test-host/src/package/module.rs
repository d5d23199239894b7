//! What a module says about itself without being compiled: imports, exports, and which exports reach an import.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};

/// The outside of a module.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Imported functions, module and name, in order: their index is their place.
    pub(super) imports: Vec<(String, String)>,
    /// Exported functions by name, with their index.
    pub(super) exports: BTreeMap<String, u32>,
    /// Who calls a function directly.
    callers: BTreeMap<u32, BTreeSet<u32>>,
}

impl Module {
    /// Reads a module. Calls through tables are not seen.
    ///
    /// # Errors
    ///
    /// What the parser said, and where.
    pub(super) fn read(wasm: &[u8]) -> Result<Self, String> {
        let mut module = Self::default();
        let failed = |error: wasmparser::BinaryReaderError| error.to_string();
        let mut body_index = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(failed)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(failed)?;
                        if matches!(import.ty, TypeRef::Func(_)) {
                            let name = (import.module.to_owned(), import.name.to_owned());
                            module.imports.push(name);
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(failed)?;
                        if export.kind == ExternalKind::Func {
                            module.exports.insert(export.name.to_owned(), export.index);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let imports = u32::try_from(module.imports.len()).unwrap_or(u32::MAX);
                    let caller = imports.saturating_add(body_index);
                    body_index += 1;
                    for operator in body.get_operators_reader().map_err(failed)? {
                        if let Operator::Call { function_index } = operator.map_err(failed)? {
                            let callers = module.callers.entry(function_index).or_default();
                            callers.insert(caller);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// Returns the exports that lead to an imported function, sorted.
    pub(super) fn exports_reaching(&self, import: usize) -> Vec<&str> {
        let Ok(import) = u32::try_from(import) else {
            return Vec::new();
        };
        let mut reached = BTreeSet::from([import]);
        let mut waiting = vec![import];
        while let Some(function) = waiting.pop() {
            for &caller in self.callers.get(&function).into_iter().flatten() {
                if reached.insert(caller) {
                    waiting.push(caller);
                }
            }
        }
        let leading = self
            .exports
            .iter()
            .filter(|(_, index)| reached.contains(index));
        leading.map(|(name, _)| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn exports_that_lead_to_an_import_are_found() {
        let wasm = wat::parse_str(
            r#"(module (import "m" "far" (func $far)) (import "m" "g" (global i32)) (import "m" "near" (func $near))
                (func $middle call $far call $middle)
                (func (export "a") call $middle)
                (func (export "b") call $near)
                (memory (export "memory") 1))"#,
        )
        .unwrap();
        let module = Module::read(&wasm).unwrap();
        let names: Vec<_> = module
            .imports
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        assert_eq!(names, ["far", "near"]);
        assert_eq!(module.exports.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(module.exports_reaching(0), ["a"]);
        assert_eq!(module.exports_reaching(1), ["b"]);
        assert_eq!(module.exports_reaching(7), [""; 0]);
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(Module::read(b"nonsense").is_err());
        let wasm = wat::parse_str("(module (func (export \"a\")))").unwrap();
        for length in 1..wasm.len() {
            // Some beginnings are modules themselves; none may bring the host down.
            let _ = Module::read(&wasm[..length]);
        }
    }
}
