//! Config: the plugin's own settings, fixed for the life of the load.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::CallContext;
use crate::generated::Config;

/// The Config service over a map of strings.
///
/// It cannot fail and outlives nothing: the map is the one the plugin was loaded with.
#[derive(Debug, Clone, Default)]
pub struct ConfigService {
    values: Arc<BTreeMap<String, String>>,
}

impl ConfigService {
    /// Makes the service from the plugin's configuration.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self {
            values: Arc::new(values),
        }
    }
}

impl Config for ConfigService {
    fn get(&self, _ctx: &CallContext, key: String) -> Option<String> {
        self.values.get(&key).cloned()
    }

    fn get_int(&self, _ctx: &CallContext, key: String) -> Option<i64> {
        // The standard parser takes exactly what the server takes: decimal digits with an optional sign.
        self.values.get(&key)?.parse().ok()
    }

    fn keys(&self, _ctx: &CallContext, prefix: String) -> Vec<String> {
        self.values
            .range(prefix.clone()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(&prefix))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> ConfigService {
        let values = [
            ("url", "http://localhost"),
            ("url.2", ""),
            ("Url", "upper"),
            ("count", "30"),
            ("plus", "+7"),
            ("minus", "-9223372036854775808"),
            ("big", "9223372036854775808"),
            ("fraction", "1.0"),
            ("spaces", " 1"),
            ("hex", "0x10"),
            ("underscore", "1_000"),
            ("żółw", "x"),
        ];
        ConfigService::new(values.map(|(k, v)| (k.to_owned(), v.to_owned())).into())
    }

    #[test]
    fn an_empty_value_exists_and_a_missing_one_does_not() {
        let ctx = CallContext::detached("p");
        let get = |key: &str| service().get(&ctx, key.to_owned());
        assert_eq!(get("url").as_deref(), Some("http://localhost"));
        assert_eq!(get("url.2").as_deref(), Some(""));
        assert_eq!(get("missing"), None);
        assert_eq!(get("URL"), None, "keys are case-sensitive");
    }

    #[test]
    fn only_plain_decimal_integers_are_integers() {
        let ctx = CallContext::detached("p");
        let get = |key: &str| service().get_int(&ctx, key.to_owned());
        assert_eq!(get("count"), Some(30));
        assert_eq!(get("plus"), Some(7));
        assert_eq!(get("minus"), Some(i64::MIN));
        for key in [
            "big",
            "fraction",
            "spaces",
            "hex",
            "underscore",
            "url",
            "url.2",
            "missing",
        ] {
            assert_eq!(get(key), None, "{key}");
        }
    }

    #[test]
    fn keys_come_in_byte_order_and_by_exact_prefix() {
        let ctx = CallContext::detached("p");
        let keys = |prefix: &str| service().keys(&ctx, prefix.to_owned());
        assert_eq!(keys("url"), ["url", "url.2"]);
        assert_eq!(keys("U"), ["Url"]);
        assert_eq!(keys("none"), Vec::<String>::new());
        let all = keys("");
        assert_eq!(all.len(), 12);
        assert_eq!(all.first().map(String::as_str), Some("Url"));
        assert_eq!(all.last().map(String::as_str), Some("żółw"));
    }
}
