//! The range of servers a package can run on, as far as it shows without running it.

use std::net::IpAddr;

use super::Package;
use super::module::Module;
use crate::generated::{CAPABILITIES, FUNCTIONS};
use crate::manifest::Manifest;

/// The first release with plugins of this kind.
const FIRST: &str = "0.60.0";
/// The last release that makes the runtime's own HTTP requests and reaches private addresses by name.
const LAST_OPEN: &str = "0.63.2";
/// The first release that reads addresses and ranges in `requiredHosts`.
const ADDRESSES: &str = "0.64.0";
/// Permissions that came later, with the release.
const PERMISSIONS: [(&str, &str); 4] = [
    ("matcher", "0.63.0"),
    ("scrobbleRetriever", "0.64.0"),
    ("storage", "0.64.0"),
    ("taskqueue", "0.61.0"),
];

/// The server releases a package can run on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerRange {
    /// The oldest release that has everything the package asks for.
    pub oldest: &'static str,
    /// The newest release on which all of it works, if there is a doubt about newer ones. A warning: what works no
    /// longer may sit in code that never runs.
    pub newest: Option<&'static str>,
    /// Why, in the order found.
    pub reasons: Vec<RangeReason>,
}

/// One thing in a package that says something about servers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RangeReason {
    /// What it says.
    pub bound: Bound,
    /// The release it says that about.
    pub release: &'static str,
    /// What was found.
    pub found: String,
}

/// What something in a package says about server releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It needs at least that release.
    Oldest,
    /// It works up to that release.
    Newest,
    /// Servers before that release just never call it.
    CalledSince,
}

/// Derives the server releases a package can run on from its imports, exports and manifest.
///
/// # Errors
///
/// When the module cannot be read; the text says where.
pub fn server_range(package: &Package) -> Result<ServerRange, String> {
    let module = Module::read(&package.wasm)?;
    let mut reasons = Vec::new();
    imports(&module, &mut reasons);
    exports(&module, &mut reasons);
    permissions(&package.manifest, &mut reasons);
    let of = |bound| {
        let reasons = reasons
            .iter()
            .filter(move |reason: &&RangeReason| reason.bound == bound);
        reasons.map(|reason| reason.release)
    };
    Ok(ServerRange {
        oldest: of(Bound::Oldest)
            .max_by_key(|release| number(release))
            .unwrap_or(FIRST),
        newest: of(Bound::Newest).min_by_key(|release| number(release)),
        reasons,
    })
}

fn imports(module: &Module, reasons: &mut Vec<RangeReason>) {
    for (index, (from, name)) in module.imports.iter().enumerate() {
        let known = FUNCTIONS.iter().find(|function| function.import == name);
        match (from.as_str(), known) {
            ("extism:host/user", Some(function)) => reasons.push(RangeReason {
                bound: Bound::Oldest,
                release: function.since,
                found: format!("it imports {name}"),
            }),
            ("extism:host/env", _) if name == "http_request" => {
                reasons.push(RangeReason {
                    bound: Bound::Oldest,
                    release: FIRST,
                    found: "it imports the runtime's http_request".to_owned(),
                });
                let callers = module.exports_reaching(index);
                let place = match callers.is_empty() {
                    true => "it may call".to_owned(),
                    false => format!("{} may call", callers.join(", ")),
                };
                reasons.push(RangeReason {
                    bound: Bound::Newest,
                    release: LAST_OPEN,
                    found: format!(
                        "{place} the runtime's http_request, which newer servers answer with a trap"
                    ),
                });
            }
            _ => {}
        }
    }
}

fn exports(module: &Module, reasons: &mut Vec<RangeReason>) {
    let known = CAPABILITIES
        .iter()
        .flat_map(|capability| capability.exports);
    let present = known.filter(|export| module.exports.contains_key(export.name));
    reasons.extend(present.map(|export| RangeReason {
        bound: Bound::CalledSince,
        release: export.since,
        found: format!("it exports {}", export.name),
    }));
}

fn permissions(manifest: &Manifest, reasons: &mut Vec<RangeReason>) {
    let declared = PERMISSIONS
        .iter()
        .filter(|(key, _)| manifest.permissions.has(key));
    reasons.extend(declared.map(|&(key, release)| RangeReason {
        bound: Bound::Oldest,
        release,
        found: format!("it declares the permission {key}"),
    }));
    let http = manifest.permissions.http.as_ref();
    let websocket = manifest.permissions.websocket.as_ref();
    let lists = [
        ("http", http.map(|permission| &permission.required_hosts)),
        (
            "websocket",
            websocket.map(|permission| &permission.required_hosts),
        ),
    ];
    for (key, list) in lists {
        hosts(key, list.map(Vec::as_slice).unwrap_or_default(), reasons);
    }
}

fn hosts(permission: &str, list: &[String], reasons: &mut Vec<RangeReason>) {
    if list.iter().any(|entry| entry == "*") {
        return;
    }
    if !list.is_empty() && list.iter().all(|entry| is_range(entry)) {
        reasons.push(RangeReason {
            bound: Bound::Oldest,
            release: ADDRESSES,
            found: format!("permissions.{permission}.requiredHosts holds address ranges only"),
        });
    }
    let addresses = list
        .iter()
        .any(|entry| is_range(entry) || entry.parse::<IpAddr>().is_ok());
    let private = list.iter().find(|entry| is_private_name(entry));
    if let (Some(name), false) = (private, addresses) {
        reasons.push(RangeReason {
            bound: Bound::Newest,
            release: LAST_OPEN,
            found: format!(
                "\"{name}\" in permissions.{permission}.requiredHosts looks like a private address, which newer \
                 servers reach only with an address, a range or \"*\" in the list"
            ),
        });
    }
}

fn is_range(entry: &str) -> bool {
    let Some((address, bits)) = entry.split_once('/') else {
        return false;
    };
    match (address.parse::<IpAddr>(), bits.parse::<u8>()) {
        (Ok(address), Ok(bits)) => bits <= if address.is_ipv4() { 32 } else { 128 },
        _ => false,
    }
}

/// Tells whether a name usually leads into the local network: one label, or an ending that is never public.
fn is_private_name(entry: &str) -> bool {
    let name = entry
        .strip_prefix("*.")
        .unwrap_or(entry)
        .trim_end_matches('.');
    let name = name.to_ascii_lowercase();
    let ending = |ending: &str| name == ending || name.ends_with(&format!(".{ending}"));
    let odd = name.is_empty() || name.contains(['/', ':', '*']) || name.parse::<IpAddr>().is_ok();
    !odd && (!name.contains('.') && entry == name
        || ["localhost", "local", "lan", "home.arpa", "internal"]
            .into_iter()
            .any(ending))
}

/// Makes a release comparable.
fn number(release: &str) -> [u32; 3] {
    let mut parts = release.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn range(permissions: &str, module: &str) -> ServerRange {
        let manifest =
            format!(r#"{{"name":"n","author":"a","version":"1","permissions":{permissions}}}"#);
        let wasm = wat::parse_str(format!("(module {module})")).unwrap();
        server_range(&Package::from_parts("p", manifest.as_bytes(), wasm).unwrap()).unwrap()
    }

    fn bounds(permissions: &str, module: &str) -> (&'static str, Option<&'static str>) {
        let range = range(permissions, module);
        (range.oldest, range.newest)
    }

    #[test]
    fn a_plugin_that_asks_for_nothing_runs_everywhere() {
        assert_eq!(bounds("{}", ""), ("0.60.0", None));
    }

    #[test]
    fn imports_and_permissions_need_their_release() {
        let import = |name: &str| {
            format!(r#"(import "extism:host/user" "{name}" (func (param i64) (result i64)))"#)
        };
        assert_eq!(bounds("{}", &import("http_send")), ("0.61.0", None));
        assert_eq!(
            bounds("{}", &import("storage_getstoragepath")),
            ("0.64.0", None)
        );
        assert_eq!(bounds("{}", &import("unheard_of")), ("0.60.0", None));
        for (permissions, oldest) in [
            (r#"{"taskqueue":{}}"#, "0.61.0"),
            (r#"{"library":{},"matcher":{}}"#, "0.63.0"),
            (r#"{"storage":{},"taskqueue":{}}"#, "0.64.0"),
            (r#"{"http":{},"cache":{}}"#, "0.60.0"),
        ] {
            assert_eq!(bounds(permissions, ""), (oldest, None), "{permissions}");
        }
    }

    #[test]
    fn exports_only_tell_since_when_they_are_called() {
        let range = range("{}", r#"(func (export "nd_find_sonic_path"))"#);
        assert_eq!((range.oldest, range.newest), ("0.60.0", None));
        let [reason] = &range.reasons[..] else {
            panic!("{range:?}");
        };
        assert_eq!(
            (reason.bound, reason.release),
            (Bound::CalledSince, "0.62.0")
        );
    }

    #[test]
    fn the_runtimes_http_call_ends_with_0_63_and_its_caller_is_named() {
        let module = r#"(import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
            (func $deep (drop (call $http (i64.const 0) (i64.const 0))))
            (func (export "nd_on_init") (call $deep)) (func (export "nd_get_artist_url"))"#;
        let range = range("{}", module);
        assert_eq!((range.oldest, range.newest), ("0.60.0", Some("0.63.2")));
        let reason = range
            .reasons
            .iter()
            .find(|reason| reason.bound == Bound::Newest);
        let found = &reason.unwrap().found;
        assert!(found.starts_with("nd_on_init may call"), "{found}");
    }

    #[test]
    fn host_lists_tell_the_release_that_can_follow_them() {
        let hosts = |list: &str| bounds(&format!(r#"{{"http":{{"requiredHosts":[{list}]}}}}"#), "");
        assert_eq!(hosts(r#""10.0.0.0/8""#), ("0.64.0", None));
        assert_eq!(hosts(r#""10.0.0.0/8","api.test""#), ("0.60.0", None));
        assert_eq!(hosts(r#""10.0.0.0/99""#), ("0.60.0", None));
        for private in [
            "nas",
            "nas.lan",
            "localhost",
            "*.local",
            "x.home.arpa",
            "a.internal.",
        ] {
            assert_eq!(
                hosts(&format!("\"{private}\"")).1,
                Some("0.63.2"),
                "{private}"
            );
            for way in ["192.168.0.7", "192.168.0.0/16", "*"] {
                assert_eq!(
                    hosts(&format!("\"{private}\",\"{way}\"")).1,
                    None,
                    "{private} {way}"
                );
            }
        }
        for public in [
            "example.com",
            "*.example.com",
            "*.com",
            "10.0.0.1",
            "lan.example.com",
            "a:80",
        ] {
            assert_eq!(hosts(&format!("\"{public}\"")).1, None, "{public}");
        }
    }
}
