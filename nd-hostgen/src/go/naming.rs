//! Names derived from Go identifiers.

use crate::diagnostic::{Diagnostics, Kind};
use crate::names;
use crate::syntax::Spanned;

/// Ends of interface names that say nothing about the interface.
const AGENT_ENDS: [&str; 3] = ["Agent", "Callback", "Service"];

/// The JSON name that upstream derives from an identifier: the first letter is lowered, and so is each further
/// capital of a run unless a lower-case letter follows it.
pub(super) fn json_name(identifier: &str) -> String {
    let chars: Vec<char> = identifier.chars().collect();
    let mut in_run = true;
    let lowered = chars.iter().enumerate().map(|(at, c)| {
        let followed = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        let lower = at == 0 || (c.is_uppercase() && in_run && !followed);
        in_run = c.is_uppercase();
        if lower { c.to_ascii_lowercase() } else { *c }
    });
    lowered.collect()
}

/// Reports an identifier that Rust cannot spell, before a name is derived from it.
pub(super) fn check_ascii(identifier: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if !identifier.value.is_ascii() {
        diagnostics.report(
            &identifier.place,
            Kind::Name,
            format!("`{}` cannot be a name in Rust", identifier.value),
            "choose a name of the letters a to z, digits and `_`",
        );
    }
}

/// The snake form of an identifier, reporting one that has none.
pub(super) fn snake(
    identifier: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Spanned<String> {
    let name = &identifier.value;
    let value = names::snake(name);
    if names::is_unusable(&value) {
        diagnostics.report(
            &identifier.place,
            Kind::Name,
            format!("`{name}` cannot be a name in Rust"),
            "choose another name; `self`, `super` and `crate` mean something else there",
        );
    } else if !names::is_snake(&value) || !name.is_ascii() {
        diagnostics.report(
            &identifier.place,
            Kind::Name,
            format!("`{name}` has no form in snake case"),
            "name it with the letters a to z, digits and `_`, a letter first",
        );
    }
    Spanned {
        value,
        place: identifier.place.clone(),
    }
}

/// The JSON name of an identifier, where it is not the one that its snake form has.
pub(super) fn json_override(identifier: &Spanned<String>, json: String) -> Option<Spanned<String>> {
    let derived = names::json_name(&names::snake(&identifier.value));
    (json != derived).then(|| Spanned {
        value: json,
        place: identifier.place.clone(),
    })
}

/// The trait of a host service, apart from the names that are taken.
pub(super) fn service_trait(interface: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let whole = names::upper_camel(&names::snake(interface));
    let short = whole
        .strip_suffix("Service")
        .filter(|short| !short.is_empty());
    match short {
        Some(short) if !is_taken(short) => short.to_owned(),
        _ if is_taken(&whole) => format!("{whole}Service"),
        _ => whole,
    }
}

/// The trait of a capability whose exports belong together.
pub(super) fn required_trait(interface: &str) -> &str {
    let mut ends = AGENT_ENDS.iter();
    let short = ends.find_map(|end| interface.strip_suffix(end));
    short.filter(|short| !short.is_empty()).unwrap_or(interface)
}

/// A method's name without a leading `Get` or `On`.
pub(super) fn stem(method: &str) -> &str {
    let short = method
        .strip_prefix("Get")
        .or_else(|| method.strip_prefix("On"));
    short.filter(|short| !short.is_empty()).unwrap_or(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_follow_upstream() {
        let cases = [
            ("ID", "id"),
            ("URI", "uri"),
            ("ConnectionID", "connectionId"),
            ("NewConnectionID", "newConnectionId"),
            ("APIKey", "apiKey"),
            ("XMLHTTPRequest", "xmlhttpRequest"),
            ("responseJSON", "responseJson"),
            ("InputValue", "inputValue"),
            ("ID2", "id2"),
            ("foo_bar", "foo_bar"),
        ];
        for (identifier, json) in cases {
            assert_eq!(json_name(identifier), json);
        }
    }

    #[test]
    fn snake_forms_follow_upstream() {
        let cases = [
            ("GetString", "get_string"),
            ("ScheduleID", "schedule_id"),
            ("XMLParser", "xml_parser"),
            ("GetHTTPResponse", "get_http_response"),
            ("SetWithTTL", "set_with_ttl"),
            ("MBZRecordingID", "mbz_recording_id"),
        ];
        for (identifier, snake) in cases {
            assert_eq!(names::snake(identifier), snake);
        }
    }

    #[test]
    fn traits_lose_their_endings() {
        assert_eq!(service_trait("KVStoreService", |_| false), "KvStore");
        assert_eq!(
            service_trait("LibraryService", |name| name == "Library"),
            "LibraryService"
        );
        assert_eq!(service_trait("Service", |_| false), "Service");
        assert_eq!(service_trait("Echo", |name| name == "Echo"), "EchoService");
        assert_eq!(required_trait("ScrobblerAgent"), "Scrobbler");
        assert_eq!(required_trait("Agent"), "Agent");
        assert_eq!(stem("GetArtistMBID"), "ArtistMBID");
        assert_eq!(stem("OnInit"), "Init");
        assert_eq!(stem("On"), "On");
    }
}
