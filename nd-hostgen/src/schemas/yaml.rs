//! A schema as YAML: four spaces of indentation, keys in a fixed order, texts quoted only where they must be.

use super::{CONTENT_TYPE, Enum, Export, Property, Schema, Target, Type, VERSION};

impl Schema {
    /// Writes the schema as YAML; the same schema gives the same bytes.
    pub fn yaml(&self) -> String {
        let mut yaml = Yaml::default();
        yaml.entry("version", VERSION);
        yaml.nested("exports", self.exports.is_empty(), |yaml| {
            for export in &self.exports {
                yaml.export(export);
            }
        });
        if !self.types.is_empty() || !self.enums.is_empty() {
            yaml.nested("components", false, |yaml| {
                yaml.nested("schemas", false, |yaml| {
                    for ty in &self.types {
                        yaml.structure(ty);
                    }
                    for item in &self.enums {
                        yaml.alias(item);
                    }
                });
            });
        }
        yaml.text
    }
}

/// A text that grows line by line.
#[derive(Default)]
struct Yaml {
    text: String,
    depth: usize,
}

impl Yaml {
    fn export(&mut self, export: &Export) {
        let is_empty =
            export.description.is_empty() && export.input.is_none() && export.output.is_none();
        self.nested(&export.name, is_empty, |yaml| {
            yaml.description(&export.description);
            for (key, payload) in [("input", &export.input), ("output", &export.output)] {
                if let Some(payload) = payload {
                    yaml.nested(key, false, |yaml| {
                        yaml.property(payload);
                        yaml.entry("contentType", CONTENT_TYPE);
                    });
                }
            }
        });
    }

    fn structure(&mut self, ty: &Type) {
        self.nested(&ty.name, false, |yaml| {
            yaml.description(&ty.description);
            yaml.nested("properties", ty.properties.is_empty(), |yaml| {
                for (name, property) in &ty.properties {
                    yaml.nested(name, false, |yaml| yaml.property(property));
                }
            });
            if !ty.required.is_empty() {
                yaml.list("required", &ty.required);
            }
        });
    }

    fn alias(&mut self, item: &Enum) {
        self.nested(&item.name, false, |yaml| {
            yaml.description(&item.description);
            yaml.entry("type", "string");
            yaml.list("enum", &item.values);
        });
    }

    fn list(&mut self, key: &str, items: &[String]) {
        self.nested(key, false, |yaml| {
            for item in items {
                yaml.line(&format!("- {}", scalar(item)));
            }
        });
    }

    fn property(&mut self, property: &Property) {
        self.target(&property.target);
        if let Some(format) = property.format {
            self.entry("format", format);
        }
        self.description(&property.description);
        if property.nullable {
            self.line("nullable: true");
        }
        if let Some(items) = &property.items {
            self.nested("items", false, |yaml| yaml.target(items));
        }
    }

    fn target(&mut self, target: &Target) {
        let (key, value) = target.entry();
        self.entry(key, &value);
    }

    fn description(&mut self, text: &str) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        if !text.contains('\n') || !fits_a_block(text) {
            self.entry("description", text);
            return;
        }
        self.line("description: |-");
        self.depth += 1;
        for line in text.split('\n') {
            self.line(line);
        }
        self.depth -= 1;
    }

    fn nested(&mut self, key: &str, is_empty: bool, inner: impl FnOnce(&mut Self)) {
        let key = scalar(key);
        if is_empty {
            self.line(&format!("{key}: {{}}"));
            return;
        }
        self.line(&format!("{key}:"));
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    fn entry(&mut self, key: &str, value: &str) {
        self.line(&format!("{}: {}", scalar(key), scalar(value)));
    }

    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"    ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }
}

/// Whether a text of several lines can be written as a literal block.
fn fits_a_block(text: &str) -> bool {
    !text.starts_with([' ', '\t', '\n']) && text.chars().all(|c| c == '\n' || is_printable(c))
}

/// A text on one line: plain if it then reads as itself, else in single quotes, else in double ones with escapes.
fn scalar(text: &str) -> String {
    if !text.chars().all(is_printable) {
        return escaped(text);
    }
    if is_plain(text) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a character may stand in YAML as it is, on one line.
fn is_printable(c: char) -> bool {
    matches!(c,
        '\t' | ' '..='~'
        | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}'
        | '\u{1f000}'..='\u{10fffd}'
    )
}

/// Whether a text without quotes reads as that text, and not as a mark, a comment or a value of another type.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let starts_plain = match first {
        '-' | '?' | ':' => chars.next().is_some_and(|next| !next.is_whitespace()),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' | ' ' | '\t' => false,
        _ => true,
    };
    let inside =
        text.contains(": ") || text.contains(":\t") || text.contains(" #") || text.contains("\t#");
    let ends = text.ends_with([':', ' ', '\t']);
    let mark = text.starts_with("---") || text.starts_with("...");
    starts_plain && !inside && !ends && !mark && !is_other_value(text)
}

/// Whether a plain text stands for a truth value, nothing, a number or a date, in YAML 1.2 or 1.1.
fn is_other_value(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "true", "false", "null", "~", "yes", "no", "on", "off", "y", "n", "=", "<<", ".inf", ".nan",
    ];
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_start_matches(['+', '-']);
    let number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "._:+-xot tz".contains(c));
    WORDS.contains(&lower.as_str()) || WORDS.contains(&digits) || number
}

/// A text in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            c if is_printable(c) && c != '\t' => escaped.push(c),
            c => escaped.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    escaped.push('"');
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A schema with one export of this name and documentation.
    fn schema(name: &str, description: &str) -> Schema {
        Schema {
            capability: "sample".to_owned(),
            source: "sample.rs".to_owned(),
            exports: vec![Export {
                name: name.to_owned(),
                description: description.to_owned(),
                input: None,
                output: None,
            }],
            types: Vec::new(),
            enums: Vec::new(),
        }
    }

    #[test]
    fn texts_are_quoted_only_where_they_must_be() {
        let cases = [
            ("It's fine.", "It's fine."),
            ("a:b", "a:b"),
            ("-1-based", "-1-based"),
            ("a # b", "'a # b'"),
            ("a: b", "'a: b'"),
            ("ends:", "'ends:'"),
            ("'quoted'", "'''quoted'''"),
            ("- item", "'- item'"),
            ("{}", "'{}'"),
            ("*", "'*'"),
            ("", "''"),
            (" a", "' a'"),
            ("a ", "'a '"),
            ("true", "'true'"),
            ("Yes", "'Yes'"),
            ("~", "'~'"),
            ("1.5e3", "'1.5e3'"),
            ("0x1F", "'0x1F'"),
            ("2026-08-21", "'2026-08-21'"),
            ("-.inf", "'-.inf'"),
            ("v1-draft", "v1-draft"),
            ("a\u{7}\\", "\"a\\U00000007\\\\\""),
        ];
        for (text, expected) in cases {
            assert_eq!(scalar(text), expected);
        }
    }

    #[test]
    fn every_text_reads_as_itself() {
        let pieces = [
            "a",
            "B c",
            ":",
            "#",
            " ",
            "-",
            "'",
            "\"",
            "\n",
            "\n\n",
            "\t",
            "|",
            ">",
            "%",
            "@",
            "`",
            "{",
            "]",
            "!",
            "&",
            "*",
            "?",
            ",",
            "1",
            ".",
            "e",
            "true",
            "~",
            "\\",
            "é",
            "\u{7}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{1f600}",
            "\r",
            "  x",
        ];
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let text = format!("{first}{second}{third}");
                    let yaml = schema("nd_sample", &text).yaml();
                    let read: serde_json::Value = serde_saphyr::from_str(&yaml)
                        .unwrap_or_else(|error| panic!("{text:?}: {error}\n{yaml}"));
                    let found = &read["exports"]["nd_sample"]["description"];
                    let expected = text.trim_end();
                    assert_eq!(found.as_str().unwrap_or_default(), expected, "{yaml}");
                }
            }
        }
    }

    #[test]
    fn several_lines_form_a_block() {
        assert_eq!(
            schema("nd_sample", "One.\n\n  Two: 'x' # y\n").yaml(),
            "version: v1-draft\nexports:\n    nd_sample:\n        description: |-\n            One.\n\n              Two: 'x' # y\n"
        );
    }

    #[test]
    fn a_schema_without_exports_is_still_one() {
        let mut schema = schema("nd_sample", "");
        assert_eq!(
            schema.yaml(),
            "version: v1-draft\nexports:\n    nd_sample: {}\n"
        );
        schema.exports.clear();
        assert_eq!(schema.yaml(), "version: v1-draft\nexports: {}\n");
    }
}
