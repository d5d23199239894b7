//! Every rule that turns one name into another, and every name that is taken.

/// Names of parameters and results that generated code needs for itself.
pub const RESERVED_VALUES: [&str; 6] = ["self", "ctx", "document", "import", "service", "services"];

/// Names of host functions that generated code needs for itself, or that the pointer to a service has already.
pub const RESERVED_FUNCTIONS: [&str; 11] = [
    "as_ref",
    "clone",
    "clone_from",
    "clone_into",
    "dispatch",
    "drop",
    "implementation",
    "into",
    "service",
    "to_owned",
    "try_into",
];

/// Names of types that would hide one that generated code uses.
pub const RESERVED_TYPES: [&str; 31] = [
    "Answer",
    "Arc",
    "CallContext",
    "Capability",
    "Decode",
    "Default",
    "Deserialize",
    "Encode",
    "Error",
    "Export",
    "Failed",
    "Fields",
    "HashMap",
    "HostError",
    "HostFunction",
    "Json",
    "Map",
    "Option",
    "OwnService",
    "Reader",
    "Request",
    "Result",
    "Send",
    "Serialize",
    "ServiceError",
    "Services",
    "String",
    "Sync",
    "Unavailable",
    "Vec",
    "Writer",
];

/// Names of modules that the crates with generated code have already.
pub const RESERVED_MODULES: [&str; 16] = [
    "bytes",
    "capabilities",
    "error",
    "generated",
    "host",
    "log",
    "mod",
    "native",
    "outcome",
    "prelude",
    "runtime",
    "shared",
    "testing",
    "types",
    "var",
    "wire",
];

/// Result names that make `(T, bool)` an option.
pub const OPTION_FLAGS: [&str; 3] = ["exists", "ok", "found"];

/// The wire name of an unnamed result.
pub const UNNAMED_RESULT: &str = "result";

/// The wire name of the error text beside results, which none of them may have.
pub const ERROR_RESULT: &str = "error";

/// The wire name of a field, parameter or result: camel case of the snake-case name.
pub fn json_name(snake: &str) -> String {
    let camel = upper_camel(snake);
    let mut chars = camel.chars();
    match chars.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + chars.as_str(),
        None => camel,
    }
}

/// The wire name of a field, parameter or result: what is written for it, or the derived one.
pub fn written_json(snake: &str, written: Option<&str>) -> String {
    written.map_or_else(|| json_name(snake), str::to_owned)
}

/// The import name of a host function: service and method in lower case, without underscores inside.
pub fn import_name(service: &str, method: &str) -> String {
    let method = method.replace('_', "").to_lowercase();
    format!("{}_{method}", service_module(service))
}

/// The module of a host service: its name in lower case.
pub fn service_module(service: &str) -> String {
    service.to_lowercase()
}

/// The name of the trait that holds one method only.
pub fn provider_trait(method: &str) -> String {
    format!("{}Provider", upper_camel(method_stem(method)))
}

/// The name of the macro that registers all exports of a capability.
pub fn register_all_macro(module: &str) -> String {
    format!("register_{module}")
}

/// The name of the macro that registers one export.
pub fn register_macro(module: &str, stem: &str) -> String {
    format!("register_{module}_{stem}")
}

/// A method's name without a leading `get_` or `on_`.
pub fn method_stem(method: &str) -> &str {
    method
        .strip_prefix("get_")
        .or_else(|| method.strip_prefix("on_"))
        .unwrap_or(method)
}

/// Snake case of a name in any other form; what is no letter or digit separates words.
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|at| chars[at]);
        let next_is_lower = chars.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || before.is_ascii_digit() || next_is_lower
            });
        if (starts_word || !c.is_ascii_alphanumeric()) && !snake.ends_with('_') {
            snake.push('_');
        }
        if c.is_ascii_alphanumeric() {
            snake.push(c.to_ascii_lowercase());
        }
    }
    snake.trim_matches('_').to_owned()
}

/// Upper camel case of a snake-case name.
pub fn upper_camel(snake: &str) -> String {
    snake
        .split('_')
        .map(|word| {
            let mut chars = word.chars();
            match chars.next() {
                Some(first) => first.to_ascii_uppercase().to_string() + chars.as_str(),
                None => String::new(),
            }
        })
        .collect()
}

/// Whether a name is in snake case.
pub fn is_snake(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a name is in upper camel case; runs of capitals are fine.
pub fn is_upper_camel(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && chars.all(|c| c.is_ascii_alphanumeric())
}

/// Whether a name is in upper snake case.
pub fn is_upper_snake(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a name can be the name of an import or export.
pub fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// Whether a name is a word of Rust, and so needs its raw form.
pub fn is_word(name: &str) -> bool {
    // `syn` takes the words of edition 2021, and the crates with generated code are of edition 2024.
    name == "gen" || syn::parse_str::<syn::Ident>(name).is_err()
}

/// Whether a word of Rust cannot be a name in any spelling.
pub fn is_unusable(name: &str) -> bool {
    matches!(name, "_" | "self" | "Self" | "super" | "crate")
}

/// Whether a text is a server release such as `0.61.0`.
pub fn is_release(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| {
            part.parse::<u32>()
                .is_ok_and(|number| number.to_string() == *part)
        })
}

/// The numbers of a server release, for comparing.
pub fn release_order(text: &str) -> Vec<u32> {
    text.split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_are_camel_case() {
        let cases = [
            ("id", "id"),
            ("mbz_recording_id", "mbzRecordingId"),
            ("ttl_seconds", "ttlSeconds"),
            ("has_cover_art", "hasCoverArt"),
        ];
        for (snake, json) in cases {
            assert_eq!(json_name(snake), json);
        }
    }

    #[test]
    fn snake_case_keeps_runs_of_capitals_together() {
        let cases = [
            ("doRun", "do_run"),
            ("GetHTTPResponse", "get_http_response"),
            ("ScheduleID", "schedule_id"),
            ("My-Sample", "my_sample"),
            ("RETRY_LATER", "retry_later"),
        ];
        for (name, snake) in cases {
            assert_eq!(super::snake(name), snake);
        }
    }

    #[test]
    fn import_names_have_one_underscore() {
        assert_eq!(import_name("KVStore", "set_with_ttl"), "kvstore_setwithttl");
        assert_eq!(
            import_name("SubsonicAPI", "call_raw"),
            "subsonicapi_callraw"
        );
        assert_eq!(
            import_name("Comprehensive", "no_params_no_returns"),
            "comprehensive_noparamsnoreturns"
        );
    }

    #[test]
    fn provider_traits_drop_the_verb() {
        assert_eq!(provider_trait("get_artist_images"), "ArtistImagesProvider");
        assert_eq!(provider_trait("on_init"), "InitProvider");
        assert_eq!(provider_trait("execute"), "ExecuteProvider");
    }

    #[test]
    fn words_of_rust_are_known_up_to_edition_2024() {
        for word in ["type", "async", "try", "gen"] {
            assert!(is_word(word), "{word}");
        }
        for name in ["r", "generate", "union", "kind"] {
            assert!(!is_word(name), "{name}");
        }
    }

    #[test]
    fn releases_have_three_plain_numbers() {
        assert!(is_release("0.61.0"));
        for wrong in ["0.61", "v0.61.0", "0.61.0-beta", "0.061.0", ""] {
            assert!(!is_release(wrong), "{wrong}");
        }
    }
}
