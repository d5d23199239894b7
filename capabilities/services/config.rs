//! The plugin's own configuration, as set by the administrator.

/// Reads the plugin's configuration.
///
/// Every plugin may use it; it needs no permission.
/// The configuration is a map from keys to texts.
/// Texts set by the administrator arrive as they are, numbers and booleans in their JSON form, lists and objects as compact
/// JSON, and `null` as the text `null`.
/// Defaults named in the configuration schema are not filled in, so a key that nobody set is missing.
/// A change of the configuration reloads the plugin; values never change during a load.
#[host_service(name = "Config", since = "0.60.0")]
pub trait Config {
    /// Returns the text configured under a key.
    ///
    /// Nothing is found when the key is not set; a key set to the empty text is found.
    #[host_fn(results(value, exists))]
    fn get(key: String) -> (String, bool);

    /// Returns the integer configured under a key.
    ///
    /// The text must be a decimal 64-bit integer with an optional sign.
    /// Nothing is found when the key is not set or its text is anything else: empty, with spaces, with a fraction, or
    /// hexadecimal.
    #[host_fn(results(value, exists))]
    fn get_int(key: String) -> (i64, bool);

    /// Lists the configured keys that start with a prefix.
    ///
    /// The comparison is case-sensitive and the empty prefix lists every key.
    /// The keys are sorted by their bytes; the list is empty when none fits.
    #[host_fn(results(keys))]
    fn keys(prefix: String) -> Vec<String>;
}
