//! Values kept in memory for a limited time.

/// Keeps values in the server's memory between calls, each with its own time to live.
///
/// The cache belongs to one plugin: the same key in two plugins means two entries.
/// It is emptied when the plugin is unloaded, which includes every change of its settings, and when the server stops.
/// Data that must last belongs in the key-value store.
///
/// - A time to live of 0 or less means 24 hours.
/// - Expiry slides: every get of an existing entry, also one of the wrong type, and every `has` restarts the entry's own
///   time to live.
/// - A key holds one value, whatever its type. Setting a key replaces value, type and time to live. Reading it as another
///   type finds nothing and leaves the entry alone.
/// - There is no limit on keys, values or their number, and the empty key is a key like any other.
#[host_service(name = "Cache", permission = "cache", since = "0.60.0")]
pub trait Cache {
    /// Stores a text.
    ///
    /// `ttl_seconds` is the time to live in seconds; 0 or less means 24 hours.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn]
    fn set_string(key: String, value: String, ttl_seconds: i64) -> Result<()>;

    /// Returns the text stored under a key.
    ///
    /// Nothing is found when the key is missing, has expired or holds a value of another type.
    /// A hit restarts the entry's time to live.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn(results(value, exists))]
    fn get_string(key: String) -> Result<(String, bool)>;

    /// Stores an integer.
    ///
    /// `ttl_seconds` is the time to live in seconds; 0 or less means 24 hours.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn]
    fn set_int(key: String, value: i64, ttl_seconds: i64) -> Result<()>;

    /// Returns the integer stored under a key.
    ///
    /// Nothing is found when the key is missing, has expired or holds a value of another type.
    /// A hit restarts the entry's time to live.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn(results(value, exists))]
    fn get_int(key: String) -> Result<(i64, bool)>;

    /// Stores a floating-point number.
    ///
    /// `ttl_seconds` is the time to live in seconds; 0 or less means 24 hours.
    /// JSON has no infinities and no NaN, so such values cannot be stored.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn]
    fn set_float(key: String, value: f64, ttl_seconds: i64) -> Result<()>;

    /// Returns the floating-point number stored under a key.
    ///
    /// Nothing is found when the key is missing, has expired or holds a value of another type; an integer is another type.
    /// A hit restarts the entry's time to live.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn(results(value, exists))]
    fn get_float(key: String) -> Result<(f64, bool)>;

    /// Stores bytes.
    ///
    /// `ttl_seconds` is the time to live in seconds; 0 or less means 24 hours.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn]
    fn set_bytes(key: String, value: Bytes, ttl_seconds: i64) -> Result<()>;

    /// Returns the bytes stored under a key.
    ///
    /// Nothing is found when the key is missing, has expired or holds a value of another type.
    /// A hit restarts the entry's time to live.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn(results(value, exists))]
    fn get_bytes(key: String) -> Result<(Bytes, bool)>;

    /// Tells whether a key holds a live value of any type.
    ///
    /// A hit restarts the entry's time to live, as a get does.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn(results(exists))]
    fn has(key: String) -> Result<bool>;

    /// Removes a key, whatever the type of its value.
    ///
    /// Removing a missing key is fine.
    ///
    /// # Errors
    ///
    /// There is no error of its own.
    #[host_fn]
    fn remove(key: String) -> Result<()>;
}
