//! What a module may import, checked before it is instantiated, so that a refusal can say what to do.

use std::fmt;

use wasmtime::{ExternType, FuncType, ImportType, Module, ValType};

use super::env;
use crate::generated::FUNCTIONS;
use crate::manifest::Permissions;
use crate::own::OwnFunction;
use crate::server::Rules;

/// Module of the host services.
pub(super) const USER_MODULE: &str = "extism:host/user";
/// Module of WASI preview 1.
pub(super) const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// Refusals that are told one by one; a hostile module has a million of them.
const MAX_ERRORS: usize = 20;
/// Bytes of a name that are shown. Longer names are not compared with known ones either.
const MAX_NAME: usize = 64;

/// Imports the host does not offer to this plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ImportErrors {
    /// One refusal per import, in the order of the module; after twenty of them, how many more there are.
    pub errors: Vec<ImportError>,
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// One import the host does not offer to this plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The host service exists, but the manifest does not declare its permission. Add it.
    #[error(
        r#""{function}" is not exported in module "{USER_MODULE}": the manifest does not declare the permission, add "{permission}": {{}} to "permissions" in manifest.json"#
    )]
    NotGranted {
        /// Import name.
        function: String,
        /// Manifest key of the permission.
        permission: &'static str,
    },
    /// The host service exists, but not in the server release whose rules the host follows.
    #[error(
        r#""{function}" is not exported in module "{USER_MODULE}": server release {release} does not offer it, it came with {since}"#
    )]
    NotOffered {
        /// Import name.
        function: String,
        /// The release the host follows.
        release: &'static str,
        /// The first release that offers the function.
        since: &'static str,
    },
    /// No such function exists. The name may be misspelt, or the plugin made for another server.
    #[error(
        r#""{function}" is not exported in module "{module}"{}"#,
        hint(nearest)
    )]
    Unknown {
        /// Module of the import.
        module: String,
        /// Import name, cut after 64 bytes.
        function: String,
        /// The known function that is spelt most alike, if one is close.
        nearest: Option<&'static str>,
    },
    /// The whole module is unknown. Build for `wasm32-wasip1` and import nothing but WASI and Extism.
    #[error(
        r#"module "{module}" is not there (import "{function}"): a plugin may import from "{USER_MODULE}", "extism:host/env" and "{WASI_MODULE}""#
    )]
    UnknownModule {
        /// Module of the import, cut after 64 bytes.
        module: String,
        /// Import name, cut after 64 bytes.
        function: String,
    },
    /// The function exists with another signature. Declare it as taking one `i64` and returning one `i64`.
    #[error(r#""{function}" in module "{USER_MODULE}" has another signature: it takes one i64 and returns one i64"#)]
    Signature {
        /// Import name.
        function: String,
    },
    /// Further imports are refused, too many to tell each. Correct those that are told first.
    #[error("and {count} more")]
    More {
        /// How many.
        count: usize,
    },
}

fn hint(nearest: &Option<&'static str>) -> String {
    match nearest {
        Some(name) => format!(": did you mean \"{name}\"?"),
        None => ": no server offers it".to_owned(),
    }
}

impl ImportErrors {
    /// Says of functions from services that a release does not have that it does not have them: no permission helps.
    pub(crate) fn in_release(mut self, rules: &Rules) -> Self {
        for error in &mut self.errors {
            if let ImportError::NotGranted {
                function,
                permission,
            } = error
                && !rules.knows(permission)
                && let Some(known) = FUNCTIONS.iter().find(|known| known.import == function)
            {
                *error = ImportError::NotOffered {
                    function: std::mem::take(function),
                    release: rules.release,
                    since: known.since,
                };
            }
        }
        self
    }
}

/// Checks every import of a module; WASI's own names are left to the linker.
pub(super) fn check(
    module: &Module,
    permissions: &Permissions,
    own: &[OwnFunction],
) -> Result<(), ImportErrors> {
    let mut refused = module
        .imports()
        .filter_map(|import| check_one(&import, permissions, own));
    let told = refused.by_ref().take(MAX_ERRORS);
    let mut errors: Vec<_> = told.map(|error| with_nearest(error, own)).collect();
    if errors.is_empty() {
        return Ok(());
    }
    match refused.count() {
        0 => {}
        count => errors.push(ImportError::More { count }),
    }
    Err(ImportErrors { errors })
}

fn check_one(
    import: &ImportType<'_>,
    permissions: &Permissions,
    own: &[OwnFunction],
) -> Option<ImportError> {
    let name = import.name();
    match import.module() {
        USER_MODULE => check_service(name, &import.ty(), permissions, own),
        env::ENV_MODULE => {
            let is_function = matches!(import.ty(), ExternType::Func(_));
            (!is_function || !env::FUNCTIONS.contains(&name)).then(|| ImportError::Unknown {
                module: env::ENV_MODULE.to_owned(),
                function: cut(name),
                nearest: None,
            })
        }
        WASI_MODULE => None,
        other => Some(ImportError::UnknownModule {
            module: cut(other),
            function: cut(name),
        }),
    }
}

fn check_service(
    name: &str,
    ty: &ExternType,
    permissions: &Permissions,
    own: &[OwnFunction],
) -> Option<ImportError> {
    let servers = FUNCTIONS.iter().map(|f| (f.import, f.permission));
    let mut known = servers.chain(own.iter().map(|f| (f.import, f.permission)));
    let Some((_, needed)) = known.find(|(import, _)| *import == name) else {
        return Some(ImportError::Unknown {
            module: USER_MODULE.to_owned(),
            function: cut(name),
            nearest: None,
        });
    };
    if let Some(permission) = needed
        && !permissions.has(permission)
    {
        return Some(ImportError::NotGranted {
            function: name.to_owned(),
            permission,
        });
    }
    let fits = matches!(ty, ExternType::Func(ty) if is_service_signature(ty));
    (!fits).then(|| ImportError::Signature {
        function: name.to_owned(),
    })
}

fn is_service_signature(ty: &FuncType) -> bool {
    let one_i64 = |mut types: Box<dyn Iterator<Item = ValType> + '_>| {
        matches!(types.next(), Some(ValType::I64)) && types.next().is_none()
    };
    one_i64(Box::new(ty.params())) && one_i64(Box::new(ty.results()))
}

/// Adds to a refusal which function may have been meant. Comparing takes a while, so it is done for what is told only.
fn with_nearest(mut error: ImportError, own: &[OwnFunction]) -> ImportError {
    if let ImportError::Unknown {
        module,
        function,
        nearest,
    } = &mut error
        && function.len() <= MAX_NAME
    {
        *nearest = match module.as_str() {
            USER_MODULE => {
                let servers = FUNCTIONS.iter().map(|f| f.import);
                find_nearest(function, servers.chain(own.iter().map(|f| f.import)))
            }
            _ => find_nearest(function, env::FUNCTIONS.iter().copied()),
        };
    }
    error
}

/// Returns a name as it is shown: a hostile one has a hundred thousand bytes.
fn cut(name: &str) -> String {
    match name.len() {
        ..=MAX_NAME => name.to_owned(),
        _ => format!("{}…", &name[..name.floor_char_boundary(MAX_NAME)]),
    }
}

/// Returns the name that takes the fewest edits to reach, if that is at most a third of its length.
fn find_nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(edits, candidate)| *edits <= candidate.len().div_ceil(3))
        .map(|(_, candidate)| candidate)
}

/// Counts the insertions, deletions and replacements between two names, without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let a = a.to_ascii_lowercase();
    let b = b.to_ascii_lowercase().into_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use wasmtime::Engine;

    use super::*;

    fn refusals(permissions: &str, imports: &str) -> String {
        let json =
            format!(r#"{{"name":"n","author":"a","version":"1","permissions":{permissions}}}"#);
        let manifest = crate::manifest::Manifest::parse(json.as_bytes()).unwrap();
        let module = Module::new(&Engine::default(), format!("(module {imports})")).unwrap();
        match check(&module, &manifest.permissions, &[]) {
            Ok(()) => String::new(),
            Err(errors) => errors.to_string(),
        }
    }

    const GET: &str =
        r#"(import "extism:host/user" "kvstore_get" (func (param i64) (result i64)))"#;

    #[test]
    fn a_missing_permission_is_named() {
        assert_eq!(
            refusals("{}", GET),
            r#""kvstore_get" is not exported in module "extism:host/user": the manifest does not declare the permission, add "kvstore": {} to "permissions" in manifest.json"#
        );
        assert_eq!(refusals(r#"{"kvstore":{}}"#, GET), "");
    }

    #[test]
    fn the_config_service_needs_no_permission() {
        let import = r#"(import "extism:host/user" "config_get" (func (param i64) (result i64)))"#;
        assert_eq!(refusals("{}", import), "");
    }

    #[test]
    fn a_misspelt_function_is_answered_with_the_nearest_one() {
        let import = |name: &str| {
            format!(r#"(import "extism:host/user" "{name}" (func (param i64) (result i64)))"#)
        };
        let text = refusals("{}", &import("kvstore_gte"));
        assert!(text.contains("is not exported in module"), "{text}");
        assert!(text.ends_with(r#"did you mean "kvstore_get"?"#), "{text}");
        let text = refusals("{}", &import("podcasts_play_something"));
        assert!(text.ends_with("no server offers it"), "{text}");
        let env = r#"(import "extism:host/env" "log_warning" (func (param i64)))"#;
        let text = refusals("{}", env);
        assert!(text.ends_with(r#"did you mean "log_warn"?"#), "{text}");
    }

    #[test]
    fn every_refusal_of_a_module_is_reported_at_once() {
        let odd = r#"(import "env" "abort" (func)) (import "extism:host/env" "memory" (memory 1))
                     (import "extism:host/user" "config_get" (func (param i32)))"#;
        let text = refusals("{}", &format!("{GET} {odd}"));
        assert_eq!(text.split("; ").count(), 4, "{text}");
        assert!(text.contains(r#"module "env" is not there"#), "{text}");
        assert!(text.contains("has another signature"), "{text}");
    }

    #[test]
    fn a_flood_of_long_names_is_cut_short() {
        let name = "kvstore_get".repeat(9_000);
        let long = format!(r#"(import "extism:host/user" "{name}" (func))"#);
        let odd = format!(r#"(import "{name}" "{name}" (func))"#);
        let misspelt = r#"(import "extism:host/user" "kvstore_gte" (func))"#;
        let text = refusals("{}", &format!("{misspelt}{long}{odd}{}", long.repeat(20)));
        assert!(text.contains(r#"did you mean "kvstore_get"?; "#), "{text}");
        let shown = format!("\"{}…\" is not exported", &name[..MAX_NAME]);
        assert_eq!(text.matches(&shown).count(), 18, "{text}");
        assert!(
            text.ends_with(": no server offers it; and 3 more"),
            "{text}"
        );
        assert!(text.len() < 5_000, "{}", text.len());
    }

    #[test]
    fn names_are_cut_between_characters() {
        assert_eq!(cut(&"é".repeat(40)), format!("{}…", "é".repeat(32)));
        assert_eq!(
            cut(&format!("a{}", "é".repeat(40))),
            format!("a{}…", "é".repeat(31))
        );
        assert_eq!(cut("kvstore_get"), "kvstore_get");
    }

    #[test]
    fn the_names_offered_by_the_runtime_are_all_linked() {
        let engine = Engine::default();
        let mut linker = wasmtime::Linker::new(&engine);
        env::link(&mut linker).unwrap();
        let mut store = wasmtime::Store::new(&engine, ());
        let _ = &mut store;
        assert_eq!(env::FUNCTIONS.len(), 32);
        assert!(env::FUNCTIONS.is_sorted());
    }

    #[test]
    fn distances_are_edit_distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("Same", "same"), 0);
    }
}
