//! Struct tags: what Go's own encoder reads out of them, and what upstream's generator does.

use super::naming;
use crate::diagnostic::{Diagnostics, Kind, nearest};
use crate::syntax::Spanned;

/// What the tag of a field says about JSON.
pub(super) struct Tag {
    /// The name in JSON; none if it is derived.
    pub name: Option<String>,
    /// Whether the field is left out when it is empty.
    pub omit_empty: bool,
}

impl Tag {
    /// Reads the tag of a field, and reports what Go and guests would not agree on.
    pub fn read(
        tag: Option<&Spanned<String>>,
        field: &Spanned<String>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let derived = naming::json_name(&field.value);
        let text = tag.map_or("", |tag| &tag.value);
        let place = tag.map_or(&field.place, |tag| &tag.place);
        let mut warn = |kind, message: String, hint: String| {
            diagnostics.warn(place, kind, message, hint);
        };
        let parts = parts(text);
        let go = parts.iter().find(|(key, _)| key == "json");
        let go = go.map(|(_, value)| value.as_str());
        let found = go.or_else(|| split_at_spaces(text)).unwrap_or_default();
        let mut options = found.split(',');
        let name = options.next().unwrap_or_default();
        let only = found == "-";
        let is_sound = is_name(name) && !only;
        if only {
            warn(
                Kind::Name,
                format!(
                    "field `{}` is hidden from JSON, but not from guests",
                    field.value
                ),
                format!("guests see it as `{derived}`; take it out of the struct instead"),
            );
        } else if name == "-" {
            warn(
                Kind::Name,
                format!(
                    "field `{}` is called `-` by Go, but not by guests",
                    field.value
                ),
                format!("guests see it as `{derived}`; write `json:\"{derived}\"`"),
            );
        } else if go.is_none() && is_sound {
            warn(
                Kind::Name,
                format!(
                    "Go does not find the JSON name in the tag of field `{}`",
                    field.value
                ),
                format!(
                    "write `json:\"{name}\"` as the first pair, each pair as `key:\"value\"` after one space"
                ),
            );
        } else if !is_sound && (field.value != derived || text.contains("json")) {
            // Without a tag Go writes the name as it is, which may happen to be right.
            let message = match text.contains("json") {
                true => format!("the tag of field `{}` gives no JSON name", field.value),
                false => format!("field `{}` has no JSON name", field.value),
            };
            let hint = format!(
                "write `json:\"{derived}\"`; without it, Go sends `{}` and guests expect `{derived}`",
                field.value
            );
            warn(Kind::Name, message, hint);
        }
        if parts.iter().filter(|(key, _)| key == "json").count() > 1 {
            let message = format!("the tag of field `{}` says `json` twice", field.value);
            let hint = "the first one counts; remove the other".to_owned();
            warn(Kind::Duplicate, message, hint);
        }
        let omit_empty = omits_empty(options, field, &mut |message, hint| {
            warn(Kind::Unsupported, message, hint);
        });
        Self {
            name: (is_sound && name != "-").then(|| name.to_owned()),
            omit_empty,
        }
    }
}

/// Whether `omitempty` is among the options of a tag; guests know no other.
fn omits_empty<'t>(
    options: impl Iterator<Item = &'t str>,
    field: &Spanned<String>,
    warn: &mut dyn FnMut(String, String),
) -> bool {
    let mut found = false;
    for option in options.filter(|option| !option.is_empty()) {
        match option {
            "omitempty" => found = true,
            "string" => warn(
                format!("Go writes field `{}` as a text, guests do not", field.value),
                "take `string` out of the tag, or make the field a `string`".to_owned(),
            ),
            _ => warn(
                format!(
                    "the option `{option}` of field `{}` is ignored",
                    field.value
                ),
                match nearest(option.trim(), ["omitempty"]) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "guests know only `omitempty`".to_owned(),
                },
            ),
        }
    }
    found
}

/// The pairs of a tag as Go finds them: `key:"value"`, spaces between them, up to the first thing of another form.
fn parts(tag: &str) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    let mut rest = tag.trim_start_matches(' ');
    loop {
        let is_key = |c: char| c > ' ' && c != ':' && c != '"' && c != '\u{7f}';
        let end = rest.find(|c| !is_key(c)).unwrap_or(rest.len());
        let Some(quoted) = rest[end..].strip_prefix(":\"").filter(|_| end > 0) else {
            return parts;
        };
        let mut escaped = false;
        let closed = quoted.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some(close) = closed else {
            return parts;
        };
        let Some(value) = super::constants::unescaped(&quoted[..close]) else {
            return parts;
        };
        parts.push((rest[..end].to_owned(), value));
        rest = quoted[close + 1..].trim_start_matches(' ');
    }
}

/// The value that upstream's generator finds, which splits a tag at its spaces.
fn split_at_spaces(tag: &str) -> Option<&str> {
    let mut parts = tag.split(' ');
    parts.find_map(|part| part.strip_prefix("json:\"")?.strip_suffix('"'))
}

/// Whether Go takes a text for the name of a field; otherwise the field keeps its own.
fn is_name(name: &str) -> bool {
    let is_mark = |c: char| "!#$%&()*+-./:;<=>?@[]^_{|}~ ".contains(c);
    !name.is_empty() && name.chars().all(|c| is_mark(c) || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_as_go_finds_them() {
        let cases: [(&str, &[(&str, &str)]); 9] = [
            ("", &[]),
            (r#"json:"f""#, &[("json", "f")]),
            (
                r#"  xml:"a b"  json:"f,omitempty""#,
                &[("xml", "a b"), ("json", "f,omitempty")],
            ),
            (r#"json:"f"yaml:"g""#, &[("json", "f"), ("yaml", "g")]),
            (r#"json: "f""#, &[]),
            (r#"json:"f"#, &[]),
            ("xml:\"a\"\tjson:\"f\"", &[("xml", "a")]),
            (r#"json:"f\"g" a:"b""#, &[("json", "f\"g"), ("a", "b")]),
            (r#":"f" json:"g""#, &[]),
        ];
        for (tag, expected) in cases {
            let found = parts(tag);
            let found: Vec<(&str, &str)> = found.iter().map(|(k, v)| (&**k, &**v)).collect();
            assert_eq!(found, expected, "{tag}");
        }
    }
}
