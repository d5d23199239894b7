//! Outdated forms: recognised, answered with what replaced them, and otherwise treated as the server treats them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::context::CallContext;
use crate::generated::CAPABILITIES;
use crate::journal::LogLevel;
use crate::wire::Value;

/// Outputs and requests of one load that are looked into; what has not shown by then does not matter.
const MAX_LOOKS: u32 = 256;
/// Longer documents are not looked into.
const MAX_LENGTH: usize = 64 << 10;

/// Advises on keys of a manifest that servers no longer read.
pub(crate) fn manifest(json: &[u8]) -> Vec<String> {
    let Ok(Value::Object(members)) = Value::parse(json) else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    let mut note = |key: &str, advice: &str| {
        notes.push(format!(
            "manifest key \"{key}\" is outdated and ignored: {advice}"
        ));
    };
    if has(&members, "capabilities") {
        note(
            "capabilities",
            "the exports of the module tell what a plugin can do, remove it",
        );
    }
    if has(&members, "experimental") {
        note("experimental", "it never had an effect, remove it");
    }
    let permissions = member(&members, "permissions").unwrap_or_default();
    if has(permissions, "config") {
        note(
            "permissions.config",
            "the Config service needs no permission; settings are described by \"config\": {\"schema\": …}",
        );
    }
    let http = member(permissions, "http").unwrap_or_default();
    for key in ["allowedHosts", "allowedURLs"] {
        if has(http, key) {
            note(
                &format!("permissions.http.{key}"),
                "list the hosts, without scheme and path, under \"requiredHosts\"",
            );
        }
    }
    notes
}

/// Advises on exports no server calls any more.
pub(crate) fn export<'a>(exports: impl IntoIterator<Item = &'a String>) -> Option<&'static str> {
    exports.into_iter().any(|export| export == "nd_manifest").then_some(
        "export nd_manifest is outdated and never called: the manifest is the file manifest.json in the package",
    )
}

/// Advises on a bare module in the plugins folder.
pub(crate) fn bare_module(file: &str) -> String {
    format!(
        "{file} is skipped: bare modules are outdated, put it as plugin.wasm with a manifest.json into a zip archive \
         named {}.ndp",
        file.trim_end_matches(".wasm")
    )
}

/// What has been noticed in one load already; each form is advised on once.
#[derive(Default)]
pub(crate) struct Noticed {
    looks: AtomicU32,
    seen: Mutex<BTreeSet<String>>,
}

impl Noticed {
    /// Looks into what an export answered.
    pub(crate) fn output(&self, context: &CallContext, output: &[u8]) {
        let export = context.export();
        let suspicious = matches!(output.first(), Some(0 | 1 | b'{')) && output.len() <= MAX_LENGTH;
        if suspicious
            && self.may_look()
            && is_known(export)
            && let Some(advice) = outdated_output(export, output)
        {
            self.note(context, format!("output of {export}: {advice}"));
        }
    }

    /// Looks into what a guest handed to a host function.
    pub(crate) fn request(&self, context: &CallContext, function: &str, request: &[u8]) {
        let suspicious = || {
            request
                .iter()
                .any(|byte| matches!(byte, 0 | 1 | b'_' | b'['))
        };
        if request.len() <= MAX_LENGTH
            && self.may_look()
            && suspicious()
            && let Some(advice) = outdated_request(request)
        {
            self.note(context, format!("request to {function}: {advice}"));
        }
    }

    fn may_look(&self) -> bool {
        self.looks.load(Ordering::Relaxed) < MAX_LOOKS
            && self.looks.fetch_add(1, Ordering::Relaxed) < MAX_LOOKS
    }

    fn note(&self, context: &CallContext, note: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let new = seen.insert(note.clone());
        drop(seen);
        if new {
            let journal = context.journal();
            journal.log_in(context.call(), context.plugin(), LogLevel::Warn, note);
        }
    }
}

/// Tells whether the server calls exports of that name: only their outputs have a form to keep.
fn is_known(export: &str) -> bool {
    CAPABILITIES
        .iter()
        .flat_map(|capability| capability.exports)
        .any(|known| known.name == export)
}

fn outdated_output(export: &str, output: &[u8]) -> Option<String> {
    if matches!(output.first(), Some(0 | 1)) {
        return Some(FRAMED.to_owned());
    }
    let members = match Value::parse(output) {
        Ok(Value::Object(members)) => members,
        _ => return None,
    };
    if export == "nd_scrobbler_is_authorized" {
        return has(&members, "authorized").then(|| {
            "{\"authorized\": …} is outdated and counts as not authorised: answer a bare true or false".to_owned()
        });
    }
    if has(&members, "error") && answers_nothing(export) {
        return Some(match export.starts_with("nd_scrobbler_") {
            true => "{\"error\": …, \"error_type\": …} is outdated and counts as success: fail with a message that \
                     contains scrobbler(not_authorized), scrobbler(retry_later) or scrobbler(unrecoverable)"
                .to_owned(),
            false => "{\"error\": …} is outdated and counts as success: set the error and return a non-zero code"
                .to_owned(),
        });
    }
    snake_case(&Value::Object(members), 0).map(|key| {
        format!(
            "the key \"{key}\" is outdated and not read: keys are in camelCase, \"{}\"",
            camel_case(&key)
        )
    })
}

const FRAMED: &str = "it is framed (00 or 01 in front), which is outdated and not read: answers are JSON documents, \
                      bytes in them base64";

/// Exports whose output is not read beyond being an object.
fn answers_nothing(export: &str) -> bool {
    export.starts_with("nd_scrobbler_")
        || export.starts_with("nd_websocket_")
        || matches!(export, "nd_on_init" | "nd_scheduler_callback")
}

fn outdated_request(request: &[u8]) -> Option<String> {
    if matches!(request.first(), Some(0 | 1)) {
        return Some(FRAMED.to_owned());
    }
    let Ok(Value::Object(members)) = Value::parse(request) else {
        return None;
    };
    // The fields of host functions that hold bytes.
    let bytes = members.iter().find(|(key, value)| {
        matches!(key.as_str(), "value" | "data" | "payload" | "body")
            && matches!(value, Value::Array(items) if items.iter().all(|item| matches!(item, Value::Number(_))))
    });
    if let Some((key, _)) = bytes {
        return Some(format!(
            "\"{key}\" is a list of numbers, which is outdated and refused: bytes are a base64 text"
        ));
    }
    let (key, _) = members.iter().find(|(key, _)| is_snake_case(key))?;
    Some(format!(
        "the key \"{key}\" is outdated and not read: keys are in camelCase, \"{}\"",
        camel_case(key)
    ))
}

/// Finds a key in snake case, a few levels deep.
fn snake_case(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::Object(members) if depth < 4 => {
            members
                .iter()
                .find_map(|(key, value)| match is_snake_case(key) {
                    true => Some(key.clone()),
                    false => snake_case(value, depth + 1),
                })
        }
        // One entry stands for all.
        Value::Array(items) if depth < 4 => snake_case(items.first()?, depth + 1),
        _ => None,
    }
}

fn is_snake_case(key: &str) -> bool {
    let inner = key.trim_matches('_');
    inner.contains('_')
        && inner
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn camel_case(key: &str) -> String {
    let mut parts = key.split('_').filter(|part| !part.is_empty());
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        camel.push_str(&part[..1].to_ascii_uppercase());
        camel.push_str(&part[1..]);
    }
    camel
}

fn has(members: &[(String, Value)], key: &str) -> bool {
    members
        .iter()
        .any(|(name, value)| name == key && *value != Value::Null)
}

fn member<'a>(members: &'a [(String, Value)], key: &str) -> Option<&'a [(String, Value)]> {
    match members.iter().rfind(|(name, _)| name == key) {
        Some((_, Value::Object(inner))) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outdated_key_of_a_manifest_is_answered_with_its_replacement() {
        let json = br#"{"name":"N","capabilities":["x"],"experimental":{"threads":{}},
            "permissions":{"config":{},"http":{"allowedHosts":["x"],"allowedURLs":{}}}}"#;
        let notes = manifest(json);
        for (note, part) in notes.iter().zip([
            "\"capabilities\"",
            "\"experimental\"",
            "\"permissions.config\"",
            "\"permissions.http.allowedHosts\" is outdated and ignored: list the hosts, without scheme and path, under \"requiredHosts\"",
            "\"permissions.http.allowedURLs\"",
        ]) {
            assert!(note.contains(part), "{note}");
        }
        assert_eq!(notes.len(), 5);
        for plain in [
            &br#"{"permissions":{"http":{"requiredHosts":["x"]},"config":null}}"#[..],
            b"[]",
            b"{",
        ] {
            assert!(manifest(plain).is_empty());
        }
    }

    #[test]
    fn outdated_outputs_are_answered_with_the_present_form() {
        let advice = |export: &str, output: &str| {
            outdated_output(export, output.as_bytes()).unwrap_or_default()
        };
        for (export, output, part) in [
            (
                "nd_scrobbler_is_authorized",
                r#"{"authorized":true}"#,
                "bare true or false",
            ),
            (
                "nd_scrobbler_scrobble",
                r#"{"error":"x","error_type":"retry_later"}"#,
                "scrobbler(retry_later)",
            ),
            (
                "nd_scheduler_callback",
                r#"{"error":"x"}"#,
                "return a non-zero code",
            ),
            ("nd_on_init", r#"{"error":"x"}"#, "counts as success"),
            (
                "nd_get_artist_images",
                r#"{"images":[{"image_url":"u"}]}"#,
                "\"imageUrl\"",
            ),
            ("nd_get_artist_url", "\0\0\0\0\0", "framed"),
        ] {
            let text = advice(export, output);
            assert!(text.contains(part), "{export}: {text}");
        }
        for (export, output) in [
            ("nd_scrobbler_is_authorized", "true"),
            ("nd_scrobbler_scrobble", "{}"),
            ("nd_scrobbler_scrobble", r#"{"error":null}"#),
            ("nd_get_artist_images", r#"{"images":[{"url":"a_b"}]}"#),
            ("nd_task_execute", r#""some_text""#),
        ] {
            assert_eq!(advice(export, output), "", "{export} {output}");
        }
    }

    #[test]
    fn outdated_requests_are_answered_with_the_present_form() {
        let advice = |request: &str| outdated_request(request.as_bytes()).unwrap_or_default();
        assert!(advice(r#"{"key":"k","value":[1,2]}"#).contains("base64"));
        assert!(advice(r#"{"ttl_seconds":5}"#).contains("\"ttlSeconds\""));
        assert!(advice("\u{1}text").contains("framed"));
        assert_eq!(advice(r#"{"key":"k","keys":[1]}"#), "");
        assert_eq!(advice("nonsense"), "");
    }

    #[test]
    fn a_form_is_advised_on_once_per_load() {
        let context = CallContext::detached("p");
        let noticed = Noticed::default();
        for _ in 0..3 {
            noticed.request(&context, "kvstore_set", br#"{"value":[1]}"#);
        }
        noticed.request(&context, "cache_setbytes", br#"{"value":[1]}"#);
        let logs = context.journal().logs();
        assert_eq!(logs.len(), 2);
        assert!(
            logs[0]
                .message
                .starts_with("request to kvstore_set: \"value\" is a list")
        );
    }
}
