//! Key-value storage that survives restarts.

/// Stores bytes under text keys, in a database file of the plugin's own.
///
/// The data outlives restarts, reloads, disabling and even uninstalling the plugin.
///
/// The sum of the lengths of all values that have not expired may reach `maxSize` of the manifest's `kvstore` permission
/// (default 1 048 576 bytes; `1MB` is 1 000 000, `1MiB` is 1 048 576).
/// Keys cost nothing, and a write that does not raise the sum is always accepted.
///
/// Expired entries are invisible and are not counted.
/// Times are kept in whole seconds, so an entry may live up to one second longer than asked.
///
/// After the plugin was unloaded, calls that are still running fail with `database is closed`.
#[host_service(name = "KVStore", permission = "kvstore", since = "0.60.0")]
pub trait KvStore {
    /// Stores a value under a key without a time limit.
    ///
    /// It replaces an earlier value together with its time to live.
    /// An empty value is a value; a null one is refused.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `key cannot be empty`: the key is empty.
    /// - `key exceeds maximum length of 256 bytes`: the key is longer than that.
    /// - `storage limit exceeded`: the write would raise the sum of the values above the limit.
    /// - `NOT NULL constraint failed`: the value is null or missing.
    #[host_fn]
    fn set(key: String, #[distinguish_null] value: Bytes) -> Result<()>;

    /// Stores a value under a key for a limited time.
    ///
    /// `ttl_seconds` is the time to live in seconds and must be above 0.
    /// It replaces an earlier value together with its time to live.
    ///
    /// # Errors
    ///
    /// Checked in this order:
    ///
    /// - `ttlSeconds must be greater than 0`: the time to live is 0 or negative.
    /// - `key cannot be empty`: the key is empty.
    /// - `key exceeds maximum length of 256 bytes`: the key is longer than that.
    /// - `storage limit exceeded`: the write would raise the sum of the values above the limit.
    /// - `NOT NULL constraint failed`: the value is null or missing.
    #[host_fn(since = "0.61.0")]
    fn set_with_ttl(key: String, #[distinguish_null] value: Bytes, ttl_seconds: i64) -> Result<()>;

    /// Returns the value stored under a key.
    ///
    /// Nothing is found when the key is missing or has expired; an empty value is found.
    /// Keys that could not be set, such as the empty one, are just not found.
    ///
    /// # Errors
    ///
    /// Only the database itself can fail.
    #[host_fn(results(value, exists))]
    fn get(key: String) -> Result<(Bytes, bool)>;

    /// Returns the values of several keys at once.
    ///
    /// The answer holds the keys that exist; missing and expired ones are left out.
    /// Any number of keys may be asked for, and an empty list yields an empty map.
    ///
    /// # Errors
    ///
    /// Only the database itself can fail.
    #[host_fn(since = "0.61.0", results(values))]
    fn get_many(keys: Vec<String>) -> Result<Map<String, Bytes>>;

    /// Tells whether a key holds a value that has not expired.
    ///
    /// # Errors
    ///
    /// Only the database itself can fail.
    #[host_fn(results(exists))]
    fn has(key: String) -> Result<bool>;

    /// Lists the keys that start with a prefix.
    ///
    /// The empty prefix lists every key.
    /// The keys are sorted by their bytes; the list is empty when none fits.
    /// Existing servers compare ASCII letters without regard to case and read a backslash in the prefix as an escape for the
    /// next character, so keep both out of prefixes that matter.
    ///
    /// # Errors
    ///
    /// Only the database itself can fail.
    #[host_fn(results(keys))]
    fn list(prefix: String) -> Result<Vec<String>>;

    /// Removes a key.
    ///
    /// Removing a missing key is fine.
    ///
    /// # Errors
    ///
    /// Only the database itself can fail.
    #[host_fn]
    fn delete(key: String) -> Result<()>;

    /// Removes every key that starts with a prefix and returns how many there were.
    ///
    /// The count includes entries that had expired but were not cleaned up yet.
    /// The prefix is compared as in `list`.
    ///
    /// # Errors
    ///
    /// - `prefix cannot be empty`: the prefix is empty.
    #[host_fn(since = "0.61.0", results(deleted_count))]
    fn delete_by_prefix(prefix: String) -> Result<i64>;

    /// Returns the number of bytes in use: the sum of the lengths of all values that have not expired.
    ///
    /// # Errors
    ///
    /// Only the database itself can fail.
    #[host_fn(results(bytes))]
    fn get_storage_used() -> Result<i64>;
}
